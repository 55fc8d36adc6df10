package sim

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// adsapi.md traps 21 and 29: the columns are Amazon's, and the grains of
// sponsored products agree.
func TestAdvertisedProductsAddUpToTheSearchTerms(t *testing.T) {
	w := NewWorld(Config{ASINs: 24, Terms: 600})
	a := w.Accounts()[0]
	profile := w.ProfileID(a, "ATVPDKIKX0DER")
	d := day(t, "2026-08-04")
	at := (d + 50).Time()
	var terms, products [3]int64
	for _, r := range w.AdTermRows(profile, SponsoredProducts, d, at) {
		terms = [3]int64{terms[0] + r.Clicks, terms[1] + r.CostMicros, terms[2] + r.D14.Sales}
	}
	rows := w.AdvertisedRows(profile, d, at)
	seen := map[int64]bool{}
	for _, r := range rows {
		products = [3]int64{products[0] + r.Clicks, products[1] + r.CostMicros, products[2] + r.D14.Sales}
		if r.AdvertisedASIN == "" || r.AdvertisedSKU == "" || r.AdID == 0 || r.Term != "" {
			t.Fatalf("%+v", r)
		}
		seen[r.AdID] = true
	}
	if terms != products || terms[0] == 0 || len(seen) < 5 {
		t.Errorf("terms %v, products %v in %d rows", terms, products, len(rows))
	}
}

func TestDisplayCampaignsMature(t *testing.T) {
	w := NewWorld(Config{ASINs: 24, Terms: 600})
	profile := w.ProfileID(w.Accounts()[0], "ATVPDKIKX0DER")
	sum := func(age int) (clicks, cost, orders, views int64) {
		for d := day(t, "2026-08-02"); d < day(t, "2026-08-23"); d++ {
			for _, r := range w.CampaignRows(profile, SponsoredDisplay, d, d.Time().AddDate(0, 0, age)) {
				if r.Clicks > r.Impressions || r.ViewD14.Orders > r.D14.Orders || r.D1.Orders != 0 {
					t.Fatalf("%+v", r)
				}
				clicks, cost, orders, views = clicks+r.Clicks, cost+r.CostMicros, orders+r.D14.Orders, views+r.ViewD14.Orders
			}
		}
		return
	}
	clicks, cost, early, _ := sum(4)
	_, _, late, views := sum(43)
	_, _, later, _ := sum(60)
	if clicks == 0 || cost == 0 || early >= late || late != later || views == 0 || views == late {
		t.Errorf("clicks %d, cost %d, orders %d, %d, %d, by view %d", clicks, cost, early, late, later, views)
	}
	if rows := w.CampaignRows(profile, SponsoredDisplay, day(t, "2026-08-02"), day(t, "2026-10-08").Time()); rows != nil {
		t.Error("rows beyond 65 days")
	}
}

func TestColumnsAreAmazons(t *testing.T) {
	shared := os.Getenv("HALOTRACK_SHARED")
	if shared == "" {
		t.Skip("HALOTRACK_SHARED does not name the folder with Amazon's published tables")
	}
	f, err := os.Open(filepath.Join(shared, "amazon/ads/reporting_v3_columns_by_report.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for kind, have := range adReportTypes {
		var want []string
		for _, line := range table {
			if line[0] == kind && (line[1] == "(base)" || line[1] == have.groupBy) {
				want = append(want, line[2])
			}
		}
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(want, have.columns) {
			t.Errorf("%s: %v, Amazon has %v", kind, have.columns, want)
		}
	}
}
