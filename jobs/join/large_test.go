package join

import (
	"flag"
	"os"
	"testing"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/largeseller"
)

var (
	largeWeeks  = flag.Int("join.large", 0, "weeks that the large seller has stored, 156 for three years; 0 skips it")
	largeFolder = flag.String("join.folder", "", "keep the large seller's facts in this folder from run to run")
)

// What a large seller's new week costs, and reading the weeks of an audit, with
// one year and with all weeks stored. Figures are printed, not judged: they
// depend on the machine.
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
	var join, read [2]largeseller.Cost
	for i, seller := range []largeseller.Seller{year, all} {
		for range 3 {
			rows, err := shape.Restate(t.Context(), store, seller.Account, folder, seller.Newest)
			if err != nil {
				t.Fatal(err)
			}
			weeks := 0
			cost, err := largeseller.Measure(func() error {
				rebuilt, err := Run(t.Context(), app, store, seller.Account)
				weeks = len(rebuilt)
				return err
			})
			if err != nil || weeks != shape.Marketplaces {
				t.Fatalf("joined %d weeks, %v", weeks, err)
			}
			t.Logf("%d weeks stored: a new week of %d marketplaces, %d rows, joined in %s", seller.Weeks, weeks, rows, cost)
			join[i] = join[i].Least(cost)
		}
		for range 3 {
			terms, parts := 0, 0
			cost, err := largeseller.Measure(func() error {
				return store.Use(t.Context(), seller.Account, func(f *history.Facts) error {
					for i := range shape.Marketplaces {
						weeks, err := f.Weeks(t.Context(), shape.Code(i))
						if err != nil {
							return err
						}
						weeks = weeks[:min(14, len(weeks))]
						if err := f.Window(t.Context(), shape.Code(i), weeks, func(history.WindowRow) error { terms++; return nil }); err != nil {
							return err
						}
						if err := f.ParentWindow(t.Context(), shape.Code(i), weeks, func(history.PartRow) error { parts++; return nil }); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d weeks stored: 14 weeks of %d marketplaces, %d rows of terms and %d of parents, read in %s",
				seller.Weeks, shape.Marketplaces, terms, parts, cost)
			read[i] = read[i].Least(cost)
		}
	}
	ratio := func(c [2]largeseller.Cost) float64 { return float64(c[1].Processor) / float64(c[0].Processor) }
	t.Logf("join: %s with %d weeks stored, %s with %d; ratio of processor time %.2f", join[0], year.Weeks, join[1], all.Weeks, ratio(join))
	t.Logf("read: %s with %d weeks stored, %s with %d; ratio of processor time %.2f", read[0], year.Weeks, read[1], all.Weeks, ratio(read))
	err := store.Use(t.Context(), all.Account, func(f *history.Facts) error {
		size, err := f.Size(t.Context())
		t.Logf("%d weeks stored: %+v", all.Weeks, size)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
