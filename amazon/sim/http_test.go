package sim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// rig is a running simulator on a clock that stands still, and requests
// written by hand.
type rig struct {
	testing.TB
	*Sim
	clock  *clock.Manual
	client *http.Client
	conn   Connection
	tokens map[string]string
}

const goodAgent = "Probe/1.0 (Language=Go/1.27; Platform=Linux)"

func start(t testing.TB, cfg Config) *rig {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)) // a Tuesday; week 2026-11-15 is out
	cfg.Clock, cfg.JournalKeep = c, -1
	if cfg.ASINs == 0 {
		cfg.ASINs, cfg.Terms = 24, 600
	}
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &rig{TB: t, Sim: s, clock: c, client: client, conn: s.Connections()[0], tokens: map[string]string{}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return m
}

func (r *rig) do(method, address string, header map[string]string, body string) answer {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, address, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

func (r *rig) grant(refresh string, region marketplace.Region) answer {
	r.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {r.conn.ClientID}, "client_secret": {r.conn.ClientSecret}}
	return r.do("POST", r.Endpoints().LWA[region]+"/auth/o2/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}, form.Encode())
}

func (r *rig) token(refresh string) string {
	r.Helper()
	if r.tokens[refresh] == "" {
		a := r.grant(refresh, marketplace.NorthAmerica)
		if a.status != 200 {
			r.Fatalf("token: %d %s", a.status, a.body)
		}
		r.tokens[refresh], _ = a.json(r)["access_token"].(string)
	}
	return r.tokens[refresh]
}

func (r *rig) sp(method, path, body string, more ...string) answer {
	r.Helper()
	h := map[string]string{"x-amz-access-token": r.token(r.conn.RefreshToken), "User-Agent": goodAgent}
	if body != "" {
		h["Content-Type"] = "application/json"
	}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return r.do(method, r.Endpoints().SPAPI[r.conn.Region]+path, h, body)
}

func (r *rig) ads(method, path string, profile int64, body string, more ...string) answer {
	r.Helper()
	h := map[string]string{"Authorization": "Bearer " + r.token(r.conn.AdsRefreshToken), "Amazon-Advertising-API-ClientId": r.conn.ClientID}
	if profile != 0 {
		h["Amazon-Advertising-API-Scope"] = strconv.FormatInt(profile, 10)
	}
	if body != "" {
		h["Content-Type"] = mediaCreateRequest
	}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return r.do(method, r.Endpoints().Ads[r.conn.Region]+path, h, body)
}

func plain(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const reportsPath = "/reports/2021-06-30/reports"

func sqpBody(r *rig, start, end string, asins ...string) string {
	if asins == nil {
		for _, p := range r.World().Products(r.conn.Account)[:8] {
			asins = append(asins, p.ASIN)
		}
	}
	return `{"reportType":"` + typeSQP + `","marketplaceIds":["` + r.World().Marketplaces(r.conn.Account)[0] + `"],"dataStartTime":"` + start + `T00:00:00Z","dataEndTime":"` + end +
		`T00:00:00Z","reportOptions":{"reportPeriod":"WEEK","asin":"` + strings.Join(asins, " ") + `"}}`
}

// finish creates a report and moves the clock until it is done; it returns
// what getReport says and the document's text.
func (r *rig) finish(body string) (map[string]any, []byte) {
	r.Helper()
	a := r.sp("POST", reportsPath, body)
	if a.status != 202 {
		r.Fatalf("createReport: %d %s", a.status, a.body)
	}
	id, _ := a.json(r)["reportId"].(string)
	r.clock.Advance(10 * time.Minute)
	rep := r.sp("GET", reportsPath+"/"+id, "").json(r)
	doc, _ := rep["reportDocumentId"].(string)
	if doc == "" {
		return rep, nil
	}
	d := r.sp("GET", "/reports/2021-06-30/documents/"+doc, "").json(r)
	link, _ := d["url"].(string)
	return rep, plain(r, r.do("GET", link, nil, "").body)
}
