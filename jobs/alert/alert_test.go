package alert

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

const (
	us      = "ATVPDKIKX0DER"
	seller  = "A2SELLER"
	profile = 9007199254740993
	usd     = 1_000_000
)

var (
	newest = clock.Date(2026, time.November, 8)
	today  = time.Date(2026, time.November, 18, 6, 0, 0, 0, time.UTC) // 4 days after the newest week
)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) {
	return []byte("0123456789abcdef0123456789abcdef"), nil
}

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

// fixture is an installation with one account.
type fixture struct {
	*testing.T
	app     core.App
	store   *history.Store
	clock   *clock.Manual
	job     *Job
	account string
	person  string
}

func install(t *testing.T) *fixture {
	t.Helper()
	app := testapp.New(t)
	c := clock.NewManual(today)
	store := history.NewStore(t.TempDir(), oneKey{}, c)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	x := &fixture{T: t, app: app, store: store, clock: c, job: New(app, store, c)}
	x.account = x.record("accounts", map[string]any{"name": "Gourmand", "kind": "business"}).Id
	x.person = x.record("users", map[string]any{"name": "Ada", "email": "ada@example.com", "password": "0123456789ab"}).Id
	x.record("memberships", map[string]any{"account": x.account, "user": x.person, "role": "analyst"})
	return x
}

func (x *fixture) record(collection string, fields map[string]any) *core.Record {
	x.Helper()
	c, err := x.app.FindCollectionByNameOrId(collection)
	if err != nil {
		x.Fatal(err)
	}
	r := core.NewRecord(c)
	if c.Fields.GetByName("account") != nil {
		r.Set("account", x.account)
	}
	r.Load(fields)
	if err := x.app.Save(r); err != nil {
		x.Fatal(err)
	}
	return r
}

func (x *fixture) use(fn func(context.Context, *history.Facts) error) {
	x.Helper()
	ctx := context.Background()
	if err := x.store.Use(ctx, x.account, func(f *history.Facts) error { return fn(ctx, f) }); err != nil {
		x.Fatal(err)
	}
}

// audited stores an audit of the week with the findings, tests of n terms
// behind it.
func (x *fixture) audited(week clock.Day, n int, also []analysis.Unlisted, findings ...analysis.Finding) {
	x.Helper()
	a := analysis.Compose(x.account, week.String(), analysis.Provisional, []analysis.MarketAudit{{
		Marketplace: us, Currency: "USD", Findings: findings, AlsoConfirmed: also, Tested: analysis.Tested{Terms: n},
	}})
	list, err := x.app.FindRecordsByFilter("audits", "account = {:a} && week = {:w}", "", 1, 0, dbx.Params{"a": x.account, "w": week.String()})
	if err != nil {
		x.Fatal(err)
	}
	if len(list) == 0 {
		x.record("audits", map[string]any{"week": week.String(), "state": "provisional", "data": a, "computed": x.clock.Now()})
		return
	}
	list[0].Set("data", a)
	if err := x.app.Save(list[0]); err != nil {
		x.Fatal(err)
	}
}

func (x *fixture) run() alerts.Changes {
	x.Helper()
	done, err := x.job.Run(context.Background(), x.account)
	if err != nil {
		x.Fatal(err)
	}
	return done
}

// list is all alerts, as kind, state and term.
func (x *fixture) list() (all []alerts.Alert) {
	x.Helper()
	all, _, err := alerts.List(x.app, x.account, alerts.Query{Limit: 100})
	if err != nil {
		x.Fatal(err)
	}
	return all
}

func (x *fixture) want(what string, want ...string) []alerts.Alert {
	x.Helper()
	all := x.list()
	var got []string
	for _, a := range all {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", a.Kind, a.State, a.Term)))
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		x.Errorf("%s: %s\nwant %s", what, strings.Join(got, "; "), strings.Join(want, "; "))
	}
	return all
}

func drop(term string, money int64) analysis.Finding {
	p, n := .0001, int64(4000)
	return analysis.Finding{Kind: analysis.ShareDrop, Level: analysis.LevelTerm, Step: "click", Term: term, P: &p, N: &n, MoneyLowMicros: &money, Text: "Your click share for “" + term + "” fell."}
}

