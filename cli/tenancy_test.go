package cli

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// TestTwoTenants has one person ask for everything of another's account, by
// every route and every collection: the answer is that of an unknown id, byte
// for byte.
func TestTwoTenants(t *testing.T) {
	w := newWorld(t, 3)
	setup := w.connect(t)
	w.sync(t)
	mine, theirs := setup.clients[0], setup.clients[1]
	alice := w.person(t, "alice@example.com", mine, access.Viewer)
	bob := w.person(t, "bob@example.com", theirs, access.Owner)
	base := w.serveWorld(t)
	a, b := newBrowser(t, base), newBrowser(t, base)
	a.signIn(t, alice)
	b.signIn(t, bob)

	const unknown = "aaaaaaaaaaaaaaa"
	overview := decode[struct{ Week string }](t, b.get(t, "/api/halotrack/accounts/"+theirs+"/overview"))
	terms := decode[struct{ Items []struct{ ID string } }](t, b.get(t, "/api/halotrack/accounts/"+theirs+"/terms"))
	if overview.Week == "" || len(terms.Items) == 0 {
		t.Fatal("bob's account has no data, so the test would prove nothing")
	}
	for _, path := range []string{"/overview", "/overview?week=" + overview.Week, "/terms", "/terms/" + terms.Items[0].ID, "/audits", "/audits/" + overview.Week, "/coverage", "/coverage?from=2026-11-01&to=2026-11-08"} {
		const accounts = "/api/halotrack/accounts/"
		if got := b.get(t, accounts+theirs+path); got.status != http.StatusOK {
			t.Errorf("%s: its own member got %d %s", path, got.status, got.body)
		}
		got, want := a.get(t, accounts+theirs+path), a.get(t, accounts+unknown+path)
		if got.status != http.StatusNotFound || got.body != want.body || want.status != http.StatusNotFound {
			t.Errorf("%s of another tenant: %d %s, an unknown account: %d %s", path, got.status, got.body, want.status, want.body)
		}
		if guest := newBrowser(t, base).get(t, accounts+theirs+path); guest.status != http.StatusUnauthorized {
			t.Errorf("%s: a guest got %d", path, guest.status)
		}
	}
	w.connecting(t, a, b, mine, theirs, unknown)
	w.heldBack(t, a, b, mine, theirs, unknown)
	// Another tenant's term id under one's own account.
	own := "/api/halotrack/accounts/" + mine + "/terms/"
	if got, want := a.get(t, own+terms.Items[0].ID), a.get(t, own+"unknown"); got.status != http.StatusNotFound || got.body != want.body {
		t.Errorf("another tenant's term under one's own account: %d %s", got.status, got.body)
	}
	if list := a.get(t, "/api/halotrack/accounts"); !strings.Contains(list.body, mine) || strings.Contains(list.body, theirs) {
		t.Errorf("alice's accounts: %s", list.body)
	}
	w.collections(t, a, mine, theirs, unknown)
}

