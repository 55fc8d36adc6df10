package largeseller

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Cost is what a step took. On a machine that others use too, Processor says
// more than Wall.
type Cost struct {
	Wall, Processor time.Duration
	Peak            float64 // largest resident size in MB; 0 where the system does not tell
}

// String implements fmt.Stringer.
func (c Cost) String() string {
	return fmt.Sprintf("%s (processor time %s), peak %.0f MB",
		c.Wall.Round(time.Millisecond), c.Processor.Round(time.Millisecond), c.Peak)
}

// Least takes the smaller times and the larger peak of two runs.
func (c Cost) Least(d Cost) Cost {
	if c == (Cost{}) {
		return d
	}
	return Cost{min(c.Wall, d.Wall), min(c.Processor, d.Processor), max(c.Peak, d.Peak)}
}

// Measure runs a step, after giving back to the system what earlier ones used.
func Measure(step func() error) (c Cost, err error) {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	start, used := clock.System().Now(), processorTime()
	err = step()
	return Cost{clock.System().Now().Sub(start), processorTime() - used, peak()}, err
}

// processorTime is what the process's threads have run so far, where the
// system tells.
func processorTime() (total time.Duration) {
	threads, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, path := range threads {
		if stat, err := os.ReadFile(path); err == nil {
			ran, _, _ := strings.Cut(string(stat), " ")
			v, _ := strconv.ParseInt(ran, 10, 64)
			total += time.Duration(v)
		}
	}
	return total
}

func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			v, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return float64(v) / 1024
		}
	}
	return 0
}
