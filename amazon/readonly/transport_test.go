package readonly

import (
	"crypto/tls"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// recorder is the network: it counts what would have been sent.
type recorder struct {
	requests []*http.Request
	bodies   []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		body = string(b)
	}
	r.requests, r.bodies = append(r.requests, req), append(r.bodies, body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

const (
	token    = "https://api.amazon.com/auth/o2/token"
	sp       = "https://sellingpartnerapi-na.amazon.com"
	ads      = "https://advertising-api-eu.amazon.com"
	s3       = "https://offline-report-storage-us-east-1-prod.s3.amazonaws.com/key?X-Amz-Signature=CANARY"
	sqpBody  = `{"reportType":"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT","marketplaceIds":["A"],"dataStartTime":"x","dataEndTime":"y","reportOptions":{"reportPeriod":"WEEK","asin":"B"}}`
	adsBody  = `{"name":"n","startDate":"2026-10-01","endDate":"2026-10-31","configuration":{"adProduct":"SPONSORED_PRODUCTS","groupBy":["searchTerm"],"columns":["date"],"reportTypeId":"spSearchTerm","timeUnit":"DAILY","format":"GZIP_JSON"}}`
	codeBody = "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fh.example%2Fcallback&client_id=y&client_secret=z"
	formBody = "grant_type=refresh_token&refresh_token=x&client_id=y&client_secret=z"
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func newRequest(t testing.TB, method, address, media, body string, headers ...string) *http.Request {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, address, in)
	if err != nil {
		t.Fatal(err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestTheProductsOperationsPass(t *testing.T) {
	for _, c := range []struct{ operation, method, address, media, body string }{
		{"lwa.token", "POST", token, formType, formBody},
		{"lwa.token", "POST", "https://api.amazon.co.uk/auth/o2/token", formType, formBody},
		{"lwa.token", "POST", token, formType, codeBody},
		{"lwa.token", "POST", token, formType, codeBody + "&code_verifier=v"},
		{"spapi.getMarketplaceParticipations", "GET", sp + "/sellers/v1/marketplaceParticipations", "", ""},
		{"spapi.createReport", "POST", sp + "/reports/2021-06-30/reports", jsonType, sqpBody},
		{"spapi.createReport", "POST", sp + "/reports/2021-06-30/reports", jsonType, strings.Replace(sqpBody, "QUERY", "CATALOG", 1)},
		{"spapi.getReports", "GET", sp + "/reports/2021-06-30/reports?reportTypes=GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT%2CGET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT&pageSize=100", "", ""},
		{"spapi.getReports", "GET", sp + "/reports/2021-06-30/reports?nextToken=abc%3D%3D", "", ""},
		{"spapi.getReport", "GET", sp + "/reports/2021-06-30/reports/50039018718", "", ""},
		{"spapi.getReportDocument", "GET", sp + "/reports/2021-06-30/documents/amzn1.spdoc.1.4.na.0356cf79-b8b0.T3ABC.47700", "", ""},
		{"ads.listProfiles", "GET", ads + "/v2/profiles?accessLevel=view&apiProgram=campaign", "", ""},
		{"ads.createAsyncReport", "POST", ads + "/reporting/reports", adsCreateMedia, adsBody},
		{"ads.getAsyncReport", "GET", ads + "/reporting/reports/3c3e0a5c-0000-0000-0000-000000000000", "", ""},
		{"document.download", "GET", s3, "", ""},
		{"document.download", "GET", "https://d34o8swod1owfl.cloudfront.net/Report_47700.txt", "", ""},
	} {
		net := &recorder{}
		door := New(Production(), net)
		var calls []Call
		door.OnCall(func(c Call) { calls = append(calls, c) })
		res, err := door.Client().Do(newRequest(t, c.method, c.address, c.media, c.body))
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.address, err)
			continue
		}
		res.Body.Close()
		if len(net.bodies) != 1 || net.bodies[0] != c.body || len(calls) != 1 || calls[0].Operation != c.operation || calls[0].Status != 200 {
			t.Errorf("%s: sent %q, told %+v", c.operation, net.bodies, calls)
		}
	}
}

// The list is these operations: one more is a decision, not a slip.
func TestTheListIsThis(t *testing.T) {
	var got []string
	for _, op := range Operations() {
		got = append(got, op.Name+" "+op.Method+" "+op.Path)
	}
	want := []string{
		"lwa.token POST /auth/o2/token",
		"spapi.getMarketplaceParticipations GET /sellers/v1/marketplaceParticipations",
		"spapi.createReport POST /reports/2021-06-30/reports",
		"spapi.getReports GET /reports/2021-06-30/reports",
		"spapi.getReport GET /reports/2021-06-30/reports/*",
		"spapi.getReportDocument GET /reports/2021-06-30/documents/*",
		"ads.listProfiles GET /v2/profiles",
		"ads.createAsyncReport POST /reporting/reports",
		"ads.getAsyncReport GET /reporting/reports/*",
		"document.download GET a document address that Amazon gave",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// adsapi.md trap 36
// adsapi.md trap 39
// adsapi.md trap 40
// adsapi.md trap 16
// spapi.md trap 39
func TestEverythingElseIsRefused(t *testing.T) {
	reports := sp + "/reports/2021-06-30/reports"
	type c = struct {
		name string
		r    *http.Request
	}
	get := func(address string, headers ...string) *http.Request {
		return newRequest(t, "GET", address, "", "", headers...)
	}
	post := func(address, media, body string) *http.Request { return newRequest(t, "POST", address, media, body) }
	with := func(r *http.Request, change func(*http.Request)) *http.Request { change(r); return r }
	cases := []c{
		{"cancel a report", newRequest(t, "DELETE", reports+"/1", "", "")},
		{"cancel an ads report", newRequest(t, "DELETE", ads+"/reporting/reports/1", "", "")},
		{"put profiles", newRequest(t, "PUT", ads+"/v2/profiles", jsonType, "[]")},
		{"list keywords", post(ads+"/sp/keywords/list", jsonType, "{}")},
		{"list campaigns", post(ads+"/sp/campaigns/list", jsonType, "{}")},
		{"list campaigns of sponsored brands", post(ads+"/sb/v4/campaigns/list", "application/vnd.sbcampaignresource.v4+json", "{}")},
		{"list campaigns with a report's body", post(ads+"/sp/campaigns/list", adsCreateMedia, adsBody)},
		{"create campaigns", post(ads+"/sp/campaigns", jsonType, "{}")},
		{"delete campaigns", post(ads+"/sp/campaigns/delete", jsonType, "{}")},
		{"the newer API", post(ads+"/adsApi/v1/create/reports", jsonType, "{}")},
		{"orders", get(sp + "/orders/v0/orders?MarketplaceIds=A")},
		{"the seller's account", get(sp + "/sellers/v1/account")},
		{"a token for RDT", post(sp+"/tokens/2021-03-01/restrictedDataToken", jsonType, "{}")},
		{"rotate the secret", post(sp+"/applications/2023-11-30/clientSecret", jsonType, "")},
		{"schedules", get(sp + "/reports/2021-06-30/schedules")},
		{"another report type", post(reports, jsonType, strings.Replace(sqpBody, "SEARCH_QUERY_PERFORMANCE", "MARKET_BASKET", 1))},
		{"orders' report", post(reports, jsonType, `{"reportType":"GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"}`)},
		{"a report type with more", post(reports, jsonType, strings.Replace(sqpBody, `_REPORT"`, `_REPORT "`, 1))},
		{"two report types", post(reports, jsonType, strings.Replace(sqpBody, `{`, `{"reportType":"GET_X",`, 1))},
		{"a report type in another case", post(reports, jsonType, strings.Replace(sqpBody, `{`, `{"ReportType":"GET_X",`, 1))},
		{"an unknown member", post(reports, jsonType, strings.Replace(sqpBody, `{`, `{"x":1,`, 1))},
		{"two bodies", post(reports, jsonType, sqpBody+sqpBody)},
		{"a list of bodies", post(reports, jsonType, "["+sqpBody+"]")},
		{"no body", post(reports, jsonType, "")},
		{"an endless body", post(reports, jsonType, sqpBody+strings.Repeat(" ", 1<<17))},
		{"a form for JSON", post(reports, formType, sqpBody)},
		{"JSON without media type", post(reports, "", sqpBody)},
		{"reports of another type", get(reports + "?reportTypes=GET_MERCHANT_LISTINGS_ALL_DATA")},
		{"reports of mixed types", get(reports + "?reportTypes=GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT,GET_X")},
		{"a parameter twice", get(reports + "?nextToken=a&nextToken=b")},
		{"an unknown parameter", get(reports + "?x=1")},
		{"a query where there is none", get(reports + "/1?x=1")},
		{"a bare question mark", get(reports + "/1?")},
		{"a body on a GET", newRequest(t, "GET", reports+"/1", "", "x")},
		{"a trailing slash", get(reports + "/")},
		{"a trailing slash behind an id", get(reports + "/1/")},
		{"two slashes", get(sp + "/reports/2021-06-30//reports/1")},
		{"two slashes in front", get(sp + "//sellers/v1/marketplaceParticipations")},
		{"a dot segment", get(reports + "/../schedules/1")},
		{"a dot", get(reports + "/.")},
		{"two dots", get(reports + "/..")},
		{"an encoded dot segment", get(reports + "/%2e%2e")},
		{"an encoded slash", get(reports + "%2F1")},
		{"an encoded letter", get(sp + "/seller%73/v1/marketplaceParticipations")},
		{"an encoded slash in an id", get(reports + "/1%2F..%2F2")},
		{"a backslash", get(reports + `/1\2`)},
		{"a semicolon", get(reports + "/1;x=2")},
		{"another case", get(sp + "/Sellers/v1/marketplaceParticipations")},
		{"a method in another case", with(get(reports+"/1"), func(r *http.Request) { r.Method = "get" })},
		{"no method", with(post(reports, jsonType, ""), func(r *http.Request) { r.Method = "" })},
		{"HEAD", newRequest(t, "HEAD", reports+"/1", "", "")},
		{"a method override", get(reports+"/1", "X-HTTP-Method-Override", "DELETE")},
		{"another override", get(reports+"/1", "X-Method-Override", "DELETE")},
		{"a rewritten path", get(reports+"/1", "X-Original-URL", "/orders/v0/orders")},
		{"an override in raw case", with(get(reports+"/1"), func(r *http.Request) { r.Header["x-http-method"] = []string{"DELETE"} })},
		{"another Host", with(get(reports+"/1"), func(r *http.Request) { r.Host = "evil.example" })},
		{"userinfo", get("https://a:b@sellingpartnerapi-na.amazon.com/reports/2021-06-30/reports/1")},
		{"an odd port", get("https://sellingpartnerapi-na.amazon.com:8443/reports/2021-06-30/reports/1")},
		{"plain HTTP", get("http://sellingpartnerapi-na.amazon.com/reports/2021-06-30/reports/1")},
		{"a host in another case", get("https://SellingPartnerAPI-na.amazon.com/reports/2021-06-30/reports/1")},
		{"a host with a dot", get("https://sellingpartnerapi-na.amazon.com./reports/2021-06-30/reports/1")},
		{"the sandbox", get("https://sandbox.sellingpartnerapi-na.amazon.com/reports/2021-06-30/reports/1")},
		{"a stranger", get("https://evil.example/reports/2021-06-30/reports/1")},
		{"a lookalike", get("https://sellingpartnerapi-na.amazon.com.evil.example/reports/2021-06-30/reports/1")},
		{"an ads operation at SP-API", get(sp + "/v2/profiles")},
		{"a token at SP-API", post(sp+"/auth/o2/token", formType, formBody)},
		{"a report at LWA", get("https://api.amazon.com/reports/2021-06-30/reports/1")},
		{"the user's profile", get("https://api.amazon.com/user/profile")},
		{"a grantless token", post(token, formType, "grant_type=client_credentials&scope=sellingpartnerapi::notifications")},
		{"a code without its address", post(token, formType, "grant_type=authorization_code&code=c&client_id=y&client_secret=z")},
		{"a code with a scope", post(token, formType, codeBody+"&scope=sellingpartnerapi::notifications")},
		{"a refresh with a scope", post(token, formType, formBody+"&scope=sellingpartnerapi::notifications")},
		{"a refresh with a verifier", post(token, formType, formBody+"&code_verifier=v")},
		{"a code twice", post(token, formType, codeBody+"&code=d")},
		{"a grant twice", post(token, formType, formBody+"&grant_type=client_credentials")},
		{"a token by GET", get(token)},
		{"a token in the query", post(token+"?grant_type=refresh_token", formType, formBody)},
		{"another ads report", post(ads+"/reporting/reports", adsCreateMedia, strings.Replace(adsBody, "spSearchTerm", "spAudiences", 1))},
		{"ads report of another media type", post(ads+"/reporting/reports", "application/vnd.spCampaign.v3+json", adsBody)},
		{"a download with authorisation", get(s3, "Authorization", "Bearer x")},
		{"a download with an access token", get(s3, "X-Amz-Access-Token", "Atza|x")},
		{"a download with a scope", get(s3, "Amazon-Advertising-API-Scope", "1")},
		{"a download with a client id", get(s3, "amazon-advertising-api-clientid", "1")},
		{"a download with a cookie", get(s3, "Cookie", "a=b")},
		{"a download with a token in disguise", get(s3, "X-Debug", "Atza|x")},
		{"an upload", newRequest(t, "PUT", s3, "", "x")},
		{"a download in the clear", get(strings.Replace(s3, "https", "http", 1))},
		{"a download from an odd port", get(strings.Replace(s3, ".com/", ".com:8443/", 1))},
		{"a download from a lookalike", get(strings.Replace(s3, "s3.amazonaws.com", "s3amazonaws.com", 1))},
		{"a download from a lookalike's host", get(strings.Replace(s3, "amazonaws.com", "amazonaws.com.evil.example", 1))},
		{"a download from an address with a host for a zone", get("https://[::1%25.amazonaws.com]/x")},
		{"a download from an address with a host for a zone and a port", get("https://[2001:db8::1%25.cloudfront.net]:443/x")},
		{"a download from a name with a full-width slash", get("https://evil.example%EF%BC%8F.amazonaws.com/x")},
		{"a download from a name with a percent sign", get("https://169.254.169.254%25.amazonaws.com/x")},
		{"a download from an empty label", get("https://.amazonaws.com/x")},
		{"a download from the domain itself", get("https://amazonaws.com/x")},
		{"a download from this machine", get("http://127.0.0.1:1/x")},
		{"the cloud's metadata", get("http://169.254.169.254/latest/meta-data")},
		{"a document's headers alone", newRequest(t, "HEAD", s3, "", "")},
		{"a document deleted", newRequest(t, "DELETE", s3, "", "")},
		{"a document asked for with a body", newRequest(t, "GET", s3, "", "x")},
		{"a fragment", get(reports + "/1#x")},
		{"an endless id", get(reports + "/" + strings.Repeat("1", 513))},
		{"chunks", with(post(reports, jsonType, sqpBody), func(r *http.Request) { r.TransferEncoding = []string{"chunked"} })},
		{"a trailer", with(post(reports, jsonType, sqpBody), func(r *http.Request) { r.Trailer = http.Header{"X-Http-Method": nil} })},
		{"two media types", with(post(reports, jsonType, sqpBody), func(r *http.Request) { r.Header.Add("Content-Type", formType) })},
		{"a token as JSON", post(token, jsonType, formBody)},
		{"a grant of no type", post(token, formType, "refresh_token=x&client_id=y&client_secret=z")},
		{"a refresh without a token", post(token, formType, "grant_type=refresh_token&refresh_token=&client_id=y&client_secret=z")},
		{"a file", with(get(s3), func(r *http.Request) { r.URL = &url.URL{Scheme: "file", Path: "/etc/passwd"} })},
		{"an opaque address", with(get(s3), func(r *http.Request) { r.URL.Opaque = "//x" })},
	}
	for _, c := range cases {
		net := &recorder{}
		res, err := New(Production(), net).RoundTrip(c.r)
		if res != nil || !errors.Is(err, ErrRefused) || len(net.requests) != 0 {
			t.Errorf("%s: %v, %d requests sent", c.name, err, len(net.requests))
			continue
		}
		if strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "?") {
			t.Errorf("%s: the error holds the query: %v", c.name, err)
		}
	}
}

// adsapi.md trap 41
func TestTheWritingOperationsOfTheAdsAPIAreRefused(t *testing.T) {
	shared := os.Getenv("HALOTRACK_SHARED")
	if shared == "" {
		t.Skip("set HALOTRACK_SHARED to the folder with amazon/ads/endpoint_inventory.csv")
	}
	f, err := os.Open(filepath.Join(shared, "amazon", "ads", "endpoint_inventory.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// The network is a real listener, so that not one byte can go unseen.
	var sent int
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent++ }))
	defer server.Close()
	here := map[marketplace.Region]string{marketplace.NorthAmerica: server.URL}
	e, err := Loopback(nil, nil, here)
	if err != nil {
		t.Fatal(err)
	}
	net := &recorder{}
	doors := map[string]*Transport{server.URL: New(e, nil), "https://advertising-api.amazon.com": New(Production(), net)}
	writes, reads := 0, 0
	for _, row := range rows[1:] {
		method, path, class := row[1], row[2], row[4]
		for strings.Contains(path, "{") { // an id in place of each variable
			before, rest, _ := strings.Cut(path, "{")
			_, after, _ := strings.Cut(rest, "}")
			path = before + "123" + after
		}
		for base, door := range doors {
			body := ""
			if method != "GET" && method != "DELETE" {
				body = "{}"
			}
			_, err := door.RoundTrip(newRequest(t, method, base+path, jsonType, body))
			if class == "WRITE" && !errors.Is(err, ErrRefused) {
				t.Errorf("%s %s: %v", method, path, err)
			}
			if method != "GET" && path != "/reporting/reports" {
				// Nor with a body that is allowed elsewhere.
				if _, err := door.RoundTrip(newRequest(t, method, base+path, adsCreateMedia, adsBody)); !errors.Is(err, ErrRefused) {
					t.Errorf("%s %s with a report's body: %v", method, path, err)
				}
			}
		}
		switch class {
		case "WRITE":
			writes++
		case "READ":
			reads++
		}
	}
	if writes != 299 {
		t.Errorf("%d writing operations, want 299", writes)
	}
	for _, r := range net.requests {
		if r.Method != "GET" {
			t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		}
	}
	t.Logf("%d writing operations refused; of %d reading ones %d passed", writes, reads, sent)
	if sent > 3 {
		t.Errorf("%d operations passed", sent)
	}
}

func TestLoopback(t *testing.T) {
	one := func(address string) map[marketplace.Region]string {
		return map[marketplace.Region]string{marketplace.Europe: address}
	}
	for _, good := range []string{"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://[::1]:1", "https://localhost:8443", "http://127.9.9.9"} {
		e, err := Loopback(one(good), nil, nil)
		if err != nil {
			t.Errorf("%s: %v", good, err)
			continue
		}
		if e.TokenURL(marketplace.NorthAmerica) != "" || len(e.SPAPI)+len(e.Ads) != 0 {
			t.Errorf("%s: a region that was not given is reachable: %+v", good, e)
		}
		if want := strings.TrimSuffix(good, "/") + "/auth/o2/token"; e.TokenURL(marketplace.Europe) != want {
			t.Errorf("token at %s, want %s", e.TokenURL(marketplace.Europe), want)
		}
	}
	for _, bad := range []string{"", "http://10.0.0.1:80", "http://0.0.0.0:80", "http://example.com", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "http://127.0.0.1/path", "http://a:b@127.0.0.1", "http://127.0.0.1?x=1", "127.0.0.1:80", "http://localhost.evil.example"} {
		if _, err := Loopback(nil, nil, one(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if e, err := Loopback(nil, nil, nil); err != nil || e.TokenURL(marketplace.FarEast) != "https://api.amazon.co.jp/auth/o2/token" {
		t.Errorf("without addresses: %+v, %v", e, err)
	}
}

func TestUnderLoopbackAmazonIsOutOfReach(t *testing.T) {
	e, err := Loopback(nil, nil, map[marketplace.Region]string{marketplace.Europe: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	net := &recorder{}
	door := New(e, net)
	for _, address := range []string{ads + "/v2/profiles", sp + "/sellers/v1/marketplaceParticipations"} {
		if _, err := door.RoundTrip(newRequest(t, "GET", address, "", "")); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"http://127.0.0.1:1/v2/profiles", "http://127.0.0.1:2/document?signature=x"} {
		if _, err := door.RoundTrip(newRequest(t, "GET", address, "", "")); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := door.RoundTrip(newRequest(t, "GET", "http://127.0.0.1:2/document", "", "", "X-Amz-Access-Token", "x")); !errors.Is(err, ErrRefused) {
		t.Errorf("a token for the document host: %v", err)
	}
}

// What is sent by New's own transport: TLS 1.2 or better, no proxy, and no
// compression that net/http would undo unseen.
func TestTheTransportIsHardened(t *testing.T) {
	next, ok := New(Production(), nil).next.(*http.Transport)
	if !ok || next.TLSClientConfig.MinVersion != tls.VersionTLS12 || next.TLSClientConfig.InsecureSkipVerify || next.Proxy != nil {
		t.Errorf("%+v", next)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("compression is asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "as it is")
	}))
	defer server.Close()
	e, err := Loopback(nil, nil, map[marketplace.Region]string{marketplace.Europe: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	res, err := New(e, nil).Client().Do(newRequest(t, "GET", server.URL+"/v2/profiles", "", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "as it is" {
		t.Errorf("%q, %v", body, err)
	}
}

// spapi.md trap 39
func TestRedirectsAreNotFollowed(t *testing.T) {
	followed := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/profiles" {
			followed = true
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	e, err := Loopback(nil, nil, map[marketplace.Region]string{marketplace.Europe: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	res, err := New(e, nil).Client().Do(newRequest(t, "GET", server.URL+"/v2/profiles", "", ""))
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect || followed {
		t.Errorf("%v, %v, followed %v", res, err, followed)
	}
}
