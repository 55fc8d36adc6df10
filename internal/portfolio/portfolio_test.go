package portfolio_test

import (
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/internal/testapp"
)

const (
	us = "ATVPDKIKX0DER"
	de = "A1PA6795UKMFR9"
)

var now = time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)

func account(t *testing.T, app core.App, name string) *core.Record {
	t.Helper()
	c, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	r := core.NewRecord(c)
	r.Set("name", name)
	r.Set("kind", "business")
	if err := app.Save(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func micros(v int64) sql.Null[int64]       { return sql.Null[int64]{V: v, Valid: true} }
func fraction(v float64) sql.Null[float64] { return sql.Null[float64]{V: v, Valid: true} }

func load(t *testing.T, app core.App, account string) *portfolio.Portfolio {
	t.Helper()
	p, err := portfolio.Load(app, account)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refused(t *testing.T, err error, words string) {
	t.Helper()
	text, ok := portfolio.Refusal(err)
	if !ok || !strings.Contains(text, words) {
		t.Errorf("got %v, want a refusal with %q", err, words)
	}
}

func TestAnEmptyPortfolioAssumesAMargin(t *testing.T) {
	app := testapp.New(t)
	p := load(t, app, account(t, app, "Velmora").Id)
	if m, assumed := p.Margin(us, "B000000001"); m != portfolio.AssumedMargin || !assumed {
		t.Errorf("margin %v, assumed %v", m, assumed)
	}
	if c := p.Class(us, "velmora mat"); c != history.GenericTerm {
		t.Errorf("class %q", c)
	}
	if p.Parent(us, "B000000001") != "" || len(p.Watched(us)) != 0 || len(p.Events(us)) != 0 || len(p.Thresholds(us)) != 0 {
		t.Error("an empty portfolio says something")
	}
	if _, err := portfolio.Load(app, "unknown"); err == nil {
		t.Error("an unknown account has no error")
	}
}

func TestProducts(t *testing.T) {
	app := testapp.New(t)
	mine, other := account(t, app, "Velmora"), account(t, app, "Rival")
	save := func(p portfolio.Product, wantRejoin bool) portfolio.Product {
		t.Helper()
		saved, effect, err := portfolio.SaveProduct(app, mine.Id, p, now)
		if err != nil {
			t.Fatal(err)
		}
		if effect.Join != wantRejoin {
			t.Errorf("%s: %+v", p.ASIN, effect)
		}
		return saved
	}
	line := portfolio.Product{Marketplace: us, ASIN: " b000000001", Title: "Mat\x00 \n one", Brand: "Velmora", Price: micros(19_990_000), Margin: fraction(.42)}
	first := save(line, false)
	if first.ASIN != "B000000001" || first.Title != "Mat one" || first.Currency != "USD" {
		t.Errorf("stored %+v", first)
	}
	line.Parent = "b0parent01"
	again := save(line, true) // a parent changes the joined levels
	if again.ID != first.ID || again.Parent != "B0PARENT01" {
		t.Errorf("the same ASIN became %+v", again)
	}
	save(line, false)
	save(portfolio.Product{Marketplace: us, ASIN: "B000000002", Title: "100% cotton"}, false)
	save(portfolio.Product{Marketplace: de, ASIN: "B000000001"}, false)
	if _, _, err := portfolio.SaveProduct(app, other.Id, line, now); err != nil {
		t.Fatal(err)
	}

	p := load(t, app, mine.Id)
	if x, ok := p.Product(us, "B000000001"); !ok || x.Price.V != 19_990_000 || p.Parent(us, "B000000001") != "B0PARENT01" || p.Parent(de, "B000000001") != "" {
		t.Errorf("loaded %+v %v", x, ok)
	}
	if list := p.Products(us); len(list) != 2 || list[0].ASIN != "B000000001" {
		t.Errorf("products %v", list)
	}
	for _, c := range []struct {
		asin    string
		want    float64
		assumed bool
	}{{"B000000001", .42, false}, {"B000000002", .3, true}, {"", .3, true}} {
		if m, assumed := p.Margin(us, c.asin); m != c.want || assumed != c.assumed {
			t.Errorf("margin of %q: %v, %v", c.asin, m, assumed)
		}
	}

	page, next, total, err := portfolio.ListProducts(app, mine.Id, portfolio.ProductQuery{Limit: 2})
	if err != nil || len(page) != 2 || total != 3 || next == "" {
		t.Fatalf("page %v, %q, %d, %v", page, next, total, err)
	}
	rest, end, _, err := portfolio.ListProducts(app, mine.Id, portfolio.ProductQuery{Limit: 2, Cursor: next})
	if err != nil || len(rest) != 1 || end != "" || rest[0].ID == page[1].ID || rest[0].ID == page[0].ID {
		t.Errorf("rest %v, %q, %v", rest, end, err)
	}
	for search, want := range map[string]int{"MAT ON": 1, "b00000000": 3, "0%": 1, "b0par": 1, "_": 0, "nothing": 0} {
		if _, _, total, err := portfolio.ListProducts(app, mine.Id, portfolio.ProductQuery{Limit: 9, Search: search}); err != nil || total != want {
			t.Errorf("search %q: %d, %v", search, total, err)
		}
	}
	_, _, _, err = portfolio.ListProducts(app, mine.Id, portfolio.ProductQuery{Limit: 2, Cursor: "?"})
	refused(t, err, "cursor")

	if effect, ok, err := portfolio.DeleteProduct(app, other.Id, first.ID); ok || effect.Join || err != nil {
		t.Errorf("another account deleted it: %+v %v %v", effect, ok, err)
	}
	if effect, ok, err := portfolio.DeleteProduct(app, mine.Id, first.ID); !ok || !effect.Join || !effect.Money || err != nil {
		t.Errorf("deleting: %+v %v %v", effect, ok, err)
	}
	if _, ok := load(t, app, mine.Id).Product(us, "B000000001"); ok {
		t.Error("a deleted line is there")
	}
	if _, ok := load(t, app, other.Id).Product(us, "B000000001"); !ok {
		t.Error("another account's line went too")
	}
}

func TestProductsAreChecked(t *testing.T) {
	app := testapp.New(t)
	mine := account(t, app, "Velmora")
	good := portfolio.Product{Marketplace: us, ASIN: "B000000001"}
	for words, change := range map[string]func(*portfolio.Product){
		"no marketplace": func(p *portfolio.Product) { p.Marketplace = "" },
		"not an ASIN":    func(p *portfolio.Product) { p.ASIN = "=HYPERLINK" },
		"title":          func(p *portfolio.Product) { p.Title = strings.Repeat("ä", 501) },
		"parent":         func(p *portfolio.Product) { p.Parent = strings.Repeat("x", 61) },
		"price":          func(p *portfolio.Product) { p.Price = micros(0) },
		"above":          func(p *portfolio.Product) { p.Price = micros(math.MaxInt64) },
		"margin":         func(p *portfolio.Product) { p.Margin = fraction(1) },
		"A margin":       func(p *portfolio.Product) { p.Margin = fraction(math.NaN()) },
	} {
		p := good
		change(&p)
		_, _, err := portfolio.SaveProduct(app, mine.Id, p, now)
		refused(t, err, words)
	}
}

func TestWords(t *testing.T) {
	app := testapp.New(t)
	mine := account(t, app, "Velmora")
	w, effect, err := portfolio.SaveWords(app, mine, portfolio.Words{
		Brand: []string{" Velmora ", "velmora", "vel mora", ""}, Competitor: []string{"ACME"}, DefaultMargin: fraction(.25),
	})
	if err != nil || !effect.Join || len(w.Brand) != 2 || w.Brand[0] != "vel mora" {
		t.Fatalf("%+v, %+v, %v", w, effect, err)
	}
	p := load(t, app, mine.Id)
	for term, want := range map[string]history.Class{
		"velmora mat": history.BrandTerm, "velmoras": history.GenericTerm, "vel mora": history.BrandTerm,
		"acme mat": history.CompetitorTerm, "acme or velmora": history.BrandTerm, "mat": history.GenericTerm,
		"l'acme-mat": history.CompetitorTerm, "velmo ra": history.BrandTerm, "velmor": history.GenericTerm, "macme acme": history.CompetitorTerm,
	} {
		if got := p.Class(us, term); got != want {
			t.Errorf("%q is %s", term, got)
		}
	}
	if m, assumed := p.Margin(us, ""); m != .25 || assumed {
		t.Errorf("margin %v, %v", m, assumed)
	}
	w.DefaultMargin = sql.Null[float64]{}
	if w, effect, err = portfolio.SaveWords(app, mine, w); err != nil || effect.Join || !effect.Money {
		t.Errorf("a margin changed %+v, %v", effect, err)
	}
	if m, assumed := load(t, app, mine.Id).Margin(us, ""); m != .3 || !assumed {
		t.Errorf("a margin that was taken back is %v, %v", m, assumed)
	}
	_, _, err = portfolio.SaveWords(app, mine, portfolio.Words{Brand: []string{"acme"}, Competitor: []string{"Acme"}})
	refused(t, err, "acme")
	_, _, err = portfolio.SaveWords(app, mine, portfolio.Words{DefaultMargin: fraction(-.1)})
	refused(t, err, "margin")
	_, _, err = portfolio.SaveWords(app, mine, portfolio.Words{Brand: []string{strings.Repeat("x", 101)}})
	refused(t, err, "100")
}

func TestChoices(t *testing.T) {
	app := testapp.New(t)
	mine := account(t, app, "Velmora")
	choose := func(c portfolio.Choice, wantRejoin bool) {
		t.Helper()
		if _, effect, err := portfolio.SaveChoice(app, mine.Id, us, "velmora mat", c); err != nil || effect.Join != wantRejoin {
			t.Errorf("%+v: %+v, %v", c, effect, err)
		}
	}
	choose(portfolio.Choice{}, false)
	choose(portfolio.Choice{Watched: true}, false)
	choose(portfolio.Choice{Watched: true, Class: history.CompetitorTerm, Cluster: " Mats "}, true)
	p := load(t, app, mine.Id)
	if c := p.Choice(us, "velmora mat"); c.Cluster != "mats" || !c.Watched || p.Class(us, "velmora mat") != history.CompetitorTerm {
		t.Errorf("choice %+v", c)
	}
	if got := p.Watched(us); len(got) != 1 || len(p.Watched(de)) != 0 || p.Class(de, "velmora mat") != history.GenericTerm {
		t.Errorf("watched %v", got)
	}
	choose(portfolio.Choice{}, true)
	if left, err := app.CountRecords("term_choices"); err != nil || left != 0 {
		t.Errorf("%d choices are left, %v", left, err)
	}
	_, _, err := portfolio.SaveChoice(app, mine.Id, us, "x", portfolio.Choice{Class: "own"})
	refused(t, err, "class")
}

func TestCalendar(t *testing.T) {
	app := testapp.New(t)
	mine, other := account(t, app, "Velmora"), account(t, app, "Rival")
	day := clock.Date(2026, 11, 26)
	saved, _, ok, err := portfolio.SaveEvent(app, mine.Id, "", portfolio.Event{Kind: portfolio.SaleEvent, From: day, To: day + 4, Title: "Black Friday"}, now)
	if err != nil || !ok {
		t.Fatal(err)
	}
	stock := portfolio.Event{Marketplace: de, Kind: portfolio.StockOut, ASIN: "b000000001", From: day, To: day}
	if _, _, _, err := portfolio.SaveEvent(app, mine.Id, "", stock, now); err != nil {
		t.Fatal(err)
	}
	p := load(t, app, mine.Id)
	if len(p.Events(us)) != 1 || len(p.Events(de)) != 2 {
		t.Errorf("events %v, %v", p.Events(us), p.Events(de))
	}
	for week, want := range map[clock.Day]bool{day - 7: false, day: true, day + 3: true, day + 10: false} {
		if got := saved.In(week.Week()); got != want {
			t.Errorf("in the week of %s: %v", week, got)
		}
	}
	saved.Title = "Black Friday week"
	if _, _, ok, err := portfolio.SaveEvent(app, other.Id, "", saved, now); ok || err != nil {
		t.Errorf("another account changed it: %v %v", ok, err)
	}
	if _, effect, ok, err := portfolio.SaveEvent(app, mine.Id, "", saved, now); !ok || err != nil || *effect.Days != (portfolio.Span{From: day, To: day + 4}) {
		t.Errorf("changing: %v %v", ok, err)
	}
	for words, change := range map[string]func(*portfolio.Event){
		"first":       func(e *portfolio.Event) { e.To = e.From - 1 },
		"366":         func(e *portfolio.Event) { e.To = e.From + 366 },
		"which ASIN":  func(e *portfolio.Event) { e.Kind = portfolio.InStock },
		"one of":      func(e *portfolio.Event) { e.Kind = "party" },
		"marketplace": func(e *portfolio.Event) { e.Marketplace = "XX" },
		"note":        func(e *portfolio.Event) { e.Kind, e.Title = portfolio.Note, " " },
	} {
		e := saved
		change(&e)
		_, _, _, err := portfolio.SaveEvent(app, mine.Id, "", e, now)
		refused(t, err, words)
	}
	if _, ok, err := portfolio.DeleteEvent(app, other.Id, saved.ID); ok || err != nil {
		t.Errorf("another account deleted it: %v %v", ok, err)
	}
	if _, ok, err := portfolio.DeleteEvent(app, mine.Id, saved.ID); !ok || err != nil {
		t.Errorf("deleting: %v %v", ok, err)
	}
}

func TestThresholds(t *testing.T) {
	app := testapp.New(t)
	mine := account(t, app, "Velmora")
	saved, _, err := portfolio.SaveThreshold(app, mine.Id, portfolio.Threshold{Metric: portfolio.PurchaseShare, Direction: portfolio.Below, Value: 0, On: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := portfolio.SaveThreshold(app, mine.Id, portfolio.Threshold{Marketplace: de, Metric: portfolio.Spend, Direction: portfolio.Above, Value: 500}); err != nil {
		t.Fatal(err)
	}
	p := load(t, app, mine.Id)
	if got := p.Thresholds(us); len(got) != 1 || got[0] != saved {
		t.Errorf("thresholds %v", got)
	}
	if got := p.Thresholds(de); len(got) != 1 {
		t.Errorf("one that is off counts: %v", got)
	}
	for words, bad := range map[string]portfolio.Threshold{
		"holds one of": {Metric: "luck", Direction: portfolio.Above},
		"crossed":      {Metric: portfolio.ACOS},
		"negative":     {Metric: portfolio.ACOS, Direction: portfolio.Above, Value: -1},
		"say which":    {Metric: portfolio.Spend, Direction: portfolio.Above, Value: 1},
		"share":        {Metric: portfolio.ClickShare, Direction: portfolio.Above, Value: 5},
	} {
		_, _, err := portfolio.SaveThreshold(app, mine.Id, bad)
		refused(t, err, words)
	}
}
