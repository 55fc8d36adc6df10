package spapi

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shared reads one of Amazon's own files.
func shared(t *testing.T, into any, path ...string) {
	t.Helper()
	root := os.Getenv("HALOTRACK_SHARED")
	if root == "" {
		t.Skip("set HALOTRACK_SHARED to the folder with Amazon's models, schemas and examples")
	}
	raw, err := os.ReadFile(filepath.Join(append([]string{root, "amazon", "spapi"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

// spapi.md trap 7
// spapi.md trap 11
func TestOfficialSQPExample(t *testing.T) {
	var schema struct{ Examples []json.RawMessage }
	shared(t, &schema, "schemas", "sellingPartnerSearchQueryPerformanceReport.json")
	want := Expect{"ATVPDKIKX0DER", Week, day(t, "2025-01-05"), day(t, "2025-01-11"), []string{"B123456789", "B987654321"}}
	rows, s, err := decodeSQP(t, string(schema.Examples[0]), want)
	if err != nil || s.Rows != 2 || s.Unit != UnitFraction || len(s.Unrequested) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if s.RateMismatches != 6 { // three rates in each of two rows are not per search
		t.Errorf("%d rates are flagged, want 6", s.RateMismatches)
	}
	// The market's volume comes with each ASIN: it is one figure, not two.
	if rows[0].Volume.V != 15000 || rows[1].Volume != rows[0].Volume || rows[0].Query != rows[1].Query || rows[0].ASIN == rows[1].ASIN {
		t.Errorf("%+v", rows)
	}
}

func TestOfficialSCPExample(t *testing.T) {
	var schema struct{ Examples []json.RawMessage }
	shared(t, &schema, "schemas", "sellingPartnerSearchCatalogPerformanceReport.json")
	want := Expect{"ATVPDKIKX0DER", Week, day(t, "2025-01-05"), day(t, "2025-01-11"), nil}
	rows, s, err := decodeSCP(t, string(schema.Examples[0]), want)
	if err != nil || s.Rows != 2 || s.Unit != UnitFraction || s.RateMismatches != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if rows[0].SearchSales.Micros != 999_500_000 || rows[0].Impressions.SameDay.V != 5000 {
		t.Errorf("%+v", rows[0])
	}
}

type sandboxPair struct {
	Operation  string                     `json:"operationId"`
	Status     int                        `json:"status"`
	Parameters map[string]json.RawMessage `json:"request_parameters"`
	Response   json.RawMessage            `json:"response"`
}

// The operations of Amazon's static sandbox that the product uses send what the
// sandbox wants and understand what it answers.
func TestSandboxPairs(t *testing.T) {
	var file struct{ Pairs []sandboxPair }
	shared(t, &file, "sandbox_pairs.json")
	used, refused := 0, 0
	for i, p := range file.Pairs {
		t.Run(strconv.Itoa(i+1)+" "+p.Operation, func(t *testing.T) {
			api := newHost(t, answers(p.Status, string(p.Response)))
			// The sandbox speaks of report types that the allow-list refuses, so
			// the client goes to its host directly.
			direct := connect(t, api, nil)
			door := direct.cfg.HTTP
			direct.cfg.HTTP = &http.Client{}
			str := func(name string) (s string) { json.Unmarshal(p.Parameters[name], &s); return s }
			var err error
			check := func(ok bool, what string) {
				if !ok {
					t.Error(what)
				}
			}
			switch p.Operation {
			case "getReports":
				var q ReportsQuery
				json.Unmarshal(p.Parameters["reportTypes"], &q.Types)
				json.Unmarshal(p.Parameters["processingStatuses"], &q.Statuses)
				var list []Report
				var next string
				list, next, err = direct.Reports(t.Context(), q)
				got := api.requests[0].URL.Query()
				check(got.Get("reportTypes") == join(q.Types) && got.Get("processingStatuses") == join(q.Statuses) && len(got) == 2, "query "+api.requests[0].URL.RawQuery)
				if p.Status == 200 {
					check(len(list) == 1 && list[0].ID == "ReportId1" && list[0].Status == InProgress && next != "" && !list[0].Processed.IsZero() && list[0].Marketplaces == nil, "report")
				}
			case "getReport":
				var r Report
				r, err = direct.Report(t.Context(), str("reportId"))
				if p.Status == 200 {
					check(r.ID == "ReportId1" && r.Status == InProgress && r.DocumentID == "", "report")
				}
			case "getReportDocument":
				var d Document
				d, err = direct.Document(t.Context(), str("reportDocumentId"))
				if p.Status == 200 {
					check(strings.HasPrefix(d.URL, "https://d34o8swod1owfl.cloudfront.net/") && !d.GZIP, "document")
				}
			case "getMarketplaceParticipations":
				var list []Participation
				list, err = direct.Participations(t.Context())
				if p.Status == 200 {
					check(len(list) == 1 && list[0].MarketplaceID == "ATVPDKIKX0DER" && list[0].StoreName == "BestSellerStore", "participation")
				}
			case "createReport":
				var id string
				id, err = direct.CreateReport(t.Context(), spec(t))
				if p.Status == 202 {
					check(id == "ID323", "id")
				}
				// With the sandbox's own report type it does not pass the door.
				r, _ := http.NewRequest("POST", api.URL+reportsPath, strings.NewReader(string(p.Parameters["body"])))
				r.Header.Set("Content-Type", "application/json")
				if res, err := door.Do(r); err == nil {
					io.Copy(io.Discard, res.Body)
					t.Error("another report type passed")
				}
			default: // cancel and schedules: no method of ours, and no way through the door
				refused++
				return
			}
			used++
			if (err == nil) != (p.Status < 300) {
				t.Errorf("status %d: %v", p.Status, err)
			}
		})
	}
	if used != 9 || used+refused != 21 {
		t.Errorf("%d pairs used, %d without an operation of ours", used, refused)
	}
}

// The two rows of a brand view that Seller Central itself rounded, with ASIN in
// place of brand: counts alone must give Amazon's shares and rates (adsapi.md
// §6.5).
// adsapi.md trap 44
func TestAmazonsOwnSharesAndRatesFromCounts(t *testing.T) {
	type stage struct {
		total, own  int
		share, rate float64
		price       string
		days        [3]int
	}
	type view struct {
		query        string
		rank, volume int
		stages       [4]stage
	}
	views := []view{
		{"brita bottle filter replacement", 843, 266, [4]stage{
			{8405, 8, 0.1, -1, "", [3]int{}},
			{91, 0, 0, 34.21, "11.97", [3]int{4, 51, 19}},
			{59, 0, 0, 22.18, "11.97", [3]int{3, 35, 13}},
			{30, 0, 0, 11.28, "11.97", [3]int{2, 22, 3}}}},
		{"cold steel", 898, 14874, [4]stage{
			{381915, 7, 0.0, -1, "", [3]int{}},
			{4324, 0, 0, 29.07, "47.09", [3]int{147, 1126, 966}},
			{653, 0, 0, 4.39, "36.99", [3]int{21, 172, 141}},
			{67, 0, 0, 0.45, "27.68", [3]int{4, 33, 14}}}},
	}
	names := [4][2]string{{"impressionData", "Impression"}, {"clickData", "Click"}, {"cartAddData", "CartAdd"}, {"purchaseData", "Purchase"}}
	var rows []string
	for _, v := range views {
		row := `{"startDate":"2026-08-23","endDate":"2026-08-29","asin":"B000000001","searchQueryData":{"searchQuery":"` + v.query +
			`","searchQueryScore":` + strconv.Itoa(v.rank) + `,"searchQueryVolume":` + strconv.Itoa(v.volume) + `}`
		for i, s := range v.stages {
			total, name := "total"+names[i][1]+"Count", names[i][1]
			if i == 0 {
				total = "totalQueryImpressionCount"
			}
			row += `,"` + names[i][0] + `":{"` + total + `":` + strconv.Itoa(s.total) + `,"asin` + name + `Count":` + strconv.Itoa(s.own) +
				`,"asin` + name + `Share":` + strconv.FormatFloat(s.share, 'f', -1, 64)
			if i > 0 {
				row += `,"total` + name + `Rate":` + strconv.FormatFloat(s.rate, 'f', -1, 64) +
					`,"totalMedian` + name + `Price":{"amount":` + s.price + `,"currencyCode":"USD"},"asinMedian` + name + `Price":null` +
					`,"totalSameDayShipping` + name + `Count":` + strconv.Itoa(s.days[0]) + `,"totalOneDayShipping` + name + `Count":` + strconv.Itoa(s.days[1]) +
					`,"totalTwoDayShipping` + name + `Count":` + strconv.Itoa(s.days[2])
			}
			row += "}"
		}
		rows = append(rows, row+"}")
	}
	doc := strings.NewReplacer("2026-09-13", "2026-08-23", "2026-09-19", "2026-08-29").Replace(sqpDocument(SQP, rows...))
	want := Expect{"ATVPDKIKX0DER", Week, day(t, "2026-08-23"), day(t, "2026-08-29"), nil}
	got, s, err := decodeSQP(t, doc, want)
	if err != nil || len(got) != 2 || s.Unit != UnitPercent {
		t.Fatalf("%+v, %v", s, err)
	}
	round := func(x float64) float64 { return math.Round(100*x) / 100 }
	for i, v := range views {
		r := got[i]
		for j, stage := range []Stage{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
			w := v.stages[j]
			share := 100 * float64(stage.Own.V) / float64(stage.Total.V)
			// Seller Central shows shares with one decimal.
			if math.Abs(math.Round(10*share)/10-w.share) > 1e-9 || stage.Own.V != int64(w.own) {
				t.Errorf("%s, step %d: share %.4f, Amazon says %.1f", v.query, j, share, w.share)
			}
			if rate := round(100 * float64(stage.Total.V) / float64(r.Volume.V)); w.rate >= 0 && math.Abs(rate-w.rate) > 1e-9 {
				t.Errorf("%s, step %d: rate %.2f, Amazon says %.2f", v.query, j, rate, w.rate)
			}
			if j > 0 && (stage.OwnPrice.Valid || !stage.TotalPrice.Valid) {
				t.Errorf("%s, step %d: prices %+v", v.query, j, stage)
			}
		}
	}
	// Taking the click rate for clicks per impression must not fit.
	if ctr := round(100 * 91.0 / 8405.0); ctr == 34.21 {
		t.Error("the click rate is not per impression")
	}
}
