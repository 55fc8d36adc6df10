package readonly

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// FuzzAllowList holds the door to the list of its operations, spelt out here a
// second time: what passes is a GET of a path that no server reads as another.
func FuzzAllowList(f *testing.F) {
	f.Add("DELETE", "/reports/2021-06-30/reports/1", "")
	f.Add("GET", "/reports/2021-06-30/reports/../x", "a=b")
	f.Add("GET", "/reports/2021-06-30/reports/..Kx", "")
	f.Add("GET", "/reports/2021-06-30/reports", "reportTypes=GET_X&nextToken=a")
	f.Add("PUT", "/v2/profiles", "")
	read := []string{"/sellers/v1/marketplaceParticipations", "/reports/2021-06-30/reports", "/v2/profiles"}
	one := []string{"/reports/2021-06-30/reports", "/reports/2021-06-30/documents", "/reporting/reports"}
	f.Fuzz(func(t *testing.T, method, name, query string) {
		net := &recorder{}
		door := New(Production(), net)
		for _, host := range []string{"sellingpartnerapi-na.amazon.com", "advertising-api.amazon.com", "api.amazon.com"} {
			r := &http.Request{Method: method, URL: &url.URL{Scheme: "https", Host: host, Path: name, RawQuery: query}, Header: http.Header{}}
			if _, err := door.RoundTrip(r); err != nil {
				continue
			}
			if method != "GET" || path.Clean(name) != name || r.URL.EscapedPath() != name || !slices.Contains(read, name) && !slices.Contains(one, path.Dir(name)) {
				t.Fatalf("%s %s passed", method, name)
			}
			if strings.Contains(query, "reportTypes=GET_") && !strings.Contains(query, "reportTypes=GET_BRAND_ANALYTICS_SEARCH_") {
				t.Fatalf("%s passed", query)
			}
		}
	})
}

// FuzzBodies holds the three bodies that may be sent to their report types and
// grants, read by another decoder than the door's, as a server might.
func FuzzBodies(f *testing.F) {
	f.Add(uint8(0), sqpBody)
	f.Add(uint8(0), `{"reportType":"GET_X","ReportType":"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"}`)
	f.Add(uint8(1), adsBody)
	f.Add(uint8(1), strings.Replace(adsBody, `"spSearchTerm"`, `"spSearchTerm","reporttypeid":"spAudiences"`, 1))
	f.Add(uint8(2), formBody)
	f.Add(uint8(2), codeBody+"&code_verifier=v")
	f.Add(uint8(2), formBody+";scope=x")
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		target := []struct{ address, media string }{{sp + "/reports/2021-06-30/reports", jsonType}, {ads + "/reporting/reports", adsCreateMedia}, {token, formType}}[which%3]
		net := &recorder{}
		if _, err := New(Production(), net).RoundTrip(newRequest(t, "POST", target.address, target.media, body)); err != nil {
			if len(net.requests) > 0 {
				t.Fatal("refused, and sent")
			}
			return
		}
		if len(net.bodies) != 1 || net.bodies[0] != body {
			t.Fatalf("sent %q", net.bodies)
		}
		if which%3 == 2 {
			form, err := url.ParseQuery(body)
			if err != nil || len(form["grant_type"]) != 1 || form.Get("grant_type") != "refresh_token" && form.Get("grant_type") != "authorization_code" || form.Has("scope") {
				t.Fatalf("%q passed", body)
			}
			return
		}
		var in struct {
			Type          string `json:"reportType"`
			Configuration struct {
				Type string `json:"reportTypeId"`
			} `json:"configuration"`
		}
		if err := json.Unmarshal([]byte(body), &in); err != nil || !slices.Contains(spapiTypes, in.Type) && !slices.Contains(adsTypes, in.Configuration.Type) {
			t.Fatalf("%q passed: %v", body, err)
		}
	})
}

// FuzzDocumentAddress holds downloads to Amazon's two domains, whatever an
// answer of the API names: no other host, port, method, user or credential.
func FuzzDocumentAddress(f *testing.F) {
	for _, seed := range []string{s3, "https://d1.cloudfront.net/x", "https://evil.example#.amazonaws.com", "https://evil.example\\.amazonaws.com/", "https://a@b.amazonaws.com", "https://[::1%25.amazonaws.com]/", "http://127.0.0.1/", "https://x.s3.amazonaws.com:443/?a#b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			return
		}
		net := &recorder{}
		if _, err := New(Production(), net).RoundTrip(r); err != nil {
			if strings.Contains(err.Error(), "?") && !strings.Contains(r.URL.EscapedPath(), "?") {
				t.Fatalf("the error holds the query: %v", err)
			}
			return
		}
		u := net.requests[0].URL
		host := strings.ToLower(u.Host)
		if _, api := rulesFor(Production()).hosts["https://"+host]; api {
			return // one of the operations, which FuzzAllowList is about
		}
		name := strings.TrimSuffix(host, ":443")
		if u.Scheme != "https" || u.User != nil || strings.ContainsAny(name, "@#/\\%[]: ") || !strings.HasSuffix(name, ".amazonaws.com") && !strings.HasSuffix(name, ".cloudfront.net") {
			t.Fatalf("%s passed", address)
		}
	})
}

// FuzzLoopback holds stand-ins for Amazon to this machine.
func FuzzLoopback(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:1", "http://localhost", "http://127.1", "http://0x7f.1", "http://127.0.0.1@evil.example", "http://evil.example/127.0.0.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		e, err := Loopback(nil, nil, map[marketplace.Region]string{marketplace.Europe: address})
		if err != nil {
			return
		}
		u, err := url.Parse(e.Ads[marketplace.Europe])
		if err != nil || !isLoopback(u) || u.Path != "" || u.User != nil || e.Ads[marketplace.Europe] != u.Scheme+"://"+u.Host {
			t.Fatalf("%q became %q: %v", address, e.Ads[marketplace.Europe], err)
		}
	})
}
