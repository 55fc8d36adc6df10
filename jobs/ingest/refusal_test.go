package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

const velmora = "Velmora Goods"

// spapi.md traps 45 and 47; adsapi.md trap 11
func TestThrottlingWaitsWithoutATightLoop(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	until := wednesday.Add(20 * time.Minute)
	for _, op := range []string{sim.OpCreateReport, sim.OpAdsCreate, sim.OpGetReport, sim.OpAdsGet} {
		r.amazon.Throttle(op, until)
	}
	for range 200 {
		o := r.run()
		if o.Idle() {
			t.Fatal("throttled work counts as idle")
		}
		if !o.Next.After(r.now.Now()) {
			t.Fatal("no waiting after a refusal")
		}
		if r.now.Now().After(until) {
			break
		}
		r.now.Set(o.Next)
		r.reopen() // quotas survive a restart
	}
	refused := map[string]int{}
	for _, e := range r.amazon.Journal() {
		if e.Status == 429 {
			refused[e.Operation]++
		}
	}
	if n := refused[sim.OpCreateReport]; n < 10 || n > 21 {
		t.Errorf("createReport was tried %d times in 20 minutes, want about one a minute", n)
	}
	if n := refused[sim.OpAdsCreate]; n == 0 || n > 60 {
		t.Errorf("ads reports were tried %d times in 20 minutes", n)
	}
	r.untilIdle()
	r.wantWhole(velmora)
}

// adsapi.md trap 11
func TestRetryAfterIsHonoured(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	body := sim.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"600"}}, Body: []byte("<html>")}
	for range 20 {
		r.amazon.FailNext(sim.OpAdsCreate, body)
	}
	r.run()
	first := r.asked(sim.OpAdsCreate)
	tries := map[time.Time]int{}
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate {
			tries[e.At]++
		}
	}
	if first != 0 || len(tries) != 1 {
		t.Errorf("accepted %d, tried at %v", first, tries)
	}
	r.untilIdle()
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate && e.At.After(wednesday) && e.At.Before(wednesday.Add(10*time.Minute)) {
			t.Errorf("asked again at %s although told to wait ten minutes", e.At)
		}
	}
	r.wantWhole(velmora)
}

// spapi.md trap 48: the day's budget is kept over
// restarts, and the newest week has it first.
func TestTheDailyBudgetIsKept(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	change := r.change
	r.change = func(c *Config) { change(c); c.SQPDailyRequests = 3 }
	r.reopen()
	perDay := func() map[clock.Day]int {
		n := map[clock.Day]int{}
		for _, l := range r.ledger(velmora) {
			if l.Type == string(spapi.SQP) && !l.Requested.IsZero() {
				n[clock.DayOf(l.Requested, time.UTC)]++
			}
		}
		return n
	}
	for {
		o := r.run()
		if r.now.Now().Sub(wednesday) > 48*time.Hour || o.Idle() {
			break
		}
		r.now.Set(o.Next)
		r.reopen()
	}
	days := perDay()
	for day, n := range days {
		if n > 3 && day < clock.DayOf(wednesday, time.UTC)+3 || n > 4 { // raised after three full days
			t.Errorf("%d SQP reports asked for on %s", n, day)
		}
	}
	if len(days) < 3 {
		t.Errorf("asked on %v", days)
	}
	r.untilIdle()
	r.wantWhole(velmora)
}

// spapi.md trap 52; adsapi.md trap 6
func TestARevokedGrantStopsItsConnectionAlone(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	r.run() // reports are in flight
	g := r.amazon.Connections()[0]
	r.amazon.RevokeToken(g.RefreshToken)
	r.now.Advance(2 * time.Hour) // the access token ends
	before := len(r.amazon.Journal())
	r.untilIdle()
	var tokens, seller int
	for _, e := range r.amazon.Journal()[before:] {
		if e.Operation == sim.OpToken && e.Status >= 400 {
			tokens++
		}
		if strings.HasPrefix(e.Listener, sim.ListenerSPAPI) {
			seller++
		}
	}
	if tokens != 1 || seller > 1 {
		t.Errorf("%d refused token requests and %d seller requests after the revocation", tokens, seller)
	}
	c := r.connection(velmora, APISeller)
	if c.Status != StatusRevoked || !strings.Contains(c.Reason, "Connect the account again") {
		t.Errorf("connection %s: %q", c.Status, c.Reason)
	}
	a := r.connection(velmora, APIAds)
	if a.Status != StatusActive {
		t.Errorf("the ads connection is %s", a.Status)
	}
	for id, want := range map[string]bool{c.ID: false, a.ID: true} {
		if has, err := r.vault.Exists(t.Context(), grants.RefreshToken(r.ids[velmora], id)); err != nil || has != want {
			t.Errorf("the credential of %s exists: %v, %v; want %v", id, has, err, want)
		}
	}
	before = len(r.amazon.Journal())
	r.reopen()
	r.now.Advance(12 * time.Hour)
	r.run()
	for _, e := range r.amazon.Journal()[before:] {
		if strings.HasPrefix(e.Listener, sim.ListenerSPAPI) {
			t.Error("a revoked connection is asked after a restart")
		}
	}
	if len(r.notified) != 1 {
		t.Errorf("told %d times: %q", len(r.notified), r.notified)
	}

	// A new grant of the same seller takes over what the ledger has.
	err := r.in.update(c, func(rec *core.Record) { rec.Set("status", StatusActive); rec.Set("granted_at", r.now.Now()) })
	if err != nil {
		t.Fatal(err)
	}
}

