package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// TestHeldBackTerms asks for the search terms that are held back in an account:
// as its owner may, as a stranger, as its viewer, from a foreign page, and with
// its entry under one's own account.
func TestHeldBackTerms(t *testing.T) {
	const accounts, text = "/api/halotrack/accounts/", "+49 170 55500042"
	w := newWorld(t, 1)
	setup := w.connect(t)
	mine, theirs, unknown := setup.clients[0], setup.clients[1], "aaaaaaaaaaaaaaa"
	alice := w.person(t, "alice@example.com", mine, access.Viewer)
	bob := w.person(t, "bob@example.com", theirs, access.Owner)
	a := newBrowser(t, w.serveWorld(t))
	b := newBrowser(t, a.base)
	a.signIn(t, alice)
	b.signIn(t, bob)
	week := clock.DayOf(present, time.UTC).Week() - 14
	for _, account := range []string{mine, theirs} {
		w.holdBack(t, account, text, "somebody@example.com")
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

// holdBack imports rows whose search terms look like personal data.
func (w *world) holdBack(t *testing.T, account string, terms ...string) {
	t.Helper()
	week := clock.DayOf(present, time.UTC).Week() - 14
	err := w.Store.Use(t.Context(), account, func(f *history.Facts) error {
		_, err := f.ReplaceSQP(t.Context(), history.SQPSlice{
			Seller: "S", Marketplace: "ATVPDKIKX0DER", Period: history.Week, Start: week, End: week + 6, ASINs: []string{"B000000001"}, FetchedAt: present,
		}, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			for _, term := range terms {
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
