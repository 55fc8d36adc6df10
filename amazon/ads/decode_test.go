package ads

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// adsapi.md trap 19
// adsapi.md trap 26
// adsapi.md trap 31
func TestSponsoredProductTerms(t *testing.T) {
	rows, s, err := decodeTerms(t, "["+spTermRow+"]", october(t, SPSearchTerm))
	if err != nil || s != (Summary{Rows: 1}) {
		t.Fatal(s, err)
	}
	count := func(n int64) Count { return Count{V: n, Valid: true} }
	want := TermRow{
		Date: day(t, "2026-10-05"), CampaignID: 550669026247354, AdGroupID: 9007199254740993, KeywordID: 445566778899001,
		Campaign: "Bottles", AdGroup: "Steel", Keyword: "steel bottle", MatchType: "BROAD", CampaignStatus: "ENABLED",
		Term: "steel water bottle", Currency: "USD", Impressions: count(14109), Clicks: count(176), Cost: count(1_534_580_000),
		Orders1dSameSKU: count(2), Orders1d: count(3), Orders7d: count(60), Orders14d: count(66),
		Sales1d: count(100_100_000), Sales7d: count(4_659_970_000), Sales14d: count(4_999_990_000), Units1d: count(5), Units7d: count(70), Units14d: count(77),
	}
	if rows[0] != want {
		t.Errorf("\n%+v\n%+v", rows[0], want)
	}
}

// adsapi.md trap 27
func TestSponsoredBrandFiguresAreOf14Days(t *testing.T) {
	rows, _, err := decodeTerms(t, "["+sbTermRow+"]", october(t, SBSearchTerm))
	if err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	if r.Orders14d.V != 1 || r.Sales14d.V != 19_990_000 || r.Units14d.V != 2 || r.Keyword != "flasche" || r.Currency != "EUR" {
		t.Errorf("%+v", r)
	}
	if r.Orders7d.Valid || r.Orders1d.Valid || r.Sales7d.Valid || r.Units7d.Valid || r.Orders1dSameSKU.Valid {
		t.Errorf("a figure of 14 days by click or view is passed off as one of sponsored products: %+v", r)
	}
	campaigns, _, err := decodeCampaigns(t, "["+sbCampaignRow+"]", october(t, SBCampaigns))
	if err != nil || campaigns[0].Orders14d.V != 1 || campaigns[0].Sales14d.V != 2_500_000 || campaigns[0].Sales7d.Valid {
		t.Errorf("%+v, %v", campaigns, err)
	}
}

// adsapi.md trap 31
// adsapi.md trap 38
func TestCampaigns(t *testing.T) {
	rows, s, err := decodeCampaigns(t, "\ufeff["+spCampaignRow+"]\n", october(t, SPCampaigns))
	if err != nil || s.Rows != 1 {
		t.Fatal(s, err)
	}
	r := rows[0]
	if r.Currency != "JPY" || r.Cost.V != 153_458_000_000 || r.Sales14d.V != 499_999_000_000 || r.Status != "ARCHIVED" || r.Orders7d.V != 60 || r.Orders1d.V != 3 || r.Sales1d.V != 10_010_000_000 {
		t.Errorf("%+v", r)
	}
}

// adsapi.md trap 14
func TestEmptyReportIsValid(t *testing.T) {
	for _, doc := range []string{"[]", " [ ] \n"} {
		if _, s, err := decodeTerms(t, doc, october(t, SPSearchTerm)); err != nil || s != (Summary{}) {
			t.Errorf("%q: %+v, %v", doc, s, err)
		}
	}
}

