package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

// healthReport is the body of /healthz: which parts fail, and when each job
// last succeeded.
type healthReport struct {
	Status  string               `json:"status"` // ok or failing
	Version string               `json:"version"`
	Failing map[string]string    `json:"failing,omitempty"`
	Jobs    map[string]time.Time `json:"jobs"`
	// Soon says, on this machine alone, what ends and needs its operator.
	Soon []string `json:"soon,omitempty"`
	// Advice says, on this machine alone, what is safe to leave and better not
	// left.
	Advice []string `json:"advice,omitempty"`
}

func (h healthReport) code() int {
	if h.Status == "ok" {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

// jobRuns remembers how the jobs last went.
type jobRuns struct {
	mu      sync.Mutex
	success map[string]time.Time
	failing map[string]string
}

// note records the end of a run at the instant at.
func (j *jobRuns) note(name string, at time.Time, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.success == nil {
		j.success, j.failing = map[string]time.Time{}, map[string]string{}
	}
	if err != nil {
		// The text may name an account, so it goes to the log and not here.
		j.failing[name] = "its last run failed; see the log"
		return
	}
	delete(j.failing, name)
	j.success[name] = at
}

func (j *jobRuns) read() (success map[string]time.Time, failing map[string]string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	success, failing = map[string]time.Time{}, map[string]string{}
	for name, at := range j.success {
		success[name] = at.UTC().Truncate(time.Second)
	}
	for name, why := range j.failing {
		failing[name] = why
	}
	return success, failing
}

func (a *appliance) health(ctx context.Context) healthReport {
	h := healthReport{Status: "ok", Version: Version}
	h.Jobs, h.Failing = a.runs.read()
	var one int
	if err := a.App.DB().NewQuery("SELECT 1").WithContext(ctx).Row(&one); err != nil {
		h.Failing["data.db"] = "cannot be read"
	}
	if err := a.App.AuxDB().NewQuery("SELECT 1").WithContext(ctx).Row(&one); err != nil {
		h.Failing["auxiliary.db"] = "cannot be read"
	}
	if probe, err := os.CreateTemp(a.Dir, ".health-*"); err != nil {
		h.Failing["data folder"] = "cannot be written to"
	} else {
		_ = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if len(h.Failing) > 0 {
		h.Status = "failing"
	}
	return h
}

// soon lists the settings that end within thirty days, in words.
func (a *appliance) soon() (list []string, err error) {
	if a.Reminder == nil {
		return nil, nil
	}
	warnings, err := a.Reminder.Warnings()
	for _, w := range warnings {
		list = append(list, fmt.Sprintf("%s is in use since %s: Amazon ends it by %s, or earlier if it was made earlier; rotate it (docs/operations.md)",
			w.Setting, w.Since.Format(time.DateOnly), w.Ends.Format(time.DateOnly)))
	}
	return list, err
}

// advice tells from where administrators may sign in to the machine room, if
// that is anywhere.
func (a *appliance) advice() (list []string, err error) {
	if len(a.App.Settings().SuperuserIPs) > 0 {
		return nil, nil
	}
	administrators, err := a.App.CountRecords(core.CollectionNameSuperusers)
	if err != nil {
		return nil, fmt.Errorf("count the administrators: %w", err)
	}
	if administrators > 0 {
		list = append(list, "administrators may sign in at /_/ from any address: name those they use with `halotrack superuser ips`")
	}
	return list, nil
}

func (p *Program) healthCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask the running server whether it is well; made for the container's health check",
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), 4*time.Second)
			defer cancel()
			h, err := askHealth(ctx, p.dir)
			if err != nil {
				return err
			}
			if err := p.print(h, func(w io.Writer) {
				fmt.Fprintln(w, h.Status)
				for _, line := range slices.Concat(h.Soon, h.Advice) {
					fmt.Fprintln(w, line)
				}
			}); err != nil {
				return err
			}
			if h.Status != "ok" {
				return fmt.Errorf("failing: %v", h.Failing)
			}
			return nil
		},
	}
	p.jsonFlag(c)
	return c
}

func askHealth(ctx context.Context, dir string) (h healthReport, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://halotrack/health", nil)
	if err != nil {
		return h, err
	}
	response, err := socketClient(dir).Do(request)
	if err != nil {
		return h, fmt.Errorf("no server answers for %s: start it with halotrack serve --dir %s", dir, dir)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&h); err != nil {
		return h, fmt.Errorf("read the server's answer: %w", err)
	}
	return h, nil
}