// connecting asks for the other tenant's connections by every route and
// method: as its own people may, as a stranger, and with the other tenant's
// connection under one's own account.
func (w *world) connecting(t *testing.T, a, b *browser, mine, theirs, unknown string) {
	const accounts = "/api/halotrack/accounts/"
	list := decode[struct{ Items []struct{ ID string } }](t, b.get(t, accounts+theirs+"/connections"))
	if len(list.Items) < 2 {
		t.Fatal("bob's account has no connections, so the test would prove nothing")
	}
	id := list.Items[0].ID
	guest := newBrowser(t, a.base)
	for _, try := range []struct{ method, path, body string }{
		{"GET", "/connections", ""},
		{"GET", "/connections/" + id + "/evidence", ""},
		{"POST", "/connections/spapi/authorize", `{"marketplace":"ATVPDKIKX0DER"}`},
		{"POST", "/connections/ads/authorize", `{"region":"na"}`},
		{"POST", "/connections/spapi", `{"region":"na"}`},
		{"POST", "/connections/ads", `{}`},
		{"PATCH", "/connections/" + id, `{"tracked":[]}`},
		{"DELETE", "/connections/" + id, ""},
	} {
		got := a.do(t, try.method, accounts+theirs+try.path, try.body)
		want := a.do(t, try.method, accounts+unknown+strings.ReplaceAll(try.path, id, unknown), try.body)
		if got.status != http.StatusNotFound || got.body != want.body || want.status != http.StatusNotFound {
			t.Errorf("%s %s of another tenant: %d %s, an unknown account: %d %s", try.method, try.path, got.status, got.body, want.status, want.body)
		}
		if got := guest.do(t, try.method, accounts+theirs+try.path, try.body); got.status != http.StatusUnauthorized {
			t.Errorf("%s %s: a guest got %d", try.method, try.path, got.status)
		}
		if strings.Contains(try.path, id) {
			if got := a.do(t, try.method, accounts+mine+try.path, try.body); got.status != http.StatusNotFound || got.body != want.body {
				t.Errorf("%s %s under one's own account: %d %s", try.method, try.path, got.status, got.body)
			}
		}
	}
	if after := b.get(t, accounts+theirs+"/connections/"+id+"/evidence"); after.status != http.StatusOK || strings.Contains(after.body, `"status":"disconnected"`) {
		t.Errorf("after all this, to its own member: %d %s", after.status, after.body)
	}
}

