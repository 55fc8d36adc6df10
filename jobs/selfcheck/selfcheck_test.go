package selfcheck

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

const us = "ATVPDKIKX0DER"

var first = clock.Date(2026, time.January, 4)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) {
	return []byte("0123456789abcdef0123456789abcdef"), nil
}

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

type fixture struct {
	*testing.T
	app     core.App
	store   *history.Store
	job     *Job
	account string
	random  *rand.Rand
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
	c := clock.NewManual(time.Date(2026, time.December, 1, 6, 0, 0, 0, time.UTC))
	store := history.NewStore(t.TempDir(), oneKey{}, c)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	x := &fixture{t, app, store, New(app, store, c), account.Id, rand.New(rand.NewPCG(5, 26))}
	// A marketplace counts from its first joined week.
	count := func(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }
	slice := history.SQPSlice{Seller: "A2SELLER", Marketplace: us, Period: history.Week, Start: first, End: first.WeekEnd(), ASINs: []string{"B0AAAAAAAA"}, FetchedAt: c.Now()}
	err = store.Use(t.Context(), x.account, func(f *history.Facts) error {
		_, err := f.ReplaceSQP(t.Context(), slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			one := spapi.Stage{Own: count(1), Total: count(9)}
			row := spapi.SQPRow{Start: first, End: first.WeekEnd(), ASIN: "B0AAAAAAAA", Query: "bottle", Rank: count(1), Volume: count(90), Impressions: one, Clicks: one, CartAdds: one, Purchases: one}
			return spapi.Summary{Rows: 1, RowsByASIN: map[string]int{"B0AAAAAAAA": 1}, Unit: spapi.UnitPercent}, yield(&row)
		})
		if err != nil {
			return err
		}
		return f.RebuildWeek(t.Context(), us, first, history.JoinRules{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// keep stores a week's scores at two steps of 200 terms with the given spread.
func (x *fixture) keep(week int, spread float64) {
	x.Helper()
	var scores []history.Score
	for term := range int64(200) {
		for _, step := range []analysis.Step{analysis.Click, analysis.Purchase} {
			scores = append(scores, history.Score{Step: int(step), Term: term, Z: spread * x.random.NormFloat64(), Expected: 10 + term})
		}
	}
	err := x.store.Use(x.Context(), x.account, func(f *history.Facts) error {
		return f.SaveScores(x.Context(), us, first+clock.Day(7*week), scores)
	})
	if err != nil {
		x.Fatal(err)
	}
}

func (x *fixture) run() []string {
	x.Helper()
	checked, err := x.job.Run(x.Context(), x.account)
	if err != nil {
		x.Fatal(err)
	}
	return checked
}

func (x *fixture) stored() (r analysis.CalibrationReport) {
	x.Helper()
	record, err := x.app.FindFirstRecordByFilter("calibrations", "account = {:a} && marketplace = {:m}", dbx.Params{"a": x.account, "m": us})
	if err != nil {
		x.Fatal(err)
	}
	if err := record.UnmarshalJSONField("data", &r); err != nil {
		x.Fatal(err)
	}
	return r
}

func TestTheCheckIsMadeOncePerNewWeek(t *testing.T) {
	x := install(t)
	if checked := x.run(); len(checked) != 0 {
		t.Errorf("%v were checked without scores", checked)
	}
	for week := range 7 {
		x.keep(week, 1)
	}
	if checked := x.run(); !slices.Equal(checked, []string{us}) {
		t.Fatalf("%v were checked", checked)
	}
	if r := x.stored(); r.Fired != nil || r.Conformal != nil || r.Calibrated != nil || r.Weeks != 7 || !strings.Contains(r.Text, "7 audited weeks") || !strings.Contains(r.Text, "8") {
		t.Errorf("7 weeks are answered by %+v", r)
	}
	if checked := x.run(); len(checked) != 0 {
		t.Errorf("%v were checked again without a new week", checked)
	}
	for week := 7; week < 30; week++ {
		x.keep(week, 1)
	}
	if checked := x.run(); len(checked) != 1 {
		t.Fatal("a new week is not looked at")
	}
	r := x.stored()
	if r.Weeks != 26 || r.From != (first+4*7).String() || r.Through != (first+29*7).String() || len(r.Steps) != 2 || r.Steps[0].Step != "click" || r.Steps[1].Step != "purchase" {
		t.Fatalf("%+v", r)
	}
	if !*r.Calibrated || *r.Conformal > .15 || *r.Fired > .15 || !strings.HasPrefix(r.Text, "Alert engine calibrated: ") {
		t.Errorf("well-behaved scores: %v, %v: %s", *r.Fired, *r.Conformal, r.Text)
	}
	var bands int
	for _, s := range r.Steps {
		bands += len(s.Bands)
		if s.Bands[2].From < 140 || s.Bands[2].From > 146 {
			t.Errorf("the highest third begins at %v expected events", s.Bands[2].From)
		}
	}
	if bands != 6 {
		t.Errorf("%d bands", bands)
	}
}

func TestScoresThatWanderMoreThanTheoryAreTold(t *testing.T) {
	x := install(t)
	for week := range 26 {
		x.keep(week, 1.6)
	}
	x.run()
	r := x.stored()
	if *r.Calibrated || *r.Fired < .8 || !strings.Contains(r.Text, "with care") {
		t.Errorf("%v, fired %v: %s", *r.Calibrated, *r.Fired, r.Text)
	}
}
