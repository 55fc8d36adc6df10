package spapi

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// spapi.md trap 15
// spapi.md trap 17
// spapi.md trap 18
// spapi.md trap 22
func TestGoldenBodies(t *testing.T) {
	for _, c := range []struct {
		spec ReportSpec
		want string
	}{
		{
			ReportSpec{SQP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), []string{"B000000001", "B000000002"}},
			`{"reportType":"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT","marketplaceIds":["ATVPDKIKX0DER"],` +
				`"dataStartTime":"2026-07-19T00:00:00Z","dataEndTime":"2026-07-25T00:00:00Z",` +
				`"reportOptions":{"reportPeriod":"WEEK","asin":"B000000001 B000000002"}}`,
		},
		{
			ReportSpec{SCP, "A1VC38T7YXB528", Month, day(t, "2028-02-01"), day(t, "2028-02-29"), nil},
			`{"reportType":"GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT","marketplaceIds":["A1VC38T7YXB528"],` +
				`"dataStartTime":"2028-02-01T00:00:00Z","dataEndTime":"2028-02-29T00:00:00Z",` +
				`"reportOptions":{"reportPeriod":"MONTH"}}`,
		},
		{
			ReportSpec{SCP, "A1PA6795UKMFR9", Quarter, day(t, "2026-04-01"), day(t, "2026-06-30"), []string{"B000000001"}},
			`{"reportType":"GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT","marketplaceIds":["A1PA6795UKMFR9"],` +
				`"dataStartTime":"2026-04-01T00:00:00Z","dataEndTime":"2026-06-30T00:00:00Z",` +
				`"reportOptions":{"reportPeriod":"QUARTER","asins":"B000000001"}}`,
		},
	} {
		got, err := c.spec.Body()
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n%s\n%v", got, c.want, err)
		}
	}
}

// spapi.md trap 19
// spapi.md trap 20
func TestSpecsThatAmazonWouldRefuse(t *testing.T) {
	asins := []string{"B000000001"}
	for _, c := range []struct {
		name, start, end string
		period           Period
		ok               bool
	}{
		{"week", "2026-07-19", "2026-07-25", Week, true},
		{"week over the year", "2025-12-28", "2026-01-03", Week, true},
		{"week of US daylight saving", "2026-03-08", "2026-03-14", Week, true},
		{"ISO week", "2026-07-20", "2026-07-26", Week, false},
		{"two weeks", "2025-01-05", "2025-01-18", Week, false},
		{"leap February", "2028-02-01", "2028-02-29", Month, true},
		{"short leap February", "2028-02-01", "2028-02-28", Month, false},
		{"February", "2026-02-01", "2026-02-28", Month, true},
		{"month from its second day", "2026-05-02", "2026-06-01", Month, false},
		{"quarter", "2026-10-01", "2026-12-31", Quarter, true},
		{"three months, no quarter", "2026-02-01", "2026-04-30", Quarter, false},
		{"day", "2026-07-19", "2026-07-19", "DAY", false},
	} {
		spec := ReportSpec{SQP, "ATVPDKIKX0DER", c.period, day(t, c.start), day(t, c.end), asins}
		if err := spec.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	good := ReportSpec{SQP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), asins}
	for name, change := range map[string]func(*ReportSpec){
		"no ASIN":            func(s *ReportSpec) { s.ASINs = nil },
		"19 ASINs":           func(s *ReportSpec) { s.ASINs = many(19) },
		"lower case":         func(s *ReportSpec) { s.ASINs = []string{"b000000001"} },
		"an ASIN twice":      func(s *ReportSpec) { s.ASINs = []string{"B000000001", "B000000001"} },
		"two ASINs in one":   func(s *ReportSpec) { s.ASINs = []string{"B000000001 B000000002"} },
		"no marketplace":     func(s *ReportSpec) { s.Marketplace = "" },
		"two marketplaces":   func(s *ReportSpec) { s.Marketplace = "ATVPDKIKX0DER,A1PA6795UKMFR9" },
		"another report":     func(s *ReportSpec) { s.Type = "GET_MERCHANT_LISTINGS_ALL_DATA" },
		"an unknown period":  func(s *ReportSpec) { s.Period = "week" },
		"the end before all": func(s *ReportSpec) { s.End = s.Start - 1 },
	} {
		spec := good
		change(&spec)
		if _, err := spec.Body(); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func many(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("B%09d", i)
	}
	return list
}

// spapi.md trap 16
func TestPackASINs(t *testing.T) {
	if sets := PackASINs(many(18)); len(sets) != 1 || len(strings.Join(sets[0], " ")) != 197 {
		t.Errorf("18 ASINs: %v", sets)
	}
	if sets := PackASINs(many(19)); len(sets) != 2 || len(sets[0]) != 18 || len(sets[1]) != 1 {
		t.Errorf("19 ASINs: %v", sets)
	}
	if sets := PackASINs([]string{" b000000001", "B000000001", "", "B00000000", "B0000000022", "B00 000002"}); len(sets) != 1 || len(sets[0]) != 1 || sets[0][0] != "B000000001" {
		t.Errorf("untidy ASINs: %v", sets)
	}
	if sets := PackASINs(nil); sets != nil {
		t.Errorf("none: %v", sets)
	}
	// Every ASIN goes out once, and in a set that Amazon takes.
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		in, want := []string(nil), map[string]bool{}
		for range random.IntN(100) {
			asin := fmt.Sprintf("B%09d", random.IntN(60))
			in, want[asin] = append(in, asin), true
		}
		got := map[string]bool{}
		for _, set := range PackASINs(in) {
			spec := ReportSpec{SQP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), set}
			if err := spec.Validate(); err != nil {
				t.Fatal(err)
			}
			for _, asin := range set {
				if got[asin] || !want[asin] {
					t.Fatalf("%s twice or from nowhere", asin)
				}
				got[asin] = true
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d of %d ASINs", len(got), len(want))
		}
	}
}
