package join

import (
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/largeseller"
)

var (
	largeWeeks  = flag.Int("join.large", 0, "weeks that the large seller has stored, 156 for three years; 0 skips it")
	largeFolder = flag.String("join.folder", "", "keep the large seller's facts in this folder from run to run")
)

// What a large seller's new week costs, with one year and with all weeks
// stored. Figures are printed, not judged: they depend on the machine.
func TestALargeSellersNewWeek(t *testing.T) {
	if *largeWeeks == 0 {
		t.Skip("takes minutes: -join.large=156")
	}
	folder := *largeFolder
	if folder == "" {
		folder = t.TempDir()
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	shape := largeseller.Large
	app, store, year, all := largeseller.Sellers(t, shape, *largeWeeks, folder)
	cost := map[int]time.Duration{}
	for _, seller := range []largeseller.Seller{year, all} {
		measure := func() {
			rows, err := shape.Restate(t.Context(), store, seller.Account, folder, seller.Newest)
			if err != nil {
				t.Fatal(err)
			}
			largeseller.ResetPeak()
			start := time.Now()
			weeks, err := Run(t.Context(), app, store, seller.Account)
			took := time.Since(start)
			if err != nil || len(weeks) != shape.Marketplaces {
				t.Fatalf("joined %v, %v", weeks, err)
			}
			t.Logf("%d weeks stored: %d new rows of %d marketplaces joined in %s, peak %.0f MB",
				seller.Weeks, rows, len(weeks), took.Round(time.Millisecond), largeseller.Peak())
			if best, ok := cost[seller.Weeks]; !ok || took < best {
				cost[seller.Weeks] = took
			}
		}
		for range 3 {
			measure()
		}
	}
	t.Logf("a new week with %d weeks stored costs %.2f of that with %d", all.Weeks, float64(cost[all.Weeks])/float64(cost[year.Weeks]), year.Weeks)
	read := map[int]time.Duration{}
	for _, seller := range []largeseller.Seller{year, all} {
		err := store.Use(t.Context(), seller.Account, func(f *history.Facts) error {
			size, err := f.Size(t.Context())
			if err != nil {
				return err
			}
			t.Logf("%d weeks stored: %+v", seller.Weeks, size)
			for range 3 {
				largeseller.ResetPeak()
				start, terms, parts := time.Now(), 0, 0
				for i := range shape.Marketplaces {
					weeks, err := f.Weeks(t.Context(), shape.Code(i))
					if err != nil {
						return err
					}
					weeks = slices.Clone(weeks[:min(14, len(weeks))])
					err = f.Window(t.Context(), shape.Code(i), weeks, func(history.WindowRow) error { terms++; return nil })
					if err != nil {
						return err
					}
					err = f.ParentWindow(t.Context(), shape.Code(i), weeks, func(history.PartRow) error { parts++; return nil })
					if err != nil {
						return err
					}
				}
				took := time.Since(start)
				t.Logf("%d weeks stored: 14 weeks of %d marketplaces, %d rows of terms and %d of parents read in %s, peak %.0f MB",
					seller.Weeks, shape.Marketplaces, terms, parts, took.Round(time.Millisecond), largeseller.Peak())
				if best, ok := read[seller.Weeks]; !ok || took < best {
					read[seller.Weeks] = took
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("reading an audit's weeks with %d weeks stored costs %.2f of that with %d", all.Weeks, float64(read[all.Weeks])/float64(read[year.Weeks]), year.Weeks)
}
