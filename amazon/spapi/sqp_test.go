package spapi

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// spapi.md trap 1
// spapi.md trap 5
func TestLivePercentsAreReadAsPercents(t *testing.T) {
	rows, s, err := decodeSQP(t, sqpDocument(SQP, usRow), week(t))
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if s.Unit != UnitPercent || s.RateMismatches != 0 {
		t.Errorf("unit %s with %d mismatches", s.Unit, s.RateMismatches)
	}
	r := rows[0]
	share := float64(r.Impressions.Own.V) / float64(r.Impressions.Total.V)
	if math.Abs(share-0.003233) > 1e-6 {
		t.Errorf("impression share %f, want 0.003233 (0.32 %%)", share)
	}
	if rate := 100 * float64(r.Clicks.Total.V) / float64(r.Volume.V); math.Abs(rate-37.12) > 0.005 {
		t.Errorf("click rate %f, want 37.12: its denominator is the search volume", rate)
	}
	if r.ASIN != "B000000001" || r.Query != "steel water bottle" || r.Rank.V != 3 || r.Start != week(t).Start || r.End != week(t).End {
		t.Errorf("row %+v", r)
	}
	if r.Clicks.OwnPrice != (Price{24_500_000, "USD", true}) || r.Clicks.SameDay.V != 4 || r.Purchases.TwoDay.V != 3 {
		t.Errorf("clicks %+v, purchases %+v", r.Clicks, r.Purchases)
	}
}

// spapi.md trap 2
func TestUnitIsJudgedByCountsNotBySize(t *testing.T) {
	large := edit(t, edit(t, edit(t, usRow, `"another term"`, "searchQueryData", "searchQuery"),
		`2298`, "impressionData", "asinImpressionCount"), `14.29`, "impressionData", "asinImpressionShare")
	_, s, err := decodeSQP(t, sqpDocument(SQP, usRow, large), week(t))
	if err != nil || s.Unit != UnitPercent || s.RateMismatches != 0 {
		t.Errorf("0.32 and 14.29 in one document: %+v, %v", s, err)
	}
}

// inFractions is usRow as the schema would have it.
func inFractions(t *testing.T, row string) string {
	for _, f := range [][3]string{
		{"impressionData", "asinImpressionShare", "0.0032"}, {"clickData", "totalClickRate", "0.3712"},
		{"clickData", "asinClickShare", "0.0049"}, {"cartAddData", "totalCartAddRate", "0.1333"},
		{"purchaseData", "totalPurchaseRate", "0.0252"},
	} {
		row = edit(t, row, f[2], f[0], f[1])
	}
	return row
}

// spapi.md trap 3
func TestFractionsGiveTheSameRow(t *testing.T) {
	percents, _, err := decodeSQP(t, sqpDocument(SQP, usRow), week(t))
	if err != nil {
		t.Fatal(err)
	}
	fractions, s, err := decodeSQP(t, sqpDocument(SQP, inFractions(t, usRow)), week(t))
	if err != nil || s.Unit != UnitFraction || s.RateMismatches != 0 {
		t.Fatal(s, err)
	}
	a, b := percents[0], fractions[0]
	for _, stage := range []*Stage{&a.Impressions, &a.Clicks, &a.CartAdds, &a.Purchases, &b.Impressions, &b.Clicks, &b.CartAdds, &b.Purchases} {
		stage.Share.V, stage.Rate.V = 0, 0
	}
	if a != b {
		t.Errorf("the stored figures differ:\n%+v\n%+v", a, b)
	}
}

func TestMixedAndUnknownUnits(t *testing.T) {
	other := edit(t, inFractions(t, usRow), `"another term"`, "searchQueryData", "searchQuery")
	if _, s, err := decodeSQP(t, sqpDocument(SQP, usRow, other), week(t)); err != nil || s.Unit != UnitMixed {
		t.Errorf("mixed: %+v, %v", s, err)
	}
	silent := usRow
	for _, block := range []string{"impressionData", "clickData", "cartAddData", "purchaseData"} {
		silent = edit(t, silent, "", block)
	}
	if _, s, err := decodeSQP(t, sqpDocument(SQP, silent), week(t)); err != nil || s.Unit != UnitUnknown || s.Rows != 1 {
		t.Errorf("unknown: %+v, %v", s, err)
	}
}

