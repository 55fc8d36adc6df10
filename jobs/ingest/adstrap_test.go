package ingest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// adReports lists the ads rows of an account's ledger.
func (r *rig) adReports(account string) []history.Report {
	r.t.Helper()
	return slices.DeleteFunc(r.ledger(account), func(l history.Report) bool { return l.API != history.Ads })
}

// wantAnswered fails the test for a report that did not end with an answer, or
// whose id Amazon never gave for it.
func (r *rig) wantAnswered(account string) {
	r.t.Helper()
	accepted := map[string]bool{}
	for _, a := range r.amazon.AcceptedReports() {
		for _, x := range a.Reports {
			accepted[x.ID] = true
		}
	}
	for _, l := range r.adReports(account) {
		if l.State != history.ReportDone && l.State != history.ReportEmpty || !accepted[l.AmazonID] {
			r.t.Errorf("report %d (%s %s) ended %s as %s: %s", l.ID, l.Type, l.Start, l.State, l.AmazonID, l.Error)
		}
	}
}

// adsapi.md trap 2
func TestIndiaAndTheEmiratesAreAskedForInEurope(t *testing.T) {
	r := newRig(t, sim.Config{Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"IN", "AE"}}}}, nil)
	c, err := r.in.Discover(t.Context(), r.connection(velmora, APIAds).ID)
	if err != nil {
		t.Fatal(err)
	}
	tracked := 0
	for _, p := range c.Profiles {
		if p.Tracked {
			tracked++
		}
		if p.Region != marketplace.Europe {
			t.Errorf("profile of %s in region %s", p.Country, p.Region)
		}
	}
	asked := map[string]bool{}
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpProfiles {
			asked[e.Listener] = true
		}
	}
	if tracked != 2 || len(asked) != 3 {
		t.Errorf("%d profiles tracked, asked %v: each region knows its own alone", tracked, asked)
	}
	r.untilIdle()
	r.wantWhole(velmora)
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate && !strings.HasSuffix(e.Listener, "-eu") {
			t.Errorf("a report was asked for at %s", e.Listener)
		}
	}
}

// adsapi.md trap 5
func TestAnAccessTokenThatEndsWhilePollingIsReplacedOnce(t *testing.T) {
	for _, kind := range []sim.Kind{sim.ExpiredToken, sim.RevokedToken} {
		t.Run(string(kind), func(t *testing.T) {
			scenario := &sim.Scenario{Seed: 5, Behaviours: []sim.Behaviour{{Kind: kind, Operations: []string{sim.OpAdsGet, sim.OpAdsCreate}, Times: 1, Rate: .5}}}
			r := newRig(t, sim.Config{Scenario: scenario}, nil)
			r.untilIdle()
			r.wantWhole(velmora)
			r.wantAnswered(velmora)
			if c := r.connection(velmora, APIAds); c.Status != StatusActive {
				t.Errorf("the connection is %s: %s", c.Status, c.Reason)
			}
			if n := r.repeats(sim.OpAdsCreate); n != 0 {
				t.Errorf("%d reports were asked for twice", n)
			}
			refused := 0
			for _, e := range r.amazon.Journal() {
				if e.Status == http.StatusUnauthorized && (e.Operation == sim.OpAdsGet || e.Operation == sim.OpAdsCreate) {
					refused++
				}
			}
			if refused == 0 {
				t.Error("no token ended")
			}
		})
	}
}

// adsapi.md trap 9
func TestADuplicateOfAnotherConfigurationIsNotAdopted(t *testing.T) {
	scenario := &sim.Scenario{Seed: 5, Behaviours: []sim.Behaviour{{Kind: sim.WrongDuplicate, Times: 2, Rate: .6}, {Kind: sim.DuplicateText}}}
	r := newRig(t, sim.Config{Scenario: scenario}, nil)
	r.untilIdle()
	r.wantWhole(velmora)
	r.wantAnswered(velmora)
	wrong := 0
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate && e.Status == http.StatusTooEarly {
			wrong++
		}
	}
	again := 0
	for _, l := range r.adReports(velmora) {
		if l.Attempts > 1 {
			again++
		}
	}
	if wrong == 0 || again == 0 {
		t.Errorf("%d answers pointed at another report, %d reports were asked for again", wrong, again)
	}
	if _, n := r.amazon.Repeats(); n != 0 {
		t.Errorf("%d repeats", n)
	}
}

// adsapi.md trap 10: without a kill, whatever becomes of the answers, nothing
// that Amazon accepted is asked for again.
func TestLostAnswersRepeatNoReport(t *testing.T) {
	scenario := &sim.Scenario{Seed: 7}
	for _, kind := range []sim.Kind{sim.DropAnswer, sim.Reset, sim.ServerError} {
		scenario.Behaviours = append(scenario.Behaviours, sim.Behaviour{Kind: kind, Operations: []string{sim.OpAdsCreate, sim.OpAdsGet, sim.OpDownload}, Times: 1, Rate: .4})
	}
	r := newRig(t, sim.Config{Scenario: scenario}, nil)
	r.untilIdle()
	r.wantWhole(velmora)
	r.wantAnswered(velmora)
	lost := 0
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate && e.Status == 0 {
			lost++
		}
	}
	if _, n := r.amazon.Repeats(); n != 0 || lost == 0 {
		t.Errorf("%d repeats after %d lost answers", n, lost)
	}
}

