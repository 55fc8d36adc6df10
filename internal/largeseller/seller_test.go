package largeseller

import (
	"testing"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// A small seller of the same make: its shape is as stated, it is joined at all
// levels, and storing it again changes nothing.
func TestAMadeUpSellerIsWhole(t *testing.T) {
	shape := Shape{Marketplaces: 2, ASINs: 60, Ads: 90}
	folder := t.TempDir()
	_, store, year, all := Sellers(t, shape, 3, folder)
	if year.Weeks != 3 || year.Newest != Newest {
		t.Errorf("a year of three weeks %+v", year)
	}
	for _, s := range []Seller{year, all} {
		err := store.Use(t.Context(), s.Account, func(f *history.Facts) error {
			size, err := f.Size(t.Context())
			if want := int64(3 * 2 * 36 * 55); err != nil || size.SQPRows < want*9/10 || size.SQPRows > want*11/10 || size.Weeks != 3 {
				t.Errorf("%s holds %+v, %v; want about %d rows", s.Account, size, err, want)
			}
			totals, err := f.WeekTotals(t.Context(), shape.Code(1), Newest, Newest)
			if err != nil || len(totals) != 1 || !totals[0].AdsComplete || totals[0].SPOnly || !totals[0].Parents {
				t.Errorf("totals %+v, %v", totals, err)
			}
			split, classes, keys := map[history.Split]int{}, map[history.Class]int{}, map[string]bool{}
			err = f.Window(t.Context(), shape.Code(1), []clock.Day{Newest}, func(r history.WindowRow) error { classes[r.Class]++; return nil })
			if err != nil || classes[history.BrandTerm] == 0 || classes[history.CompetitorTerm] == 0 || classes[history.GenericTerm] == 0 {
				t.Errorf("classes %v, %v", classes, err)
			}
			err = f.ParentWindow(t.Context(), shape.Code(1), []clock.Day{Newest}, func(r history.PartRow) error {
				split[r.Split]++
				keys[r.Key] = true
				return nil
			})
			if err != nil || split[history.Measured] == 0 || len(keys) != 13 { // 12 parents, and nobody's
				t.Errorf("splits %v over %d parents, %v", split, len(keys), err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := store.Revision(all.Account)
	if err := shape.Fill(t.Context(), store, all.Account, 3, func(int) error { return nil }); err != nil || store.Revision(all.Account) != before {
		t.Errorf("stored again: %v", err)
	}
	rows, err := shape.Restate(t.Context(), store, all.Account, folder, Newest)
	if err != nil || rows == 0 {
		t.Fatal(rows, err)
	}
	err = store.Use(t.Context(), all.Account, func(f *history.Facts) error {
		dirty, err := f.DirtyWeeks(t.Context())
		if len(dirty) != 2 || dirty[0].Week != Newest {
			t.Errorf("restated: dirty %v", dirty)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
