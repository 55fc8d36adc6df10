package join

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/largeseller"
	"halotrack.ai/halotrack/internal/testapp"
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
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	shape := largeseller.Large
	app := testapp.New(t)
	store := history.NewStore(folder, largeseller.Keys{}, clock.NewManual(largeseller.Newest.Time().AddDate(0, 0, 20)))
	t.Cleanup(func() { _ = store.Close() })
	year, all := "largesellerone0", "largesellerall0"
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{year, all} {
		account := core.NewRecord(accounts)
		account.Id = id
		account.Set("name", id)
		account.Set("kind", "business")
		account.Set("brand_words", []string{largeseller.Brand})
		if err := app.Save(account); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	sizes := map[string]int{year: min(largeseller.Year, *largeWeeks), all: *largeWeeks}
	newest := map[string]clock.Day{year: largeseller.Newest - clock.Day(7*(sizes[all]-sizes[year])), all: largeseller.Newest}
	err = shape.Fill(t.Context(), store, all, sizes[all], func(stored int) error {
		if stored%13 == 0 {
			t.Logf("%d weeks stored and joined after %s", stored, time.Since(began).Round(time.Second))
		}
		copied := filepath.Join(folder, year+".db")
		if _, err := os.Stat(copied); stored != sizes[year] || err == nil {
			return nil
		}
		return store.Snapshot(t.Context(), all, copied)
	})
	if err != nil {
		t.Fatal(err)
	}
	cost := map[string]time.Duration{}
	for _, id := range []string{year, all} {
		measure := func() {
			rows, err := shape.Restate(t.Context(), store, id, folder, newest[id])
			if err != nil {
				t.Fatal(err)
			}
			largeseller.ResetPeak()
			start := time.Now()
			weeks, err := Run(t.Context(), app, store, id)
			took := time.Since(start)
			if err != nil || len(weeks) != shape.Marketplaces {
				t.Fatalf("joined %v, %v", weeks, err)
			}
			t.Logf("%d weeks stored: %d new rows of %d marketplaces joined in %s, peak %.0f MB",
				sizes[id], rows, len(weeks), took.Round(time.Millisecond), largeseller.Peak())
			if best, ok := cost[id]; !ok || took < best {
				cost[id] = took
			}
		}
		for range 3 {
			measure()
		}
	}
	t.Logf("a new week with %d weeks stored costs %.2f of that with %d", sizes[all], float64(cost[all])/float64(cost[year]), sizes[year])
	read := map[string]time.Duration{}
	for _, id := range []string{year, all} {
		err := store.Use(t.Context(), id, func(f *history.Facts) error {
			size, err := f.Size(t.Context())
			if err != nil {
				return err
			}
			t.Logf("%s holds %+v", id, size)
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
					sizes[id], shape.Marketplaces, terms, parts, took.Round(time.Millisecond), largeseller.Peak())
				if best, ok := read[id]; !ok || took < best {
					read[id] = took
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("reading an audit's weeks with %d weeks stored costs %.2f of that with %d", sizes[all], float64(read[all])/float64(read[year]), sizes[year])
}
