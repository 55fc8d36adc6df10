package ads

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func sharedFile(t *testing.T, name string) *os.File {
	t.Helper()
	root := os.Getenv("HALOTRACK_SHARED")
	if root == "" {
		t.Skip("set HALOTRACK_SHARED to the folder with Amazon's tables and models")
	}
	f, err := os.Open(filepath.Join(root, "amazon", "ads", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// adsapi.md trap 21
// adsapi.md trap 22
func TestColumnsAreAmazons(t *testing.T) {
	rows, err := csv.NewReader(sharedFile(t, "reporting_v3_columns_by_report.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]map[string]bool{}
	for _, row := range rows[1:] {
		kind, group, column := row[0], row[1], row[2]
		if k, ours := kinds[ReportType(kind)]; ours && (group == "(base)" || group == k.groupBy) {
			if allowed[kind] == nil {
				allowed[kind] = map[string]bool{}
			}
			allowed[kind][column] = true
		}
	}
	for _, kind := range ReportTypes {
		columns := kind.Columns()
		for _, column := range columns {
			if !allowed[string(kind)][column] {
				t.Errorf("%s has no column %s", kind, column)
			}
		}
		if !slices.Contains(columns, "date") || slices.Contains(columns, "startDate") || slices.Contains(columns, "endDate") {
			t.Errorf("%s: a daily report has date and neither startDate nor endDate", kind)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(columns)))) != len(columns) {
			t.Errorf("%s names a column twice", kind)
		}
		for _, name := range []string{"campaignId", "impressions", "clicks", "cost"} {
			if !slices.Contains(columns, name) {
				t.Errorf("%s lacks %s", kind, name)
			}
		}
	}
}

func TestBodiesFitAmazonsModel(t *testing.T) {
	model, err := jsonschema.UnmarshalJSON(sharedFile(t, "reporting-v3.json"))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("model.json", model); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("model.json#/components/schemas/CreateAsyncReportRequest")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range ReportTypes {
		body, err := october(t, kind).Body()
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestGoldenBody(t *testing.T) {
	body, err := october(t, SBCampaigns).Body()
	want := `{"name":"HaloTrack sbCampaigns 2026-10-01 2026-10-31","startDate":"2026-10-01","endDate":"2026-10-31",` +
		`"configuration":{"adProduct":"SPONSORED_BRANDS","groupBy":["campaign"],"columns":["date","campaignId","campaignName","campaignStatus","campaignBudgetCurrencyCode",` +
		`"impressions","clicks","cost","costType","purchases","sales"],"reportTypeId":"sbCampaigns","timeUnit":"DAILY","format":"GZIP_JSON"}}`
	if err != nil || string(body) != want {
		t.Errorf("%s\n%v", body, err)
	}
}

// adsapi.md trap 21
// adsapi.md trap 26: the sets are pinned, because one wrong name refuses a whole
// report; figures of one, seven and fourteen days are asked for wherever Amazon
// has all three.
func TestColumnsArePinned(t *testing.T) {
	const sb = "date campaignId campaignName campaignStatus campaignBudgetCurrencyCode"
	for kind, want := range map[ReportType]string{
		SPSearchTerm: sb + " adGroupId adGroupName keywordId keyword keywordType matchType targeting searchTerm impressions clicks cost" +
			" purchases1d purchasesSameSku1d purchases7d purchases14d sales1d sales7d sales14d unitsSoldClicks1d unitsSoldClicks7d unitsSoldClicks14d",
		SBSearchTerm: sb + " adGroupId adGroupName keywordId keywordText matchType searchTerm impressions clicks cost costType purchases sales unitsSold",
		SPCampaigns:  sb + " impressions clicks cost purchases1d purchases7d purchases14d sales1d sales7d sales14d",
		SBCampaigns:  sb + " impressions clicks cost costType purchases sales",
		SDCampaigns:  sb + " impressions clicks cost costType purchases sales",
		SPAdvertisedProduct: sb + " adGroupId adGroupName adId advertisedAsin advertisedSku impressions clicks cost" +
			" purchases1d purchases7d purchases14d purchasesSameSku1d purchasesSameSku7d purchasesSameSku14d" +
			" sales1d sales7d sales14d unitsSoldClicks1d unitsSoldClicks7d unitsSoldClicks14d",
	} {
		if got := strings.Join(kind.Columns(), " "); got != want {
			t.Errorf("%s asks for\n%s, pinned are\n%s", kind, got, want)
		}
	}
	if len(ReportTypes) != 6 {
		t.Errorf("%d report types", len(ReportTypes))
	}
	rows, err := csv.NewReader(sharedFile(t, "reporting_v3_columns_by_report.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, row := range rows {
		has[row[0]+" "+row[2]] = true
	}
	for _, kind := range ReportTypes {
		for _, figure := range []string{"purchases", "sales"} {
			for _, window := range []string{"1d", "7d", "14d"} {
				if name := figure + window; has[string(kind)+" "+name] && !slices.Contains(kind.Columns(), name) {
					t.Errorf("%s has %s, which is not asked for", kind, name)
				}
			}
		}
	}
}

// adsapi.md trap 8
// adsapi.md trap 22
func TestReportsThatAmazonWouldRefuse(t *testing.T) {
	for name, change := range map[string]func(*ReportSpec){
		"32 days":        func(s *ReportSpec) { s.To++ },
		"no day":         func(s *ReportSpec) { s.To = s.From - 1 },
		"no profile":     func(s *ReportSpec) { s.Profile = 0 },
		"an unknown one": func(s *ReportSpec) { s.Type = "spAudiences" },
	} {
		spec := october(t, SPSearchTerm)
		change(&spec)
		if body, err := spec.Body(); err == nil {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// adsapi.md trap 9
func TestMatches(t *testing.T) {
	for _, kind := range ReportTypes {
		spec := october(t, kind)
		same := func() Report {
			body, err := spec.Body()
			if err != nil {
				t.Fatal(err)
			}
			var in struct{ Configuration Configuration }
			if err := json.Unmarshal(body, &in); err != nil {
				t.Fatal(err)
			}
			slices.Reverse(in.Configuration.Columns) // the order means nothing
			return Report{From: spec.From, To: spec.To, Configuration: in.Configuration}
		}
		if !same().Matches(spec) {
			t.Errorf("%s does not match itself", kind)
		}
		for name, change := range map[string]func(*Report){
			"a summary":      func(r *Report) { r.Configuration.TimeUnit = "SUMMARY" },
			"other days":     func(r *Report) { r.From-- },
			"another end":    func(r *Report) { r.To-- },
			"another type":   func(r *Report) { r.Configuration.ReportTypeID = "x" },
			"other product":  func(r *Report) { r.Configuration.AdProduct = "x" },
			"another group":  func(r *Report) { r.Configuration.GroupBy = []string{"campaign", "adGroup"} },
			"fewer columns":  func(r *Report) { r.Configuration.Columns = r.Configuration.Columns[1:] },
			"a filter":       func(r *Report) { r.Configuration.Filters = []Filter{{"campaignStatus", []string{"ENABLED"}}} },
			"nothing at all": func(r *Report) { r.Configuration = Configuration{} },
		} {
			r := same()
			if change(&r); r.Matches(spec) {
				t.Errorf("%s with %s matches", kind, name)
			}
		}
	}
}
