package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func adsBody(kind, from, to string, columns ...string) string {
	t := adReportTypes[kind]
	if columns == nil {
		for _, c := range t.columns {
			if c != "startDate" && c != "endDate" {
				columns = append(columns, c)
			}
		}
	}
	b, err := json.Marshal(map[string]any{"name": "x", "startDate": from, "endDate": to, "configuration": map[string]any{
		"adProduct": t.adProduct, "groupBy": []string{t.groupBy}, "columns": columns, "reportTypeId": kind, "timeUnit": "DAILY", "format": "GZIP_JSON"}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (r *rig) profile() int64 {
	w := r.World()
	return w.ProfileID(r.conn.Account, w.Marketplaces(r.conn.Account)[0])
}

// adsapi.md traps 1, 2, 3, 4 and 7
func TestProfiles(t *testing.T) {
	r := start(t, Config{})
	read := func(path string, more ...string) []map[string]any {
		t.Helper()
		a := r.ads("GET", path, 0, "", more...)
		var out []map[string]any
		if err := json.Unmarshal(a.body, &out); err != nil || a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return out
	}
	if p := read("/v2/profiles"); len(p) != 2 { // the seller's and an agency's
		t.Errorf("%v", p)
	}
	if p := read("/v2/profiles?profileTypeFilter=seller"); len(p) != 1 || p[0]["countryCode"] != "US" {
		t.Errorf("%v", p)
	}
	if a := r.ads("GET", "/v2/profiles", r.profile(), ""); a.status != 400 {
		t.Errorf("with scope: %d", a.status)
	}
	if a := r.ads("GET", "/v2/profiles?accessLevel=admin", 0, ""); a.status != 400 {
		t.Errorf("access level: %d", a.status)
	}
	r.conn = r.Connections()[1] // a viewer in Europe
	if p := read("/v2/profiles"); len(p) != 0 {
		t.Errorf("a viewer sees %v by default", p)
	}
	p := read("/v2/profiles?apiProgram=campaign&accessLevel=view")
	if len(p) != 2 || p[0]["timezone"] != "Europe/Paris" || p[1]["countryCode"] != "UK" {
		t.Errorf("%v", p)
	}
	r.conn.Region = "na"
	if p := read("/v2/profiles?accessLevel=view"); len(p) != 0 {
		t.Errorf("European profiles in America: %v", p)
	}
}

func TestAdsRefusals(t *testing.T) {
	r := start(t, Config{})
	profile := r.profile()
	good := adsBody("spSearchTerm", "2026-10-24", "2026-11-23")
	for _, c := range []struct {
		name, method, path, body string
		profile                  int64
		header                   []string
		status                   int
		detail                   string
	}{
		{"no client id", "POST", "/reporting/reports", good, profile, []string{"Amazon-Advertising-API-ClientId", ""}, 401, "ClientId"},
		{"no token", "POST", "/reporting/reports", good, profile, []string{"Authorization", ""}, 401, "No access token"},
		{"token of the other API", "POST", "/reporting/reports", good, profile, []string{"Authorization", "Bearer " + r.token(r.conn.RefreshToken)}, 401, "Not authorized"},
		{"no scope", "POST", "/reporting/reports", good, 0, nil, 401, "Scope header is missing"},
		{"foreign scope", "POST", "/reporting/reports", good, 12, nil, 401, "Not authorized to access scope"},
		{"float scope", "POST", "/reporting/reports", good, 0, []string{"Amazon-Advertising-API-Scope", "3.539e+12"}, 400, "scope"},
		{"media", "POST", "/reporting/reports", good, profile, []string{"Content-Type", "text/plain"}, 415, "content type"},
		{"accept", "POST", "/reporting/reports", good, profile, []string{"Accept", "text/csv"}, 406, "Accept"},
		{"32 days", "POST", "/reporting/reports", adsBody("spSearchTerm", "2026-10-23", "2026-11-23"), profile, nil, 400, "startDate to endDate range (32 days) must not exceed maximum range (31 days)"}, // adsapi.md trap 8
		{"retention SP", "POST", "/reporting/reports", adsBody("spSearchTerm", "2026-08-20", "2026-08-30"), profile, nil, 400, "startDate (2026-08-20) must be equal to or after report type data retention start date (2026-08-21)"},
		{"retention SB", "POST", "/reporting/reports", adsBody("sbCampaigns", "2026-09-20", "2026-09-30"), profile, nil, 400, "retention start date (2026-09-25)"},
		{"future", "POST", "/reporting/reports", adsBody("spSearchTerm", "2026-11-20", "2026-11-25"), profile, nil, 400, "endDate"},
		{"backwards", "POST", "/reporting/reports", adsBody("spSearchTerm", "2026-11-20", "2026-11-19"), profile, nil, 400, "endDate"},
		{"bad column", "POST", "/reporting/reports", adsBody("spSearchTerm", "2026-11-01", "2026-11-02", "date", "purchases", "sales"), profile, nil, 400, "configuration columns includes invalid values: (purchases, sales). Allowed values: (acosClicks14d, "}, // adsapi.md trap 21
		{"dates in daily", "POST", "/reporting/reports", adsBody("spCampaigns", "2026-11-01", "2026-11-02", "date", "startDate"), profile, nil, 400, "(startDate)"},                                                                                               // adsapi.md trap 22
		{"search term of SB without targeting", "POST", "/reporting/reports", adsBody("sbSearchTerm", "2026-11-01", "2026-11-02", "date", "targeting"), profile, nil, 400, "(targeting)"},
		{"hourly", "POST", "/reporting/reports", strings.Replace(good, "DAILY", "HOURLY", 1), profile, nil, 400, "timeUnit"},
		{"group", "POST", "/reporting/reports", strings.Replace(good, `["searchTerm"]`, `["campaign"]`, 1), profile, nil, 400, "groupBy"},
		{"format", "POST", "/reporting/reports", strings.Replace(good, "GZIP_JSON", "CSV", 1), profile, nil, 400, "format"},
		{"product", "POST", "/reporting/reports", strings.Replace(good, "SPONSORED_PRODUCTS", "SPONSORED_BRANDS", 1), profile, nil, 400, "reportTypeId"},
		{"no dates", "POST", "/reporting/reports", strings.Replace(good, "startDate", "start", 1), profile, nil, 400, "startDate"},
		{"unknown", "GET", "/reporting/reports/x", "", profile, nil, 404, "not found"},
		{"write", "DELETE", "/reporting/reports/x", "", profile, nil, 404, "Not Found"},
	} {
		a := r.ads(c.method, c.path, c.profile, c.body, c.header...)
		m := a.json(t)
		if detail, _ := m["detail"].(string); a.status != c.status || m["code"] != strconv.Itoa(c.status) || !strings.Contains(detail, c.detail) {
			t.Errorf("%s: %d %.300s, want %d %s", c.name, a.status, a.body, c.status, c.detail)
		}
	}
}

// adsapi.md traps 9, 10, 15, 16, 17 and 19
func TestAdsReportLife(t *testing.T) {
	r := start(t, Config{Delays: Delays{AdsPending: [2]time.Duration{time.Minute, time.Minute}, AdsProcess: [2]time.Duration{time.Minute, time.Minute}}})
	profile := r.profile()
	body := adsBody("spSearchTerm", "2026-10-24", "2026-11-23")
	a := r.ads("POST", "/reporting/reports", profile, body, "Accept", mediaCreateResponse)
	id, _ := a.json(t)["reportId"].(string)
	if a.status != 200 || a.header.Get("Content-Type") != mediaCreateResponse || a.json(t)["status"] != "PENDING" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	dup := r.ads("POST", "/reporting/reports", profile, strings.Replace(body, `"name":"x"`, `"name":"y"`, 1))
	if want := `{"code":"425","detail":"The Request is a duplicate of : ` + id + `"}`; dup.status != 425 || string(dup.body) != want {
		t.Fatalf("%d %s", dup.status, dup.body)
	}
	get := func() map[string]any { return r.ads("GET", "/reporting/reports/"+id, profile, "").json(t) }
	r.clock.Advance(time.Minute)
	if m := get(); m["status"] != "PROCESSING" || m["url"] != nil || m["fileSize"] != nil {
		t.Fatalf("%v", m)
	}
	r.clock.Advance(time.Minute)
	m := get()
	link, _ := m["url"].(string)
	if m["status"] != "COMPLETED" || !strings.Contains(link, "X-Amz-Expires=3600") || m["urlExpiresAt"] != "2026-11-24T13:02:00.000Z" {
		t.Fatalf("%v", m)
	}
	got := r.do("GET", link, nil, "")
	if size, _ := m["fileSize"].(float64); got.status != 200 || len(got.body) != int(size) {
		t.Fatalf("%d, %d bytes of %v", got.status, len(got.body), m["fileSize"])
	}
	checkTermRows(t, r, profile, plain(t, got.body))
	r.clock.Advance(time.Hour)
	if a := r.do("GET", link, nil, ""); a.status != 403 {
		t.Errorf("expired: %d", a.status)
	}
	delete(r.tokens, r.conn.AdsRefreshToken)
	if fresh, _ := get()["url"].(string); r.do("GET", fresh, nil, "").status != 200 {
		t.Error("a fresh URL does not work")
	}
	if a := r.ads("POST", "/reporting/reports", profile, body); a.status != 200 {
		t.Errorf("a second report after the first is done: %d %s", a.status, a.body)
	}
	for kind := range adReportTypes {
		a := r.ads("POST", "/reporting/reports", profile, adsBody(kind, "2026-11-01", "2026-11-10"), "Content-Type", "application/json")
		id, _ := a.json(t)["reportId"].(string)
		r.clock.Advance(3 * time.Minute)
		m := r.ads("GET", "/reporting/reports/"+id, profile, "").json(t)
		link, _ := m["url"].(string)
		var rows []map[string]any
		if err := json.Unmarshal(plain(t, r.do("GET", link, nil, "").body), &rows); err != nil || len(rows) < 10 {
			t.Errorf("%s: %d rows, %v", kind, len(rows), err)
		}
	}
}

func checkTermRows(t *testing.T, r *rig, profile int64, text []byte) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var rows []map[string]any
	if err := dec.Decode(&rows); err != nil {
		t.Fatal(err)
	}
	var want []AdTermRow
	at := time.Date(2026, 11, 24, 12, 2, 0, 0, time.UTC)
	for d := day(t, "2026-10-24"); d <= day(t, "2026-11-23"); d++ {
		want = append(want, r.World().AdTermRows(profile, SponsoredProducts, d, at)...)
	}
	if len(rows) != len(want) || len(rows) < 1000 {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	nulls, absent := 0, 0
	for i, w := range want {
		g := rows[i]
		for name, v := range map[string]any{
			"date": w.Date, "campaignId": w.CampaignID, "keywordId": w.KeywordID, "searchTerm": w.Term, "clicks": w.Clicks, "impressions": w.Impressions,
			"purchases7d": w.D7.Orders, "purchasesSameSku1d": w.D1.SameSKU, "unitsSoldClicks14d": w.D14.Units, "matchType": w.MatchType,
		} {
			if fmt.Sprint(g[name]) != fmt.Sprint(v) {
				t.Fatalf("row %d: %s is %v, want %v", i, name, g[name], v)
			}
		}
		for name, v := range map[string]int64{"cost": w.CostMicros, "sales7d": w.D7.Sales} {
			n, _ := g[name].(json.Number)
			if f, err := n.Float64(); err != nil || int64(f*1e6+.5) != v {
				t.Fatalf("row %d: %s is %v, want %d millionths", i, name, n, v)
			}
		}
		if w.CampaignID <= 1<<53 {
			t.Fatalf("campaign id %d fits a float", w.CampaignID)
		}
		if v, ok := g["acosClicks7d"]; ok && v == nil {
			nulls++
		}
		if _, ok := g["adKeywordStatus"]; !ok {
			absent++
		}
	}
	if nulls == 0 || absent == 0 || absent == len(rows) { // adsapi.md trap 37
		t.Errorf("%d nulls, %d rows without a key", nulls, absent)
	}
}

// adsapi.md trap 11
func TestAdsThrottle(t *testing.T) {
	r := start(t, Config{})
	r.Throttle(OpAdsCreate, r.Sim.clock.Now().Add(time.Minute))
	a := r.ads("POST", "/reporting/reports", r.profile(), adsBody("spCampaigns", "2026-11-01", "2026-11-10"))
	if a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	r.clock.Advance(time.Minute)
	if a := r.ads("POST", "/reporting/reports", r.profile(), adsBody("spCampaigns", "2026-11-01", "2026-11-10")); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
	for range 70 {
		a = r.ads("GET", "/reporting/reports/x", r.profile(), "")
	}
	if a.status != 429 || a.header.Get("Retry-After") != "1" {
		t.Fatalf("%d %v", a.status, a.header)
	}
}

func TestAdsTokenExpires(t *testing.T) {
	r := start(t, Config{})
	if a := r.ads("GET", "/v2/profiles", 0, ""); a.status != 200 {
		t.Fatal(a.status)
	}
	r.clock.Advance(time.Hour)
	if a := r.ads("GET", "/v2/profiles", 0, ""); a.status != 401 || !strings.Contains(string(a.body), "expired") {
		t.Fatalf("%d %s", a.status, a.body)
	}
}
