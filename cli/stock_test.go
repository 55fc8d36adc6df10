package cli

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// TestWeeksOutOfStockAreThoseOfTheWorld holds what is inferred from fetched
// reports against what the simulated Amazon planted: no week too few, none too
// many.
func TestWeeksOutOfStockAreThoseOfTheWorld(t *testing.T) {
	w := newWorldSince(t, 20, 70)
	setup := w.connect(t)
	w.sync(t)
	planted := 0
	for i, name := range w.amazon.World().Accounts() {
		newest, ok, err := w.Audit.Newest(t.Context(), setup.clients[i])
		if err != nil || !ok {
			t.Fatalf("%s: no complete week (%v)", name, err)
		}
		// Ads reports reach back 65 days: the weeks before have no baseline.
		first := (clock.DayOf(present, time.UTC) - 60).Week() + 14
		for _, market := range w.amazon.World().Marketplaces(name) {
			want := map[sim.Truth]bool{}
			for _, x := range w.amazon.World().Truth(first, newest) {
				if x.Account == name && x.Marketplace == market && x.Cause == "stock" {
					want[x] = true
				}
			}
			planted += len(want)
			var list []history.StockWeek
			err := w.Store.Use(t.Context(), setup.clients[i], func(f *history.Facts) (err error) {
				list, err = f.StockWeeks(t.Context(), market, first, newest)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, out := range list {
				found := false
				for x := range want {
					if x.ASIN == out.ASIN && x.From == out.Week {
						found = true
						delete(want, x)
					}
				}
				if !found {
					t.Errorf("%s %s: %+v was in stock", name, market, out)
				}
			}
			for x := range want {
				t.Errorf("%s: not found out of stock: %+v", name, x)
			}
		}
	}
	if planted < 2 {
		t.Errorf("%d weeks out of stock were planted", planted)
	}
}
