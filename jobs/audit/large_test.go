package audit

import (
	"flag"
	"os"
	"slices"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/largeseller"
)

var (
	largeWeeks  = flag.Int("audit.large", 0, "weeks that the large seller has stored, 156 for three years; 0 skips it")
	largeFolder = flag.String("audit.folder", "", "keep the large seller's facts in this folder from run to run")
)

// What the audit of a large seller's new week costs, with one year and with all
// weeks stored. Figures are printed, not judged: they depend on the machine.
func TestALargeSellersAudit(t *testing.T) {
	if *largeWeeks == 0 {
		t.Skip("takes minutes: -audit.large=156")
	}
	folder := *largeFolder
	if folder == "" {
		folder = t.TempDir()
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	app, store, year, all := largeseller.Sellers(t, largeseller.Large, *largeWeeks, folder)
	job := New(app, store, clock.NewManual(largeseller.Now))
	var audit [2]largeseller.Cost
	for i, seller := range []largeseller.Seller{year, all} {
		for range 3 {
			err := store.Use(t.Context(), seller.Account, func(f *history.Facts) error {
				due, err := f.AuditsDue(t.Context())
				if err != nil {
					return err
				}
				for _, week := range due {
					if err := f.AuditDone(t.Context(), week); err != nil {
						return err
					}
				}
				return f.MarkAuditsDue(t.Context(), []clock.Day{seller.Newest})
			})
			if err != nil {
				t.Fatal(err)
			}
			var weeks []clock.Day
			cost, err := largeseller.Measure(func() (err error) {
				weeks, err = job.Run(t.Context(), seller.Account)
				return err
			})
			if err != nil || !slices.Equal(weeks, []clock.Day{seller.Newest}) {
				t.Fatalf("audited %v, %v", weeks, err)
			}
			t.Logf("%d weeks stored: the newest week of %d marketplaces audited in %s", seller.Weeks, largeseller.Large.Marketplaces, cost)
			audit[i] = audit[i].Least(cost)
		}
	}
	t.Logf("audit: %s with %d weeks stored, %s with %d; ratio of processor time %.2f",
		audit[0], year.Weeks, audit[1], all.Weeks, float64(audit[1].Processor)/float64(audit[0].Processor))
}
