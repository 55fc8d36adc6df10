package ingest

import (
	"flag"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// chaosKills is how often the process is killed in the chaos test.
var chaosKills = flag.Int("ingest.kills", 50, "kills in the chaos test")

var chaosAccounts = []sim.AccountSpec{
	{Name: velmora, Countries: []string{"US"}},
	{Name: "Nordhain Outdoor", Countries: []string{"DE", "GB"}, Viewer: true},
	{Name: "Kisaragi Works", Countries: []string{"JP"}},
	{Name: "Prairie Kettle", Countries: []string{"CA"}},
}

// chaosWeeks is how much history every account fetches.
const chaosWeeks = 30

// Every hostile behaviour of the simulator at once, in four accounts over thirty
// weeks, and the process killed at random points: no slice is ever half-written,
// and at the end the history is, figure by figure, what Amazon serves.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("dozens of processes are killed")
	}
	var (
		random   = rand.New(rand.NewPCG(17, 19))
		requests atomic.Int64
		target   atomic.Int64
		victim   atomic.Pointer[os.Process]
		delay    atomic.Int64
		said     safeBuffer // by all children
	)
	days := max(*chaosKills/5, 10)
	peace := wednesday.Add(time.Duration(days) * 24 * time.Hour)
	strike := func() {
		if p := victim.Load(); p != nil {
			_ = p.Kill()
		}
	}
	r := newRig(t, sim.Config{ASINs: 8, Terms: 60, Accounts: chaosAccounts, Scenario: sim.Hostile().Until(peace), Faults: func(sim.Entry) *sim.Fault {
		if requests.Add(1) == target.Load() {
			if d := delay.Load(); d == 0 {
				strike() // the request is handled, its answer goes nowhere
			} else {
				time.AfterFunc(time.Duration(d), strike)
			}
		}
		return nil
	}}, func(c *Config) { c.Since = newestWeek(wednesday) - 7*(chaosWeeks-1) })
	owner := r.owner("jo.canary@owner.example")
	dir, g := r.dir, r.amazon.Connections()[0]
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	var kills []kill
	moment := func() (last int64) {
		for _, e := range r.amazon.Journal() {
			last = max(last, e.Ended)
		}
		return last
	}
	child := childRun{
		victim: &victim, stderr: &said,
		change: func(c *childTask) { c.Chaos = true },
		idle: func() bool { // something new falls due
			r.now.Advance(12 * time.Hour)
			return r.now.Now().Before(peace) || len(kills) < *chaosKills
		},
	}
	for r.now.Now().Before(peace) || len(kills) < *chaosKills {
		target.Store(-1)
		if len(kills) < *chaosKills {
			delay.Store([]int64{0, 0, int64(time.Millisecond), int64(random.IntN(6)) * int64(time.Millisecond)}[random.IntN(4)])
			target.Store(requests.Load() + 1 + int64(random.IntN(120)))
		}
		if !r.runChild(dir, g, child) {
			kills = append(kills, kill{at: r.now.Now(), moment: moment()})
		}
	}
	target.Store(-1)
	// What failed is asked for again within days, what changed within the
	// re-pull windows.
	r.open(dir)
	if err := r.sound(t.Context()); err != nil {
		t.Error(err)
	}
	for range 10 {
		r.untilIdle()
		r.now.Advance(24 * time.Hour)
	}
	r.untilIdle()
	if err := r.sound(t.Context()); err != nil {
		t.Error(err)
	}
	secrets, told := r.secrets(t, "@example.com", "@mail.example.org"), []string{} // and e-mail addresses in search terms
	for name := range r.ids {
		for _, api := range []string{APISeller, APIAds} {
			c := r.connection(name, api)
			if c.Status != StatusActive {
				t.Errorf("%s: the %s connection is %s: %s", name, api, c.Status, c.Reason)
			}
			told = append(told, c.Reason)
		}
		r.wantWhole(name)
		c := r.wantEveryFigure(t, name)
		t.Logf("%s: %d rows of %d slices compared, %d empty, %d truncated; %d rows held back, %d with a null that was served once", name, c.rows, c.slices, c.empty, c.truncated, c.held, c.nulls)
		for _, l := range r.ledger(name) {
			if l.State.Open() {
				t.Errorf("report %d (%s) is left %s: %s", l.ID, l.Type, l.State, l.Error)
			}
			if l.State == history.Failed && l.ErrorClass == classOurs {
				t.Errorf("report %d (%s, %s) was given up: %s", l.ID, l.Type, clock.Day(l.Start), l.Error)
			}
		}
		secrets.wantNoneIn(t, "the ledger of "+name, r.ledgerTexts(name))
	}
	repeats := r.repeated(t, kills)
	if repeats.killed > len(kills) {
		t.Errorf("%d ads reports were asked for twice after %d kills", repeats.killed, len(kills))
	}
	tokens := r.tokensInOrder(t, kills)
	r.wantNoSecret(t, []string{owner}, said.String())
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	secrets.wantNoneIn(t, "what was told", strings.Join(slices.Concat(told, r.notified, r.toldMarkets), "\n"))
	secrets.wantNoneIn(t, "the log", r.log.String())
	secrets.wantNoneIn(t, "what the children wrote", said.String())
	if !strings.Contains(said.String(), "level=") {
		t.Error("the children logged nothing")
	}
	files := r.noSecretInFiles(t, secrets)
	kinds := map[int]int{}
	for _, e := range r.amazon.Journal() {
		kinds[e.Status]++
	}
	for _, status := range []int{0, 403, 425, 429, 500, 503} {
		if kinds[status] == 0 {
			t.Errorf("no answer had the status %d: the world was not hostile", status)
		}
	}
	t.Logf("%d kills; ads reports repeated: %d after a kill, %d after a lost answer; %d token requests; %d files searched; %d requests by status %v; ends at %s",
		len(kills), repeats.killed, repeats.lost, tokens, files, requests.Load(), kinds, r.now.Now())
}

// noSecretInFiles searches every file of the closed folder byte by byte.
func (r *rig) noSecretInFiles(t *testing.T, s secrets) (files int) {
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			files++
			s.wantNoneIn(t, "the file "+path, string(text))
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files searched: %v", files, err)
	}
	return files
}
