package ingest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	grant "halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/publication"
)

var agencySize = flag.Int("ingest.agency", 5, "connections in the test of an agency")

// agencyOf is n clients of one agency: one Selling Partner API connection each,
// in all regions, with 20 to 300 ASINs in one to three marketplaces.
func agencyOf(n int, seed uint64) (list []sim.AccountSpec) {
	places := [][]string{{"US"}, {"US", "CA"}, {"DE"}, {"GB"}, {"DE", "FR", "IT"}, {"GB", "DE"}, {"JP"}, {"US", "CA", "MX"}}
	dice := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		list = append(list, sim.AccountSpec{Name: fmt.Sprintf("Client %03d", i), Countries: places[i%len(places)], ASINs: 20 + dice.IntN(281)})
	}
	return list
}

// processorTime is processor time of the process, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// agencyWeek is the week whose publication the tests of an agency wait for.
var agencyWeek = clock.Date(2026, 11, 22)

// agency is a rig whose accounts have no connection to the Ads API, ten hours before a
// week is published.
func agency(t testing.TB, n int, delays sim.Delays, change func(*Config)) *rig {
	t.Helper()
	eve := clock.NewManual((agencyWeek + 7).Time().Add(publication.WeekFirst).Add(-10 * time.Hour))
	r := newRig(t, sim.Config{Accounts: agencyOf(n, 7), Terms: 60, SQPDaily: 20, Delays: delays, Clock: eve}, func(c *Config) {
		c.SQPDailyRequests = 20
		c.Since = agencyWeek - 7*2
		if change != nil {
			change(c)
		}
	})
	records, err := r.app.FindAllRecords("connections")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range records {
		if c.GetString("api") == grant.APIAds {
			if err := r.app.Delete(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

// catalogueSize is how many ASINs a report on a week asks for.
func catalogueSize(r *rig, account, market string, week clock.Day) int {
	n := 0
	for _, row := range r.amazon.World().SCPRows(account, market, week, r.now.Now()) {
		if row.Impressions.Count > 0 {
			n++
		}
	}
	return n
}

// newestAsks is what the best client asks for to have a week whole.
func newestAsks(r *rig, week clock.Day) (asks []sim.Ask) {
	w := r.amazon.World()
	for _, name := range w.Accounts() {
		for _, market := range w.Marketplaces(name) {
			n := catalogueSize(r, name, market, week)
			asks = append(asks, sim.Ask{Account: name, Marketplace: market, SCP: 1, SQP: (n + groupSize - 1) / groupSize})
		}
	}
	return asks
}

// wholeAt returns when the last of what was asked for first of a week was
// stored.
func wholeAt(r *rig, account string, week clock.Day) (at time.Time, reports int) {
	first := map[string]time.Time{}
	for _, l := range r.ledger(account) {
		if l.Start != week || l.API != history.SPAPI || l.State != history.ReportDone && l.State != history.ReportEmpty {
			continue
		}
		for _, asin := range append([]string{l.Type}, l.ASINs...) {
			if key := l.Marketplace + asin; first[key].IsZero() {
				first[key], reports = l.Finished, reports+1
			}
		}
	}
	for _, f := range first {
		at = later(at, f)
	}
	return at, reports
}

// spapi.md traps 47, 48 and 49: an agency's newest week comes as fast as
// Amazon's quotas let it, for every client, while their back-fill goes on.
func TestAnAgencysNewestWeekComesAsFastAsAmazonLetsIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		delays sim.Delays
	}{
		{"a good day", sim.Delays{}},
		{"a slow day", sim.Delays{Queue: [2]time.Duration{time.Minute, 20 * time.Minute}, Processing: [2]time.Duration{5 * time.Minute, 30 * time.Minute}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := agency(t, *agencySize, c.delays, nil)
			wall, cpu := clock.System().Now(), processorTime()
			week, published := agencyWeek, (agencyWeek + 7).Time().Add(publication.WeekFirst)
			r.walk(published)
			_, best := r.amazon.BestFinish(published, newestAsks(r, week))
			latest := func(name string) time.Time {
				return published.Add(best[name].Sub(published) * 11 / 10).Add(slowPoll)
			}
			var end time.Time
			for name := range best {
				end = later(end, latest(name))
			}
			r.walk(end.Add(time.Second))
			var ratios []float64
			for name, want := range best {
				got, n := wholeAt(r, name, week)
				asked := 0 // catalogues and ASINs
				for _, market := range r.amazon.World().Marketplaces(name) {
					asked += 1 + catalogueSize(r, name, market, week)
				}
				if n < asked {
					t.Errorf("%s has %d of %d answers of week %s", name, n, asked, week)
					continue
				}
				ratio := got.Sub(published).Seconds() / want.Sub(published).Seconds()
				ratios = append(ratios, ratio)
				if got.After(latest(name)) {
					t.Errorf("%s: week %s is whole after %s, at best after %s", name, week, got.Sub(published), want.Sub(published))
				}
			}
			slices.Sort(ratios)
			t.Logf("%d connections, %d requests: ratio to the best finish: median %.2f, worst %.2f; %s wall, %s of processor, simulator included",
				*agencySize, len(r.amazon.Journal()), ratios[len(ratios)/2], ratios[len(ratios)-1], clock.System().Now().Sub(wall).Round(time.Second), (processorTime() - cpu).Round(time.Second))
		})
	}
}

// walk runs from due instant to due instant until the clock stands at end.
func (r *rig) walk(end time.Time) {
	r.t.Helper()
	for r.now.Now().Before(end) {
		o := r.run()
		if o.Next.IsZero() || o.Next.After(end) {
			r.now.Set(end)
			return
		}
		if !o.Next.After(r.now.Now()) {
			r.t.Fatalf("next step at %s is not after %s: %+v", o.Next, r.now.Now(), o)
		}
		r.now.Set(o.Next)
	}
}