// spapi.md trap 52: an operator's mistake is nobody's revocation.
func TestAWrongSecretIsTheOperatorsProblem(t *testing.T) {
	r := newRig(t, sim.Config{}, func(c *Config) { c.SellerApp.ClientSecret = "wrong"; c.AdsApp.ClientSecret = "wrong" })
	o := r.run()
	for _, api := range []string{APISeller, APIAds} {
		c := r.connection(velmora, api)
		if c.Status != StatusFailed || !strings.Contains(c.Reason, "client id or secret") {
			t.Errorf("%s: %s %q", api, c.Status, c.Reason)
		}
	}
	if !o.Idle() || o.Next.Sub(r.now.Now()) != failedPause {
		t.Errorf("outcome %+v", o)
	}
	before := len(r.amazon.Journal())
	r.now.Advance(failedPause / 2)
	r.run()
	if n := len(r.amazon.Journal()) - before; n != 0 {
		t.Errorf("%d requests during the pause", n)
	}
	change := r.change
	g := r.amazon.Connections()[0]
	r.change = func(c *Config) {
		change(c)
		c.SellerApp.ClientSecret = g.ClientSecret
		c.AdsApp.ClientSecret = g.ClientSecret
	}
	r.reopen()
	r.now.Advance(failedPause)
	r.untilIdle()
	r.wantWhole(velmora)
	if c := r.connection(velmora, APISeller); c.Status != StatusActive || c.Reason != "" {
		t.Errorf("repaired, the connection is %s %q", c.Status, c.Reason)
	}
	if len(r.notified) != 2 {
		t.Errorf("told %d times", len(r.notified))
	}
}

// spapi.md trap 51: details "" is the missing role.
func TestAMissingRoleSaysSo(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	denied := sim.Fault{Status: 403, Body: []byte(`{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":""}]}`)}
	r.amazon.FailNext(sim.OpCreateReport, denied)
	r.run()
	c := r.connection(velmora, APISeller)
	if c.Status != StatusFailed || !strings.Contains(c.Reason, "Brand Analytics role") {
		t.Errorf("%s %q", c.Status, c.Reason)
	}
	r.now.Advance(failedPause)
	r.untilIdle()
	r.wantWhole(velmora)
}

