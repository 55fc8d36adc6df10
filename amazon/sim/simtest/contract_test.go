package simtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
)

func shared(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HALOTRACK_SHARED")
	if dir == "" {
		t.Skip("HALOTRACK_SHARED does not name the folder with Amazon's models")
	}
	return dir
}

type caller struct {
	*testing.T
	s     *sim.Sim
	clock *clock.Manual
	conn  sim.Connection
}

func (c *caller) do(method, address, body string, header http.Header) (int, []byte) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, address, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header = header
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	return res.StatusCode, b
}

func (c *caller) token(refresh string) string {
	c.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {c.conn.ClientID}, "client_secret": {c.conn.ClientSecret}}
	_, b := c.do("POST", c.s.Endpoints().LWA["na"]+"/auth/o2/token", form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	var t struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(b, &t); err != nil || t.AccessToken == "" {
		c.Fatalf("%v in %s", err, b)
	}
	return t.AccessToken
}

func (c *caller) sp(method, path, body string) (int, []byte) {
	c.Helper()
	h := http.Header{"X-Amz-Access-Token": {c.token(c.conn.RefreshToken)}, "User-Agent": {"Probe/1.0 (Language=Go)"}}
	if body != "" {
		h.Set("Content-Type", "application/json")
	}
	return c.do(method, c.s.Endpoints().SPAPI[c.conn.Region]+path, body, h)
}

func (c *caller) ads(method, path, body string) (int, []byte) {
	c.Helper()
	h := http.Header{"Authorization": {"Bearer " + c.token(c.conn.AdsRefreshToken)}, "Amazon-Advertising-Api-Clientid": {c.conn.ClientID}}
	if !strings.HasPrefix(path, "/v2/") {
		w := c.s.World()
		h.Set("Amazon-Advertising-API-Scope", fmt.Sprint(w.ProfileID(c.conn.Account, w.Marketplaces(c.conn.Account)[0])))
	}
	if body != "" {
		h.Set("Content-Type", "application/vnd.createasyncreportrequest.v3+json")
	}
	return c.do(method, c.s.Endpoints().Ads[c.conn.Region]+path, body, h)
}