// adsapi.md trap 12
func TestAReportThatIsPendingForHoursSurvivesARestart(t *testing.T) {
	r := newRig(t, sim.Config{Delays: sim.Delays{AdsPending: [2]time.Duration{3*time.Hour + 5*time.Minute, 3*time.Hour + 20*time.Minute}}}, nil)
	until := r.now.Now().Add(3 * time.Hour)
	for r.now.Now().Before(until) {
		o := r.run()
		r.now.Set(o.Next)
	}
	waiting := map[int64]string{}
	for _, l := range r.adReports(velmora) {
		if l.State != history.Waiting {
			t.Errorf("after three hours report %d is %s: %s", l.ID, l.State, l.Error)
		}
		waiting[l.ID] = l.AmazonID
	}
	if len(waiting) == 0 {
		t.Fatal("no report is waiting")
	}
	r.reopen()
	r.untilIdle()
	r.wantWhole(velmora)
	r.wantAnswered(velmora)
	for _, l := range r.adReports(velmora) {
		if id, ok := waiting[l.ID]; ok && id != l.AmazonID {
			t.Errorf("report %d was %s before the restart and is %s", l.ID, id, l.AmazonID)
		}
	}
	if _, n := r.amazon.Repeats(); n != 0 {
		t.Errorf("%d reports were asked for again after the restart", n)
	}
}

// adDays returns the stored days of all tracked profiles, as texts without the
// time of their fetch.
func (r *rig) adDays(account string) (days []string) {
	r.t.Helper()
	r.use(account, func(f *history.Facts) error {
		for _, p := range r.connection(account, APIAds).Profiles {
			for _, t := range adTypes {
				cells, err := f.AdCoverage(r.t.Context(), p.ID, t, r.in.cfg.Since, clock.DayOf(r.now.Now(), time.UTC))
				if err != nil {
					return err
				}
				for _, c := range cells {
					days = append(days, fmt.Sprint(p.ID, t, c.Date, c.State, c.Rows, c.Clicks, c.Cost))
				}
			}
		}
		return nil
	})
	return days
}

// adsapi.md trap 13
func TestAFailedReportLeavesWhatWasStored(t *testing.T) {
	next := wednesday.Add(24 * time.Hour)
	scenario := &sim.Scenario{Seed: 3, Behaviours: []sim.Behaviour{{Kind: sim.GenericFatal, Operations: []string{sim.OpAdsCreate}, From: next, To: next.Add(2 * time.Hour)}}}
	r := newRig(t, sim.Config{Scenario: scenario}, nil)
	r.untilIdle()
	before := r.adDays(velmora)
	r.now.Set(next)
	if o := r.untilIdle(); o.Failed == 0 {
		t.Fatalf("no report failed: %+v", o)
	}
	if after := r.adDays(velmora); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("%d days before the failed reports, %d after, or other figures", len(before), len(after))
	}
	// Asked for again later, the day that was missing comes too.
	r.now.Advance(3 * time.Hour)
	r.untilIdle()
	r.wantWhole(velmora)
	if after := r.adDays(velmora); len(after) <= len(before) {
		t.Errorf("%d days after Amazon recovered, %d before", len(after), len(before))
	}
}

// adsapi.md trap 14
func TestOnlyACompletedReportCanSayThatThereIsNothing(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	report := r.untilReady(string(ads.SPCampaigns))
	answer := func(status string) sim.Fault {
		return sim.Fault{Status: 200, Body: fmt.Appendf(nil, `{"reportId":"%s","status":"%s","startDate":"%s","endDate":"%s","createdAt":"2026-11-25T09:00:00Z","url":null,"configuration":{}}`,
			report.AmazonID, status, report.Start, report.End)}
	}
	covered := func() (n int) {
		r.use(velmora, func(f *history.Facts) error {
			cells, err := f.AdCoverage(t.Context(), report.Profile, ads.SPCampaigns, report.Start, report.End)
			for _, c := range cells {
				if c.State != history.Empty || c.Rows != 0 {
					t.Errorf("%s is %s with %d rows", c.Date, c.State, c.Rows)
				}
			}
			n = len(cells)
			return err
		})
		return n
	}
	for _, status := range []string{"PENDING", "PROCESSING", "QUEUED_FOR_LATER"} {
		r.amazon.FailNext(sim.OpAdsGet, answer(status))
		r.onlyDue(report.ID)
		r.run()
		if n := covered(); n != 0 {
			t.Fatalf("%d days are covered by a report that is %s", n, status)
		}
	}
	for range 2 { // the poll and the download
		r.amazon.FailNext(sim.OpAdsGet, answer("COMPLETED"))
	}
	r.onlyDue(report.ID)
	r.run()
	if n, want := covered(), int(report.End-report.Start)+1; n != want {
		t.Errorf("%d days are covered by a completed report without an address, want %d", n, want)
	}
}
