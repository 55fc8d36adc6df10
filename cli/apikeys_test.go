package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/access"
)

type madeKey struct{ ID, Key, Start, Status, Expires, MadeBy string }

// makeKey has an owner make an API key of the account.
func (b *browser) makeKey(t *testing.T, account, scopes string, days int) madeKey {
	t.Helper()
	a := b.do(t, "POST", "/api/halotrack/accounts/"+account+"/keys", fmt.Sprintf(`{"name":"Warehouse","scopes":[%s],"days":%d}`, scopes, days))
	if a.status != http.StatusCreated {
		t.Fatalf("make a key: %d %s", a.status, a.body)
	}
	a.status = http.StatusOK
	return decode[madeKey](t, a)
}

func TestAPIKeyOpensItsAccountForReading(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	viewer := w.person(t, "viewer@example.com", account, access.Viewer)
	other, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Other", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	base := w.serveWorld(t)
	b, v := newBrowser(t, base), newBrowser(t, base)
	b.signIn(t, login)
	v.signIn(t, viewer)
	accounts := "/api/halotrack/accounts/"
	keys := accounts + account + "/keys"
	key := b.makeKey(t, account, `"read"`, 30)
	if !strings.HasPrefix(key.Key, "ht_") || len(key.Key) != 3+43 || !strings.HasPrefix(key.Key, key.Start) || key.MadeBy != "Test Person" {
		t.Fatalf("the key: %+v", key)
	}
	record, err := w.App.FindRecordById("api_keys", key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if record.GetString("hash") == key.Key || strings.Contains(b.get(t, keys).body, key.Key) || strings.Contains(b.get(t, keys).body, record.GetString("hash")) {
		t.Error("the key is kept, or shown twice")
	}

	program := newBrowser(t, base)
	use := func(method, path string) answer {
		return program.do(t, method, path, "", "Authorization", "Bearer "+key.Key)
	}
	if got := use("GET", accounts+account+"/overview"); got.status != http.StatusOK {
		t.Errorf("its account: %d %s", got.status, got.body)
	}
	if got := use("GET", "/api/halotrack/accounts"); got.status != http.StatusOK || !strings.Contains(got.body, account) || strings.Contains(got.body, other.Id) {
		t.Errorf("the list of accounts: %d %s", got.status, got.body)
	}
	theirs, unknown := use("GET", accounts+other.Id+"/overview"), use("GET", accounts+"aaaaaaaaaaaaaaa/overview")
	if theirs.status != http.StatusNotFound || theirs.body != unknown.body || unknown.status != theirs.status {
		t.Errorf("another account: %d %s, an unknown one: %d %s", theirs.status, theirs.body, unknown.status, unknown.body)
	}
	for path, want := range map[string]int{
		keys: http.StatusForbidden, accounts + account + "/quarantine": http.StatusForbidden, accounts + account + "/connections": http.StatusForbidden,
		"/api/halotrack/session": http.StatusUnauthorized, "/api/halotrack/me/sessions": http.StatusUnauthorized,
		// Outside our API it is nothing.
		"/api/collections/audits/records": http.StatusUnauthorized, "/api/health": http.StatusUnauthorized, "/_/": http.StatusUnauthorized, "/": http.StatusUnauthorized,
	} {
		if got := use("GET", path); got.status != want {
			t.Errorf("GET %s with a key: %d %s, want %d", path, got.status, got.body, want)
		}
	}
	export := b.makeKey(t, account, `"export:read"`, 30)
	if got := program.do(t, "GET", accounts+account+"/overview", "", "Authorization", export.Key); got.status != http.StatusForbidden {
		t.Errorf("reading with a key for exports: %d %s", got.status, got.body)
	}
	// A key beside a cookie: the key counts.
	if got := b.do(t, "GET", keys, "", "Authorization", "Bearer "+key.Key); got.status != http.StatusForbidden {
		t.Errorf("a key and an owner's cookie: %d", got.status)
	}

	usedAt := func() time.Time {
		record, err := w.App.FindRecordById("api_keys", key.ID)
		if err != nil {
			t.Fatal(err)
		}
		return record.GetDateTime("used_at").Time()
	}
	first := usedAt()
	w.now.Advance(59 * time.Second)
	use("GET", "/api/halotrack/accounts")
	if !first.Equal(present) || !usedAt().Equal(first) {
		t.Errorf("last use %s, after less than a minute %s", first, usedAt())
	}
	w.now.Advance(time.Second)
	use("GET", "/api/halotrack/accounts")
	if !usedAt().Equal(first.Add(time.Minute)) {
		t.Errorf("after a minute: %s", usedAt())
	}

	// Who is not the owner, and who is nobody.
	want := v.get(t, accounts+"aaaaaaaaaaaaaaa/keys")
	for _, try := range []struct{ method, path, body string }{{"GET", "", ""}, {"POST", "", `{"name":"x","scopes":["read"],"days":1}`}, {"DELETE", "/" + key.ID, ""}} {
		if got := v.do(t, try.method, keys+try.path, try.body); got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("%s as a viewer: %d %s", try.method, got.status, got.body)
		}
		if got := newBrowser(t, base).do(t, try.method, keys+try.path, try.body); got.status != http.StatusUnauthorized {
			t.Errorf("%s as a guest: %d", try.method, got.status)
		}
	}

	nothing := program.do(t, "GET", accounts+account+"/overview", "", "Authorization", "Bearer ht_"+strings.Repeat("A", 43))
	if nothing.status != http.StatusUnauthorized {
		t.Errorf("an unknown key: %d", nothing.status)
	}
	if got := b.do(t, "DELETE", keys+"/"+key.ID, ""); got.status != http.StatusNoContent {
		t.Fatalf("revoke: %d %s", got.status, got.body)
	}
	if got := use("GET", accounts+account+"/overview"); got.status != nothing.status || got.body != nothing.body {
		t.Errorf("a revoked key: %d %s, an unknown one: %s", got.status, got.body, nothing.body)
	}
	w.now.Advance(30*24*time.Hour - time.Minute)
	if got := program.do(t, "GET", accounts+account+"/overview", "", "Authorization", "Bearer "+export.Key); got.status != nothing.status || got.body != nothing.body {
		t.Errorf("a key that has run out: %d %s", got.status, got.body)
	}
	var actions []string
	if err := w.App.DB().Select("action").From("activity").OrderBy("rowid").Column(&actions); err != nil || strings.Join(actions, " ") != "keys.make keys.make keys.revoke" {
		t.Errorf("the trail: %v, %v", actions, err)
	}
	if strings.Contains(w.log.String(), key.Key[3:]) {
		t.Error("the key is in the log")
	}
}

func TestAPIKeysAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, login)
	path := "/api/halotrack/accounts/" + account + "/keys"
	for _, body := range []string{
		`{"name":"","scopes":["read"],"days":1}`, `{"name":"x","scopes":[],"days":1}`, `{"name":"x","scopes":["write"],"days":1}`,
		`{"name":"x","scopes":["read"],"days":0}`, `{"name":"x","scopes":["read"],"days":367}`, `{"name":"x","scopes":["read"],"days":1,"account":"y"}`,
		`{"name":"` + strings.Repeat("x", 101) + `","scopes":["read"],"days":1}`,
	} {
		if got := b.do(t, "POST", path, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	for range 20 {
		b.makeKey(t, account, `"read","read"`, 1)
	}
	if got := b.do(t, "POST", path, `{"name":"x","scopes":["read"],"days":1}`); got.status != http.StatusBadRequest || !strings.Contains(got.body, "20") {
		t.Errorf("the 21st: %d %s", got.status, got.body)
	}
	w.now.Advance(24 * time.Hour) // those have run out
	b.signIn(t, login)
	b.makeKey(t, account, `"read"`, 366)
}