// TestTheScanOfAWeekAlertsOnce walks one drop through its life.
func TestTheScanOfAWeekAlertsOnce(t *testing.T) {
	x := install(t)
	gain := analysis.Finding{Kind: analysis.ShareGain, Level: analysis.LevelTerm, Term: "apron", Text: "Rose."}
	waste := analysis.Finding{Kind: analysis.Waste, Term: "egg timer", Text: "Costs."}
	shift := analysis.Finding{Kind: analysis.AccountShift, Level: analysis.LevelAccount, Text: "Everything moved."}
	class := analysis.Finding{Kind: analysis.ShareDrop, Level: analysis.LevelClass, Group: "generic", Text: "Generic fell."}
	drift := analysis.Finding{Kind: analysis.Drifting, Level: analysis.LevelTerm, Term: "whisk", Text: "Drifted."}
	gone := analysis.Finding{Kind: analysis.Vanished, Level: analysis.LevelTerm, Term: "ladle", Text: "Gone."}
	x.audited(newest-7, 50, nil, drop("older", 1))
	x.audited(newest, 50, nil, shift, class, drop("garlic press", 600*usd), gone, drift, gain, waste)
	if done := x.run(); done != (alerts.Changes{Opened: 5}) {
		t.Fatalf("%+v", done)
	}
	all := x.want("the newest week's scan alone", "account_shift open", "share_drop open garlic press", "drift open whisk", "share_drop open", "vanished open ladle")
	for _, a := range all {
		if !a.Protected || a.Text == "" || a.Meaning == "" || a.ToDo == "" || a.Week != newest.String() || a.Currency != "USD" {
			t.Errorf("%+v", a)
		}
	}
	press := all[1]
	if press.Severity != alerts.Critical || press.MoneyLow.V != 600*usd || press.Step != "click" {
		t.Errorf("%+v", press)
	}
	if done := x.run(); done != (alerts.Changes{}) {
		t.Errorf("again: %+v", done)
	}

	// Corrected data of the week: less money at stake, one drop taken back, one
	// that is still confirmed beyond the list, a new one.
	x.do(press.ID, alerts.Act{State: alerts.Acknowledged})
	x.audited(newest, 50, []analysis.Unlisted{{Kind: analysis.Vanished, Level: analysis.LevelTerm, Term: "ladle"}}, drop("garlic press", 100*usd), drop("sieve", 0), drift)
	if done := x.run(); done != (alerts.Changes{Opened: 1, Updated: 1, Closed: 2}) {
		t.Errorf("computed anew: %+v", done)
	}
	all = x.want("computed anew", "drift open whisk", "share_drop open sieve", "vanished open ladle", "share_drop acknowledged garlic press", "account_shift closed", "share_drop closed")
	if a := all[3]; a.Severity != alerts.Warning || a.MoneyLow.V != 100*usd {
		t.Errorf("not brought up to date: %+v", a)
	}
	if a := all[4]; a.Reason == "" || a.ClosedBy != "" || a.Lasting {
		t.Errorf("closed without a reason: %+v", a)
	}

	// A person closes one: however often its cause is found, it stays quiet.
	x.do(all[1].ID, alerts.Act{State: alerts.Closed})
	x.clock.Advance(7 * 24 * time.Hour)
	x.audited(newest+7, 50, nil, drop("garlic press", 100*usd), drop("sieve", 900*usd), drift)
	x.run()
	x.want("a week on", "drift open whisk", "share_drop acknowledged garlic press", "vanished closed ladle", "account_shift closed", "share_drop closed", "share_drop closed sieve")

	// It ends, and comes back: that is news.
	x.clock.Advance(7 * 24 * time.Hour)
	x.audited(newest+14, 50, nil, drop("garlic press", 100*usd), drift)
	x.run()
	x.clock.Advance(7 * 24 * time.Hour)
	x.audited(newest+21, 50, nil, drop("garlic press", 100*usd), drop("sieve", 900*usd), drift)
	x.run()
	x.want("three weeks on", "share_drop open sieve", "drift open whisk", "share_drop acknowledged garlic press", "vanished closed ladle", "account_shift closed", "share_drop closed", "share_drop closed sieve")

	// A week in which nothing could be tested ends nothing.
	x.audited(newest+28, 0, nil)
	if done := x.run(); done != (alerts.Changes{}) {
		t.Errorf("a week without tests: %+v", done)
	}
}

func (x *fixture) do(id string, act alerts.Act) {
	x.Helper()
	if ok, err := alerts.Do(x.app, x.account, id, x.person, act, x.clock.Now()); err != nil || !ok {
		x.Fatal(ok, err)
	}
}

func count(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }

