package plans

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

const us = "ATVPDKIKX0DER"

var (
	newest = clock.Date(2026, time.November, 8)
	today  = time.Date(2026, time.November, 23, 6, 0, 0, 0, time.UTC)
)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) {
	return []byte("0123456789abcdef0123456789abcdef"), nil
}

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

// desk is an installation with two accounts.
type desk struct {
	*testing.T
	app        core.App
	store      *history.Store
	clock      *clock.Manual
	plans      *Plans
	own, other *core.Record
}

func open(t *testing.T) *desk {
	t.Helper()
	app := testapp.New(t)
	c := clock.NewManual(today)
	store := history.NewStore(t.TempDir(), oneKey{}, c)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	account := func(name string) *core.Record {
		collection, err := app.FindCollectionByNameOrId("accounts")
		if err != nil {
			t.Fatal(err)
		}
		r := core.NewRecord(collection)
		r.Load(map[string]any{"name": name, "kind": "business"})
		if err := app.Save(r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	return &desk{t, app, store, c, New(store, c), account("Gourmand"), account("Another")}
}

// ask calls a handler as the router would, past the access list.
func (d *desk) ask(handler func(*core.RequestEvent, *core.Record) error, account *core.Record, plan, body string, into any) int {
	d.Helper()
	e := &core.RequestEvent{App: d.app, Event: router.Event{}}
	e.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	e.Request.Header.Set("Content-Type", "application/json")
	e.Request.SetPathValue("test_plan", plan)
	answer := httptest.NewRecorder()
	e.Response = answer
	if err := handler(e, account); err != nil {
		var api *router.ApiError
		if !errors.As(err, &api) {
			d.Fatal(err)
		}
		if text, ok := into.(*string); ok {
			*text = api.Message
		}
		return api.Status
	}
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		d.Fatal(err)
	}
	if into != nil && len(data) > 0 {
		if err := json.Unmarshal(data, into); err != nil {
			d.Fatalf("%v: %s", err, data)
		}
	}
	return answer.Code
}

// keep stores a week of eight advertised terms. Each lacks what on says it lacks:
// the purchases that ads claim, half of which are new.
func (d *desk) keep(week clock.Day, on func(term string) bool) {
	d.Helper()
	count := func(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }
	ctx := context.Background()
	err := d.store.Use(ctx, d.own.Id, func(f *history.Facts) error {
		slice := history.SQPSlice{Seller: "A2SELLER", Marketplace: us, Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: []string{"B000000001"}, FetchedAt: d.clock.Now()}
		_, err := f.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			s := spapi.Summary{RowsByASIN: map[string]int{}, Unit: spapi.UnitPercent}
			for i := range 8 {
				term := fmt.Sprintf("garlic press %d", i)
				own := 40 + (int64(week)/7+int64(i))%3
				if on(term) {
					own += 20
				}
				row := spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: "B000000001", Query: term, Rank: count(int64(i + 1)), Volume: count(9000),
					Impressions: spapi.Stage{Own: count(900), Total: count(9000)}, Clicks: spapi.Stage{Own: count(300), Total: count(3000)},
					CartAdds: spapi.Stage{Own: count(90), Total: count(900)}, Purchases: spapi.Stage{Own: count(own), Total: count(400)}}
				if err := yield(&row); err != nil {
					return s, err
				}
				s.Rows++
				s.RowsByASIN["B000000001"]++
			}
			return s, nil
		})
		if err != nil {
			return err
		}
		if err := f.SaveProfiles(ctx, []history.Profile{{ID: 7, Marketplace: us, Seller: "A2SELLER", Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller"}}); err != nil {
			return err
		}
		ad := history.AdSlice{Profile: 7, Type: "spSearchTerm", From: week, To: week, FetchedAt: d.clock.Now()}
		_, err = f.ReplaceAdTerms(ctx, ad, func(yield func(*ads.TermRow) error) (s ads.Summary, err error) {
			for i := range 8 {
				term := fmt.Sprintf("garlic press %d", i)
				if !on(term) {
					continue
				}
				s.Rows++
				if err := yield(&ads.TermRow{Date: week, CampaignID: 1, AdGroupID: 2, KeywordID: int64(i + 1), MatchType: "EXACT", Term: term, Currency: "USD",
					Impressions: count(900), Clicks: count(100), Cost: count(100_000_000), Orders1dSameSKU: count(40), Orders1d: count(40), Orders7d: count(40), Orders14d: count(40),
					Sales1d: count(0), Sales7d: count(40 * 25_000_000), Sales14d: count(0), Units7d: count(40), Units14d: count(40)}); err != nil {
					return s, err
				}
			}
			return s, nil
		})
		if err != nil {
			return err
		}
		return f.RebuildWeek(ctx, us, week, history.JoinRules{})
	})
	if err != nil {
		d.Fatal(err)
	}
}

const request = `{"marketplace":"ATVPDKIKX0DER","title":"Are these sales new?","start":"2026-11-29","weeks":8,"design":"blocks"}`

func always(string) bool { return true }

