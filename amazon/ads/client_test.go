package ads

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

const (
	canary   = "CANARY"
	reportAt = "3c3e0a5c-1111-2222-3333-444444444444"
)

type host struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func newHost(t *testing.T, do func(w http.ResponseWriter, r *http.Request, n int)) *host {
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.requests, h.bodies = append(h.requests, r), append(h.bodies, string(body))
		n := len(h.requests)
		h.mu.Unlock()
		do(w, r, n)
	}))
	t.Cleanup(h.Close)
	return h
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

func connect(t *testing.T, api *host) *Client {
	t.Helper()
	login := newHost(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"Atza|%s%d","token_type":"bearer","expires_in":3600}`, canary, n)
	})
	region := marketplace.Europe
	e, err := readonly.Loopback(map[marketplace.Region]string{region: login.URL}, nil, map[marketplace.Region]string{region: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	door := readonly.New(e, nil)
	t.Cleanup(door.CloseIdleConnections)
	return New(Config{HTTP: door.Client(), BaseURL: e.Ads[region], ClientID: "amzn1.application-oa2-client.1", Tokens: lwa.NewSource(lwa.Config{
		HTTP: door.Client(), TokenURL: e.TokenURL(region), Clock: clock.NewManual(time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)),
		Credentials: func(context.Context) (lwa.Credentials, error) {
			return lwa.Credentials{ClientID: "id", ClientSecret: canary, RefreshToken: "Atzr|" + canary}, nil
		},
	})})
}

// adsapi.md trap 1
// adsapi.md trap 3
// adsapi.md trap 4
// adsapi.md trap 7
func TestProfiles(t *testing.T) {
	const viewed = `[{"profileId":2984328618318898,"countryCode":"US","currencyCode":"USD","timezone":"America/Los_Angeles","accountInfo":{"marketplaceStringId":"ATVPDKIKX0DER","id":"A1XX","type":"seller","name":"Ä shop","validPaymentMethod":true}},` +
		`{"profileId":"9007199254740993","countryCode":"UK","currencyCode":"GBP","timezone":"Europe/London","accountInfo":{"marketplaceStringId":"A1F83G8C2ARO7P","id":"ENTITY1","type":"vendor"}},` +
		`{"profileId":3,"countryCode":"XX","currencyCode":"USD","timezone":"UTC","accountInfo":{"id":"E","type":"agency"}},` +
		`{"profileId":4,"countryCode":"US","currencyCode":"USD","timezone":"UTC","accountInfo":{"id":"E","type":"vendor","subType":"KDP_AUTHOR","name":null}}]`
	for name, edit := range map[string]struct {
		status int
		body   string
		want   int64
	}{
		"a viewer":                {200, `[]`, 0},
		"a viewer who is refused": {401, `{"code":"UNAUTHORIZED","details":"Not authorized"}`, 0},
		"an editor of one":        {200, `[{"profileId":9007199254740993,"countryCode":"UK","accountInfo":{}}]`, 9007199254740993},
	} {
		api := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if r.URL.Query().Get("accessLevel") == "view" {
				answers(200, viewed)(w, r, n)
			} else {
				answers(edit.status, edit.body)(w, r, n)
			}
		})
		list, err := connect(t, api).Profiles(t.Context())
		if err != nil || len(list) != 4 {
			t.Errorf("%s: %+v, %v", name, list, err)
			continue
		}
		want := Profile{2984328618318898, "US", "USD", "America/Los_Angeles", "A1XX", "ATVPDKIKX0DER", "seller", "", "Ä shop", false}
		if list[0] != want || list[1].ID != 9007199254740993 || list[1].Name != "" {
			t.Errorf("%s: %+v", name, list)
		}
		for i, sponsored := range []bool{true, true, false, false} {
			if list[i].Sponsored() != sponsored || list[i].Editable != (list[i].ID == edit.want) {
				t.Errorf("%s: %+v", name, list[i])
			}
		}
		for _, r := range api.requests {
			if _, scoped := r.Header["Amazon-Advertising-Api-Scope"]; scoped || r.Header.Get("Amazon-Advertising-Api-Clientid") == "" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer Atza|") {
				t.Errorf("%s: headers %v", name, r.Header)
			}
		}
	}
	if _, err := connect(t, newHost(t, answers(200, `[{"profileId":1.5}]`))).Profiles(t.Context()); !errors.Is(err, ErrAnswer) {
		t.Errorf("an id that is none: %v", err)
	}
}

// adsapi.md trap 4
func TestCreateReport(t *testing.T) {
	api := newHost(t, answers(200, `{"reportId":"`+reportAt+`","status":"PENDING"}`))
	spec := october(t, SPSearchTerm)
	id, err := connect(t, api).CreateReport(t.Context(), spec)
	if err != nil || id != reportAt {
		t.Fatal(id, err)
	}
	h := api.requests[0].Header
	if h.Get("Amazon-Advertising-API-Scope") != "2984328618318898" || h.Get("Content-Type") != mediaCreateRequest || h.Get("Accept") != mediaCreateResponse {
		t.Errorf("headers %v", h)
	}
	if want, _ := spec.Body(); api.bodies[0] != string(want) {
		t.Errorf("body %s", api.bodies[0])
	}
}

// adsapi.md trap 9
// adsapi.md trap 10
// adsapi.md trap 20
func TestAnswersToCreateReport(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		body      string
		duplicate string
		earliest  string
		class     error
	}{
		{"duplicate", 425, `{"code":"425","detail":"The Request is a duplicate of : ` + reportAt + `"}`, reportAt, "", nil},
		{"duplicate without space", 425, `{"code":425,"detail":"the request is a Duplicate Of:` + reportAt + `"}`, reportAt, "", nil},
		{"duplicate without colon", 425, `duplicate of ` + reportAt, reportAt, "", nil},
		{"duplicate of nothing", 425, `{"code":"425"}`, "", "", ErrThrottled},
		{"too early", 400, `{"code":"400","detail":"startDate (2025-01-01) must be equal to or after report type data retention start date (2025-01-03)"}`, "", "2025-01-03", nil},
		{"too long", 400, `{"code":"400","detail":"startDate to endDate range (32 days) must not exceed maximum range (31 days)"}`, "", "", ErrInvalid},
		{"a column", 400, `{"code":"400","detail":"configuration columns includes invalid values: (targeting). Allowed values: (date, viewabilityRate)"}`, "", "", ErrInvalid},
		{"another shape", 422, `{"message":"no"}`, "", "", ErrInvalid},
	} {
		api := newHost(t, answers(c.status, c.body))
		_, err := connect(t, api).CreateReport(t.Context(), october(t, SBSearchTerm))
		var duplicate *DuplicateError
		if errors.As(err, &duplicate) != (c.duplicate != "") || duplicate != nil && duplicate.ID != c.duplicate {
			t.Errorf("%s: %v", c.name, err)
		}
		var retention *RetentionError
		if errors.As(err, &retention) != (c.earliest != "") || retention != nil && retention.Earliest.String() != c.earliest {
			t.Errorf("%s: %v", c.name, err)
		}
		var answer *Error
		if !errors.As(err, &answer) || answer.Status != c.status || c.class != nil && !errors.Is(err, c.class) || len(api.requests) != 1 {
			t.Errorf("%s: %v after %d requests", c.name, err, len(api.requests))
		}
		if c.name == "a column" && !strings.Contains(err.Error(), "Allowed values") {
			t.Errorf("Amazon's detail is lost: %v", err)
		}
	}
}

// adsapi.md trap 5
// adsapi.md trap 11
// adsapi.md trap 21
func TestErrorBodies(t *testing.T) {
	for _, c := range []struct {
		name     string
		status   int
		body     string
		after    string
		class    error
		wait     time.Duration
		requests int
	}{
		{"throttled", 429, `{"code":"429","detail":"Too many requests"}`, "42", ErrThrottled, 42 * time.Second, 1},
		{"throttled in silence", 429, ``, "", ErrThrottled, 0, 1},
		{"throttled in HTML", 429, `<html>`, "1.5", ErrThrottled, 1500 * time.Millisecond, 1},
		{"expired token", 401, `{"code":"401","detail":"Unauthorized"}`, "", ErrUnauthorized, 0, 2},
		{"no scope", 401, `{"code":"401","details":"Not authorized to access scope 1"}`, "", ErrUnauthorized, 0, 2},
		{"not authorized", 401, `{"message":"Not authorized"}`, "", ErrUnauthorized, 0, 2},
		{"forbidden", 403, `{"message":"no"}`, "", ErrUnauthorized, 0, 1},
		{"unknown", 404, `{"code":"404","detail":"x"}`, "", ErrNotFound, 0, 1},
		{"media type", 415, ``, "", ErrInvalid, 0, 1},
		{"in trouble", 500, `{"code":{"a":1},"detail":[1]}`, "", ErrUnavailable, 0, 1},
		{"a redirect", 307, ``, "", ErrInvalid, 0, 1},
		{"an echoed token", 400, `{"code":"Atza|CANARY1","detail":"Bearer Atza|CANARY1, Atzr|CANARY"}`, "", ErrInvalid, 0, 1},
	} {
		api := newHost(t, answers(c.status, c.body, "Retry-After", c.after))
		_, err := connect(t, api).Report(t.Context(), 1, reportAt)
		var answer *Error
		if !errors.As(err, &answer) || !errors.Is(err, c.class) || answer.RetryAfter != c.wait || len(api.requests) != c.requests {
			t.Errorf("%s: %v after %d requests", c.name, err, len(api.requests))
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
			t.Errorf("%s: the error holds a token: %v", c.name, err)
		}
	}
	for _, detail := range []string{"Unauthorized", "Not authorized", "Not authorized to access scope 1", "The access token expired", ""} {
		api := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 1 {
				answers(401, `{"code":"401","detail":"`+detail+`"}`)(w, r, n)
				return
			}
			answers(200, `{"reportId":"x","status":"PENDING"}`)(w, r, n)
		})
		if r, err := connect(t, api).Report(t.Context(), 1, reportAt); err != nil || r.Status != Pending || api.requests[1].Method != "GET" || api.requests[1].Header.Get("Authorization") != "Bearer Atza|CANARY2" {
			t.Errorf("an ended token, called %q: %+v, %v", detail, r, err)
		}
	}
}

func TestUncertain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"none": {nil, false}, "throttled": {&Error{Status: 429}, true}, "invalid": {&Error{Status: 400}, false}, "in trouble": {&Error{Status: 503}, true},
		"refused": {fmt.Errorf("x: %w", readonly.ErrRefused), false}, "not sent": {fmt.Errorf("x: %w", ErrNotSent), false}, "timeout": {context.DeadlineExceeded, true},
	} {
		if Uncertain(c.err) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// adsapi.md trap 14
// adsapi.md trap 15
// adsapi.md trap 16
func TestReportAndDownload(t *testing.T) {
	status := 200
	documents := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) { answers(status, `[]`)(w, r, n) })
	address := documents.URL + "/r.json.gz?X-Amz-Signature=" + canary
	body := `{"reportId":"` + reportAt + `","status":"COMPLETED","startDate":"2026-10-01","endDate":"2026-10-31","createdAt":"2022-07-19T14:03:00.853Z","updatedAt":null,` +
		`"generatedAt":"2021-02-23T09:00:00.000-07:00","fileSize":123.0,"failureReason":null,"url":"` + address + `","urlExpiresAt":"2022-07-19T15:03:00.853Z",` +
		`"configuration":{"adProduct":"SPONSORED_PRODUCTS","groupBy":["searchTerm"],"columns":["date"],"reportTypeId":"spSearchTerm","timeUnit":"DAILY","format":"GZIP_JSON","filters":null}}`
	api := newHost(t, func(w http.ResponseWriter, r *http.Request, n int) { answers(200, body)(w, r, n) })
	c := connect(t, api)
	r, err := c.Report(t.Context(), 2984328618318898, reportAt)
	if err != nil || r.Status != Completed || r.URL != address || r.From != day(t, "2026-10-01") || r.Configuration.TimeUnit != "DAILY" ||
		!r.Generated.Equal(time.Date(2021, 2, 23, 16, 0, 0, 0, time.UTC)) || r.URLExpiresAt.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	in, err := c.Download(t.Context(), r.URL)
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
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
	show(r)
	status = 403
	if _, err = c.Download(t.Context(), r.URL); !errors.Is(err, ErrURLExpired) {
		t.Error(err)
	}
	show(err)
	documents.Close()
	for _, bad := range []string{address, "http://evil.example/?" + canary, "://" + canary} {
		_, err = c.Download(t.Context(), bad)
		if err == nil {
			t.Errorf("%s was fetched", bad)
		}
		show(err)
	}
	if strings.Contains(shown.String(), canary) {
		t.Errorf("a presigned address shows:\n%s", shown.String())
	}
	body = `{"reportId":"x","status":"COMPLETED","url":null,"fileSize":null}`
	if r, err := c.Report(t.Context(), 1, reportAt); err != nil || r.URL != "" || r.Status != Completed {
		t.Errorf("completed without an address: %+v, %v", r, err)
	}
	for _, bad := range []string{"", "[]", "{}", `{"reportId":"x","status":"PENDING","createdAt":"yesterday"}`} {
		if body = bad; true {
			if _, err := c.Report(t.Context(), 1, reportAt); !errors.Is(err, ErrAnswer) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add(425, []byte(`{"code":"425","detail":"The Request is a duplicate of : `+reportAt+`"}`))
	f.Add(400, []byte(`{"detail":"startDate (2025-01-01) must be equal to or after report type data retention start date (2025-01-03)"}`))
	f.Add(429, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := newError(OpCreateReport, &http.Response{StatusCode: status, Header: http.Header{}}, body)
		var answer *Error
		if !errors.As(err, &answer) || answer.class() == nil || len(err.Error()) > 3000 || strings.Contains(err.Error(), "Atzr|") {
			t.Fatalf("%v", err)
		}
		var duplicate *DuplicateError
		if errors.As(err, &duplicate) && !reportID.MatchString(duplicate.ID) {
			t.Fatalf("id %q", duplicate.ID)
		}
	})
}
