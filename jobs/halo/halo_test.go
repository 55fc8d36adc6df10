package halo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/internal/testapp"
)

const (
	us      = "ATVPDKIKX0DER"
	seller  = "A2SELLER"
	profile = 11
)

var (
	key    = []byte("0123456789abcdef0123456789abcdef")
	newest = clock.Date(2026, time.November, 8)
	today  = time.Date(2026, time.December, 1, 6, 0, 0, 0, time.UTC) // all weeks have settled
)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) { return key, nil }

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

// fixture is an installation with one account.
type fixture struct {
	testing.TB
	app     core.App
	store   *history.Store
	clock   *clock.Manual
	job     *Job
	account string
}

func install(t testing.TB) *fixture {
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

// weekOf is one term's week.
type weekOf struct {
	term, asin              string
	campaign                int64
	market, own, adClicks   int64
	purchases, ownPurchases int64
	adOrders, cost          int64 // cost in micros
	days                    int   // on which the campaign serves
}

func count(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }

// keep stores a week of search and, unless without, its ads.
func (x *fixture) keep(week clock.Day, rows []weekOf, withAds bool) {
	x.Helper()
	byASIN := map[string][]weekOf{}
	var asins []string
	for _, r := range rows {
		if byASIN[r.asin] == nil {
			asins = append(asins, r.asin)
		}
		byASIN[r.asin] = append(byASIN[r.asin], r)
	}
	x.use(func(ctx context.Context, f *history.Facts) error {
		slice := history.SQPSlice{Seller: seller, Marketplace: us, Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: asins, FetchedAt: x.clock.Now()}
		_, err := f.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			s := spapi.Summary{RowsByASIN: map[string]int{}, Unit: spapi.UnitPercent}
			for _, asin := range asins {
				for i, r := range byASIN[asin] {
					row := spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: asin, Query: r.term, Rank: count(int64(i + 1)), Volume: count(r.market * 2),
						Impressions: spapi.Stage{Own: count(r.own * 20), Total: count(r.market * 20)},
						Clicks:      spapi.Stage{Own: count(r.own), Total: count(r.market)},
						CartAdds:    spapi.Stage{Own: count(r.ownPurchases * 2), Total: count(r.purchases * 2)},
						Purchases:   spapi.Stage{Own: count(r.ownPurchases), Total: count(r.purchases)}}
					if err := yield(&row); err != nil {
						return s, err
					}
					s.Rows++
					s.RowsByASIN[asin]++
				}
			}
			return s, nil
		})
		if err != nil || !withAds {
			return err
		}
		err = f.SaveProfiles(ctx, []history.Profile{{ID: profile, Marketplace: us, Seller: seller, Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller"}})
		if err != nil {
			return err
		}
		for day := range 7 {
			date := week + clock.Day(day)
			slice := history.AdSlice{Profile: profile, Type: "spSearchTerm", From: date, To: date, FetchedAt: x.clock.Now()}
			_, err = f.ReplaceAdTerms(ctx, slice, func(yield func(*ads.TermRow) error) (s ads.Summary, err error) {
				if day > 0 {
					return s, nil
				}
				for i, r := range rows {
					if r.adClicks == 0 {
						continue
					}
					s.Rows++
					if err := yield(&ads.TermRow{Date: date, CampaignID: r.campaign, AdGroupID: r.campaign, KeywordID: int64(i + 1), MatchType: "EXACT", Term: r.term, Currency: "USD",
						Impressions: count(r.adClicks * 30), Clicks: count(r.adClicks), Cost: count(r.cost), Orders1dSameSKU: count(r.adOrders), Orders1d: count(r.adOrders), Orders7d: count(r.adOrders), Orders14d: count(r.adOrders),
						Sales1d: count(0), Sales7d: count(r.adOrders * 20_000_000), Sales14d: count(0), Units7d: count(r.adOrders), Units14d: count(r.adOrders)}); err != nil {
						return s, err
					}
				}
				return s, nil
			})
			if err != nil {
				return err
			}
			slice.Type = "spCampaigns"
			_, err = f.ReplaceCampaigns(ctx, slice, func(yield func(*ads.CampaignRow) error) (s ads.Summary, err error) {
				for _, r := range rows {
					if day >= r.days {
						continue
					}
					s.Rows++
					if err := yield(&ads.CampaignRow{Date: date, CampaignID: r.campaign, Campaign: r.term, Status: "ENABLED", Currency: "USD",
						Impressions: count(100), Clicks: count(r.adClicks / 7), Cost: count(r.cost / 7), Orders7d: count(0), Orders14d: count(0), Sales7d: count(0), Sales14d: count(0)}); err != nil {
						return s, err
					}
				}
				return s, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
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

func (x *fixture) run() []string {
	x.Helper()
	list, err := x.job.Run(context.Background(), x.account)
	if err != nil {
		x.Fatal(err)
	}
	return list
}

func (x *fixture) result() (r Result, computed time.Time) {
	x.Helper()
	record, err := x.app.FindFirstRecordByFilter("halo_results", "account = {:a} && marketplace = {:m}", dbx.Params{"a": x.account, "m": us})
	if err != nil {
		x.Fatal(err)
	}
	if err := json.Unmarshal([]byte(record.GetString("data")), &r); err != nil {
		x.Fatal(err)
	}
	return r, record.GetDateTime("computed").Time()
}

// season stores weeks in which spend lifts organic clicks by lift (log odds per
// log spend, within two weeks) and of 100 purchases that ads claim 100 × fresh
// are new.
func (x *fixture) season(terms, weeks int, lift, fresh float64) {
	x.Helper()
	rng := rand.New(rand.NewPCG(3, 3))
	swing, before, on := make([]float64, terms), make([]float64, terms), make([]bool, terms)
	for w := range weeks {
		season := 1 + .2*rng.Float64()
		var rows []weekOf
		for i := range terms {
			swing[i] = .5*swing[i] + .7*rng.NormFloat64()
			if rng.Float64() < .25 {
				on[i] = !on[i]
			}
			r := weekOf{term: fmt.Sprintf("garlic press %d", i), asin: fmt.Sprintf("B%09d", i*48/max(terms, 48)), campaign: int64(100 + i)}
			spend := 0.0
			if on[i] {
				r.days, spend = 7, math.Exp(4+swing[i])
				r.adClicks = int64(spend / .8)
				r.cost = int64(spend * 1e6)
			}
			log := math.Log1p(spend)
			odds := -2.5 + .1*float64(i%5) + lift*(.6*log+.4*before[i]) + .05*rng.NormFloat64()
			before[i] = log
			others := int64(1500 * season)
			organic := int64(float64(others) / (1 + math.Exp(-odds)))
			r.market, r.own = others+r.adClicks, organic+r.adClicks
			r.purchases = int64(400 * season)
			r.adOrders = int64(.04 * float64(r.purchases) * spendShare(on[i]))
			r.ownPurchases = int64(.1*float64(r.purchases)*(1+.1*rng.NormFloat64()) + fresh*float64(r.adOrders))
			rows = append(rows, r)
		}
		x.keep(newest-clock.Day(7*(weeks-1-w)), rows, true)
	}
	x.join()
}

func spendShare(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

func TestPlantedHaloIsFound(t *testing.T) {
	x := install(t)
	x.season(48, 34, .05, .5)
	if got := x.run(); len(got) != 1 || got[0] != us {
		t.Fatalf("estimated %v", got)
	}
	r, computed := x.result()
	if !computed.Equal(today) || r.Through != newest.String() || r.Weeks != 34 || r.WholeWeeks != 34 || r.Scope != "included" {
		t.Errorf("computed %s: %+v", computed, r)
	}
	if e := r.Lift.Estimate; e == nil || e.Low > .05 || e.High < .05 {
		t.Errorf("lift %+v, want .05; %s", r.Lift, r.Lift.Text)
	}
	if e := r.Displacement.Estimate; e == nil || e.Low > .5 || e.High < .5 {
		t.Errorf("displacement %+v, want .5; %s", r.Displacement, r.Displacement.Text)
	}
	if r.Lift.Size.Terms != 48 || r.Lift.Size.Products != 48 {
		t.Errorf("fitted on %+v", r.Lift.Size)
	}
}

func TestShortHistoryIsRefused(t *testing.T) {
	x := install(t)
	x.season(48, 9, .05, .5)
	x.run()
	r, _ := x.result()
	if r.Lift.Estimate != nil || r.Displacement.Estimate != nil {
		t.Errorf("nine weeks gave %+v, %+v", r.Lift.Estimate, r.Displacement.Estimate)
	}
	if !strings.Contains(r.Lift.Text, "not identified from your data, because") {
		t.Error(r.Lift.Text)
	}
}

// A result stands for a week, and for as long as no week settles.
func TestEstimatesComeWithSettledWeeksOnceAWeekAtMost(t *testing.T) {
	x := install(t)
	if got := x.run(); len(got) != 0 {
		t.Fatalf("estimated %v of nothing", got)
	}
	x.season(48, 3, 0, 1)
	if got := x.run(); len(got) != 1 {
		t.Fatalf("estimated %v", got)
	}
	if got := x.run(); len(got) != 0 {
		t.Errorf("estimated %v again", got)
	}
	x.clock.Set(today.Add(8 * 24 * time.Hour))
	if got := x.run(); len(got) != 0 {
		t.Errorf("estimated %v without a new week", got)
	}
	next := newest + 7 // ends on 21 November; on 9 December it has settled
	x.keep(next, []weekOf{{term: "garlic press 1", asin: "B000000001", campaign: 101, market: 100, own: 10, purchases: 10, ownPurchases: 1}}, true)
	x.join()
	if got := x.run(); len(got) != 1 {
		t.Errorf("estimated %v after a week settled", got)
	}
	if r, _ := x.result(); r.Through != next.String() {
		t.Errorf("through %s, want %s", r.Through, next)
	}
	x.keep(next+7, []weekOf{{term: "garlic press 1", asin: "B000000001", campaign: 101, market: 100, own: 10, purchases: 10, ownPurchases: 1}}, true)
	x.join()
	if got := x.run(); len(got) != 0 {
		t.Errorf("estimated %v within the week", got)
	}
	x.clock.Set(today.Add(16 * 24 * time.Hour))
	if got := x.run(); len(got) != 0 {
		t.Errorf("estimated %v although the new week is provisional", got)
	}
}

// What is not stored is not 0: neither a term that Amazon does not list, nor ads
// of a week whose reports lack a day, nor sales without stock.
func TestPanelKnowsWhatItDoesNotKnow(t *testing.T) {
	x := install(t)
	for w := range 12 {
		week := newest - clock.Day(7*(11-w))
		rows := []weekOf{
			{term: "egg timer", asin: "B000000001", campaign: 5, market: 100, own: 20, adClicks: 5, purchases: 20, ownPurchases: 4, adOrders: 1, cost: 3_000_000, days: 7},
			{term: "garlic press", asin: "B000000002", campaign: 6, market: 200, own: 30, purchases: 30, ownPurchases: 6},
			{term: "moka pot", asin: "B000000002", campaign: 6, market: 100, own: 4, adClicks: 9, purchases: 20, ownPurchases: 4, adOrders: 1, cost: 3_000_000, days: 3},
		}
		if w == 4 {
			rows = rows[1:]
		}
		x.keep(week, rows, w != 7)
	}
	x.join()
	events, err := x.app.FindCollectionByNameOrId("events")
	if err != nil {
		t.Fatal(err)
	}
	event := core.NewRecord(events)
	event.Load(map[string]any{"account": x.account, "kind": "stock_out", "asin": "B000000001", "from": (newest - 7).String(), "to": (newest - 1).String(), "created": today})
	if err := x.app.Save(event); err != nil {
		t.Fatal(err)
	}
	p, err := portfolio.Load(x.app, x.account)
	if err != nil {
		t.Fatal(err)
	}
	x.use(func(ctx context.Context, f *history.Facts) error {
		r, err := readPanel(ctx, f, p, us, newest)
		if err != nil {
			return err
		}
		if r.searched != 12 || r.whole != 11 || r.panel.Ads[7] || !r.panel.Ads[8] {
			t.Errorf("%d weeks, %d whole: %v", r.searched, r.whole, r.panel.Ads)
		}
		if len(r.panel.Terms) != 3 {
			t.Fatalf("%d terms", len(r.panel.Terms))
		}
		timer, press, pot := r.panel.Terms[0], r.panel.Terms[1], r.panel.Terms[2]
		if timer.Product != "B000000001" || press.Product != "B000000002" {
			t.Errorf("products %q and %q", timer.Product, press.Product)
		}
		w := timer.Weeks[0]
		if !w.Clicks.Known || w.Clicks.Market != 100 || w.Clicks.Organic != 15 || w.Clicks.Ads != 5 || w.Spend != 3 || w.Purchases.Ads != 1 || w.Purchases.Own != 4 || w.Serving.Share() != 1 {
			t.Errorf("%+v", w)
		}
		if w := timer.Weeks[4]; w.Clicks.Known || w.Purchases.Known {
			t.Errorf("a week that is not listed: %+v", w)
		}
		if w := timer.Weeks[10]; w.Clicks.Known || w.Purchases.Known {
			t.Errorf("a week out of stock: %+v", w)
		}
		if w := press.Weeks[10]; !w.Clicks.Known || w.Spend != 0 || w.Serving.Known() {
			t.Errorf("another product's week: %+v", w)
		}
		if w := pot.Weeks[0]; w.Clicks.Known || math.Abs(w.Serving.Share()-3./7) > 1e-9 {
			t.Errorf("ads exceed search, on three days: %+v", w)
		}
		return nil
	})
}

// BenchmarkMarketplace reads and estimates one marketplace of 1,500 advertised
// terms of 48 products over 60 weeks.
func BenchmarkMarketplace(b *testing.B) {
	x := install(b)
	x.season(1500, 60, .05, .5)
	p, err := portfolio.Load(x.app, x.account)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		x.use(func(ctx context.Context, f *history.Facts) error {
			_, err := compute(ctx, f, p, us, newest)
			return err
		})
	}
}
