package history

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
)

func productRow(day clock.Day, ad int64, asin, sku string, clicks int64) ads.ProductRow {
	return ads.ProductRow{
		Date: day, CampaignID: 550669026247354, AdGroupID: 7, AdID: ad, Campaign: "Core", AdGroup: "Group", CampaignStatus: "ENABLED",
		ASIN: asin, SKU: sku, Currency: "USD", Impressions: n(clicks * 20), Clicks: n(clicks), Cost: n(clicks * 500_000),
		Orders1d: n(1), Orders7d: n(2), Orders14d: n(3), Orders1dSameSKU: n(0), Orders7dSameSKU: n(1), Orders14dSameSKU: n(2),
		Sales1d: n(10_000_000), Sales7d: n(20_000_000), Sales14d: n(30_000_000), Units1d: n(1), Units7d: n(2), Units14d: n(4),
	}
}

func replaceProducts(t testing.TB, f *Facts, s AdSlice, rows ...ads.ProductRow) Stored {
	t.Helper()
	stored, err := f.ReplaceAdProducts(t.Context(), s, func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
		return ads.Summary{}, rowsOf(rows...)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func products(t testing.TB, f *Facts, week clock.Day) (list []AdProductDay) {
	t.Helper()
	err := f.AdProducts(t.Context(), us, week, func(r AdProductDay) error { list = append(list, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// adsapi.md trap 23
// adsapi.md trap 29
// adsapi.md trap 35
func TestAdvertisedProductsAreStoredByAd(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	slice := adSlice(ads.SPAdvertisedProduct, now)
	traffic, conversion := productRow(week, 9007199254740993, "B000000001", "SKU-1", 4), productRow(week, 9007199254740993, "B000000001", "SKU-1", 0)
	traffic.Orders7d = Count{}
	stored := replaceProducts(t, f, slice,
		traffic, conversion, // one ad, split into its traffic and its conversions
		productRow(week, 12, "B000000001", "sku-1", 3), // the same product under another SKU
		productRow(week, 13, "B000000002", "", 2),
		productRow(week+6, 13, "B000000002", "", 5),
		productRow(week+6, 14, "", "", 1))
	if stored.Rows != 6 || stored.Summed != 1 || stored.Cells != 7 || stored.Empty != 5 {
		t.Errorf("stored %+v", stored)
	}
	list := products(t, f, week)
	if len(list) != 4 {
		t.Fatalf("%d rows: %+v", len(list), list)
	}
	want := AdProductDay{
		Profile: profileID, Date: week, CampaignID: 550669026247354, AdGroupID: 7, ASIN: "B000000001",
		Impressions: n(140), Clicks: n(7), Cost: n(3_500_000),
		Orders1d: n(3), Orders7d: n(4), Orders14d: n(9), Orders1dSameSKU: n(0), Orders7dSameSKU: n(3), Orders14dSameSKU: n(6),
		Sales1d: n(30_000_000), Sales7d: n(60_000_000), Sales14d: n(90_000_000), Units1d: n(3), Units7d: n(6), Units14d: n(12), Currency: "USD",
	}
	if list[0] != want {
		t.Errorf("\n%+v, want\n%+v", list[0], want)
	}
	if list[1].ASIN != "B000000002" || list[2].Date != week+6 || list[2].ASIN != "" || list[3].Clicks != n(5) {
		t.Errorf("%+v", list[1:])
	}
	if later := products(t, f, week+7); len(later) != 0 {
		t.Errorf("the next week has %+v", later)
	}
	// Ad groups divide their clicks by them.
	if dirty, err := f.DirtyWeeks(t.Context()); err != nil || len(dirty) != 1 || dirty[0].Week != week {
		t.Errorf("weeks to be joined anew %v, %v", dirty, err)
	}

	again := replaceProducts(t, f, slice, productRow(week+6, 13, "B000000002", "", 4))
	if !again.Changed || again.Empty != 6 {
		t.Errorf("stored %+v", again)
	}
	if list = products(t, f, week); len(list) != 1 || list[0].Clicks != n(4) {
		t.Errorf("vanished rows stay: %+v", list)
	}
	if got := count(t, f, "ad_days_old"); got != 2 {
		t.Errorf("%d replaced totals, want those of the two days that had rows", got)
	}
	before := dump(t, f, "ad_product_days", "ad_products", "ad_days_old")
	slice.FetchedAt = now.Add(time.Hour)
	if same := replaceProducts(t, f, slice, productRow(week+6, 13, "B000000002", "", 4)); same.Changed {
		t.Error("an identical import changed something")
	}
	if after := dump(t, f, "ad_product_days", "ad_products", "ad_days_old"); !reflect.DeepEqual(before, after) {
		t.Errorf("after\n%v\nwant\n%v", after, before)
	}
	days, err := f.AdCoverage(t.Context(), profileID, ads.SPAdvertisedProduct, week, week+6)
	if err != nil || len(days) != 7 || days[6].Clicks != 4 || days[0].State != Empty || !days[6].FetchedAt.Equal(slice.FetchedAt) {
		t.Errorf("coverage %+v, %v", days, err)
	}
}

// An ad whose product is changed keeps what was stored for the old one.
func TestAnAdThatShowsAnotherProductIsAnotherRow(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceProducts(t, f, adSlice(ads.SPAdvertisedProduct, now), productRow(week, 12, "B000000001", "A", 3), productRow(week+1, 12, "B000000009", "A", 2))
	list := products(t, f, week)
	if len(list) != 2 || list[0].ASIN != "B000000001" || list[1].ASIN != "B000000009" {
		t.Errorf("%+v", list)
	}
}

func TestProductSlicesAreChecked(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	load := func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
		row := productRow(week+7, 1, "B000000001", "", 1)
		return ads.Summary{}, yield(&row)
	}
	if _, err := f.ReplaceAdProducts(t.Context(), adSlice(ads.SPCampaigns, now), load); !errors.Is(err, ErrSlice) {
		t.Errorf("a campaign report: %v", err)
	}
	if _, err := f.ReplaceAdProducts(t.Context(), adSlice(ads.SPAdvertisedProduct, now), load); !errors.Is(err, ErrSlice) {
		t.Errorf("a row of another week: %v", err)
	}
	if got := count(t, f, "ad_days"); got != 0 {
		t.Errorf("%d days covered by failed imports", got)
	}
	stop := errors.New("stop")
	replaceProducts(t, f, adSlice(ads.SPAdvertisedProduct, now), productRow(week, 1, "B000000001", "", 1))
	if err := f.AdProducts(t.Context(), us, week, func(AdProductDay) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the reader's own error became %v", err)
	}
}
