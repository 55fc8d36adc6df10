package ingest

import (
	"flag"
	"math/rand/v2"
	"os"
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

// Every hostile behaviour of the simulator at once, in four accounts over weeks,
// and the process killed at random points: at the end the history is, slice by
// slice, what Amazon served.
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
	)
	days := max(*chaosKills/5, 10)
	peace := wednesday.Add(time.Duration(days) * 24 * time.Hour)
	strike := func() {
		if p := victim.Load(); p != nil {
			_ = p.Kill()
		}
	}
	r := newRig(t, sim.Config{ASINs: 20, Terms: 100, Accounts: chaosAccounts, Scenario: sim.Hostile().Until(peace), Faults: func(sim.Entry) *sim.Fault {
		if requests.Add(1) == target.Load() {
			if d := delay.Load(); d == 0 {
				strike() // the request is handled, its answer goes nowhere
			} else {
				time.AfterFunc(time.Duration(d), strike)
			}
		}
		return nil
	}}, nil)
	dir, g := r.dir, r.amazon.Connections()[0]
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	killed := 0
	for r.now.Now().Before(peace) || killed < *chaosKills {
		target.Store(-1)
		if killed < *chaosKills {
			delay.Store([]int64{0, 0, int64(time.Millisecond), int64(random.IntN(6)) * int64(time.Millisecond)}[random.IntN(4)])
			target.Store(requests.Load() + 1 + int64(random.IntN(25)))
		}
		if !r.runChild(dir, g, &victim) {
			killed++
			continue
		}
		r.now.Advance(12 * time.Hour) // something new falls due
	}
	target.Store(-1)
	// What failed is asked for again within days, what changed within the
	// re-pull windows.
	r.open(dir)
	for range 10 {
		r.untilIdle()
		r.now.Advance(24 * time.Hour)
	}
	r.untilIdle()
	for name := range r.ids {
		for _, api := range []string{APISeller, APIAds} {
			if c := r.connection(name, api); c.Status != StatusActive {
				t.Errorf("%s: the %s connection is %s: %s", name, api, c.Status, c.Reason)
			}
		}
		r.wantWhole(name)
		for _, l := range r.ledger(name) {
			if l.State.Open() {
				t.Errorf("report %d (%s) is left %s: %s", l.ID, l.Type, l.State, l.Error)
			}
			if l.State == history.Failed && l.ErrorClass == classOurs {
				t.Errorf("report %d (%s, %s) was given up: %s", l.ID, l.Type, clock.Day(l.Start), l.Error)
			}
		}
	}
	unreadable := map[string]bool{} // by account and Amazon's id: asked for again, for good reason
	for name := range r.ids {
		for _, l := range r.ledger(name) {
			unreadable[name+l.AmazonID] = l.State == history.Failed && l.ErrorClass == classDocument
		}
	}
	spapi, ads := 0, 0
	for _, a := range r.amazon.AcceptedReports() {
		for i := 1; i < len(a.Reports); i++ {
			before, at := a.Reports[i-1], a.Reports[i].At
			switch {
			case before.Failed, unreadable[a.Account+before.ID], len(before.Fetched) > 0 && !before.Fetched[0].After(at):
			case a.API == sim.ListenerSPAPI:
				spapi++
			default:
				ads++
			}
		}
	}
	if spapi != 0 || ads > killed {
		t.Errorf("asked for again although they were under way: %d at the Selling Partner API, %d at the Ads API after %d kills", spapi, ads, killed)
	}
	kinds := map[int]int{}
	for _, e := range r.amazon.Journal() {
		kinds[e.Status]++
	}
	for _, status := range []int{0, 403, 425, 429, 500, 503} {
		if kinds[status] == 0 {
			t.Errorf("no answer had the status %d: the world was not hostile", status)
		}
	}
	t.Logf("%d kills, %d ads reports repeated, %d requests by status %v, ends at %s", killed, ads, requests.Load(), kinds, r.now.Now())
}
