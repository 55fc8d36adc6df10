package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
)

// spapi.md trap 47: where every answer takes a minute, no connection is worked
// on until it has nothing left while the others wait.
func TestEveryConnectionHasItsTurn(t *testing.T) {
	now := clock.NewManual(wednesday)
	slow := true
	faults := func(e sim.Entry) *sim.Fault {
		if slow {
			now.Advance(time.Minute)
		}
		return nil
	}
	r := newRig(t, sim.Config{Clock: now, Faults: faults, ASINs: 20, Accounts: []sim.AccountSpec{
		{Name: velmora, Countries: []string{"US"}}, {Name: "Nordhain Outdoor", Countries: []string{"DE"}},
	}}, nil)
	now = r.now
	requests := func() map[string]int {
		n := map[string]int{}
		for _, e := range r.amazon.Journal() {
			n[e.Listener]++
		}
		return n
	}
	var last map[string]int
	served := map[string]int{}
	for i := range 8 {
		last = requests()
		start := r.now.Now()
		o := r.run()
		if o.Idle() {
			t.Fatal("eight turns were enough")
		}
		if took := r.now.Now().Sub(start); took > 6*turn {
			t.Errorf("pass %d took %s", i, took)
		}
		for _, listener := range []string{"spapi-na", "spapi-eu", "ads-na", "ads-eu"} {
			if requests()[listener] > last[listener] {
				served[listener]++
			}
		}
		r.now.Advance(time.Minute)
	}
	for _, listener := range []string{"spapi-na", "spapi-eu", "ads-na", "ads-eu"} {
		if served[listener] < 3 {
			t.Errorf("%s was asked in %d of 8 passes", listener, served[listener])
		}
	}
	slow = false
	r.untilIdle()
	r.wantWhole(velmora)
	r.wantWhole("Nordhain Outdoor")
}
