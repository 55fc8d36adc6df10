package spapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

const canary = "CANARY"

// host is one listener; do answers, and requests are kept.
type host struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	do       func(w http.ResponseWriter, r *http.Request, n int)
}

func newHost(t *testing.T, do func(w http.ResponseWriter, r *http.Request, n int)) *host {
	h := &host{do: do}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.requests, h.bodies = append(h.requests, r), append(h.bodies, string(body))
		n := len(h.requests)
		h.mu.Unlock()
		h.do(w, r, n)
	}))
	t.Cleanup(h.Close)
	return h
}

// connect returns a client of api whose tokens are Atza|CANARY1, 2, ….
func connect(t *testing.T, api *host, change func(*Config)) *Client {
	t.Helper()
	login := newHost(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"Atza|%s%d","token_type":"bearer","expires_in":3600}`, canary, n)
	})
	region := marketplace.NorthAmerica
	e, err := readonly.Loopback(map[marketplace.Region]string{region: login.URL}, map[marketplace.Region]string{region: api.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	door := readonly.New(e, nil)
	t.Cleanup(door.CloseIdleConnections)
	cfg := Config{HTTP: door.Client(), BaseURL: e.SPAPI[region], UserAgent: UserAgent("1.0"), Tokens: lwa.NewSource(lwa.Config{
		HTTP: door.Client(), TokenURL: e.TokenURL(region), Clock: clock.NewManual(time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)),
		Credentials: func(context.Context) (lwa.Credentials, error) {
			return lwa.Credentials{ClientID: "id", ClientSecret: canary, RefreshToken: "Atzr|" + canary}, nil
		},
	})}
	if change != nil {
		change(&cfg)
	}
	return New(cfg)
}

func answers(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func spec(t *testing.T) ReportSpec {
	return ReportSpec{SQP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), []string{"B000000001"}}
}

// spapi.md trap 23
// spapi.md trap 25
func TestCreateReport(t *testing.T) {
	for _, status := range []int{202, 200, 201} {
		api := newHost(t, answers(status, `{"reportId":"ID323","more":1}`))
		id, err := connect(t, api, nil).CreateReport(t.Context(), spec(t))
		if err != nil || id != "ID323" {
			t.Errorf("%d: %q, %v", status, id, err)
		}
		h := api.requests[0].Header
		if h.Get("X-Amz-Access-Token") != "Atza|CANARY1" || h.Get("Content-Type") != "application/json" || h.Get("Authorization") != "" {
			t.Errorf("headers %v", h)
		}
		if agent := h.Get("User-Agent"); !strings.HasPrefix(agent, "HaloTrack/1.0 (Language=Go/") || len(agent) > 500 {
			t.Errorf("user agent %q", agent)
		}
		want, _ := spec(t).Body()
		if api.bodies[0] != string(want) {
			t.Errorf("body %s", api.bodies[0])
		}
	}
	if agent := UserAgent(strings.Repeat("1;)\n", 1000)); len(agent) > 500 || strings.Contains(agent, "\n") {
		t.Errorf("user agent %q", agent)
	}
}

// spapi.md trap 26
func TestALostAnswerIsUncertain(t *testing.T) {
	api := newHost(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		c, _, _ := w.(http.Hijacker).Hijack()
		c.Close() // the report was accepted; nobody hears of it
	})
	_, err := connect(t, api, nil).CreateReport(t.Context(), spec(t))
	if err == nil || !Uncertain(err) || len(api.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(api.requests))
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"none": {nil, false}, "throttled": {&Error{Status: 429}, false}, "invalid": {&Error{Status: 400}, false}, "in trouble": {&Error{Status: 503}, true},
		"refused": {fmt.Errorf("x: %w", readonly.ErrRefused), false}, "not sent": {fmt.Errorf("x: %w", ErrNotSent), false}, "not understood": {ErrAnswer, true},
		"timeout": {context.DeadlineExceeded, true},
	} {
		if Uncertain(c.err) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
	bad := spec(t)
	bad.ASINs = nil
	if _, err := connect(t, api, nil).CreateReport(t.Context(), bad); err == nil || Uncertain(err) || len(api.requests) != 1 {
		t.Errorf("an invalid report: %v", err)
	}
}

// spapi.md trap 45
// spapi.md trap 50
// spapi.md trap 51
// spapi.md trap 60
func TestErrorBodies(t *testing.T) {
	denied := func(details string) string {
		return `{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":"` + details + `"}]}`
	}
	for _, c := range []struct {
		name     string
		status   int
		body     string
		class    error
		requests int
	}{
		{"throttled", 429, `{"errors":[{"code":"QuotaExceeded","message":"You exceeded your quota for the requested resource.","details":""}]}`, ErrThrottled, 1},
		{"throttled without a body", 429, ``, ErrThrottled, 1},
		{"unknown report", 404, `{"errors":[{"code":"NotFound","message":"One or more of the provided ReportRequestIds could not be found."}]}`, ErrNotFound, 1},
		{"expired token", 403, denied("The access token you provided has expired."), ErrUnauthorized, 2},
		{"bad token", 403, denied("The access token you provided is revoked, malformed or invalid."), ErrUnauthorized, 1},
		{"no token", 403, denied("Access token is missing in the request header."), ErrUnauthorized, 1},
		{"expired secret", 403, denied("The LWA secret token you provided has expired."), ErrSecretExpired, 1},
		{"role or region", 403, denied(""), ErrRoleMissing, 1},
		{"a token call at the wrong host", 403, `{"errors":[{"code":"MissingAuthenticationToken","message":"Missing Authentication Token"}]}`, ErrUnauthorized, 1},
		{"bad parameters", 400, `{"errors":[{"code":"InvalidInput","message":"x"}]}`, ErrInvalid, 1},
		{"bad parameters of the sandbox", 400, `{"errors":[{"code":"400","message":"Invalid input","details":"y"}]}`, ErrInvalid, 1},
		{"a gateway", 502, `<html>Bad gateway</html>`, ErrUnavailable, 1},
		{"half a body", 500, `{"errors":[{"code":"Intern`, ErrUnavailable, 1},
		{"an echoed token", 400, `{"errors":[{"code":"InvalidInput","message":"Atza|CANARY1 is no token","details":"Atzr|CANARY"}]}`, ErrInvalid, 1},
	} {
		api := newHost(t, answers(c.status, c.body))
		_, err := connect(t, api, nil).Report(t.Context(), "1")
		var answer *Error
		if !errors.As(err, &answer) || !errors.Is(err, c.class) || answer.Status != c.status || len(api.requests) != c.requests {
			t.Errorf("%s: %v after %d requests", c.name, err, len(api.requests))
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
			t.Errorf("%s: the error holds a token: %v", c.name, err)
		}
	}
}

