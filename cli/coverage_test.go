package cli

import (
	"database/sql"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// coverageAnswer is the shape that docs/operations.md promises.
type coverageAnswer struct {
	Period       string            `json:"period"`
	Starts       []string          `json:"starts"`
	States       map[string]string `json:"states"`
	Marketplaces []struct {
		ID      string `json:"id"`
		Country string `json:"country"`
		Scope   *struct {
			Result string   `json:"result"`
			Slope  *float64 `json:"slope"`
			High   *float64 `json:"high"`
			Weeks  int      `json:"weeks"`
			Newest string   `json:"newest"`
			Why    string   `json:"why"`
		} `json:"scope"`
		Sellers []struct {
			SellerID  string         `json:"sellerId"`
			Catalogue coverageRun    `json:"catalogue"`
			ASINs     []coverageASIN `json:"asins"`
			Totals    map[string]int `json:"totals"`
		} `json:"sellers"`
	} `json:"marketplaces"`
	Ads []struct {
		ProfileID string    `json:"profileId"`
		From      clock.Day `json:"from"`
		To        clock.Day `json:"to"`
		Types     []struct {
			Type   string         `json:"type"`
			Totals map[string]int `json:"totals"`
			coverageRun
		} `json:"types"`
	} `json:"ads"`
	Causes map[string]struct{ Text, ToDo string } `json:"causes"`
}

type coverageRun struct {
	States  string            `json:"states"`
	Rows    []*int64          `json:"rows"`
	Fetched []*int64          `json:"fetched"`
	Failed  map[string]string `json:"failed"`
}

type coverageASIN struct {
	ASIN string `json:"asin"`
	coverageRun
}

// TestCoverageSaysWhatIsStored compares every cell of the answer with the fact
// file, after a sync and with reports under way that a kill left behind.
func TestCoverageSaysWhatIsStored(t *testing.T) {
	w := newWorld(t, 4)
	setup := w.connect(t)
	w.sync(t)
	id := setup.clients[0]
	var market string
	err := w.Store.Use(t.Context(), id, func(f *history.Facts) error {
		markets, err := f.CoverageMarkets(t.Context(), history.Week)
		if err != nil || len(markets) == 0 {
			return err
		}
		market = markets[0]
		_, err = f.SaveScope(t.Context(), history.Scope{Marketplace: market, Week: clock.Date(2026, 11, 8), Weeks: 3, Terms: 9,
			Result: history.ScopeUndecided, Slope: sql.Null[float64]{V: .4, Valid: true}, Why: "too few"})
		if err != nil {
			return err
		}
		cells, err := f.SQPCoverage(t.Context(), market, history.Week, 0, 1<<30)
		if err != nil {
			return err
		}
		// What a kill would leave: asked for, and nobody there to look.
		return f.Plan(t.Context(), []history.Report{
			{API: history.SPAPI, Seller: cells[0].Seller, Marketplace: market, Type: string(spapi.SQP), Period: history.Week,
				Start: cells[len(cells)-1].Start + 7, End: cells[len(cells)-1].End + 7, ASINs: []string{cells[0].ASIN}, State: history.Requesting, Requested: w.now.Now()},
			{API: history.SPAPI, Seller: cells[0].Seller, Marketplace: market, Type: string(spapi.SQP), Period: history.Week,
				Start: cells[len(cells)-1].Start + 7, End: cells[len(cells)-1].End + 7, ASINs: []string{cells[1].ASIN}, State: history.Failed, ErrorClass: "ambiguous", Finished: w.now.Now()},
		})
	})
	if err != nil || market == "" {
		t.Fatal(market, err)
	}
	alice := w.person(t, "alice@example.com", id, access.Viewer)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, alice)
	path := "/api/halotrack/accounts/" + id + "/coverage"
	got := decode[coverageAnswer](t, b.get(t, path))
	if got.Period != "week" || len(got.Starts) < 3 || !slices.IsSorted(got.Starts) || len(got.Marketplaces) == 0 || len(got.Ads) == 0 {
		t.Fatalf("%+v", got)
	}
	checked := map[string]int{}
	for _, m := range got.Marketplaces {
		if m.ID != market && m.Scope != nil {
			t.Errorf("%s was never tested: %+v", m.ID, m.Scope)
		}
		if m.ID == market && (m.Scope == nil || m.Scope.Result != history.ScopeUndecided || m.Scope.Why != "too few" ||
			*m.Scope.Slope != .4 || m.Scope.High != nil || m.Scope.Weeks != 3 || m.Scope.Newest != "2026-11-08") {
			t.Errorf("scope test %+v", m.Scope)
		}
		for _, seller := range m.Sellers {
			want := w.cells(t, id, m.ID, seller.SellerID)
			totals := map[string]int{}
			for _, asin := range seller.ASINs {
				for i := range got.Starts {
					state := got.States[asin.States[i:i+1]]
					totals[state]++
					checked[state]++
					stored, ok := want[asin.ASIN+" "+got.Starts[i]]
					delete(want, asin.ASIN+" "+got.Starts[i])
					switch {
					case ok && (state != string(stored.State) || asin.Fetched[i] == nil || *asin.Fetched[i] != stored.FetchedAt.Unix()):
						t.Errorf("%s %s is %s, stored as %+v", asin.ASIN, got.Starts[i], state, stored)
					case ok && stored.State != history.NotPublished && (asin.Rows[i] == nil || *asin.Rows[i] != stored.Rows):
						t.Errorf("%s %s: rows %v, stored %d", asin.ASIN, got.Starts[i], asin.Rows[i], stored.Rows)
					case !ok && (asin.Rows[i] != nil || asin.Fetched[i] != nil):
						t.Errorf("%s %s is %s and was never stored, but has rows", asin.ASIN, got.Starts[i], state)
					}
					if state == "failed" && (got.Causes[asin.Failed[strconv.Itoa(i)]].Text == "" || got.Causes[asin.Failed[strconv.Itoa(i)]].ToDo == "") {
						t.Errorf("%s %s failed without a reason: %v", asin.ASIN, got.Starts[i], asin.Failed)
					}
				}
			}
			if len(want) > 0 {
				t.Errorf("%s: stored cells that are not told: %v", m.ID, want)
			}
			for _, state := range got.States {
				if totals[state] != seller.Totals[state] {
					t.Errorf("%s: %d cells are %s, the totals say %d", m.ID, totals[state], state, seller.Totals[state])
				}
			}
			if !strings.Contains(seller.Catalogue.States, "s") {
				t.Errorf("%s: catalogue %q", m.ID, seller.Catalogue.States)
			}
		}
	}
	if checked["stored"] == 0 || checked["queued"] != 1 || checked["failed"] != 1 {
		t.Errorf("checked %v", checked)
	}
	for _, p := range got.Ads {
		for _, one := range p.Types {
			if len(one.States) != int(p.To-p.From)+1 || one.Totals["stored"]+one.Totals["empty"] == 0 {
				t.Errorf("profile %s: %s..%s, %+v", p.ProfileID, p.From, p.To, one)
			}
		}
	}
	last := got.Starts[len(got.Starts)-1]
	part := decode[coverageAnswer](t, b.get(t, path+"?marketplace="+market+"&from="+last+"&to="+last))
	if len(part.Starts) != 1 || len(part.Marketplaces) != 1 || part.Marketplaces[0].ID != market {
		t.Errorf("part: %+v", part)
	}
	for query, says := range map[string]string{
		"period=day": "period", "marketplace=US": "marketplace", "from=yesterday": "from",
		"from=2026-11-08&to=2026-11-01": "after", "from=2001-01-01": "parts",
	} {
		if a := b.get(t, path+"?"+query); a.status != http.StatusBadRequest || !strings.Contains(strings.ToLower(a.body), says) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if months := decode[coverageAnswer](t, b.get(t, path+"?period=month&from=2026-08-15&to=2026-11-15")); !slices.Equal(months.Starts, []string{"2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"}) {
		t.Errorf("months %v", months.Starts)
	}
}

// cells are the stored cells of a seller by ASIN and week.
func (w *world) cells(t *testing.T, account, market, seller string) map[string]history.Cell {
	t.Helper()
	out := map[string]history.Cell{}
	err := w.Store.Use(t.Context(), account, func(f *history.Facts) error {
		cells, err := f.SQPCoverage(t.Context(), market, history.Week, 0, 1<<30)
		for _, c := range cells {
			if c.Seller == seller {
				out[c.ASIN+" "+c.Start.String()] = c
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type healthAnswer struct {
	State, Text string
	LastSuccess *time.Time
	Queue       struct{ Open, Waiting int }
	SearchQuota *struct{ Used, Limit int }
	Progress    *struct {
		Unit        string
		Done, Total int
	}
	LastDay struct{ Stored, Empty, Failed int }
	Errors  []struct {
		Cause, Text, ToDo string
		Count             int
	}
	Ads *struct {
		DaysBehind int
		NextPull   *time.Time
		Profiles   []struct{ ID string }
	}
}

// TestConnectionsTellHowTheyStand looks at a connection that is up to date, one
// that Amazon refuses and reports that failed.
func TestConnectionsTellHowTheyStand(t *testing.T) {
	w := newWorld(t, 3)
	setup := w.connect(t)
	w.sync(t)
	id := setup.clients[0]
	alice := w.person(t, "alice@example.com", id, access.Viewer)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, alice)
	read := func() map[string]healthAnswer {
		t.Helper()
		list := decode[struct {
			Items []struct {
				API    string
				Health healthAnswer
			}
		}](t, b.get(t, "/api/halotrack/accounts/"+id+"/connections"))
		out := map[string]healthAnswer{}
		for _, one := range list.Items {
			out[one.API] = one.Health
		}
		return out
	}
	got := read()
	for api, unit := range map[string]string{"spapi": "weeks", "ads": "days"} {
		h := got[api]
		if h.State != "up_to_date" || h.Text == "" || h.LastSuccess == nil || h.Queue.Open != 0 || h.Queue.Waiting != 0 || h.LastDay.Stored == 0 || len(h.Errors) != 0 ||
			h.Progress == nil || h.Progress.Unit != unit || h.Progress.Total == 0 || h.Progress.Done != h.Progress.Total {
			t.Errorf("%s: %+v %+v", api, h, h.Progress)
		}
	}
	if q := got["spapi"].SearchQuota; q == nil || q.Used == 0 || q.Limit < q.Used {
		t.Errorf("quota %+v", q)
	}
	if a := got["ads"].Ads; a == nil || a.DaysBehind != 0 || a.NextPull == nil || !a.NextPull.After(w.now.Now()) || len(a.Profiles) == 0 {
		t.Errorf("ads %+v", a)
	}

	connection, err := w.App.FindFirstRecordByFilter("connections", "account = {:account} && api = 'spapi'", map[string]any{"account": id})
	if err != nil {
		t.Fatal(err)
	}
	const told = "Amazon does not accept the application's client id or secret."
	connection.Set("status", "failed")
	connection.Set("status_text", told)
	if err := w.App.Save(connection); err != nil {
		t.Fatal(err)
	}
	err = w.Store.Use(t.Context(), id, func(f *history.Facts) error {
		markets, err := f.CoverageMarkets(t.Context(), history.Week)
		if err != nil {
			return err
		}
		row := func(state history.ReportState, class, asin string) history.Report {
			return history.Report{API: history.SPAPI, Seller: connection.GetString("seller_id"), Marketplace: markets[0], Type: string(spapi.SQP), Period: history.Week,
				ASINs: []string{asin}, State: state, ErrorClass: class, Error: "Atzr|secret https://documents.example/?X-Amz-Signature=1", Finished: w.now.Now()}
		}
		open := row(history.Waiting, "", "B0OPEN")
		open.Finished, open.Requested = time.Time{}, w.now.Now().Add(-time.Hour)
		return f.Plan(t.Context(), []history.Report{row(history.Failed, "document", "B01"), row(history.Failed, "document", "B02"), row(history.Failed, "split", "B03"), row(history.Abandoned, "deadline", "B04"), open})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.now.Advance(time.Hour)
	h := read()["spapi"]
	if h.State != "stopped" || h.Text != told || h.Queue.Open != 1 || h.LastDay.Failed != 3 || len(h.Errors) != 2 {
		t.Errorf("failed connection: %+v", h)
	}
	for _, e := range h.Errors {
		if e.Text == "" || e.ToDo == "" || e.Cause == "document" && e.Count != 2 {
			t.Errorf("error %+v", e)
		}
	}
	if body := b.get(t, "/api/halotrack/accounts/"+id+"/connections").body; strings.Contains(body, "Atzr|") || strings.Contains(body, "Signature") {
		t.Error("the answer holds a secret of the ledger")
	}
	w.now.Advance(72 * time.Hour)
	b.signIn(t, alice)
	if ads := read()["ads"]; ads.State != "silent" || ads.Ads.DaysBehind < 3 {
		t.Errorf("ads after three days without a server: %+v %+v", ads, ads.Ads)
	}
}
