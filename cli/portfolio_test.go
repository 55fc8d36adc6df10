package cli

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/portfolio"
)

// describe has alice say something of everything that an account says of
// itself.
func (w *tenants) describe(t *testing.T) {
	t.Helper()
	of := "/api/halotrack/accounts/" + w.theirs
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/products", `{"marketplace":"ATVPDKIKX0DER","asin":"B000000001","title":"Alice's ladder"}`, http.StatusOK},
		{"POST", "/imports?kind=products&marketplace=ATVPDKIKX0DER&file=alice.csv", "asin,title\nB000000002,Alice's rope\n", http.StatusCreated},
		{"POST", "/events", `{"kind":"note","from":"2026-11-01","to":"2026-11-01","title":"Alice's note"}`, http.StatusOK},
		{"POST", "/thresholds", `{"metric":"acos","direction":"above","value":0.5,"on":true}`, http.StatusOK},
	} {
		if got := w.alice.ask(t, step.method, of+step.path, step.body); got.status != step.status {
			t.Fatalf("%s %s: %d %s", step.method, step.path, got.status, got.body)
		}
	}
}

// TestWhoMaySayWhat asks every route that changes what an account says of
// itself in each role.
func TestWhoMaySayWhat(t *testing.T) {
	w := newWorld(t, 3)
	setup := w.connect(t)
	base := w.serveWorld(t)
	of := "/api/halotrack/accounts/" + setup.clients[0]
	people := map[access.Role]*browser{}
	for _, role := range []access.Role{access.Owner, access.Analyst, access.Viewer} {
		people[role] = newBrowser(t, base)
		people[role].signIn(t, w.person(t, string(role)+"@example.com", setup.clients[0], role))
	}
	for _, c := range []struct {
		method, path, body string
		need               access.Role
	}{
		{"PUT", "/products", `{"marketplace":"ATVPDKIKX0DER","asin":"B000000001"}`, access.Analyst},
		{"POST", "/imports?marketplace=ATVPDKIKX0DER", "asin\nB000000002\n", access.Analyst},
		{"POST", "/events", `{"kind":"event","from":"2026-11-24","to":"2026-11-30","title":"Black Friday"}`, access.Analyst},
		{"PUT", "/portfolio", `{"brandWords":["velmora"],"competitorWords":[],"default_margin":0.4}`, access.Owner},
		{"POST", "/thresholds", `{"metric":"acos","direction":"above","value":0.4,"on":true}`, access.Owner},
		{"GET", "/products", "", access.Viewer}, {"GET", "/products.csv", "", access.Viewer}, {"GET", "/imports", "", access.Viewer},
		{"GET", "/portfolio", "", access.Viewer}, {"GET", "/portfolio/suggestions", "", access.Viewer}, {"GET", "/events", "", access.Viewer}, {"GET", "/thresholds", "", access.Viewer},
	} {
		for role, b := range people {
			got := b.do(t, c.method, of+c.path, c.body)
			if allowed := role.Covers(c.need); allowed != (got.status < 300) || !allowed && got.status != http.StatusNotFound {
				t.Errorf("%s %s as %s: %d %s", c.method, c.path, role, got.status, got.body)
			}
		}
	}
	owner := people[access.Owner]
	for _, c := range []struct{ method, path, body, words string }{
		{"PUT", "/products", `{"marketplace":"ATVPDKIKX0DER","asin":"x"}`, "not an ASIN"},
		{"PUT", "/products", `{"marketplace":"ATVPDKIKX0DER","asin":"B000000001","margins":1}`, "Unknown field margins"},
		{"GET", "/products?limit=0", "", "Limit"}, {"GET", "/products?cursor=x", "", "Cursor"}, {"GET", "/products.csv?marketplace=x", "", "Marketplace"},
		{"POST", "/imports?kind=sqp", "x", "kind=products"}, {"POST", "/imports?marketplace=ATVPDKIKX0DER", "price\n1\n", "ASIN"},
		{"POST", "/imports", "asin\nB000000001\n", "which marketplace"},
		{"PUT", "/portfolio", `{}`, "brandWords"}, {"PUT", "/portfolio", `{"brandWords":["a"],"competitorWords":["a"]}`, "one of them"},
		{"POST", "/events", `{"kind":"event","from":"tomorrow","to":"2026-11-30"}`, "From"},
		{"POST", "/thresholds", `{"metric":"spend","direction":"above","value":1}`, "say which"},
	} {
		if got := owner.do(t, c.method, of+c.path, c.body); got.status != http.StatusBadRequest || !strings.Contains(got.body, c.words) {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.status, got.body)
		}
	}
	if got := owner.do(t, "POST", of+"/imports?marketplace=ATVPDKIKX0DER", strings.Repeat("x", portfolio.MaxSheet+1)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a file beyond the limit: %d %.200s", got.status, got.body)
	}
}