// spapi.md trap 51
func TestExpiredTokenIsReplacedOnce(t *testing.T) {
	api := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Header.Get("X-Amz-Access-Token") == "Atza|CANARY1" {
			answers(403, `{"errors":[{"code":"Unauthorized","message":"m","details":"The access token you provided has expired."}]}`)(w, r, n)
			return
		}
		answers(200, `{"reportId":"1","reportType":"X","processingStatus":"SOMETHING_NEW","createdTime":"2024-09-12T19:41:13+00:00"}`)(w, r, n)
	})
	r, err := connect(t, api, nil).Report(t.Context(), "1")
	if err != nil || r.Status != "SOMETHING_NEW" || !r.Created.Equal(time.Date(2024, 9, 12, 19, 41, 13, 0, time.UTC)) || len(api.requests) != 2 {
		t.Errorf("%+v, %v after %d requests", r, err, len(api.requests))
	}
}

// spapi.md trap 46
func TestQuotaIsRequestsPerSecond(t *testing.T) {
	for header, want := range map[string]float64{"0.0167": 0.0167, "2.0": 2, "": 0, "x": 0, "NaN": 0, "-1": 0} {
		api := newHost(t, answers(200, `{"reportId":"1","processingStatus":"DONE"}`, "X-Amzn-Ratelimit-Limit", header))
		var got float64
		c := connect(t, api, func(cfg *Config) { cfg.OnRate = func(op string, rps float64) { got = rps } })
		if _, err := c.Report(t.Context(), "1"); err != nil || got != want {
			t.Errorf("%q: %v, %v", header, got, err)
		}
	}
}

