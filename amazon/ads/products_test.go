package ads

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const productRow = `{"date":"2026-10-05","campaignId":550669026247354,"campaignName":"Bottles","campaignStatus":"ARCHIVED","campaignBudgetCurrencyCode":"USD",` +
	`"adGroupId":9007199254740993,"adGroupName":"Steel","adId":445566778899001,"advertisedAsin":"B0ABCDEFGH","advertisedSku":"HT-STEEL 1 ","impressions":14109,"clicks":176,"cost":1534.58,` +
	`"purchases1d":3,"purchases7d":60,"purchases14d":66,"purchasesSameSku1d":2,"purchasesSameSku7d":50,"purchasesSameSku14d":55,` +
	`"sales1d":100.1,"sales7d":4659.97,"sales14d":4999.99,"unitsSoldClicks1d":4,"unitsSoldClicks7d":70,"unitsSoldClicks14d":77}`

func decodeProducts(t testing.TB, doc string, spec ReportSpec) ([]ProductRow, Summary, error) {
	t.Helper()
	var rows []ProductRow
	s, err := DecodeProducts(strings.NewReader(doc), spec, func(r *ProductRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, s, err
}

// adsapi.md trap 19
// adsapi.md trap 26
// adsapi.md trap 38
func TestAdvertisedProducts(t *testing.T) {
	rows, s, err := decodeProducts(t, "["+productRow+"]", october(t, SPAdvertisedProduct))
	if err != nil || s != (Summary{Rows: 1}) {
		t.Fatal(s, err)
	}
	count := func(n int64) Count { return Count{V: n, Valid: true} }
	want := ProductRow{
		Date: day(t, "2026-10-05"), CampaignID: 550669026247354, AdGroupID: 9007199254740993, AdID: 445566778899001,
		Campaign: "Bottles", AdGroup: "Steel", CampaignStatus: "ARCHIVED", ASIN: "B0ABCDEFGH", SKU: "HT-STEEL 1 ", Currency: "USD",
		Impressions: count(14109), Clicks: count(176), Cost: count(1_534_580_000),
		Orders1d: count(3), Orders7d: count(60), Orders14d: count(66),
		Orders1dSameSKU: count(2), Orders7dSameSKU: count(50), Orders14dSameSKU: count(55),
		Sales1d: count(100_100_000), Sales7d: count(4_659_970_000), Sales14d: count(4_999_990_000),
		Units1d: count(4), Units7d: count(70), Units14d: count(77),
	}
	if rows[0] != want {
		t.Errorf("\n%+v\n%+v", rows[0], want)
	}
}

// Every column that is asked for is read: one that is not would be asked for
// in vain, and one that is misspelt would be stored as unknown.
func TestEveryColumnIsRead(t *testing.T) {
	for kind, doc := range map[ReportType]string{
		SPSearchTerm: spTermRow, SBSearchTerm: sbTermRow, SPCampaigns: spCampaignRow, SBCampaigns: sbCampaignRow, SPAdvertisedProduct: productRow,
	} {
		// What stands in for another column must differ from it.
		doc = strings.NewReplacer(`"targeting":"steel bottle"`, `"targeting":"else"`, `"keywordType":"BROAD"`, `"keywordType":"THEME"`).Replace(doc)
		var c Client
		whole := func(doc string) (row any) {
			_, err := c.Decode(strings.NewReader("["+doc+"]"), october(t, kind), Rows{
				Terms:     func(r *TermRow) error { row = *r; return nil },
				Campaigns: func(r *CampaignRow) error { row = *r; return nil },
				Products:  func(r *ProductRow) error { row = *r; return nil },
			})
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			return row
		}
		with := whole(doc)
		for _, column := range kind.Columns() {
			if !strings.Contains(doc, `"`+column+`":`) {
				t.Errorf("%s: the example lacks %s", kind, column)
			}
			if slices.Contains([]string{"date", "campaignId"}, column) ||
				slices.Contains([]string{"keywordType", "targeting", "costType"}, column) { // stand in for others, or say what cost is
				continue
			}
			without := strings.Replace(doc, `"`+column+`":`, `"was":`, 1)
			if reflect.DeepEqual(whole(without), with) {
				t.Errorf("%s: %s is asked for and not read", kind, column)
			}
		}
	}
}

// adsapi.md trap 37
func TestProductsWithoutSKUOrFigures(t *testing.T) {
	for name, row := range map[string]string{
		"a vendor": `{"date":"2026-10-05","campaignId":1,"adId":"9007199254740993","advertisedAsin":"B0ABCDEFGH","advertisedSku":null,"clicks":0.0,"sales7d":null}`,
		"missing":  `{"date":"2026-10-05","campaignId":"1","adId":9007199254740993,"advertisedAsin":"B0ABCDEFGH","clicks":0}`,
	} {
		rows, _, err := decodeProducts(t, "["+row+"]", october(t, SPAdvertisedProduct))
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r := rows[0]; r.SKU != "" || r.AdID != 9007199254740993 || !r.Clicks.Valid || r.Sales7d.Valid || r.Impressions.Valid || r.Orders7dSameSKU.Valid {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// adsapi.md trap 18
func TestBadProductReportsAreRefused(t *testing.T) {
	doc := "[" + productRow + "]"
	for n := range len(doc) {
		_, _, err := decodeProducts(t, doc[:n], october(t, SPAdvertisedProduct))
		var bad *DocumentError
		if !errors.As(err, &bad) || !bad.Truncated() {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	for name, c := range map[string]struct{ old, new, path string }{
		"no campaign":        {`"campaignId":550669026247354,`, "", "/0/campaignId"},
		"a day outside":      {"2026-10-05", "2026-11-05", "/0/date"},
		"half an order":      {`"purchases7d":60`, `"purchases7d":0.5`, "/0/purchases7d"},
		"a number for a SKU": {`"HT-STEEL 1 "`, "7", "/0/advertisedSku"},
		"an overlong SKU":    {"HT-STEEL", strings.Repeat("x", maxSKU+1), "/0/advertisedSku"},
		"a float for an ad":  {"445566778899001", "4.45e14", "/0/adId"},
	} {
		_, _, err := decodeProducts(t, "["+strings.Replace(productRow, c.old, c.new, 1)+"]", october(t, SPAdvertisedProduct))
		var bad *DocumentError
		if !errors.As(err, &bad) || bad.Path != c.path {
			t.Errorf("%s: %v, want %s", name, err, c.path)
		}
	}
	for _, kind := range ReportTypes {
		if _, _, err := decodeProducts(t, "[]", october(t, kind)); (err == nil) != (kind == SPAdvertisedProduct) {
			t.Errorf("%s is read as a report on products: %v", kind, err)
		}
	}
	var c Client
	if _, err := c.Decode(strings.NewReader("[]"), ReportSpec{Type: "spAudiences"}, Rows{}); err == nil {
		t.Error("a report that is never asked for is read")
	}
}

func FuzzDecodeProducts(f *testing.F) {
	for _, row := range []string{productRow, "{}", "null"} {
		f.Add([]byte("[" + row + "," + row + "]"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		rows := 0
		spec := october(t, SPAdvertisedProduct)
		s, err := DecodeProducts(bytes.NewReader(in), spec, func(r *ProductRow) error {
			if rows++; r.CampaignID <= 0 || r.Date < spec.From || r.Date > spec.To || r.Clicks.V < 0 || len(r.SKU) > maxSKU {
				return fmt.Errorf("a row that cannot be: %+v", r)
			}
			return nil
		})
		var bad *DocumentError
		if err != nil && !errors.As(err, &bad) || err == nil && s.Rows != rows {
			t.Fatalf("%v; %d rows, %d counted", err, rows, s.Rows)
		}
	})
}