// spapi.md traps 31 and 32
func TestFatalReportsAreShownAndClassified(t *testing.T) {
	const generic = "A client error occurred. Please double check that your parameters are valid and fulfill the requirements of the report type."
	for _, c := range []struct {
		text, class string
		week        int // weeks back
		tries       int
	}{
		{"This report type requires the report option(s): asin.", classOurs, 0, 1},
		{"dataStartTime must be a Sunday when reportPeriod=WEEK", classOurs, 0, 1},
		{"The requested data is unavailable. Please try a different date range", classNotYet, 0, 2},
		{generic, classNotYet, 0, 2}, // the newest week is young
		{generic, classSplit, 2, 2},  // an old one is not: its ASINs are asked for in halves, and a day later together
	} {
		t.Run(fmt.Sprintf("%s %d", c.class, c.week), func(t *testing.T) {
			r := newRig(t, sim.Config{}, nil)
			week := day(t, "2026-11-15") - clock.Day(7*c.week)
			broken := true
			var id string
			r.now.Set(wednesday)
			// Every SQP report of that week ends FATAL with the text.
			for range 100 {
				o := r.run()
				for _, l := range r.ledger(velmora) {
					if broken && l.Type == string(spapi.SQP) && l.Start == week && l.State == history.Waiting {
						id = l.AmazonID
						r.amazon.FailNext(sim.OpGetReport, sim.Fault{Status: 200, Body: []byte(fmt.Sprintf(
							`{"reportId":"%s","reportType":"%s","processingStatus":"FATAL","createdTime":"2026-11-25T09:00:00+00:00","reportDocumentId":"doc"}`, id, spapi.SQP))})
						// Only this report is polled now.
						reason := sim.Fault{Status: 200, Body: []byte(fmt.Sprintf(`{"reportDocumentId":"doc","url":"%s/fatal"}`, r.amazon.DocumentsURL()))}
						r.amazon.FailNext(sim.OpGetDocument, reason)
						r.amazon.FailNext(sim.OpDownload, sim.Fault{Status: 200, Body: []byte(fmt.Sprintf(`{"errorDetails":%q}`, c.text))})
						r.onlyDue(l.ID)
						r.run()
						broken = false
					}
				}
				if o.Idle() || !broken {
					break
				}
				r.now.Set(o.Next)
			}
			if broken {
				t.Fatal("the week was never asked for")
			}
			var failed history.Report
			for _, l := range r.ledger(velmora) {
				if l.AmazonID == id {
					failed = l
				}
			}
			if failed.State != history.Failed || failed.ErrorClass != c.class || !strings.HasPrefix(failed.Error, c.text) {
				t.Fatalf("ended %s, class %q, text %q", failed.State, failed.ErrorClass, failed.Error)
			}
			r.untilIdle()
			r.now.Advance(25 * time.Hour)
			r.untilIdle()
			tries := 0
			for _, l := range r.ledger(velmora) {
				if l.Type == string(spapi.SQP) && l.Start == week && strings.Join(l.ASINs, " ") == strings.Join(failed.ASINs, " ") {
					tries++
				}
			}
			if tries != c.tries {
				t.Errorf("asked %d times within a day, want %d", tries, c.tries)
			}
			if files := r.spooled(); len(files) != 0 {
				t.Errorf("spool: %v", files)
			}
		})
	}
}

// onlyDue makes one report due now and puts all others off by a minute.
func (r *rig) onlyDue(id int64) {
	r.t.Helper()
	r.in.memory.wakeUp(r.ids[velmora])
	r.use(velmora, func(f *history.Facts) error {
		open, err := f.OpenReports(r.t.Context())
		if err != nil {
			return err
		}
		for _, o := range open {
			o.NextAt = r.now.Now().Add(time.Minute)
			if o.ID == id {
				o.NextAt = r.now.Now()
			}
			if err := f.SaveReport(r.t.Context(), o); err != nil {
				return err
			}
		}
		return nil
	})
}

// Two accounts share nothing: one that is refused does not hold up the other,
// and each has what is its own (spapi.md traps 35 and 63).
func TestAccountsAreIsolated(t *testing.T) {
	r := newRig(t, sim.Config{Accounts: []sim.AccountSpec{
		{Name: velmora, Countries: []string{"US"}}, {Name: "Nordhain Outdoor", Countries: []string{"DE", "GB"}, Viewer: true},
	}}, nil)
	r.amazon.RevokeToken(r.amazon.Connections()[0].RefreshToken)
	r.amazon.RevokeToken(r.amazon.Connections()[0].AdsRefreshToken)
	r.untilIdle()
	r.wantWhole("Nordhain Outdoor")
	if n := len(r.ledger(velmora)); n != 0 {
		t.Errorf("the revoked account has %d reports", n)
	}
	if c := r.connection("Nordhain Outdoor", APIAds); len(c.Profiles) != 2 || c.Profiles[0].Editable {
		t.Errorf("profiles of a viewer: %+v", c.Profiles)
	}
	asins := map[string]bool{}
	for _, p := range r.amazon.World().Products("Nordhain Outdoor") {
		asins[p.ASIN] = true
	}
	for _, l := range r.ledger("Nordhain Outdoor") {
		for _, a := range l.ASINs {
			if !asins[a] {
				t.Errorf("report %d asks for ASIN %s of somebody else", l.ID, a)
			}
		}
	}
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpCreateReport && strings.Count(string(e.Body), "marketplaceIds\":[\"") != 1 {
			t.Errorf("request for several marketplaces: %s", e.Body)
		}
	}
}

// adsapi.md trap 15; spapi.md trap 40
func TestExpiredAddressesAreAskedForAgain(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	for range 6 {
		r.amazon.FailNext(sim.OpDownload, sim.Fault{Status: 403, Body: []byte("<Error><Code>AccessDenied</Code></Error>")})
	}
	r.untilIdle()
	r.wantWhole(velmora)
	if n := r.repeats(sim.OpCreateReport) + r.repeats(sim.OpAdsCreate); n != 0 {
		t.Errorf("%d reports were asked for again", n)
	}
}