// spapi.md trap 6
func TestRatesAboveHundredAreKept(t *testing.T) {
	row := edit(t, edit(t, edit(t, usRow, `50`, "searchQueryData", "searchQueryVolume"), `62`, "clickData", "totalClickCount"), `124.0`, "clickData", "totalClickRate")
	rows, _, err := decodeSQP(t, sqpDocument(SQP, row), week(t))
	if err != nil || rows[0].Clicks.Rate.V != 124 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// spapi.md trap 8
// spapi.md trap 9
func TestNullIsNeverZero(t *testing.T) {
	row := edit(t, usRow, `{"totalPurchaseCount":0,"totalPurchaseRate":0.0,"asinPurchaseCount":0,"asinPurchaseShare":null,"totalMedianPurchasePrice":null,"asinMedianPurchasePrice":null}`, "purchaseData")
	row = edit(t, row, `"水筒 保温"`, "searchQueryData", "searchQuery")
	rows, _, err := decodeSQP(t, sqpDocument(SQP, row), week(t))
	if err != nil {
		t.Fatal(err)
	}
	p := rows[0].Purchases
	if p.OwnPrice.Valid || p.TotalPrice.Valid || p.Share.Valid || p.SameDay.Valid {
		t.Errorf("null became a value: %+v", p)
	}
	if !p.Total.Valid || p.Total.V != 0 || !rows[0].CartAdds.Share.Valid {
		t.Errorf("zero became null: %+v", p)
	}
}

// spapi.md trap 12
func TestMoneyIsExact(t *testing.T) {
	for amount, want := range map[string]int64{
		"2480": 2_480_000_000, "19.99": 19_990_000, "0.1": 100_000, "19.990000000000002": 19_990_000,
		"1e2": 100_000_000, "1.5E-3": 1500, "0": 0, "92233720368.5": 92_233_720_368_500_000,
	} {
		row := edit(t, usRow, `{"amount":`+amount+`,"currencyCode":"JPY"}`, "clickData", "totalMedianClickPrice")
		rows, _, err := decodeSQP(t, sqpDocument(SQP, row), week(t))
		if err != nil {
			t.Errorf("%s: %v", amount, err)
		} else if got := rows[0].Clicks.TotalPrice; got != (Price{want, "JPY", true}) {
			t.Errorf("%s: %+v, want %d", amount, got, want)
		}
	}
}

// spapi.md trap 13
func TestUnknownAndMissingPartsAreTolerated(t *testing.T) {
	for name, row := range map[string]string{
		"unknown member":        edit(t, usRow, `{"a":[1,{"b":"}]\""}],"c":null,"d":true}`, "brandNewBlock"),
		"unknown inner member":  edit(t, usRow, `[[]]`, "clickData", "totalDroneClickCount"),
		"empty block":           edit(t, usRow, `{}`, "clickData"),
		"null block":            edit(t, usRow, `null`, "clickData"),
		"missing block":         edit(t, usRow, "", "clickData"),
		"price without amount":  edit(t, usRow, `{"currencyCode":"USD"}`, "clickData", "totalMedianClickPrice"),
		"null volume":           edit(t, usRow, `null`, "searchQueryData", "searchQueryVolume"),
		"escaped member's name": strings.Replace(usRow, `"asinClickCount"`, `"asinClick\u0043ount"`, 1),
	} {
		if rows, _, err := decodeSQP(t, sqpDocument(SQP, row), week(t)); err != nil || len(rows) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc := strings.Replace(sqpDocument(SQP, usRow), `"dataByAsin"`, `"more":{"x":[1,2,{"y":3}]},"dataByAsin"`, 1)
	if _, s, err := decodeSQP(t, doc, week(t)); err != nil || s.Rows != 1 {
		t.Errorf("unknown member at the root: %v", err)
	}
	// The order of an object's members means nothing.
	head, rows, _ := strings.Cut(sqpDocument(SQP, usRow), `,"dataByAsin":`)
	swapped := `{"dataByAsin":` + strings.TrimSuffix(rows, "}") + `,` + strings.TrimPrefix(head, "{") + `}`
	if _, s, err := decodeSQP(t, swapped, week(t)); err != nil || s.Rows != 1 {
		t.Errorf("specification last: %v", err)
	}
}

// spapi.md trap 13
// spapi.md trap 14
// spapi.md trap 36
// spapi.md trap 42
func TestBadDocumentsAreRefusedWithTheirPath(t *testing.T) {
	good := sqpDocument(SQP, usRow)
	change := func(raw string, path ...string) string { return sqpDocument(SQP, usRow, edit(t, usRow, raw, path...)) }
	for _, c := range []struct{ name, doc, path, reason string }{
		{"a string for a count", change(`"12"`, "clickData", "totalClickCount"), "/dataByAsin/1/clickData/totalClickCount", "is not a number"},
		{"a string NaN for a share", change(`"NaN"`, "impressionData", "asinImpressionShare"), "/dataByAsin/1/impressionData/asinImpressionShare", "is not a number"},
		{"a bare NaN", strings.Replace(good, "0.32", "NaN", 1), "/dataByAsin/0/impressionData/asinImpressionShare", "is not valid JSON"},
		{"a fraction of a click", change(`12.5`, "clickData", "totalClickCount"), "/dataByAsin/1/clickData/totalClickCount", "is not a whole number"},
		{"a negative count", change(`-1`, "clickData", "totalClickCount"), "/dataByAsin/1/clickData/totalClickCount", "is negative"},
		{"a huge count", change(`1e30`, "clickData", "totalClickCount"), "/dataByAsin/1/clickData/totalClickCount", "is too large a number"},
		{"a long number", change(strings.Repeat("9", 400), "clickData", "totalClickCount"), "/dataByAsin/1/clickData/totalClickCount", "is too large a number"},
		{"a count for a block", change(`7`, "purchaseData"), "/dataByAsin/1/purchaseData", "is not an object"},
		{"an array for a block", change(`[]`, "purchaseData"), "/dataByAsin/1/purchaseData", "is not an object"},
		{"a number for a price", change(`19.99`, "clickData", "totalMedianClickPrice"), "/dataByAsin/1/clickData/totalMedianClickPrice", "is not an object"},
		{"a wrong currency", change(`{"amount":1,"currencyCode":"dollars"}`, "clickData", "totalMedianClickPrice"), "/dataByAsin/1/clickData/totalMedianClickPrice/currencyCode", "is not a currency code"},
		{"a number for a query", change(`7`, "searchQueryData", "searchQuery"), "/dataByAsin/1/searchQueryData/searchQuery", "is not a string"},
		{"no query", change(``, "searchQueryData", "searchQuery"), "/dataByAsin/1/searchQueryData/searchQuery", "is missing"},
		{"no ASIN", change(``, "asin"), "/dataByAsin/1/asin", "is missing"},
		{"not an ASIN", change(`"B0 DROP"`, "asin"), "/dataByAsin/1/asin", "is not an ASIN"},
		{"an overlong query", change(`"`+strings.Repeat("a", maxQuery+1)+`"`, "searchQueryData", "searchQuery"), "/dataByAsin/1/searchQueryData/searchQuery", "is longer than"},
		{"another week in a row", change(`"2026-09-06"`, "startDate"), "/dataByAsin/1/startDate", "is of another period"},
		{"another end in a row", change(`"2026-09-26"`, "endDate"), "/dataByAsin/1/endDate", "is of another period"},
		{"another week", strings.Replace(good, `"dataStartTime":"2026-09-13"`, `"dataStartTime":"2026-09-06"`, 1), "/reportSpecification/dataStartTime", "is of another period"},
		{"another period", strings.Replace(good, `"WEEK"`, `"MONTH"`, 1), "/reportSpecification/reportOptions/reportPeriod", "is not the week"},
		{"another marketplace", strings.Replace(good, "ATVPDKIKX0DER", "A1PA6795UKMFR9", 1), "/reportSpecification/marketplaceIds", "is not the marketplace"},
		{"two marketplaces", strings.Replace(good, `["ATVPDKIKX0DER"]`, `["ATVPDKIKX0DER","A1PA6795UKMFR9"]`, 1), "/reportSpecification/marketplaceIds", "is not the marketplace"},
		{"another report", strings.Replace(good, "SEARCH_QUERY", "SEARCH_CATALOG", 1), "/reportSpecification/reportType", "is of another report"},
		{"no specification", `{"dataByAsin":[]}`, "/reportSpecification", "is missing"},
		{"no rows", `{` + strings.TrimPrefix(strings.Split(good, `,"dataByAsin"`)[0], "{") + `}`, "/dataByAsin", "is missing"},
		{"rows in an object", strings.Replace(sqpDocument(SQP), "[]", "{}", 1), "/dataByAsin", "is an object, not an array"},
		{"an array", "[]", "", "is an array, not an object"},
		{"a null row", sqpDocument(SQP, "null"), "/dataByAsin/0", "is not an object"},
		{"a contradiction", change(`53`, "impressionData", "asinImpressionCount"), "/dataByAsin/1", "contradicts"},
		{"a member twice", strings.Replace(good, `"asinClickCount":1`, `"asinClickCount":1,"asinClickCount":2`, 1), "/dataByAsin/0/clickData/asinClickCount", "twice"},
		{"something after the end", good + `{}`, "", "goes on after its end"},
		{"garbage after the end", good + `x`, "", ""},
		{"deep nesting", strings.Replace(good, `"dataByAsin"`, `"deep":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`,"dataByAsin"`, 1), "/deep" + strings.Repeat("/0", 64), "is nested too deeply"},
		{"Amazon's refusal", `{"errorDetails":"The requested data is unavailable."}`, "/errorDetails", "refusal"},
		{"broken UTF-8", strings.Replace(good, "steel", "st\xffeel", 1), "/dataByAsin/0/searchQueryData/searchQuery", "is not valid JSON"},
		{"empty", "", "", "ends too early"},
		{"white space", " \n", "", "ends too early"},
	} {
		_, _, err := decodeSQP(t, c.doc, week(t))
		var bad *DocumentError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v is not a *DocumentError", c.name, err)
			continue
		}
		if bad.Path != c.path || !strings.Contains(bad.Reason, c.reason) {
			t.Errorf("%s: %q at %q, want %q at %q", c.name, bad.Reason, bad.Path, c.reason, c.path)
		}
		if strings.Contains(err.Error(), "steel") {
			t.Errorf("%s: the error holds a search term: %v", c.name, err)
		}
	}
}

// spapi.md trap 14
func TestWholeNumbersMayLookLikeFractions(t *testing.T) {
	for literal, want := range map[string]int64{"12.0": 12, "12": 12, "1.2e1": 12, "4294967296": 1 << 32, "-0": 0, "120e-1": 12} {
		rows, _, err := decodeSQP(t, sqpDocument(SQP, edit(t, usRow, literal, "searchQueryData", "searchQueryVolume")), week(t))
		if err != nil || rows[0].Volume.V != want {
			t.Errorf("%s: %v, %v", literal, rows, err)
		}
	}
}

// spapi.md trap 42
func TestEveryTruncationIsSeen(t *testing.T) {
	doc := sqpDocument(SQP, usRow)
	for n := range len(doc) {
		_, _, err := decodeSQP(t, doc[:n], week(t))
		var bad *DocumentError
		if !errors.As(err, &bad) {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(doc), err)
		}
		if !bad.Truncated() {
			t.Fatalf("cut after %d of %d bytes: %v does not say so", n, len(doc), err)
		}
	}
}

// spapi.md trap 29
// spapi.md trap 30
func TestEmptyAndUnrequestedASINs(t *testing.T) {
	want := week(t)
	want.ASINs = []string{"B000000001", "B000000002"}
	_, s, err := decodeSQP(t, sqpDocument(SQP), want)
	if err != nil || s.Rows != 0 || s.Unit != UnitUnknown || len(s.RowsByASIN) != 0 {
		t.Errorf("no rows: %+v, %v", s, err)
	}
	stranger := edit(t, usRow, `"B000000009"`, "asin")
	_, s, err = decodeSQP(t, sqpDocument(SQP, usRow, stranger), want)
	if err != nil || s.Rows != 2 || s.RowsByASIN["B000000001"] != 1 || len(s.Unrequested) != 1 || s.Unrequested[0] != "B000000009" {
		t.Errorf("unrequested: %+v, %v", s, err)
	}
	if _, known := s.RowsByASIN["B000000002"]; known {
		t.Error("an ASIN without rows is listed")
	}
}

func TestIdenticalRowsCountOnce(t *testing.T) {
	rows, s, err := decodeSQP(t, sqpDocument(SQP, usRow, usRow, edit(t, usRow, `"B000000002"`, "asin")), week(t))
	if err != nil || len(rows) != 2 || s.Duplicates != 1 || s.Rows != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// spapi.md trap 43
func TestQueriesAreKeptByteForByte(t *testing.T) {
	queries := []string{"müsli riegel", "mu\u0308sli riegel", "Müsli Riegel", "水筒 保温", "🧴 shampoo", "trailing ", "a\tb", `quote " and \ backslash`}
	var docs []string
	for _, q := range queries {
		docs = append(docs, edit(t, usRow, strconv.Quote(q), "searchQueryData", "searchQuery"))
	}
	rows, s, err := decodeSQP(t, "\ufeff"+sqpDocument(SQP, docs...), week(t))
	if err != nil || s.Duplicates != 0 || len(rows) != len(queries) {
		t.Fatal(s, err)
	}
	for i, q := range queries {
		if rows[i].Query != q {
			t.Errorf("%q became %q", q, rows[i].Query)
		}
	}
}

// spapi.md trap 10
func TestRowsKeepTheirRankAndOrder(t *testing.T) {
	second := edit(t, edit(t, usRow, `"b"`, "searchQueryData", "searchQuery"), `1`, "searchQueryData", "searchQueryScore")
	rows, _, err := decodeSQP(t, sqpDocument(SQP, usRow, second), week(t))
	if err != nil || rows[0].Rank.V != 3 || rows[1].Rank.V != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestOtherErrorsPassThrough(t *testing.T) {
	stop := errors.New("stop")
	if _, err := DecodeSQP(strings.NewReader(sqpDocument(SQP, usRow)), week(t), func(*SQPRow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("yield's error became %v", err)
	}
	broken := io.MultiReader(strings.NewReader(sqpDocument(SQP, usRow)[:800]), iotest.ErrReader(stop))
	_, err := DecodeSQP(broken, week(t), func(*SQPRow) error { return nil })
	var bad *DocumentError
	if !errors.Is(err, stop) || errors.As(err, &bad) {
		t.Errorf("a network's error became %v", err)
	}
}

func TestDecodingDoesNotDependOnChunks(t *testing.T) {
	s, err := DecodeSQP(iotest.OneByteReader(strings.NewReader(sqpDocument(SQP, usRow))), week(t), func(*SQPRow) error { return nil })
	if err != nil || s.Rows != 1 {
		t.Error(s, err)
	}
}
