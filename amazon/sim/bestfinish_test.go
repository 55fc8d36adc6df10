package sim

import (
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

const scpBody = `{"reportType":"` + typeSCP + `","marketplaceIds":["ATVPDKIKX0DER"],"dataStartTime":"2026-11-15T00:00:00Z","dataEndTime":"2026-11-21T00:00:00Z","reportOptions":{"reportPeriod":"WEEK"}}`

// greedy asks for one catalogue report and then n query reports as soon as it
// may, looking every second, and returns when it has all documents.
func (r *rig) greedy(n int) time.Time {
	r.Helper()
	var open []*spReport
	left := n
	sel := r.sellers[r.conn.SellerID]
	ask := func(body string) bool {
		a := r.sp("POST", reportsPath, body)
		if a.status == 202 {
			open = append(open, sel.reports[len(sel.reports)-1])
		}
		return a.status == 202
	}
	if !ask(scpBody) {
		r.Fatal("the first report was refused")
	}
	catalogue := false
	for start := r.clock.Now(); r.clock.Now().Sub(start) < 48*time.Hour; r.clock.Advance(time.Second) {
		delete(r.tokens, r.conn.RefreshToken)
		for len(open) > 0 && !r.clock.Now().Before(open[0].endAt) {
			if a := r.sp("GET", "/reports/2021-06-30/documents/"+open[0].documentID, ""); a.status != 200 {
				break
			}
			catalogue = true
			if open = open[1:]; len(open) == 0 && left == 0 {
				return r.clock.Now()
			}
		}
		used := r.cfg.SQPDaily > 0 && sel.today >= r.cfg.SQPDaily && sel.day == clock.DayOf(r.clock.Now(), time.UTC) // asking on would only cost tokens
		for catalogue && !used && left > 0 && ask(sqpBody(r, "2026-11-15", "2026-11-21")) {
			left--
		}
	}
	r.Fatal("two days were not enough")
	return time.Time{}
}

// spapi.md traps 48 and 49
func TestBestFinishIsWhatAGreedyClientNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		n      int
		busy   bool // the quotas are used already
	}{
		"one":                {Config{}, 1, false},
		"requests":           {Config{Delays: Delays{Queue: [2]time.Duration{time.Second, time.Second}, Processing: [2]time.Duration{time.Second, time.Second}}}, 30, false},
		"serial":             {Config{Delays: Delays{Queue: [2]time.Duration{time.Second, time.Second}, Processing: [2]time.Duration{5 * time.Minute, 9 * time.Minute}}}, 12, false},
		"the day is used up": {Config{SQPDaily: 4}, 6, false},
		"in use":             {Config{SQPDaily: 9}, 9, true},
	} {
		r := start(t, c.config)
		r.clock.Set(time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC))
		if c.busy {
			for range 7 {
				if a := r.sp("POST", reportsPath, sqpBody(r, "2026-11-15", "2026-11-21")); a.status != 202 {
					t.Fatalf("%d %s", a.status, a.body)
				}
			}
		}
		asks := []Ask{{Account: r.conn.Account, Marketplace: "ATVPDKIKX0DER", SCP: 1, SQP: c.n}, {Account: "Nobody", Marketplace: "ATVPDKIKX0DER", SQP: 900}}
		best, by := r.BestFinish(r.clock.Now(), asks)
		if again, _ := r.BestFinish(r.clock.Now(), asks); !again.Equal(best) || len(by) != 1 || !by[r.conn.Account].Equal(best) {
			t.Errorf("%s: %v, then %v, %v", name, best, again, by)
		}
		got := r.greedy(c.n)
		if late := got.Sub(best); late < 0 || late > time.Duration(c.n+2)*time.Second {
			t.Errorf("%s: done %v, best %v", name, got, best)
		}
		if name == "the day is used up" && got.Day() != 25 {
			t.Errorf("%s: done %v", name, got)
		}
	}
}

func TestBestFinishOfNothingIsNow(t *testing.T) {
	r := start(t, Config{})
	if best, by := r.BestFinish(r.clock.Now(), nil); !best.Equal(r.clock.Now()) || len(by) != 0 {
		t.Errorf("%v %v", best, by)
	}
}

// spapi.md trap 48
func TestDailyQuotaOfQueryReports(t *testing.T) {
	r := start(t, Config{SQPDaily: 3})
	r.clock.Set(time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC))
	body := sqpBody(r, "2026-11-15", "2026-11-21")
	for i := range 5 {
		a := r.sp("POST", reportsPath, body)
		if want := 202; i < 3 && a.status != want || i >= 3 && (a.status != 429 || !strings.Contains(string(a.body), "QuotaExceeded") || a.header.Get("Retry-After") != "" || a.header.Get("x-amzn-RateLimit-Limit") != "") {
			t.Errorf("%d: %d %s", i, a.status, a.body)
		}
	}
	if a := r.sp("POST", reportsPath, scpBody); a.status != 202 {
		t.Errorf("the catalogue report: %d", a.status)
	}
	r.conn = r.Connections()[1] // another seller has its own
	if a := r.sp("POST", reportsPath, body); a.status != 202 {
		t.Errorf("another seller: %d %s", a.status, a.body)
	}
	r.conn = r.Connections()[0]
	r.clock.Set(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	delete(r.tokens, r.conn.RefreshToken)
	if a := r.sp("POST", reportsPath, body); a.status != 202 {
		t.Errorf("the next day: %d %s", a.status, a.body)
	}
}
