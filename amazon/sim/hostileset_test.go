package sim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// try asks until there is a good answer; the clock moves between attempts.
func (r *rig) try(method, path, body string) map[string]any {
	for range 60 {
		r.clock.Advance(time.Minute)
		if status, answer := r.attempt(method, r.Endpoints().SPAPI[r.conn.Region]+path, body, true); status == 200 || status == 202 {
			var m map[string]any
			if json.Unmarshal(answer, &m) == nil {
				return m
			}
		}
	}
	r.Errorf("%s %s: no answer in an hour", method, path)
	return nil
}

func (r *rig) attempt(method, address, body string, api bool) (int, []byte) {
	req, err := http.NewRequestWithContext(r.Context(), method, address, strings.NewReader(body))
	if err != nil {
		r.Error(err)
		return 0, nil
	}
	if api {
		a := r.looseGrant()
		req.Header.Set("x-amz-access-token", a)
		req.Header.Set("User-Agent", goodAgent)
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := r.client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, b
}

// looseGrant returns an access token, empty if there was none to be had.
func (r *rig) looseGrant() string {
	form := "grant_type=refresh_token&refresh_token=" + r.conn.RefreshToken + "&client_id=" + r.conn.ClientID + "&client_secret=" + r.conn.ClientSecret
	req, err := http.NewRequestWithContext(r.Context(), "POST", r.Endpoints().LWA["na"]+"/auth/o2/token", strings.NewReader(form))
	if err != nil {
		r.Error(err)
		return ""
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := r.client.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	var t struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.NewDecoder(res.Body).Decode(&t) // none: the attempt fails
	return t.AccessToken
}

// whole decodes a document as a careful client does; false: fetch it again.
func whole(b []byte) (rows []string, ok bool) {
	if bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, false
		}
		if b, err = io.ReadAll(z); err != nil {
			return nil, false
		}
	}
	var doc struct {
		DataByAsin []struct {
			ASIN            *string
			StartDate       *string
			SearchQueryData struct{ SearchQuery *string }
			ImpressionData  struct{ TotalQueryImpressionCount, AsinImpressionCount *int64 }
		}
	}
	if json.Unmarshal(b, &doc) != nil {
		return nil, false
	}
	for _, r := range doc.DataByAsin {
		if r.ASIN == nil || r.StartDate == nil || r.SearchQueryData.SearchQuery == nil || r.ImpressionData.TotalQueryImpressionCount == nil || r.ImpressionData.AsinImpressionCount == nil {
			return nil, false
		}
		rows = append(rows, *r.ASIN+"|"+*r.SearchQueryData.SearchQuery)
	}
	slices.Sort(rows)
	return slices.Compact(rows), true
}

// Everything at once still lets a patient client have what the world holds.
func TestHostileWorldCanBeRead(t *testing.T) {
	r := start(t, Config{Scenario: Hostile()})
	asins := []string{}
	for _, p := range r.World().Products(r.conn.Account)[:8] {
		asins = append(asins, p.ASIN)
	}
	for _, week := range []string{"2026-11-01", "2026-10-25", "2026-10-18"} {
		id, _ := r.try("POST", reportsPath, sqpBody(r, week, (day(t, week)+6).String(), asins...))["reportId"].(string)
		document := ""
		for range 40 {
			if rep := r.try("GET", reportsPath+"/"+id, ""); rep["processingStatus"] == "DONE" {
				document, _ = rep["reportDocumentId"].(string)
				break
			}
			r.clock.Advance(30 * time.Minute)
		}
		var got []string
		good := false
		for n := 0; n < 60 && !good; n++ {
			link, _ := r.try("GET", "/reports/2021-06-30/documents/"+document, "")["url"].(string)
			if status, b := r.attempt("GET", link, "", false); status == 200 {
				got, good = whole(b)
			}
		}
		var done time.Time
		for _, a := range r.AcceptedReports() {
			for _, rep := range a.Reports {
				if rep.ID == id && a.SellerID == r.conn.SellerID {
					done = rep.Done
				}
			}
		}
		var want []string
		rows, personal := r.World().ServedSQP(r.conn.Account, "ATVPDKIKX0DER", day(t, week), done)
		for _, row := range append(rows, personal...) {
			if slices.Contains(asins, row.ASIN) {
				want = append(want, row.ASIN+"|"+row.Query)
			}
		}
		slices.Sort(want)
		if !good || !slices.Equal(got, want) || len(want) < 100 {
			t.Errorf("%s: good %v, %d rows, want %d", week, good, len(got), len(want))
		}
	}
	if _, ads := r.Repeats(); ads != 0 {
		t.Errorf("%d ads repeats without an ads report", ads)
	}
}

// Requests of many goroutines meet the simulator's books at once.
func TestHostileWorldStandsConcurrency(t *testing.T) {
	r := start(t, Config{Scenario: Hostile(), SQPDaily: 50, JournalKeep: 10})
	profile := r.profile()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for range 15 {
				r.attempt("POST", r.Endpoints().SPAPI["na"]+reportsPath, sqpBody(r, "2026-11-15", "2026-11-21"), true)
				r.attempt("GET", r.Endpoints().SPAPI["na"]+participationsPath, "", true)
				r.World().AdTermRows(profile, SponsoredProducts, day(t, "2026-11-10"), r.clock.Now())
				r.clock.Advance(20 * time.Second)
				_ = r.AcceptedReports()
				_, _ = r.BestFinish(r.clock.Now(), []Ask{{Account: r.conn.Account, Marketplace: "ATVPDKIKX0DER", SCP: 1, SQP: i}})
			}
		})
	}
	all.Wait()
}
