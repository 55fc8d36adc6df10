package spapi

import (
	"errors"
	"strings"
	"testing"
)

// scpRow has the counts and rates of spapi.md §1.5.
const scpRow = `{"startDate":"2026-09-13","endDate":"2026-09-19","asin":"B000000001",` +
	`"impressionData":{"impressionCount":15986,"impressionMedianPrice":{"amount":19.99,"currencyCode":"USD"},"sameDayShippingImpressionCount":5,"oneDayShippingImpressionCount":6,"twoDayShippingImpressionCount":7},` +
	`"clickData":{"clickCount":113,"clickRate":0.0071,"clickedMedianPrice":{"amount":19.99,"currencyCode":"USD"},"sameDayShippingClickCount":1,"oneDayShippingClickCount":2,"twoDayShippingClickCount":3},` +
	`"cartAddData":{"cartAddCount":20,"cartAddedMedianPrice":null,"sameDayShippingCartAddCount":1,"oneDayShippingCartAddCount":2,"twoDayShippingCartAddCount":3},` +
	`"purchaseData":{"purchaseCount":13,"searchTrafficSales":{"amount":999.5,"currencyCode":"USD"},"conversionRate":0.115,"purchaseMedianPrice":{"amount":19.99,"currencyCode":"USD"},"sameDayShippingPurchaseCount":1,"oneDayShippingPurchaseCount":2,"twoDayShippingPurchaseCount":3}}`

func decodeSCP(t *testing.T, doc string, want Expect) ([]SCPRow, Summary, error) {
	t.Helper()
	var rows []SCPRow
	s, err := DecodeSCP(strings.NewReader(doc), want, func(r *SCPRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, s, err
}

// spapi.md trap 4
func TestSCPRatesAreFractions(t *testing.T) {
	rows, s, err := decodeSCP(t, sqpDocument(SCP, scpRow), week(t))
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	r := rows[0]
	if s.Unit != UnitFraction || s.RateMismatches != 0 || r.Impressions.Count.V != 15986 || r.Clicks.TwoDay.V != 3 || r.CartAdds.MedianPrice.Valid ||
		r.SearchSales != (Price{999_500_000, "USD", true}) || r.Purchases.Count.V != 13 || r.ASIN != "B000000001" {
		t.Errorf("%+v %+v", r, s)
	}
}

func TestBadSCPDocuments(t *testing.T) {
	other := strings.Replace(scpRow, `"clickCount":113`, `"clickCount":114`, 1)
	for _, c := range []struct{ name, doc, path string }{
		{"an ASIN twice", sqpDocument(SCP, scpRow, other), "/dataByAsin/1"},
		{"a string for a count", sqpDocument(SCP, strings.Replace(scpRow, `"clickCount":113`, `"clickCount":"113"`, 1)), "/dataByAsin/0/clickData/clickCount"},
		{"an SQP document", sqpDocument(SQP, usRow), "/reportSpecification/reportType"},
		{"another week", sqpDocument(SCP, strings.Replace(scpRow, "2026-09-19", "2026-09-26", 1)), "/dataByAsin/0/endDate"},
		{"no ASIN", sqpDocument(SCP, strings.Replace(scpRow, `"asin":"B000000001",`, "", 1)), "/dataByAsin/0/asin"},
	} {
		_, _, err := decodeSCP(t, c.doc, week(t))
		var bad *DocumentError
		if !errors.As(err, &bad) || bad.Path != c.path {
			t.Errorf("%s: %v, want %s", c.name, err, c.path)
		}
	}
	if _, s, err := decodeSCP(t, sqpDocument(SCP, scpRow, scpRow), week(t)); err != nil || s.Duplicates != 1 || s.Rows != 1 {
		t.Errorf("an identical row: %+v, %v", s, err)
	}
}