// TestWhatPeopleSayReachesJoinsAtTheNextHeartbeat: not within the hour.
func TestWhatPeopleSayReachesJoinsAtTheNextHeartbeat(t *testing.T) {
	w := newWorld(t, 3)
	setup := w.connect(t)
	w.sync(t)
	base := w.serveWorld(t)
	id := setup.clients[0]
	of := "/api/halotrack/accounts/" + id
	analyst := newBrowser(t, base)
	analyst.signIn(t, w.person(t, "alice@example.com", id, access.Owner))
	beat := func() {
		t.Helper()
		if err := w.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	beat()
	type terms struct {
		Items []struct{ ID, Term, Class string }
	}
	term := func() (id, class string) {
		t.Helper()
		for _, x := range decode[terms](t, analyst.get(t, of+"/terms?limit=500")).Items {
			if x.Class == "generic" || id != "" {
				return x.ID, x.Class
			}
		}
		t.Fatal("no generic term")
		return "", ""
	}
	first, _ := term()
	class := func() string {
		t.Helper()
		return decode[struct{ Class string }](t, analyst.get(t, of+"/terms/"+first)).Class
	}
	put := func(path, body string) {
		t.Helper()
		if got := analyst.do(t, "PUT", of+path, body); got.status != http.StatusOK {
			t.Fatalf("PUT %s: %d %s", path, got.status, got.body)
		}
	}
	put("/terms/"+first+"/choice", `{"class":"competitor"}`)
	if class() != "generic" {
		t.Error("the term changed before anything was joined")
	}
	beat()
	if got := class(); got != "competitor" {
		t.Errorf("after a heartbeat the term is %s", got)
	}
	put("/terms/"+first+"/choice", `{}`)
	word := decode[struct{ Term string }](t, analyst.get(t, of+"/terms/"+first)).Term
	put("/portfolio", `{"brandWords":["`+word+`"],"competitorWords":[]}`)
	beat()
	if got := class(); got != "brand" {
		t.Errorf("after a heartbeat the term of a brand word is %s", got)
	}

	// A change that joins do not rest on leaves them alone, and has audits
	// computed.
	due := func() (dirty, audits int) {
		t.Helper()
		err := w.Store.Use(t.Context(), id, func(f *history.Facts) error {
			weeks, err := f.DirtyWeeks(t.Context())
			if err != nil {
				return err
			}
			list, err := f.AuditsDue(t.Context())
			dirty, audits = len(weeks), len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return dirty, audits
	}
	_, before := due() // weeks whose data are still on their way
	week := decode[struct{ Week string }](t, analyst.get(t, of+"/overview")).Week
	for what, change := range map[string]func(){
		"a margin": func() {
			put("/portfolio", `{"brandWords":["`+word+`"],"competitorWords":[],"default_margin":0.45}`)
		},
		"an event": func() {
			if got := analyst.do(t, "POST", of+"/events", `{"kind":"event","from":"`+week+`","to":"`+week+`","title":"A sale"}`); got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.body)
			}
		},
	} {
		change()
		if dirty, audits := due(); dirty != 0 || audits <= before {
			t.Errorf("%s made %d weeks dirty and %d audits due, %d before", what, dirty, audits, before)
		}
		beat()
		if _, audits := due(); audits != before {
			t.Errorf("after %s and a heartbeat %d audits are due, %d before", what, audits, before)
		}
	}
}

// TestTheDemoFillsTheProductTable from its world, once.
func TestTheDemoFillsTheProductTable(t *testing.T) {
	w := newWorld(t, 40)
	setup := w.connect(t)
	for i, name := range w.amazon.World().Accounts() {
		p, err := portfolio.Load(w.App, setup.clients[i])
		if err != nil {
			t.Fatal(err)
		}
		parents := map[string]int{}
		for _, x := range w.amazon.World().Products(name) {
			for market, price := range x.PriceMicros {
				got, ok := p.Product(market, x.ASIN)
				if !ok || got.Title != x.Title || got.Parent != x.Parent || got.Brand != x.Brand || got.Price.V != price || got.Margin.V != x.Margin {
					t.Errorf("%+v became %+v", x, got)
				}
				if m, assumed := p.Margin(market, x.ASIN); assumed || m < .2 || m > .6 {
					t.Errorf("margin %v, assumed %v", m, assumed)
				}
			}
			parents[x.Parent]++
		}
		if len(parents) < 2 || len(parents) >= 40 {
			t.Errorf("40 products have %d parents: %v", len(parents), parents)
		}
		if len(p.Words.Brand) == 0 || len(p.Words.Competitor) == 0 {
			t.Errorf("words %+v", p.Words)
		}
	}
	account, err := w.App.FindRecordById("accounts", setup.clients[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := portfolio.SaveWords(w.App, account, portfolio.Words{Brand: []string{"mine"}}); err != nil {
		t.Fatal(err)
	}
	w.connect(t) // the demo starts again
	if words, err := portfolio.LoadWords(w.App, setup.clients[0]); err != nil || len(words.Brand) != 1 {
		t.Errorf("a second start took what a person wrote: %+v, %v", words, err)
	}
}

func TestImportTakesProductTablesOver(t *testing.T) {
	w := newWorld(t, 3)
	account, err := membership.NewAccount(t.Context(), w.App, w.Vault, "Velmora", membership.Business, "")
	if err != nil {
		t.Fatal(err)
	}
	run := func(market, data string) (importResult, error) {
		return importProducts(t.Context(), w.appliance, importRequest{Account: account.Id, Marketplace: market, File: "table.csv", Data: []byte(data)}, nil)
	}
	result, err := run("us", "asin,price\nB000000001,19.99\nB1,2\n")
	if want := (portfolio.Counts{Added: 1, Wrong: 1}); err != nil || result.Counts != want || len(result.Problems) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	if result, err = run("", "country,asin,price\nDE,B000000001,\"19,99\"\n"); err != nil || result.Counts.Added != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	for words, try := range map[string][2]string{
		"which marketplace":    {"", "asin\nB000000002\n"},
		"no such marketplace":  {"XX", "asin\nB000000002\n"},
		"Save it as CSV":       {"US", "PK\x03\x04"},
		"search queries":       {"US", "Search Query,Search Query Volume\nmat,1\n"},
		"No line can be taken": {"", "country,asin\nXX,B000000002\n"},
	} {
		if _, err := run(try[0], try[1]); err == nil || !strings.Contains(err.Error(), words) || !errors.As(err, new(usageError)) {
			t.Errorf("%s: %v", words, err)
		}
	}
	if _, err := importProducts(t.Context(), w.appliance, importRequest{Account: "unknown"}, nil); err == nil {
		t.Error("an unknown account has no error")
	}
	p, err := portfolio.Load(w.App, account.Id)
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := p.Product("A1PA6795UKMFR9", "B000000001"); !ok || x.Price.V != 19_990_000 || x.Currency != "EUR" {
		t.Errorf("%+v, %v", x, ok)
	}
	setup := w.connect(t)
	if market, err := w.importMarket(importRequest{Account: setup.clients[0]}); err != nil || market != "" && !strings.HasPrefix(market, "A") {
		t.Errorf("the account's marketplace: %q, %v", market, err)
	}
}