// A document that nobody gives out is asked for again from fresh addresses, ever
// less often, and given up after two days.
func TestADocumentThatNeverArrivesIsGivenUp(t *testing.T) {
	for _, status := range []int{401, 403, 404, 500} {
		r := newRig(t, sim.Config{}, nil)
		report := r.untilReady(string(ads.SPCampaigns))
		start := r.now.Now()
		for range 300 {
			r.amazon.FailNext(sim.OpDownload, sim.Fault{Status: status})
		}
		tries := 0
		for r.now.Now().Sub(start) < 49*time.Hour {
			r.onlyDue(report.ID)
			before := len(r.amazon.Journal())
			r.run()
			for _, e := range r.amazon.Journal()[before:] {
				if e.Operation == sim.OpDownload {
					tries++
				}
			}
			var l history.Report
			for _, one := range r.ledger(velmora) {
				if one.ID == report.ID {
					l = one
				}
			}
			if l.State == history.Failed {
				if l.ErrorClass != classAmazon || !strings.Contains(l.Error, "download") {
					t.Errorf("%d: failed as %s: %s", status, l.ErrorClass, l.Error)
				}
				break
			}
			if l.State != history.Ready || !l.NextAt.After(r.now.Now()) {
				t.Fatalf("%d: the report is %s, next at %s: %s", status, l.State, l.NextAt, l.Error)
			}
			r.now.Set(l.NextAt)
		}
		if age := r.now.Now().Sub(start); tries < 20 || tries > 120 || age < 40*time.Hour {
			t.Errorf("%d: given up after %d tries in %s", status, tries, age)
		}
	}
}

// adsapi.md traps 9 and 10
func TestALostAnswerOfTheAdsAPIYieldsOneReport(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	for range 3 {
		r.amazon.FailNext(sim.OpAdsCreate, sim.Fault{Drop: true})
	}
	r.untilIdle()
	r.wantWhole(velmora)
	twins := 0
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpAdsCreate && e.Status == 425 {
			twins++
		}
	}
	if twins == 0 {
		t.Error("the lost requests were not recognised by Amazon's 425")
	}
}

// spapi.md trap 26
func TestALostAnswerOfTheSellingPartnerAPIIsLookedFor(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	for range 3 {
		r.amazon.FailNext(sim.OpCreateReport, sim.Fault{Drop: true})
	}
	r.untilIdle()
	r.wantWhole(velmora)
	if n := r.repeats(sim.OpCreateReport); n != 0 {
		t.Errorf("%d reports were asked for twice", n)
	}
	if r.asked(sim.OpGetReports) == 0 {
		t.Error("nobody looked for the accepted reports")
	}
}

// adsapi.md trap 20
func TestTheRetentionThatAmazonNamesIsTakenOnce(t *testing.T) {
	r := newRig(t, sim.Config{}, func(c *Config) { c.Since = 0; c.BackfillWeeks = 1 })
	first := clock.DayOf(wednesday, time.UTC) - 20
	text := fmt.Sprintf(`{"code":"400","detail":"startDate (2026-09-01) must be equal to or after report type data retention start date (%s)"}`, first)
	r.amazon.FailNext(sim.OpAdsCreate, sim.Fault{Status: 400, Body: []byte(text)})
	r.untilIdle()
	clamped := 0
	for _, l := range r.ledger(velmora) {
		if l.ErrorClass == classClamped {
			clamped++
		}
	}
	if clamped != 1 {
		t.Errorf("%d reports were clamped", clamped)
	}
	r.use(velmora, func(f *history.Facts) error {
		for _, p := range r.connection(velmora, APIAds).Profiles {
			if !p.Tracked {
				continue
			}
			today := clock.DayOf(r.now.Now(), time.UTC)
			days, err := f.AdCoverage(t.Context(), p.ID, adTypes[0], today-95, today-66)
			if err != nil {
				return err
			}
			if len(days) < 20 {
				t.Errorf("%d old days are known", len(days))
			}
			for _, d := range days {
				if d.State != history.NotPublished {
					t.Errorf("%s, which Amazon no longer answers, counts as %s", d.Date, d.State)
				}
			}
		}
		return nil
	})
	before := len(r.ledger(velmora))
	r.now.Advance(time.Minute)
	if r.untilIdle(); len(r.ledger(velmora)) != before {
		t.Error("days beyond what Amazon keeps are asked for again and again")
	}
}