func begin(t *testing.T) *caller {
	t.Helper()
	manual := clock.NewManual(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	s, err := sim.Start(t.Context(), sim.Config{Clock: manual, ASINs: 16, Terms: 500, JournalKeep: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &caller{t, s, manual, s.Connections()[0]}
}

func valid(t *testing.T, schema *jsonschema.Schema, b []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	return schema.Validate(v)
}

func TestResponsesMatchAmazonsModels(t *testing.T) {
	m, err := Load(shared(t))
	if err != nil {
		t.Fatal(err)
	}
	schema := func(file, pointer string) *jsonschema.Schema {
		s, err := compile(file, m.documents[file], pointer, true)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const reports, sellers, ads = "reports_2021-06-30.json", "sellers.json", "reporting-v3.json"
	report, errorList := schema(reports, "/definitions/Report"), schema(reports, "/definitions/ErrorList")
	c := begin(t)
	check := func(name string, want int, s *jsonschema.Schema, status int, b []byte) []byte {
		t.Helper()
		if err := valid(t, s, b); status != want || err != nil {
			t.Errorf("%s: %d %.300s: %v", name, status, b, err)
		}
		return b
	}
	for _, conn := range c.s.Connections() {
		c.conn = conn
		status, b := c.sp("GET", "/sellers/v1/marketplaceParticipations", "")
		check("participations", 200, schema(sellers, "/definitions/GetMarketplaceParticipationsResponse"), status, b)
		status, b = c.ads("GET", "/v2/profiles?accessLevel=view", "")
		profiles, err := compile("profiles.yaml", m.documents["profiles.yaml"], "/paths/~1v2~1profiles/get/responses/200/content/application~1json/schema", false)
		if err != nil {
			t.Fatal(err)
		}
		check("profiles", 200, profiles, status, b)
	}
	c.conn = c.s.Connections()[0]
	for _, asins := range []string{c.s.World().Products(c.conn.Account)[0].ASIN, ""} { // one is done, one fatal
		status, b := c.sp("POST", "/reports/2021-06-30/reports", sqpBody(c, asins))
		var created struct{ ReportID string }
		if err := json.Unmarshal(check("createReport", 202, schema(reports, "/definitions/CreateReportResponse"), status, b), &created); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			status, b = c.sp("GET", "/reports/2021-06-30/reports/"+created.ReportID, "")
			check("getReport", 200, report, status, b)
			c.clock.Advance(2 * time.Minute)
		}
		var done struct{ ReportDocumentID string }
		if err := json.Unmarshal(b, &done); err != nil {
			t.Fatal(err)
		}
		status, b = c.sp("GET", "/reports/2021-06-30/documents/"+done.ReportDocumentID, "")
		check("getReportDocument", 200, schema(reports, "/definitions/ReportDocument"), status, b)
	}
	status, b := c.sp("GET", "/reports/2021-06-30/reports?pageSize=1&reportTypes=GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT", "")
	check("getReports", 200, schema(reports, "/definitions/GetReportsResponse"), status, b)
	for _, path := range []string{"/reports/2021-06-30/reports", "/reports/2021-06-30/reports/1", "/nothing"} {
		if status, b := c.sp("GET", path, ""); status < 400 || valid(t, errorList, b) != nil {
			t.Errorf("%s: %d %s", path, status, b)
		}
	}
	status, b = c.ads("POST", "/reporting/reports", adsBody)
	asyncReport := schema(ads, "/components/schemas/AsyncReport")
	var created struct{ ReportID string }
	if err := json.Unmarshal(check("createAsyncReport", 200, asyncReport, status, b), &created); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		status, b = c.ads("GET", "/reporting/reports/"+created.ReportID, "")
		check("getAsyncReport", 200, asyncReport, status, b)
		c.clock.Advance(2 * time.Minute)
	}
	status, b = c.ads("GET", "/reporting/reports/x", "")
	check("error", 404, schema(ads, "/components/schemas/AsyncReportingError"), status, b)
}

const adsBody = `{"startDate":"2026-11-01","endDate":"2026-11-23","configuration":{"adProduct":"SPONSORED_PRODUCTS","groupBy":["searchTerm"],"columns":["date","searchTerm","clicks"],"reportTypeId":"spSearchTerm","timeUnit":"DAILY","format":"GZIP_JSON"}}`

func sqpBody(c *caller, asins string) string {
	return `{"reportType":"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT","marketplaceIds":["ATVPDKIKX0DER"],"dataStartTime":"2026-11-15T00:00:00Z","dataEndTime":"2026-11-21T00:00:00Z","reportOptions":{"reportPeriod":"WEEK","asin":"` + asins + `"}}`
}

// Live documents hold nulls where the schemas have none (spapi.md §1.6); all
// else must be as the schemas say.
func TestDocumentsMatchAmazonsSchemas(t *testing.T) {
	dir := shared(t)
	c := begin(t)
	var asins []string
	for _, p := range c.s.World().Products(c.conn.Account) {
		asins = append(asins, p.ASIN)
	}
	scp := strings.Replace(strings.Replace(sqpBody(c, ""), "QUERY", "CATALOG", 1), `,"asin":""`, "", 1)
	for name, body := range map[string]string{"Query": sqpBody(c, strings.Join(asins, " ")), "Catalog": scp} {
		raw, err := read(filepath.Join(dir, "amazon/spapi/schemas/sellingPartnerSearch"+name+"PerformanceReport.json"))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		if err := compiler.AddResource("https://models.invalid/"+name, raw); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile("https://models.invalid/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var created, done struct{ ReportID, ReportDocumentID, URL string }
		_, b := c.sp("POST", "/reports/2021-06-30/reports", body)
		if err := json.Unmarshal(b, &created); err != nil {
			t.Fatal(err)
		}
		c.clock.Advance(10 * time.Minute)
		_, b = c.sp("GET", "/reports/2021-06-30/reports/"+created.ReportID, "")
		if err := json.Unmarshal(b, &done); err != nil {
			t.Fatal(err)
		}
		_, b = c.sp("GET", "/reports/2021-06-30/documents/"+done.ReportDocumentID, "")
		if err := json.Unmarshal(b, &done); err != nil {
			t.Fatal(err)
		}
		_, b = c.do("GET", done.URL, "", http.Header{})
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		var failed *jsonschema.ValidationError
		if err := valid(t, schema, text); err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		nulls := 0
		for _, leaf := range leaves(failed) {
			if !strings.Contains(leaf.Error(), "got null") {
				t.Errorf("%s: %v", name, leaf)
			}
			nulls++
		}
		if rows := bytes.Count(text, []byte(`"startDate"`)); rows < 10 || name == "Query" && nulls == 0 {
			t.Errorf("%s: %d rows, %d nulls", name, rows, nulls)
		}
	}
}

func leaves(e *jsonschema.ValidationError) (out []*jsonschema.ValidationError) {
	if e == nil {
		return nil
	}
	for _, cause := range e.Causes {
		out = append(out, leaves(cause)...)
	}
	if len(e.Causes) == 0 {
		out = append(out, e)
	}
	return out
}

func TestValidateJournal(t *testing.T) {
	dir := shared(t)
	c := begin(t)
	c.sp("GET", "/sellers/v1/marketplaceParticipations", "")
	c.sp("POST", "/reports/2021-06-30/reports", sqpBody(c, "B000000000"))
	c.sp("GET", "/reports/2021-06-30/reports?reportTypes=A,B&processingStatuses=DONE&createdSince=2026-11-01T00:00:00Z", "")
	c.ads("GET", "/v2/profiles?apiProgram=campaign&accessLevel=view", "")
	c.ads("POST", "/reporting/reports", adsBody)
	journal := c.s.Journal()
	if err := ValidateJournal(journal, dir); err != nil {
		t.Fatalf("good requests are refused: %v", err)
	}
	find := func(op string) sim.Entry {
		for _, e := range journal {
			if e.Operation == op {
				e.Header = e.Header.Clone()
				return e
			}
		}
		t.Fatal(op)
		return sim.Entry{}
	}
	for name, change := range map[string]func() sim.Entry{
		"unknown path": func() sim.Entry { e := find(sim.OpParticipations); e.Path += "/"; return e },
		"method":       func() sim.Entry { e := find(sim.OpParticipations); e.Method = "PUT"; return e },
		"agent":        func() sim.Entry { e := find(sim.OpParticipations); e.Header.Set("User-Agent", "Go"); return e },
		"unknown key": func() sim.Entry {
			e := find(sim.OpCreateReport)
			e.Body = []byte(`{"reportType":"x","marketplaceIds":["y"],"asin":"z"}`)
			return e
		},
		"options not strings": func() sim.Entry {
			e := find(sim.OpCreateReport)
			e.Body = []byte(`{"reportType":"x","marketplaceIds":["y"],"reportOptions":{"asin":["z"]}}`)
			return e
		},
		"media": func() sim.Entry {
			e := find(sim.OpAdsCreate)
			e.Header.Set("Content-Type", "application/json")
			return e
		},
		"unit": func() sim.Entry {
			e := find(sim.OpAdsCreate)
			e.Body = bytes.Replace(e.Body, []byte("DAILY"), []byte("HOURLY"), 1)
			return e
		},
		"no scope": func() sim.Entry { e := find(sim.OpAdsCreate); e.Header.Del("Amazon-Advertising-API-Scope"); return e },
		"scope": func() sim.Entry {
			e := find(sim.OpProfiles)
			e.Header.Set("Amazon-Advertising-API-Scope", "1")
			return e
		},
		"no client": func() sim.Entry { e := find(sim.OpProfiles); e.Header.Del("Amazon-Advertising-API-ClientId"); return e },
		"level":     func() sim.Entry { e := find(sim.OpProfiles); e.RawQuery = "accessLevel=all"; return e },
		"query":     func() sim.Entry { e := find(sim.OpGetReports); e.RawQuery = "reportTypes=A&x=1"; return e },
		"status": func() sim.Entry {
			e := find(sim.OpGetReports)
			e.RawQuery = "reportTypes=A&processingStatuses=OK"
			return e
		},
		"token form": func() sim.Entry {
			e := find(sim.OpToken)
			e.Body = append(bytes.Clone(e.Body), "&scope=x"...)
			return e
		},
		"leak": func() sim.Entry {
			return sim.Entry{Listener: "documents", Method: "GET", Path: "/x", RawQuery: "X-Amz-Signature=1", Header: http.Header{"Authorization": {"x"}}}
		},
	} {
		if err := ValidateJournal([]sim.Entry{change()}, dir); err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}