// adsapi.md trap 33
// adsapi.md trap 37
func TestNullsAndMissingColumns(t *testing.T) {
	for name, row := range map[string]string{
		"nulls":   `{"date":"2026-10-05","campaignId":1,"adGroupId":null,"keywordId":null,"keyword":null,"matchType":null,"searchTerm":null,"clicks":null,"cost":null,"sales7d":null,"portfolioId":null,"acosClicks7d":null}`,
		"missing": `{"date":"2026-10-05","campaignId":1}`,
		"empty":   `{"date":"2026-10-05","campaignId":1,"keyword":"","searchTerm":"","matchType":""}`,
	} {
		rows, _, err := decodeTerms(t, "["+row+"]", october(t, SPSearchTerm))
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r := rows[0]; r.Clicks.Valid || r.Cost.Valid || r.Sales7d.Valid || r.Term != "*" || r.KeywordID != 0 || r.MatchType != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	auto := `{"date":"2026-10-05","campaignId":"1","keywordId":"9007199254740993","keyword":null,"keywordType":"TARGETING_EXPRESSION_PREDEFINED","targeting":"close-match","searchTerm":"x","clicks":1.0,"impressions":0.0,"cost":0}`
	rows, _, err := decodeTerms(t, "["+auto+"]", october(t, SPSearchTerm))
	if err != nil {
		t.Fatal(err)
	}
	if r := rows[0]; r.Keyword != "close-match" || r.MatchType != "TARGETING_EXPRESSION_PREDEFINED" || r.KeywordID != 9007199254740993 ||
		r.Clicks.V != 1 || !r.Impressions.Valid || !r.Cost.Valid || r.CampaignID != 1 {
		t.Errorf("an automatic target: %+v", r)
	}
	if _, s, err := decodeTerms(t, "[{},null,"+spTermRow+"]", october(t, SPSearchTerm)); err != nil || s != (Summary{Rows: 1, Skipped: 2}) {
		t.Errorf("elements that hold nothing: %+v, %v", s, err)
	}
}

// adsapi.md trap 34
// adsapi.md trap 35
func TestTermsAreKeptByteForByteAndRowsAreNotMerged(t *testing.T) {
	terms := []string{"B0ABCDEFGH", "b0abcdefgh", "cafe\u0301", "caf\u00e9", "trailing ", "*", "🧴", "B0ABCDEFGH"}
	var docs []string
	for _, term := range terms {
		docs = append(docs, strings.Replace(spTermRow, "steel water bottle", term, 1))
	}
	rows, s, err := decodeTerms(t, "["+strings.Join(docs, ",")+"]", october(t, SPSearchTerm))
	if err != nil || s.Rows != len(terms) {
		t.Fatal(s, err)
	}
	for i, term := range terms {
		if rows[i].Term != term {
			t.Errorf("%q became %q", term, rows[i].Term)
		}
	}
}

// adsapi.md trap 31
func TestAdsMoneyIsExact(t *testing.T) {
	for literal, want := range map[string]int64{"0.1": 100_000, "0.30000000000000004": 300_000, "12.34": 12_340_000, "0": 0, "0.0": 0, "-1.5": -1_500_000, "1E2": 100_000_000, "0.0000014": 1} {
		rows, _, err := decodeTerms(t, "["+strings.Replace(spTermRow, "1534.58", literal, 1)+"]", october(t, SPSearchTerm))
		if err != nil || rows[0].Cost.V != want {
			t.Errorf("%s: %v, %v", literal, rows, err)
		}
	}
}

// adsapi.md trap 18
func TestBadReportsAreRefusedWithTheirPath(t *testing.T) {
	change := func(old, new string) string {
		return "[" + spTermRow + "," + strings.Replace(spTermRow, old, new, 1) + "]"
	}
	for _, c := range []struct{ name, doc, path, reason string }{
		{"a day before the window", change("2026-10-05", "2026-09-30"), "/1/date", "is 2026-09-30, outside the window"},
		{"a day after the window", change("2026-10-05", "2026-11-01"), "/1/date", "outside the window"},
		{"not a date", change("2026-10-05", "05/10/2026"), "/1/date", "is not a date"},
		{"an empty date", "[" + strings.Replace(spTermRow, "2026-10-05", "", 1) + "]", "/0/date", "is not a date"},
		{"no date", change(`"date":"2026-10-05",`, ""), "/1/date", "is missing"},
		{"no campaign", change(`"campaignId":550669026247354,`, ""), "/1/campaignId", "is missing"},
		{"a fraction for an id", change("550669026247354", "550669026247354.5"), "/1/campaignId", "is not a 64-bit id"},
		{"a float for an id", change("550669026247354", "5.5066902624735e+14"), "/1/campaignId", "is not a 64-bit id"},
		{"a string for clicks", change(`"clicks":176`, `"clicks":"176"`), "/1/clicks", "is not a number"},
		{"NaN", change(`"cost":1534.58`, `"cost":"NaN"`), "/1/cost", "is not a number"},
		{"half a click", change(`"clicks":176`, `"clicks":0.5`), "/1/clicks", "is not a whole number"},
		{"fewer than no clicks", change(`"clicks":176`, `"clicks":-1`), "/1/clicks", "is negative"},
		{"a huge cost", change("1534.58", "1e300"), "/1/cost", "is too large an amount"},
		{"an overlong term", change("steel water bottle", strings.Repeat("a", maxTerm+1)), "/1/searchTerm", "is longer than"},
		{"a number for a term", change(`"steel water bottle"`, "7"), "/1/searchTerm", "is not a string"},
		{"a currency that is none", change(`"USD"`, `"dollars"`), "/1/campaignBudgetCurrencyCode", "is not a currency code"},
		{"a column twice", change(`"clicks":176`, `"clicks":176,"clicks":176`), "/1/clicks", "twice"},
		{"a number for a row", "[7]", "/0", "is not an object"},
		{"an object", `{"code":"500"}`, "", "is an object, not an array"},
		{"a second document", "[][]", "", "goes on after its end"},
		{"deep nesting", change(`"clicks":176`, `"clicks":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), "", ""},
	} {
		_, _, err := decodeTerms(t, c.doc, october(t, SPSearchTerm))
		var bad *DocumentError
		if !errors.As(err, &bad) || c.reason != "" && (bad.Path != c.path || !strings.Contains(bad.Reason, c.reason)) {
			t.Errorf("%s: %v, want %q at %q", c.name, err, c.reason, c.path)
		}
		if err != nil && (strings.Contains(err.Error(), "steel") || len(err.Error()) > 500) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	doc := "[" + spTermRow + "]"
	for n := range len(doc) {
		_, _, err := decodeTerms(t, doc[:n], october(t, SPSearchTerm))
		var bad *DocumentError
		if !errors.As(err, &bad) || !bad.Truncated() {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	stop := errors.New("stop")
	if _, err := DecodeTerms(strings.NewReader(doc), october(t, SPSearchTerm), func(*TermRow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("yield's error became %v", err)
	}
	if _, _, err := decodeTerms(t, doc, october(t, SPCampaigns)); err == nil {
		t.Error("a report on campaigns is read as one on terms")
	}
	if _, _, err := decodeCampaigns(t, doc, october(t, SPSearchTerm)); err == nil {
		t.Error("a report on terms is read as one on campaigns")
	}
}

func FuzzDecodeTerms(f *testing.F) {
	for _, row := range []string{spTermRow, sbTermRow, "{}", "null"} {
		f.Add([]byte("[" + row + "," + row + "]"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, kind := range []ReportType{SPSearchTerm, SBSearchTerm} {
			rows := 0
			spec := october(t, kind)
			s, err := DecodeTerms(bytes.NewReader(in), spec, func(r *TermRow) error {
				if rows++; r.Term == "" || r.CampaignID <= 0 || r.Date < spec.From || r.Date > spec.To || r.Clicks.V < 0 {
					return fmt.Errorf("a row that cannot be: %+v", r)
				}
				return nil
			})
			var bad *DocumentError
			if err != nil && !errors.As(err, &bad) || err == nil && s.Rows != rows {
				t.Fatalf("%v; %d rows, %d counted", err, rows, s.Rows)
			}
		}
	})
}

func FuzzDecodeCampaigns(f *testing.F) {
	for _, row := range []string{spCampaignRow, sbCampaignRow, "{}"} {
		f.Add([]byte("[" + row + "]"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, kind := range []ReportType{SPCampaigns, SBCampaigns} {
			_, err := DecodeCampaigns(bytes.NewReader(in), october(t, kind), func(*CampaignRow) error { return nil })
			var bad *DocumentError
			if err != nil && !errors.As(err, &bad) {
				t.Fatal(err)
			}
		}
	})
}

// The rate is rows per second on one core.
func BenchmarkDecodeTerms(b *testing.B) {
	const rows = 50_000
	before, after, _ := strings.Cut(spTermRow, "steel water bottle")
	var doc bytes.Buffer
	for i := range rows {
		doc.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
		fmt.Fprintf(&doc, "%ssteel water bottle %d%s", before, i, after)
	}
	doc.WriteString("]")
	spec := october(b, SPSearchTerm)
	b.SetBytes(int64(doc.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s, err := DecodeTerms(bytes.NewReader(doc.Bytes()), spec, func(*TermRow) error { return nil })
		if err != nil || s.Rows != rows {
			b.Fatal(s, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