// spapi.md trap 24
func TestReportsQuery(t *testing.T) {
	api := newHost(t, answers(200, `{"reports":[],"nextToken":"more"}`))
	c := connect(t, api, nil)
	since := time.Date(2026, 11, 15, 1, 2, 3, 0, time.FixedZone("", 3600))
	for _, q := range []struct {
		query ReportsQuery
		want  string
	}{
		{ReportsQuery{Types: []ReportType{SQP, SCP}, Statuses: []Status{InQueue, Done}, Marketplaces: []string{"A", "B"}, CreatedSince: since, PageSize: 100},
			"createdSince=2026-11-15T00%3A02%3A03Z&marketplaceIds=A%2CB&pageSize=100&processingStatuses=IN_QUEUE%2CDONE&reportTypes=" + string(SQP) + "%2C" + string(SCP)},
		{ReportsQuery{Next: "a+b/c==", Types: []ReportType{SQP}, PageSize: 100}, "nextToken=a%2Bb%2Fc%3D%3D"},
	} {
		_, next, err := c.Reports(t.Context(), q.query)
		if got := api.requests[len(api.requests)-1].URL.RawQuery; err != nil || next != "more" || got != q.want {
			t.Errorf("%s\n%s\n%v", got, q.want, err)
		}
	}
}

// spapi.md trap 61
func TestParticipations(t *testing.T) {
	api := newHost(t, answers(200, `{"payload":[{"marketplace":{"id":"A1F83G8C2ARO7P","countryCode":"GB","name":"Amazon.co.uk","defaultCurrencyCode":"GBP"},"participation":{"isParticipating":true,"hasSuspendedListings":false}},`+
		`{"marketplace":{"id":"A2ZV50J4W1RKNI"},"storeName":"x","participation":{"isParticipating":false,"hasSuspendedListings":true}}]}`))
	list, err := connect(t, api, nil).Participations(t.Context())
	if err != nil || len(list) != 2 || list[0] != (Participation{"A1F83G8C2ARO7P", "GB", "Amazon.co.uk", "GBP", "", true, false}) || !list[1].Suspended {
		t.Errorf("%+v, %v", list, err)
	}
}

// spapi.md trap 39
// spapi.md trap 40
// spapi.md trap 59
func TestDownload(t *testing.T) {
	status := 200
	documents := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) { answers(status, `[1]`)(w, r, n) })
	address := documents.URL + "/doc?X-Amz-Signature=" + canary
	api := newHost(t, answers(200, `{"reportDocumentId":"amzn1.spdoc.1","url":"`+address+`","compressionAlgorithm":"GZIP"}`))
	c := connect(t, api, nil)
	d, err := c.Document(t.Context(), "amzn1.spdoc.1")
	if err != nil || d.URL != address || !d.GZIP {
		t.Fatal(err)
	}
	body, err := c.Download(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(body)
	body.Close()
	if string(raw) != "[1]" {
		t.Errorf("%q", raw)
	}
	for name := range documents.requests[0].Header {
		if name != "User-Agent" && name != "Accept-Encoding" {
			t.Errorf("the header %s went to the document host", name)
		}
	}
	var shown strings.Builder
	show := func(v any) {
		fmt.Fprintf(&shown, "%v %+v %#v\n", v, v, v)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "v", v)
	}
	show(d)
	for code, class := range map[int]error{403: ErrURLExpired, 404: ErrNotFound, 500: ErrUnavailable, 301: ErrInvalid} {
		status = code
		_, err := c.Download(t.Context(), d)
		if !errors.Is(err, class) {
			t.Errorf("%d: %v", code, err)
		}
		show(err)
	}
	documents.Close()
	_, err = c.Download(t.Context(), d)
	show(err)
	for _, bad := range []string{"http://evil.example/?" + canary, "://" + canary, "http://127.0.0.1:1/%zz?" + canary} {
		_, err := c.Download(t.Context(), Document{URL: bad})
		if err == nil {
			t.Errorf("%s was fetched", bad)
		}
		show(err)
	}
	if strings.Contains(shown.String(), canary) {
		t.Errorf("a presigned address shows:\n%s", shown.String())
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, body := range []string{"", "{", "[]", `{"reportId":7}`, `{}`, `<html>CANARY`, `{"reportId":"1","processingStatus":"DONE","createdTime":"yesterday"}`} {
		if _, err := connect(t, newHost(t, answers(200, body)), nil).Report(t.Context(), "1"); !errors.Is(err, ErrAnswer) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", body, err)
		}
	}
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a%2fb", strings.Repeat("a", 1000)} {
		if _, err := connect(t, newHost(t, answers(200, "{}")), nil).Report(t.Context(), id); !errors.Is(err, ErrNotSent) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}