// advertise stores the week's sponsored products, all seven days of it, with
// the whole spend and sales of the week.
func (x *fixture) advertise(week clock.Day, cost, sales int64, fetched time.Time) {
	x.Helper()
	x.use(func(ctx context.Context, f *history.Facts) error {
		err := f.SaveProfiles(ctx, []history.Profile{{ID: profile, Marketplace: us, Seller: seller, Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller"}})
		if err != nil {
			return err
		}
		slice := history.AdSlice{Profile: profile, Type: ads.SPCampaigns, From: week, To: week.WeekEnd(), FetchedAt: fetched}
		_, err = f.ReplaceCampaigns(ctx, slice, func(yield func(*ads.CampaignRow) error) (ads.Summary, error) {
			for day := week; day <= week.WeekEnd(); day++ {
				err := yield(&ads.CampaignRow{Date: day, CampaignID: 1, Campaign: "Everything", Status: "ENABLED", Currency: "USD",
					Impressions: count(1000), Clicks: count(50), Cost: count(cost / 7), Orders7d: count(1), Orders14d: count(1), Sales7d: count(sales / 7), Sales14d: count(sales / 7)})
				if err != nil {
					return ads.Summary{}, err
				}
			}
			return ads.Summary{Rows: 7}, nil
		})
		if err != nil {
			return err
		}
		return f.RebuildWeek(ctx, us, week, history.JoinRules{})
	})
}

func TestSpendAlerts(t *testing.T) {
	x := install(t)
	for i := range 14 {
		w := newest - clock.Day(7*(14-i))
		x.advertise(w, int64(7*100+7*i%3)*usd, 7*1000*usd, today)
	}
	x.advertise(newest, 7*150*usd, 7*1000*usd, today)
	x.run()
	x.want("half as much again is not beyond doubt")
	x.advertise(newest, 7*220*usd, 7*1000*usd, today)
	x.run()
	all := x.want("more than double", "spend_spike open")
	if a := all[0]; a.Protected || !strings.Contains(a.Text, "USD 1,540.00") || a.Marketplace != us || a.Week != newest.String() {
		t.Errorf("%+v", a)
	}
	x.advertise(newest+7, 7*100*usd, 7*1000*usd, today.AddDate(0, 0, 7))
	x.clock.Advance(7 * 24 * time.Hour)
	x.run()
	if a := x.want("the next week", "spend_spike closed")[0]; !strings.Contains(a.Reason, "within what is usual") {
		t.Errorf("%+v", a)
	}
	// The two newest settled weeks are those of 18 and 25 October and later.
	x.clock.Set(today.AddDate(0, 0, 21))
	fetched := x.clock.Now()
	x.advertise(newest, 7*100*usd, 7*400*usd, fetched) // 25 %: fine at the assumed 30 %
	x.advertise(newest+7, 7*100*usd, 7*250*usd, fetched)
	x.run()
	x.want("one week above break-even", "spend_spike closed")
	x.advertise(newest, 7*100*usd, 7*300*usd, fetched) // 33.3 %
	x.run()
	all = x.want("two settled weeks above break-even", "acos open", "spend_spike closed")
	if a := all[0]; !strings.Contains(a.Text, "33.3 %") || !strings.Contains(a.Text, "40.0 %") || !strings.Contains(a.Text, "assumed") || a.MoneyLow.Valid {
		t.Errorf("%+v", a)
	}
	account, err := x.app.FindRecordById("accounts", x.account)
	if err != nil {
		t.Fatal(err)
	}
	account.Set("default_margin", .35)
	if err := x.app.Save(account); err != nil {
		t.Fatal(err)
	}
	x.run()
	x.want("a margin of 35 %", "acos closed", "spend_spike closed")
}

func TestThresholdAlerts(t *testing.T) {
	x := install(t)
	for i := range 3 {
		x.advertise(newest-clock.Day(7*i), 700*usd, 2000*usd, today)
	}
	line := x.record("thresholds", map[string]any{"marketplace": us, "metric": "spend", "direction": "above", "value": 650, "on": true})
	x.run()
	all := x.want("spend above a line", "threshold open")
	if a := all[0]; a.Protected || !strings.Contains(a.Text, "above your threshold of USD 650.00") {
		t.Errorf("%+v", a)
	}
	line.Set("value", 700)
	if err := x.app.Save(line); err != nil {
		t.Fatal(err)
	}
	x.run()
	if a := x.want("the line was moved", "threshold closed")[0]; !strings.Contains(a.Reason, "right side") {
		t.Errorf("%+v", a)
	}
	line.Set("value", 600)
	if err := x.app.Save(line); err != nil {
		t.Fatal(err)
	}
	x.run()
	x.want("and back: the same alert", "threshold open")
	if err := x.app.Delete(line); err != nil {
		t.Fatal(err)
	}
	x.run()
	if a := x.want("the line is gone", "threshold closed")[0]; !strings.Contains(a.Reason, "taken away") {
		t.Errorf("%+v", a)
	}
}

func TestConnectionAlerts(t *testing.T) {
	x := install(t)
	conn := x.record("connections", map[string]any{
		"api": "spapi", "region": "na", "seller_id": seller, "status": "active", "granted_at": today.AddDate(0, -6, 0), "last_sync": today,
		"marketplaces": []map[string]any{{"id": us, "tracked": true}},
	})
	set := func(fields map[string]any) {
		t.Helper()
		conn.Load(fields)
		if err := x.app.Save(conn); err != nil {
			t.Fatal(err)
		}
		x.run()
	}
	x.run()
	x.want("a new seller without search data")
	set(map[string]any{"status": "revoked", "status_text": "Amazon says no."})
	if a := x.want("revoked", "connection_lost open")[0]; a.Severity != alerts.Critical || a.Marketplace != "" {
		t.Errorf("%+v", a)
	}
	set(map[string]any{"status": "active", "status_text": "", "last_sync": x.clock.Now()})
	x.want("works again", "connection_lost closed")
	x.clock.Advance(49 * time.Hour)
	set(nil)
	if a := x.want("silent: the same alert", "connection_lost open")[0]; !strings.Contains(a.Text, "has not answered") {
		t.Errorf("%+v", a)
	}
	set(map[string]any{"status": "disconnected"})
	x.want("ended by its owner", "connection_lost closed")

	// A week is late once its lag has passed, and one came before it.
	x.clock.Set(today)
	set(map[string]any{"status": "active", "last_sync": today})
	x.use(func(ctx context.Context, f *history.Facts) error {
		slice := history.SQPSlice{Seller: seller, Marketplace: us, Period: history.Week, Start: newest - 7, End: newest - 1, ASINs: []string{"B000000001"}, FetchedAt: today}
		_, err := f.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			row := spapi.SQPRow{Start: newest - 7, End: newest - 1, ASIN: "B000000001", Query: "whisk", Rank: count(1), Volume: count(100)}
			return spapi.Summary{Rows: 1, RowsByASIN: map[string]int{"B000000001": 1}, Unit: spapi.UnitPercent}, yield(&row)
		})
		return err
	})
	x.clock.Set((newest + 7).Time().Add(10*24*time.Hour - time.Second))
	set(map[string]any{"last_sync": x.clock.Now()})
	x.want("not late yet", "connection_lost closed")
	x.clock.Set((newest + 7).Time().Add(10 * 24 * time.Hour))
	x.run()
	all := x.want("late", "week_late open", "connection_lost closed")
	if a := all[0]; a.Week != newest.String() || !strings.Contains(a.Text, "10 days ago") || a.Marketplace != us {
		t.Errorf("%+v", a)
	}
	set(map[string]any{"status": "failed", "status_text": "Broken."})
	x.want("not judged while the connection fails", "connection_lost open", "week_late open")
	set(map[string]any{"status": "active", "marketplaces": []map[string]any{{"id": us, "tracked": false}}})
	x.want("no longer followed", "connection_lost closed", "week_late closed")

	// A halt every day is one alert.
	halted := func(until time.Time, newestDone time.Time) {
		t.Helper()
		x.use(func(ctx context.Context, f *history.Facts) error {
			return f.SaveProgress(ctx, history.Progress{Connection: conn.Id, At: x.clock.Now(), HaltedUntil: until, NewestDone: newestDone})
		})
		x.run()
	}
	halted(x.clock.Now().Add(time.Hour), time.Time{})
	if a := x.list()[0]; a.Kind != alerts.QuotaExhausted || a.Severity != alerts.Info || a.State != alerts.Open {
		t.Errorf("%+v", a)
	}
	x.clock.Advance(24 * time.Hour)
	halted(x.clock.Now().Add(time.Hour), x.clock.Now().Add(20*time.Hour))
	if a := x.list()[0]; a.Kind != alerts.QuotaExhausted || a.Severity != alerts.Warning || !strings.Contains(a.Meaning, "newest week") {
		t.Errorf("%+v", a)
	}
	x.clock.Advance(25 * time.Hour)
	set(map[string]any{"last_sync": x.clock.Now()})
	if a := x.list()[0]; a.Kind != alerts.QuotaExhausted || a.State != alerts.Closed {
		t.Errorf("%+v", a)
	}
}
