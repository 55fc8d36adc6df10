package audit

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/audittest"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

const (
	us      = "ATVPDKIKX0DER"
	seller  = "A2SELLER"
	profile = 9007199254740993 // larger than a float64 holds
)

var (
	key    = []byte("0123456789abcdef0123456789abcdef")
	newest = clock.Date(2026, time.November, 8)
	today  = time.Date(2026, time.November, 23, 6, 0, 0, 0, time.UTC)
)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) { return key, nil }

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
}

func install(t *testing.T) *fixture {
	t.Helper()
	app := testapp.New(t)
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	account := core.NewRecord(accounts)
	account.Load(map[string]any{"name": "Gourmand", "kind": "business"})
	if err := app.Save(account); err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(today)
	store := history.NewStore(t.TempDir(), oneKey{}, c)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fixture{t, app, store, c, New(app, store, c), account.Id}
}

func (x *fixture) use(fn func(context.Context, *history.Facts) error) {
	x.Helper()
	ctx := context.Background()
	if err := x.store.Use(ctx, x.account, func(f *history.Facts) error { return fn(ctx, f) }); err != nil {
		x.Fatal(err)
	}
}

// term is what one ASIN's row says: own and market count per step.
type term struct {
	query  string
	counts [8]int64
}

func (x *fixture) search(week clock.Day, rows map[string][]term) {
	x.Helper()
	x.use(func(ctx context.Context, f *history.Facts) error {
		var asins []string
		for asin := range rows {
			asins = append(asins, asin)
		}
		slices.Sort(asins)
		slice := history.SQPSlice{Seller: seller, Marketplace: us, Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: asins, FetchedAt: today}
		_, err := f.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			s := spapi.Summary{RowsByASIN: make(map[string]int), Unit: spapi.UnitPercent}
			for _, asin := range asins {
				for i, r := range rows[asin] {
					stage := func(step int) spapi.Stage {
						return spapi.Stage{Own: count(r.counts[2*step]), Total: count(r.counts[2*step+1])}
					}
					row := spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: asin, Query: r.query, Rank: count(int64(i + 1)), Volume: count(r.counts[1] / 20),
						Impressions: stage(0), Clicks: stage(1), CartAdds: stage(2), Purchases: stage(3)}
					if err := yield(&row); err != nil {
						return s, err
					}
					s.Rows++
					s.RowsByASIN[asin]++
				}
			}
			return s, nil
		})
		return err
	})
}

func count(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }

