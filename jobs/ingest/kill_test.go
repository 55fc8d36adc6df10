package ingest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/history"
)

// repeats counts the report requests that Amazon accepted more than once, for
// the same thing in the same pass over it.
func (r *rig) repeats(operation string) (n int) {
	seen := map[string]int{}
	for _, e := range r.amazon.Journal() {
		if e.Operation == operation && e.Status < 300 { // 0: accepted, the answer was lost
			seen[e.Header.Get("Amazon-Advertising-Api-Scope")+string(e.Body)]++
		}
	}
	for _, times := range seen {
		n += times - 1
	}
	return n
}

// spapi.md traps 25, 26 and 37; adsapi.md traps 10 and 12: a stop at any step
// of any report loses nothing and asks nothing twice at the Selling Partner
// API; the Ads API is asked twice at most once per stop.
func TestAStopAtAnyStepLosesNothing(t *testing.T) {
	points := []string{"planned", "requesting", "requested", "resolved", "polled", "downloaded", "stored"}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			r := newRig(t, sim.Config{ASINs: 25, Terms: 120}, nil)
			stops := 0
			for _, nth := range []int{1, 2, 5} {
				left := nth
				var mu sync.Mutex // downloads overlap
				r.in.failpoint = func(p string) error {
					mu.Lock()
					defer mu.Unlock()
					if point == "resolved" && p == "requested" && left == nth {
						left-- // something to resolve
						return errKilled
					}
					if p != point {
						return nil
					}
					if left--; left < 0 {
						return fmt.Errorf("%s: %w", p, errKilled)
					}
					return nil
				}
				for range 200 {
					o, err := r.in.Run(t.Context(), "")
					if errors.Is(err, errKilled) {
						stops++
						if left < 0 {
							break
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if o.Idle() {
						break
					}
					r.now.Set(o.Next)
				}
				r.reopen()
			}
			r.untilIdle()
			r.wantWhole("Velmora Goods")
			if n := r.repeats(sim.OpCreateReport); n != 0 {
				t.Errorf("%d reports were asked for twice at the Selling Partner API", n)
			}
			if n := r.repeats(sim.OpAdsCreate); n > stops {
				t.Errorf("%d ads reports were asked for twice after %d stops", n, stops)
			}
			if stops == 0 {
				t.Error("nothing was stopped")
			}
			for _, l := range r.ledger("Velmora Goods") {
				if l.State != history.ReportDone && l.State != history.ReportEmpty {
					t.Errorf("report %d (%s %s) ended %s: %s", l.ID, l.Type, l.Start, l.State, l.Error)
				}
			}
			if files := r.spooled(); len(files) != 0 {
				t.Errorf("documents left in the spool: %v", files)
			}
		})
	}
}