// heldBack asks for the search terms that are held back in the other tenant's
// account, by every route and method: as its owner may, as a stranger, as its
// viewer, from a foreign page, and with its entry under one's own account.
func (w *world) heldBack(t *testing.T, a, b *browser, mine, theirs, unknown string) {
	const accounts, text = "/api/halotrack/accounts/", "+49 170 55500042"
	week := clock.DayOf(present, time.UTC).Week() - 14
	for _, account := range []string{mine, theirs} {
		err := w.Store.Use(t.Context(), account, func(f *history.Facts) error {
			_, err := f.ReplaceSQP(t.Context(), history.SQPSlice{
				Seller: "S", Marketplace: "ATVPDKIKX0DER", Period: history.Week, Start: week, End: week + 6, ASINs: []string{"B000000001"}, FetchedAt: present,
			}, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
				for _, term := range []string{text, "somebody@example.com"} {
					row := spapi.SQPRow{Start: week, End: week + 6, ASIN: "B000000001", Query: term}
					row.Impressions.Own = history.Count{V: 7, Valid: true}
					if err := yield(&row); err != nil {
						return spapi.Summary{}, err
					}
				}
				return spapi.Summary{}, nil
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	path := accounts + theirs + "/quarantine"
	list := func() []heldItem {
		t.Helper()
		return decode[struct{ Items []heldItem }](t, b.get(t, path)).Items
	}
	held := list()
	if len(held) != 2 || held[1].Text != text || held[1].Kind != "phone" || held[1].Rows != 1 || held[1].Impressions != 7 || held[1].From != week.String() {
		t.Fatalf("held back: %+v", held)
	}
	id := held[1].ID
	viewer := newBrowser(t, a.base)
	viewer.signIn(t, w.person(t, "vera@example.com", theirs, access.Viewer))
	guest := newBrowser(t, a.base)
	for _, try := range []struct{ method, path string }{{"GET", "/quarantine"}, {"POST", "/quarantine/" + id + "/release"}, {"DELETE", "/quarantine/" + id}} {
		want := a.do(t, try.method, accounts+unknown+strings.ReplaceAll(try.path, id, unknown), "")
		for who, asked := range map[string]*browser{"a stranger": a, "a viewer": viewer} {
			if got := asked.do(t, try.method, accounts+theirs+try.path, ""); got.status != http.StatusNotFound || got.body != want.body {
				t.Errorf("%s %s, %s: %d %s, an unknown account: %s", try.method, try.path, who, got.status, got.body, want.body)
			}
		}
		if got := guest.do(t, try.method, accounts+theirs+try.path, ""); got.status != http.StatusUnauthorized {
			t.Errorf("%s %s: a guest got %d", try.method, try.path, got.status)
		}
		if try.method == "GET" {
			continue
		}
		if got := b.do(t, try.method, accounts+theirs+try.path, "", "Origin", "https://evil.example"); got.status != http.StatusForbidden {
			t.Errorf("%s %s from a foreign page: %d", try.method, try.path, got.status)
		}
		// Both accounts hold the same text back, under ids of their own.
		c := newBrowser(t, a.base)
		c.signIn(t, w.person(t, "owner"+try.method+"@example.com", mine, access.Owner))
		if got := c.do(t, try.method, accounts+mine+try.path, ""); got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("%s %s under one's own account: %d %s", try.method, try.path, got.status, got.body)
		}
	}
	if now := list(); len(now) != 2 {
		t.Fatalf("after all this: %+v", now)
	}
	if got := b.do(t, "POST", path+"/"+id+"/release", ""); got.status != http.StatusNoContent {
		t.Errorf("release: %d %s", got.status, got.body)
	}
	if got := b.do(t, "DELETE", path+"/"+held[0].ID, ""); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := b.do(t, "DELETE", path+"/"+id, ""); got.status != http.StatusNotFound {
		t.Errorf("deleting what was released: %d", got.status)
	}
	if now := list(); len(now) != 0 {
		t.Errorf("after both decisions: %+v", now)
	}
	for action, want := range map[string]int{"open": 1, "destroy": 1} {
		var n int
		if err := w.App.DB().Select("count(*)").From("vault_log").Where(dbx.HashExp{"account": theirs, "tbl": "quarantine", "field": "term", "action": action}).Row(&n); err != nil || n < want {
			t.Errorf("%d entries %q in the access log (%v)", n, action, err)
		}
	}
	if strings.Contains(w.log.String(), "somebody@") || strings.Contains(w.log.String(), "55500042") {
		t.Error("a text that was held back is in the log")
	}
}

type heldItem struct {
	ID, Text, Kind, From string
	Rows, Impressions    int64
}

// collections asks PocketBase's own API for the other tenant's records.
func (w *world) collections(t *testing.T, a *browser, mine, theirs, unknown string) {
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range all {
		filter := dbx.HashExp{}
		if c.Fields.GetByName("account") != nil {
			filter["account"] = theirs
		}
		if c.Name == "accounts" {
			filter["id"] = theirs
		}
		var ids []string
		if err := w.App.DB().Select("id").From(c.Name).Where(filter).Limit(3).Column(&ids); err != nil {
			t.Fatal(err)
		}
		path := "/api/collections/" + c.Name + "/records"
		want := a.get(t, path+"/"+unknown)
		for _, id := range ids {
			got := a.get(t, path+"/"+id)
			if c.Name == "users" && got.status == http.StatusOK {
				continue // oneself
			}
			checked++
			if got.status == http.StatusOK || got.status != want.status || got.body != want.body {
				t.Errorf("%s/%s of another tenant: %d %s, an unknown id: %d %s", c.Name, id, got.status, got.body, want.status, want.body)
			}
		}
		list := a.get(t, path+"?perPage=500&filter="+url.QueryEscape("id != ''"))
		for _, id := range ids {
			if c.Name != "users" && strings.Contains(list.body, `"`+id+`"`) {
				t.Errorf("the list of %s holds another tenant's %s", c.Name, id)
			}
		}
		if c.Name == "audits" && (list.status != http.StatusOK || !strings.Contains(list.body, mine)) {
			t.Errorf("one's own audits: %d %s", list.status, list.body)
		}
	}
	if checked < 10 {
		t.Errorf("only %d records were asked for; the test would prove little", checked)
	}
}