// advertise stores one day of sponsored products on a term.
func (x *fixture) advertise(day clock.Day, query string, clicks, cost, orders int64) {
	x.Helper()
	x.use(func(ctx context.Context, f *history.Facts) error {
		err := f.SaveProfiles(ctx, []history.Profile{{ID: profile, Marketplace: us, Seller: seller, Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller"}})
		if err != nil {
			return err
		}
		slice := history.AdSlice{Profile: profile, Type: "spSearchTerm", From: day, To: day, FetchedAt: today}
		_, err = f.ReplaceAdTerms(ctx, slice, func(yield func(*ads.TermRow) error) (ads.Summary, error) {
			return ads.Summary{Rows: 1}, yield(&ads.TermRow{Date: day, CampaignID: 1, AdGroupID: 2, KeywordID: 3, MatchType: "BROAD", Term: query, Currency: "USD",
				Impressions: count(clicks * 50), Clicks: count(clicks), Cost: count(cost), Orders1dSameSKU: count(orders), Orders1d: count(orders), Orders7d: count(orders), Orders14d: count(orders),
				Sales1d: count(0), Sales7d: count(orders * 20_000_000), Sales14d: count(0), Units7d: count(orders), Units14d: count(orders)})
		})
		if err != nil {
			return err
		}
		slice.Type = "spCampaigns"
		_, err = f.ReplaceCampaigns(ctx, slice, func(yield func(*ads.CampaignRow) error) (ads.Summary, error) {
			return ads.Summary{Rows: 1}, yield(&ads.CampaignRow{Date: day, CampaignID: 1, Campaign: "Everything", Status: "ENABLED", Currency: "USD",
				Impressions: count(clicks * 50), Clicks: count(clicks), Cost: count(cost + 1_000_000), Orders7d: count(orders), Orders14d: count(orders), Sales7d: count(0), Sales14d: count(0)})
		})
		return err
	})
}

func (x *fixture) join() {
	x.Helper()
	x.use(func(ctx context.Context, f *history.Facts) error {
		dirty, err := f.DirtyWeeks(ctx)
		if err != nil {
			return err
		}
		for _, w := range dirty {
			if err := f.RebuildWeek(ctx, w.Marketplace, w.Week, history.JoinRules{}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *fixture) run() []clock.Day {
	x.Helper()
	weeks, err := x.job.Run(context.Background(), x.account)
	if err != nil {
		x.Fatal(err)
	}
	return weeks
}

func (x *fixture) records(collection string, where dbx.HashExp) []*core.Record {
	x.Helper()
	where["account"] = x.account
	var records []*core.Record
	if err := x.app.RecordQuery(collection).AndWhere(where).OrderBy("rowid").All(&records); err != nil {
		x.Fatal(err)
	}
	return records
}

// season stores 14 weeks in which one term loses half its share in the last,
// and one term costs money without an order.
func season(t *testing.T) *fixture {
	x := install(t)
	for w := newest - 13*7; w <= newest; w += 7 {
		press := term{"garlic press", [8]int64{1500, 20000, 300, 4000, 75, 1000, 15, 200}}
		second := term{"garlic press", [8]int64{500, 20000, 100, 4000, 25, 1000, 5, 200}}
		if w == newest {
			press.counts = [8]int64{700, 20000, 150, 4000, 40, 1000, 8, 200}
			second.counts = [8]int64{300, 20000, 50, 4000, 10, 1000, 2, 200}
		}
		timer := term{"egg timer", [8]int64{10, 1000, 7, 90, 1, 20, 0, 9}}
		x.search(w, map[string][]term{"B000000001": {press, timer}, "B000000002": {second}})
		x.advertise(w+2, "egg timer", 7, 6_000_000, 0)
		x.advertise(w+4, "garlic press", 30, 15_000_000, 3)
	}
	x.join()
	return x
}

func TestRunStoresAuditFindingsAndRollups(t *testing.T) {
	x := season(t)
	weeks := x.run()
	if len(weeks) != 14 || weeks[13] != newest || !slices.IsSorted(weeks) {
		t.Fatalf("audited %v", weeks)
	}
	for _, r := range x.records("audits", dbx.HashExp{}) {
		audittest.Conforms(t, []byte(r.GetString("data")))
	}
	records := x.records("audits", dbx.HashExp{"week": newest.String()})
	if len(records) != 1 {
		t.Fatalf("%d audits of the newest week", len(records))
	}
	var a analysis.Audit
	if err := json.Unmarshal([]byte(records[0].GetString("data")), &a); err != nil {
		t.Fatal(err)
	}
	if a.State != analysis.Provisional || records[0].GetString("state") != "provisional" || a.Account != x.account || len(a.Marketplaces) != 1 {
		t.Fatalf("%+v", a)
	}
	m := a.Marketplaces[0]
	// Own counts are summed over both products, the market's taken once.
	for _, c := range []struct {
		name                string
		got                 analysis.StepShare
		own, market         int64
		ownBefore, nsBefore float64
	}{
		{"impression", m.Shares.Impression, 700 + 300 + 10, 21000, 2010, 21000},
		{"click", m.Shares.Click, 150 + 50 + 7, 4090, 407, 4090},
		{"cart add", m.Shares.CartAdd, 40 + 10 + 1, 1020, 101, 1020},
		{"purchase", m.Shares.Purchase, 8 + 2, 209, 20, 209},
	} {
		if c.got.Own == nil || *c.got.Own != c.own || *c.got.Market != c.market ||
			math.Abs(*c.got.Share-float64(c.own)/float64(c.market)) > 1e-12 || math.Abs(*c.got.Before-c.ownBefore/c.nsBefore) > 1e-12 {
			t.Errorf("%s share: %+v, want %d of %d", c.name, c.got, c.own, c.market)
		}
	}
	if m.SpendMicros == nil || *m.SpendMicros != 23_000_000 {
		t.Errorf("spend: %v, want that of the campaigns", m.SpendMicros)
	}
	var kinds []string
	for _, f := range m.Findings {
		kinds = append(kinds, string(f.Kind)+" "+f.Term)
	}
	if !slices.Equal(kinds, []string{"share_drop ", "share_drop garlic press", "waste egg timer"}) {
		t.Fatalf("findings: %v", kinds)
	}
	if drop := m.Findings[1]; drop.P == nil || *drop.P > .05 || drop.Low == nil || drop.Step == "" {
		t.Errorf("a drop that is called confirmed without its test: %+v", drop)
	}
	// Settled are the weeks that ended 14 days before the fetch: up to that of
	// 25 October (ends 31 October, 23 days) and 1 November (7 November, 16).
	if got := *m.Findings[2].Weeks; got != [2]string{"2026-09-13", "2026-11-01"} || *m.Findings[2].N != 56 ||
		*m.Findings[2].MoneyLowMicros <= 0 || *m.Findings[2].MoneyLowMicros > 6_000_000 { // a week, of 6 that are spent
		t.Errorf("waste: %+v", m.Findings[2])
	}
	stored := x.records("findings", dbx.HashExp{"week": newest.String()})
	if len(stored) != 3 || stored[0].GetInt("rank") != 1 || stored[1].GetString("kind") != "share_drop" || stored[1].GetString("p") == "null" ||
		stored[2].GetString("money_low_micros") == "null" || stored[0].GetString("audit") != records[0].Id || records[0].GetInt("findings") != 3 {
		t.Errorf("stored findings: %v", stored)
	}
	rollups := x.records("rollups", dbx.HashExp{"week": newest.String()})
	if len(rollups) != 1 {
		t.Fatalf("%d roll-ups", len(rollups))
	}
	for name, want := range map[string]string{
		"n_impressions": "21000", "x_impressions": "1010", "n_clicks": "4090", "x_clicks": "207", "n_cart_adds": "1020", "x_cart_adds": "51", "n_purchases": "209", "x_purchases": "10",
		"spend_micros": "23000000", "ad_clicks": "37", "ad_impressions": "1850", "ad_orders_7d": "3", "terms": "2",
	} {
		if got := rollups[0].GetString(name); got != want {
			t.Errorf("roll-up %s = %s, want %s", name, got, want)
		}
	}
	if rollups[0].GetString("currency") != "USD" || rollups[0].GetString("state") != "provisional" {
		t.Errorf("roll-up: %v", rollups[0])
	}
	x.use(func(ctx context.Context, f *history.Facts) error {
		totals, err := f.WeekTotals(ctx, us, newest, newest)
		if err != nil || len(totals) != 1 {
			t.Fatalf("week totals: %v, %v", totals, err)
		}
		for name, want := range map[string]history.Count{
			"n_purchases": totals[0].Purchases.N, "x_purchases": totals[0].Purchases.X, "x_clicks": totals[0].Clicks.X, "terms": analysis.Known(totals[0].Terms),
			"ad_clicks": totals[0].Ads.Clicks, "organic_clicks": totals[0].OrganicClicks, "spend_micros": totals[0].Spend.Cost,
		} {
			text := "null"
			if want.Valid {
				text = strconv.FormatInt(want.V, 10)
			}
			if got := rollups[0].GetString(name); got != text {
				t.Errorf("roll-up %s = %s, the history says %s", name, got, text)
			}
		}
		return nil
	})
	computed, err := x.job.Compute(context.Background(), x.account, newest+3)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := encode(computed); string(data) != records[0].GetString("data") {
		t.Errorf("computed anew: %s\nstored: %s", data, records[0].GetString("data"))
	}
}

func TestRunAgainChangesNothing(t *testing.T) {
	x := season(t)
	x.run()
	before := x.snapshot()
	if weeks := x.run(); len(weeks) != 0 {
		t.Errorf("audited %v again", weeks)
	}
	if after := x.snapshot(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// A kill loses at most the newest results, which the next run makes again.
func TestRunRestoresWhatAKillTook(t *testing.T) {
	x := season(t)
	x.run()
	before := x.snapshot()
	for _, r := range x.records("audits", dbx.HashExp{"week": newest.String()}) {
		if err := x.app.Delete(r); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(x.records("findings", dbx.HashExp{"week": newest.String()})); n != 0 {
		t.Fatalf("%d findings without their audit", n)
	}
	if weeks := x.run(); !slices.Equal(weeks, []clock.Day{newest}) {
		t.Errorf("audited %v", weeks)
	}
	if after := x.snapshot(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// snapshot prints all results without ids and times.
func (x *fixture) snapshot() string {
	x.Helper()
	var lines []string
	for _, r := range x.records("audits", dbx.HashExp{}) {
		lines = append(lines, r.GetString("week")+" "+r.GetString("data"))
	}
	for _, r := range x.records("findings", dbx.HashExp{}) {
		lines = append(lines, r.GetString("week")+" "+r.GetString("rank")+" "+r.GetString("data"))
	}
	for _, r := range x.records("rollups", dbx.HashExp{}) {
		lines = append(lines, r.GetString("week")+" "+r.GetString("x_clicks")+" "+r.GetString("spend_micros"))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestWeekWithReportsOnTheirWayStaysDue(t *testing.T) {
	x := season(t)
	x.use(func(ctx context.Context, f *history.Facts) error {
		return f.Plan(ctx, []history.Report{{Connection: "c", API: history.SPAPI, Seller: seller, Marketplace: us, Type: string(spapi.SQP), Period: history.Week,
			Start: newest, End: newest.WeekEnd(), ASINs: []string{"B000000003"}, State: history.Planned, Created: today, NextAt: today}})
	})
	if week, ok, err := x.job.Newest(context.Background(), x.account); week != newest-7 || !ok || err != nil {
		t.Errorf("newest complete week: %s, %v, %v", week, ok, err)
	}
	weeks := x.run()
	if slices.Contains(weeks, newest) || len(weeks) != 13 {
		t.Fatalf("audited %v although the newest week is incomplete", weeks)
	}
	x.use(func(ctx context.Context, f *history.Facts) error {
		open, err := f.OpenReports(ctx)
		if err != nil {
			return err
		}
		open[0].State, open[0].Error, open[0].Finished = history.Failed, "FATAL", today
		return f.SaveReport(ctx, open[0])
	})
	if weeks := x.run(); !slices.Equal(weeks, []clock.Day{newest}) {
		t.Errorf("audited %v, want the newest week", weeks)
	}
}

// A week's audit is looked at again when it comes of the age at which its ads
// settle, and once only.
func TestWeeksComeOfAge(t *testing.T) {
	x := season(t)
	x.run()
	x.clock.Set(newest.WeekEnd().Time().AddDate(0, 0, 14))
	if weeks := x.run(); len(weeks) == 0 || weeks[len(weeks)-1] != newest {
		t.Errorf("audited %v, want the newest week among them", weeks)
	}
	if weeks := x.run(); len(weeks) != 0 {
		t.Errorf("audited %v again", weeks)
	}
	// The ads were last fetched when the week was provisional, and so it stays.
	if state := x.records("audits", dbx.HashExp{"week": newest.String()})[0].GetString("state"); state != "provisional" {
		t.Errorf("state %s without a new fetch", state)
	}
}

// An audit compares itself with the weeks before it: when one of them changes,
// it is computed again.
func TestChangedWeekRenewsTheAuditsThatUseIt(t *testing.T) {
	x := season(t)
	x.run()
	changed := newest - 2*7
	x.search(changed, map[string][]term{"B000000001": {{"garlic press", [8]int64{1900, 20000, 380, 4000, 95, 1000, 19, 200}}}})
	x.join()
	if weeks := x.run(); !slices.Equal(weeks, []clock.Day{changed, changed + 7, newest}) {
		t.Errorf("audited %v", weeks)
	}
	// What the change did to them is kept with each; the weeks before it say nothing.
	for _, r := range x.records("audits", dbx.HashExp{}) {
		var list []revision
		if text := r.GetString("revisions"); text != "" && text != "null" {
			if err := r.UnmarshalJSONField("revisions", &list); err != nil {
				t.Fatal(err)
			}
		}
		if newer := r.GetString("week") == newest.String(); newer && (len(list) != 1 || len(list[0].Changes) == 0 || list[0].Computed.IsZero()) {
			t.Errorf("week %s: revisions %+v", r.GetString("week"), list)
		}
		if r.GetString("week") < changed.String() && len(list) > 0 {
			t.Errorf("week %s was revised by a later one: %+v", r.GetString("week"), list)
		}
	}
}

func TestNothingStored(t *testing.T) {
	x := install(t)
	if _, ok, err := x.job.Newest(context.Background(), x.account); ok || err != nil {
		t.Errorf("an empty account has a complete week (%v)", err)
	}
	if weeks := x.run(); len(weeks) != 0 {
		t.Errorf("audited %v", weeks)
	}
}

func TestComputeOfAnUnknownWeek(t *testing.T) {
	x := season(t)
	if _, err := x.job.Compute(context.Background(), x.account, newest+7); !errors.Is(err, ErrNoData) {
		t.Errorf("err = %v, want ErrNoData", err)
	}
}

// pocketbase.md trap 32
func TestNumbersThatAFloatWouldRoundAreRefused(t *testing.T) {
	for n, ok := range map[int64]bool{0: true, 1 << 53: true, -1 << 53: true, 1<<53 + 1: false, math.MinInt64: false} {
		if err := exact(nil, &n); (err == nil) != ok {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestStateByAge(t *testing.T) {
	week := clock.Date(2026, time.November, 8) // ends on the 14th
	for days, want := range map[clock.Day]analysis.State{0: "provisional", 13: "provisional", 14: "settled", 41: "settled", 42: "final"} {
		if got := stateByAge(week, week.WeekEnd()+days); got != want {
			t.Errorf("%d days after the week: %s, want %s", days, got, want)
		}
	}
}

// Nothing limits what shoppers type and Amazon reports: a term that no field
// can hold must not keep its week from being audited.
func TestAnEndlessTermIsNamedShortened(t *testing.T) {
	x := season(t)
	endless := strings.Repeat("ﷺ ", 1000) // one character that normalises to eighteen
	for w := newest - 13*7; w <= newest; w += 7 {
		x.advertise(w+3, endless, 40, 60_000_000, 0)
	}
	x.join()
	x.run()
	for _, f := range x.records("findings", dbx.HashExp{"kind": "waste"}) {
		if name := f.GetString("term"); strings.HasSuffix(name, "…") && len([]rune(name)) <= maxTermShown && strings.Contains(f.GetString("text"), name) {
			return
		}
	}
	t.Error("the endless term is not among the findings")
}
