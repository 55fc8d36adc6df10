package cli

import (
	"net/http"
	"strings"
	"testing"
)

// The choice between light and dark is the person's own and goes with them to
// every browser.
func TestThemeIsThePersons(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	other := w.person(t, "bob@example.com", account, "viewer")
	base := w.serveWorld(t)
	b, elsewhere, bob := newBrowser(t, base), newBrowser(t, base), newBrowser(t, base)
	theme := func(who string, a answer, want string) {
		t.Helper()
		if got := decode[struct{ Theme string }](t, a).Theme; got != want {
			t.Errorf("%s has %q, want %q", who, got, want)
		}
	}
	theme("who chose nothing", b.signIn(t, login), "system")
	expect(t, b.do(t, "PUT", "/api/halotrack/me/theme", `{"theme":"dark"}`), http.StatusNoContent)
	theme("the same browser", b.get(t, sessionPath), "dark")
	theme("another browser", elsewhere.signIn(t, login), "dark")
	theme("somebody else", bob.signIn(t, other), "system")
	for _, body := range []string{`{"theme":"pink"}`, `{"theme":""}`, `{}`, `{"theme":"dark","user":"x"}`} {
		if got := b.do(t, "PUT", "/api/halotrack/me/theme", body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	expect(t, b.do(t, "PUT", "/api/halotrack/me/theme", `{"theme":"system"}`), http.StatusNoContent)
	theme("who took it back", b.get(t, sessionPath), "system")
	if got := newBrowser(t, base).do(t, "PUT", "/api/halotrack/me/theme", `{"theme":"dark"}`); got.status != http.StatusUnauthorized || strings.Contains(got.body, "dark") {
		t.Errorf("a guest: %d %s", got.status, got.body)
	}
}
