package ingest

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// spapi.md traps 46, 47 and 49: over a whole back-fill, with restarts, no
// operation of any seller ever exceeds its plan (§3.1), and it is documents, one
// a minute after fifteen, that are waited for, not the looking.
func TestNoSellerEverExceedsAnOperationsPlan(t *testing.T) {
	at := wednesday
	r := newRig(t, sim.Config{Accounts: []sim.AccountSpec{
		{Name: velmora, Countries: []string{"US"}}, {Name: "Nordhain Outdoor", Countries: []string{"DE", "GB"}},
	}}, func(c *Config) { c.Since = newestWeek(at) - 7*14 })
	for i := 0; ; i++ {
		o := r.run()
		if o.Idle() {
			break
		}
		if i%50 == 49 {
			r.reopen()
		}
		r.now.Set(o.Next)
	}
	plan := map[string]struct{ rate, burst float64 }{
		sim.OpCreateReport: {0.0167, 15}, sim.OpGetReports: {0.0222, 10}, sim.OpGetReport: {2, 15},
		sim.OpGetDocument: {0.0167, 15}, sim.OpParticipations: {0.016, 15},
	}
	left, last, most := map[string]float64{}, map[string]time.Time{}, map[string]int{}
	for _, e := range r.amazon.Journal() {
		p, ok := plan[e.Operation]
		if !ok || !strings.HasPrefix(e.Listener, sim.ListenerSPAPI) {
			continue
		}
		key := e.Operation + " " + e.Listener
		if _, ok := last[key]; !ok {
			left[key] = p.burst
		}
		left[key] = math.Min(p.burst, left[key]+e.At.Sub(last[key]).Seconds()*p.rate)
		last[key] = e.At
		if left[key]--; left[key] < -0.01 {
			t.Fatalf("%s exceeds its plan at %s", key, e.At)
		}
		if e.Status == http.StatusTooManyRequests {
			t.Errorf("%s was throttled at %s", key, e.At)
		}
		most[key]++
	}
	documents, polls := sim.OpGetDocument+" "+sim.ListenerSPAPI+"-na", sim.OpGetReport+" "+sim.ListenerSPAPI+"-na"
	if most[documents] <= 15 || most[polls] <= most[documents] {
		t.Errorf("requests: %v; the documents never had to wait", most)
	}
	for _, name := range []string{velmora, "Nordhain Outdoor"} {
		r.wantWhole(name)
	}
}

// spapi.md trap 27: a report that stays in Amazon's queue for eight hours is
// waited for, also over restarts, and not asked for again.
func TestAReportIsWaitedForThroughAnIdleNight(t *testing.T) {
	r := newRig(t, sim.Config{Scenario: &sim.Scenario{Behaviours: []sim.Behaviour{
		{Kind: sim.LongQueue, Delay: 8 * time.Hour, Operations: []string{sim.OpCreateReport}, Times: 1, To: wednesday.Add(time.Hour)},
	}}}, nil)
	for r.now.Now().Before(wednesday.Add(9 * time.Hour)) {
		o := r.run()
		r.reopen()
		if !o.Next.After(r.now.Now()) {
			t.Fatalf("%+v", o)
		}
		r.now.Set(o.Next)
	}
	r.untilIdle()
	r.wantWhole(velmora)
	created, waited := map[string]int{}, false
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpCreateReport && e.At.Before(wednesday.Add(19*time.Hour)) {
			created[string(e.Body)]++
		}
	}
	for body, n := range created {
		if n != 1 {
			t.Errorf("asked for %d times: %s", n, body)
		}
	}
	for _, l := range r.ledger(velmora) {
		if l.State == history.Abandoned {
			t.Errorf("report %d was given up", l.ID)
		}
		waited = waited || l.API == history.SPAPI && l.Finished.Sub(l.Requested) > 8*time.Hour
	}
	if !waited {
		t.Error("no report waited for eight hours, so the test shows nothing")
	}
}

// spapi.md trap 63: whatever two sellers need, also within one account and one
// marketplace, no report names ASINs of both, and none is asked for with the
// other's authorisation.
func TestTwoSellersNeverShareAReport(t *testing.T) {
	const other = "Nordhain Outdoor"
	for seed := range int64(4) {
		r := newRig(t, sim.Config{Seed: 11 + seed, Accounts: []sim.AccountSpec{
			{Name: velmora, Countries: []string{"US"}}, {Name: other, Countries: []string{"US"}},
		}}, nil)
		// The second seller's grant belongs to the first account as well.
		r.ids[other+" alone"] = r.ids[other]
		grants := r.amazon.Connections()
		for i := range grants {
			grants[i].Account = fmt.Sprintf("joint %d", seed)
		}
		id, err := r.account(t.Context(), grants[0].Account, nil, grants)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.in.Run(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for range 400 {
			o, err := r.in.Run(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if o.Idle() {
				break
			}
			r.now.Set(o.Next)
		}
		owner := map[string]string{}
		for _, name := range []string{velmora, other} {
			for _, p := range r.amazon.World().Products(name) {
				if owner[p.ASIN] != "" {
					t.Fatalf("ASIN %s is both sellers'", p.ASIN)
				}
				owner[p.ASIN] = name
			}
		}
		seller := map[string]string{}
		for _, g := range r.amazon.Connections() {
			seller[g.SellerID] = g.Account
		}
		reports := map[string]int{}
		r.ids["joint"] = id
		for _, l := range r.ledger("joint") {
			if l.API != history.SPAPI || l.Type != string(spapi.SQP) {
				continue
			}
			reports[seller[l.Seller]]++
			if i := slices.IndexFunc(l.ASINs, func(asin string) bool { return owner[asin] != seller[l.Seller] }); i >= 0 || len(l.ASINs) == 0 {
				t.Errorf("seed %d: a report of %s asks for %v", seed, seller[l.Seller], l.ASINs)
			}
		}
		if reports[velmora] == 0 || reports[other] == 0 {
			t.Errorf("seed %d: reports by seller: %v", seed, reports)
		}
	}
}
