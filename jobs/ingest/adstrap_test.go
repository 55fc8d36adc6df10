package ingest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
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
