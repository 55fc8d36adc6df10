package ingest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/publication"
)

// catalogueIn is a seller's catalogue in a week of the simulator's world.
func catalogueIn(w *sim.World, account, market string, week clock.Day) (list []history.Weight) {
	for _, row := range w.SCPRows(account, market, week, (week + 40).Time()) {
		list = append(list, history.Weight{ASIN: row.ASIN, Impressions: row.Impressions.Count})
	}
	slices.SortFunc(list, func(a, b history.Weight) int {
		return cmp.Or(cmp.Compare(b.Impressions, a.Impressions), cmp.Compare(a.ASIN, b.ASIN))
	})
	return list
}

// A seller of 900 ASINs in five marketplaces may ask for 140 reports a week
// (spapi.md §1.9) and wants 250: most of the impressions come every week, no
// ASIN waits for more than two of its turns.
func TestTheSharesOfALargeSellerAreCoveredByTheirWeight(t *testing.T) {
	const account, daily, weeks = "Large", 20, 12
	w := sim.NewWorld(sim.Config{Seed: 5, Terms: 600, Accounts: []sim.AccountSpec{
		{Name: account, Countries: []string{"DE", "FR", "IT", "ES", "GB"}, ASINs: 900},
	}})
	first := day(t, "2026-06-07")
	orders := map[string]*order{}
	groups, total := 0, int64(0)
	for _, m := range w.Marketplaces(account) {
		o := newOrder(catalogueIn(w, account, m, first))
		orders[m] = o
		groups += len(spapi.PackASINs(o.asins()))
		total += o.total
	}
	if groups <= 7*daily || total == 0 {
		t.Fatalf("%d groups are no large seller", groups)
	}
	type target struct{ market, asin string }
	last := map[target]int{}
	longest, worst, sum := 0, 1.0, 0.0
	answered := map[clock.Day]map[target]bool{}
	for n := range weeks {
		week := first + clock.Day(7*n)
		answered[week] = map[target]bool{}
		var all []wanted
		for back := 0; back < 8 && back <= n; back++ {
			for m, o := range orders {
				for _, pack := range spapi.PackASINs(o.asins()) {
					x := wanted{rank: rankBackfill, Report: history.Report{Type: string(spapi.SQP), Marketplace: m, Start: week - clock.Day(7*back), ASINs: pack}}
					if back == 0 {
						x.rank = rankNewest
					} else if answered[x.Start][target{m, pack[0]}] {
						if back > 1 {
							continue
						}
						x.rank = rankConfirm
					}
					o.classify(&x)
					all = append(all, x)
				}
			}
		}
		slices.SortFunc(all, func(a, b wanted) int { return cmp.Compare(a.Marketplace+a.ASINs[0], b.Marketplace+b.ASINs[0]) })
		if !arrange(all, daily) {
			t.Fatal("the seller does not count as large")
		}
		covered := int64(0)
		for _, x := range all[:7*daily] {
			if x.rank == rankConfirm {
				continue
			}
			for _, asin := range x.ASINs {
				at := target{x.Marketplace, asin}
				answered[x.Start][at] = true
				if x.Start == week {
					o := orders[x.Marketplace]
					covered += o.products[o.place[asin]].Impressions
					longest = max(longest, n-last[at])
					last[at] = n
				}
			}
		}
		share := float64(covered) / float64(total)
		worst, sum = min(worst, share), sum+share
	}
	for m, o := range orders {
		for _, asin := range o.asins() {
			longest = max(longest, weeks-1-last[target{m, asin}])
		}
	}
	if worst < .8 {
		t.Errorf("a week covers %.1f %% of the impressions", 100*worst)
	}
	if longest > 8 {
		t.Errorf("an ASIN waited for %d weeks", longest)
	}
	now := instant(t, "2026-11-25T09:00:00Z")
	end := finishOf(now, groups, daily, daily, instant(t, "2026-11-26T00:00:00Z"), usualPace)
	if days := end.Sub(now).Hours() / 24; days < float64(groups/daily)-1 || days > float64(groups/daily)+1 {
		t.Errorf("%d reports are expected to take %.1f days", groups, days)
	}
	t.Logf("%d reports a week wanted, %d allowed: %.1f %% of the search impressions covered in the mean week, %.1f %% in the worst; no ASIN waits longer than %d weeks; one whole week would take %s",
		groups, 7*daily, 100*sum/weeks, 100*worst, longest, end.Sub(now).Round(time.Hour))
}

// The estimate of a seller whose newest week takes more than a day's allowance
// names the hour at which it is whole.
func TestTheEstimateComesTrue(t *testing.T) {
	r := newRig(t, sim.Config{
		Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"GB", "DE"}, ASINs: 260}}, Terms: 150, SQPDaily: 20,
		Clock: clock.NewManual((agencyWeek + 7).Time().Add(publication.WeekFirst - 10*time.Hour)),
	}, func(c *Config) {
		c.SQPDailyRequests = 20
		c.Since = agencyWeek - 7
	})
	published := (agencyWeek + 7).Time().Add(publication.WeekFirst)
	r.walk(published.Add(30 * time.Minute))
	var said time.Time
	r.use(velmora, func(f *history.Facts) error {
		list, err := f.Progress(t.Context())
		for _, p := range list {
			if p.Connection == r.connection(velmora, APISeller).ID {
				said = p.NewestDone
			}
		}
		return err
	})
	r.walk(published.Add(4 * 24 * time.Hour))
	got, n := wholeAt(r, velmora, agencyWeek)
	if n < 20*groupSize {
		t.Fatalf("%d ASINs are no more than a day's allowance", n)
	}
	if off := said.Sub(got).Abs(); said.IsZero() || off > 3*time.Hour {
		t.Errorf("said %s half an hour after the publication, whole at %s", said, got)
	}
	t.Logf("published %s, expected %s, whole %s", published, said, got)
}
