package sim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever arrives, every listener answers and none panics.
func FuzzRequests(f *testing.F) {
	r := start(f, Config{ASINs: 4, Terms: 200})
	sp, ads := r.token(r.conn.RefreshToken), r.token(r.conn.AdsRefreshToken)
	handlers := []http.Handler{r.handler(ListenerLWA, "lwa-na", "na"), r.handler(ListenerSPAPI, "spapi-na", "na"), r.handler(ListenerAds, "ads-na", "na"), r.handler(ListenerDocuments, ListenerDocuments, "")}
	for i, s := range []struct{ method, path, query, body string }{
		{"POST", "/auth/o2/token", "", "grant_type=refresh_token"},
		{"POST", reportsPath, "", sqpBody(r, "2026-11-15", "2026-11-21", "B000000000")},
		{"GET", reportsPath, "reportTypes=A&nextToken=x", ""},
		{"GET", "/reports/2021-06-30/documents/%2f", "enableContentEncodingUrlHeader=true", ""},
		{"POST", "/reporting/reports", "", adsBody("spSearchTerm", "2026-11-01", "2026-11-02")},
		{"GET", "/v2/profiles", "accessLevel=view", ""},
		{"GET", "/spapi/x", "X-Amz-Expires=99999999999999999999", ""},
	} {
		f.Add(uint8(i), s.method, s.path, s.query, s.body)
	}
	f.Add(uint8(1), "GET", SellerConsentPath, "application_id="+r.ApplicationID()+"&redirect_uri=http://127.0.0.1/", "")
	f.Add(uint8(2), "POST", AdsConsentPath, "response_type=code&scope=advertising::campaign_management&client_id="+r.conn.ClientID+"&redirect_uri=http://[::1]/?a",
		"decision=authorise&user=viewer&account=Velmora+Goods")
	f.Fuzz(func(t *testing.T, which uint8, method, path, query, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/", strings.NewReader(body))
		if err != nil {
			t.Skip("not a request line")
		}
		u, err := url.ParseRequestURI("/" + strings.TrimPrefix(path, "/"))
		if err != nil {
			t.Skip("not a request path")
		}
		u.RawQuery = query
		req.URL = u
		for k, v := range map[string]string{
			"User-Agent": goodAgent, "x-amz-access-token": sp, "Authorization": "Bearer " + ads, "Amazon-Advertising-API-ClientId": r.conn.ClientID,
			"Content-Type": "application/json",
		} {
			req.Header.Set(k, v)
		}
		if u.Path != "/v2/profiles" {
			req.Header.Set("Amazon-Advertising-API-Scope", "1")
		}
		r.mu.Lock()
		clear(r.buckets) // or all but the first requests would be 429
		r.mu.Unlock()
		w := httptest.NewRecorder()
		handlers[int(which)%len(handlers)].ServeHTTP(w, req)
		if w.Code < 200 || w.Code > 599 {
			t.Fatalf("%s %s answered %d", method, path, w.Code)
		}
	})
}