func TestTestIsPlannedPlayedAndRead(t *testing.T) {
	d := open(t)
	for w := range clock.Day(20) {
		d.keep(newest-7*w, always)
	}
	var made planBody
	if status := d.ask(d.plans.make, d.own, "", request, &made); status != http.StatusCreated {
		t.Fatalf("%d %+v", status, made)
	}
	if len(made.Plan.Terms) != 8 || len(made.IDs) != 8 || made.End != "2027-01-23" || made.Plan.AdsShare != .1 || made.Plan.Smallest <= 0 || made.Plan.Smallest > .05 {
		t.Errorf("%+v", made)
	}
	if !strings.Contains(made.Text, "Ads claim 10.00 points") {
		t.Error(made.Text)
	}
	var list struct{ Items []planBody }
	if d.ask(d.plans.list, d.own, "", "", &list); len(list.Items) != 1 || list.Items[0].ID != made.ID || list.Items[0].Plan.Seed != made.Plan.Seed {
		t.Errorf("%+v", list)
	}
	start, err := clock.ParseDay(made.Start)
	if err != nil {
		t.Fatal(err)
	}
	for w := range 8 {
		d.keep(start+clock.Day(7*w), func(term string) bool {
			for _, planned := range made.Plan.Terms {
				if planned.Term == term {
					return planned.On[w/2]
				}
			}
			return false
		})
	}
	var looked planBody
	d.clock.Set(start.Time().AddDate(0, 0, 8*7+13))
	if d.ask(d.plans.one, d.own, made.ID, "", &looked); looked.Result != nil || !strings.Contains(looked.Text, "The result comes on 2027-02-07") {
		t.Errorf("before the ads have settled: %+v, %s", looked.Result, looked.Text)
	}
	d.clock.Set(start.Time().AddDate(0, 0, 8*7+14))
	d.ask(d.plans.one, d.own, made.ID, "", &looked)
	r := looked.Result
	if r == nil || r.Effect.Low > .05 || r.Effect.High < .05 || r.P > .05 || r.Weeks != 64 {
		t.Fatalf("%+v, %s", r, looked.Text)
	}
	if r.New == nil || r.New.Low > .5 || r.New.High < .5 {
		t.Errorf("new %+v, want .5", r.New)
	}
	// 20 purchases of 25 dollars for 100 of spend.
	if r.IROAS == nil || r.IROAS.Low > 5 || r.IROAS.High < 5 {
		t.Errorf("iROAS %+v, want 5", r.IROAS)
	}
	if status := d.ask(d.plans.remove, d.own, made.ID, "", nil); status != http.StatusNoContent {
		t.Errorf("deleted: %d", status)
	}
	if status := d.ask(d.plans.one, d.own, made.ID, "", nil); status != http.StatusNotFound {
		t.Errorf("deleted, and still there: %d", status)
	}
}

func TestPlansOfAnotherAccountAreUnknown(t *testing.T) {
	d := open(t)
	for w := range clock.Day(10) {
		d.keep(newest-7*w, always)
	}
	var made planBody
	if status := d.ask(d.plans.make, d.own, "", request, &made); status != http.StatusCreated {
		t.Fatalf("%d %+v", status, made)
	}
	for _, handler := range []func(*core.RequestEvent, *core.Record) error{d.plans.one, d.plans.remove} {
		if status := d.ask(handler, d.other, made.ID, "", nil); status != http.StatusNotFound {
			t.Errorf("another account's plan: %d", status)
		}
	}
	var list struct{ Items []planBody }
	if d.ask(d.plans.list, d.other, "", "", &list); len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
	foreign := strings.Replace(request, `"design"`, `"terms":["`+strings.Join(made.IDs, `","`)+`"],"design"`, 1)
	if status := d.ask(d.plans.make, d.other, "", foreign, nil); status != http.StatusBadRequest {
		t.Errorf("planned on another account's terms: %d", status)
	}
	if status := d.ask(d.plans.make, d.own, "", foreign, nil); status != http.StatusCreated {
		t.Errorf("planned on one's own terms: %d", status)
	}
}

func TestPlansSayWhatIsWrong(t *testing.T) {
	d := open(t)
	for w := range clock.Day(9) {
		d.keep(newest-7*w, always)
	}
	for change, want := range map[[2]string]string{
		{`"2026-11-29"`, `"2026-11-30"`}:          "is not a Sunday to come; the next one is 2026-11-29",
		{`"2026-11-29"`, `"2026-11-22"`}:          "is not a Sunday to come",
		{`"2026-11-29"`, `"soon"`}:                "Start:",
		{`"Are these sales new?"`, `" "`}:         "Title:",
		{`:8,`, `:9,`}:                            "8, 10 or 12",
		{`:8,`, `:12,`}:                           "at least 4",
		{`"blocks"`, `"coin"`}:                    "choose pairs or blocks",
		{`ATVPDKIKX0DER`, `A1PA6795UKMFR9`}:       "no week is stored",
		{`"design"`, `"terms":["QUJD"],"design"`}: "is no term of this marketplace",
		{`"design"`, `"sees":true,"design"`}:      "sees",
	} {
		text := ""
		body := strings.Replace(request, change[0], change[1], 1)
		if status := d.ask(d.plans.make, d.own, "", body, &text); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%s: %d %q, want %q", change[1], status, text, want)
		}
	}
	var list struct{ Items []planBody }
	if d.ask(d.plans.list, d.own, "", "", &list); len(list.Items) != 0 {
		t.Errorf("kept %+v", list)
	}
}
