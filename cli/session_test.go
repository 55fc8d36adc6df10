package cli

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/access"
)

// ASVS 3.3.4, 7.4.1
func TestSessionLivesInTheCookieAlone(t *testing.T) {
	w := newWorld(t, 1)
	account, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Tester", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	login := w.person(t, "alice@example.com", account.Id, access.Owner)
	base := w.serveWorld(t)
	b := newBrowser(t, base)

	wrong := b.do(t, "POST", "/api/halotrack/session", `{"email":"alice@example.com","password":"wrong"}`)
	nobody := b.do(t, "POST", "/api/halotrack/session", `{"email":"nobody@example.com","password":"wrong"}`)
	if wrong.status != http.StatusUnauthorized || wrong.body != nobody.body || nobody.status != wrong.status {
		t.Errorf("a wrong password (%d %s) can be told from an unknown address (%d %s)", wrong.status, wrong.body, nobody.status, nobody.body)
	}
	upper := demoLogin{strings.ToUpper(login.Email), login.Password} // pocketbase.md trap 8
	in := b.signIn(t, upper)
	if strings.Contains(strings.ToLower(in.body), "token") {
		t.Errorf("a token in the answer: %s", in.body)
	}
	cookie := in.header.Get("Set-Cookie")
	value := strings.TrimPrefix(strings.Split(cookie, ";")[0], "session=")
	for _, want := range []string{"session=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	stored, err := w.App.FindAllRecords("sessions")
	if err != nil || len(stored) != 1 {
		t.Fatalf("%d sessions, %v", len(stored), err)
	}
	if stored[0].GetString("hash") == value {
		t.Error("the session's id is stored in clear")
	}
	if who := b.get(t, "/api/halotrack/session"); who.status != http.StatusOK || !strings.Contains(who.body, "alice@example.com") {
		t.Errorf("who am I: %d %s", who.status, who.body)
	}

	// A page of another site cannot act in the person's name.
	foreign := b.do(t, "DELETE", "/api/halotrack/session", "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if foreign.status != http.StatusForbidden {
		t.Errorf("a foreign page's request: %d", foreign.status)
	}
	if out := b.do(t, "DELETE", "/api/halotrack/session", ""); out.status != http.StatusNoContent {
		t.Errorf("sign out: %d %s", out.status, out.body)
	}
	again := newBrowser(t, base).do(t, "GET", "/api/halotrack/session", "", "Cookie", "session="+value)
	if again.status != http.StatusUnauthorized {
		t.Errorf("the cookie works after signing out: %d", again.status)
	}
}

// ASVS 7.3.2
func TestSessionRunsOut(t *testing.T) {
	w := newWorld(t, 1)
	account, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Tester", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	login := w.person(t, "alice@example.com", account.Id, access.Owner)
	base := w.serveWorld(t)
	for name, steps := range map[string][]time.Duration{
		"idle for two hours":  {2 * time.Hour},
		"open for half a day": {100 * time.Minute, 100 * time.Minute, 100 * time.Minute, 100 * time.Minute, 100 * time.Minute, 100 * time.Minute, 100 * time.Minute, 100 * time.Minute},
	} {
		b := newBrowser(t, base)
		b.signIn(t, login)
		for i, d := range steps {
			w.now.Advance(d)
			want := http.StatusOK
			if i == len(steps)-1 {
				want = http.StatusUnauthorized
			}
			if got := b.get(t, "/api/halotrack/session"); got.status != want {
				t.Errorf("%s, step %d: %d, want %d", name, i, got.status, want)
			}
		}
	}
	if err := session.Sweep(w.App, w.now.Now(), 0); err != nil {
		t.Fatal(err)
	}
	if left, err := w.App.CountRecords("sessions"); err != nil || left != 0 {
		t.Errorf("%d sessions left after the sweep, %v", left, err)
	}
}

func TestPasswordLinkWorksOnce(t *testing.T) {
	w := newWorld(t, 1)
	result, err := addUser(t.Context(), w.appliance, userRequest{Email: "carol@example.com", Account: "Carol's", Role: "owner"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, token, ok := strings.Cut(result.Link, "/password#")
	if !ok {
		t.Fatalf("link %q", result.Link)
	}
	base := w.serveWorld(t)
	b := newBrowser(t, base)
	set := func(token, password string) answer {
		return b.do(t, "POST", "/api/halotrack/password", `{"token":"`+token+`","password":"`+password+`"}`)
	}
	if got := set(token, "short"); got.status != http.StatusBadRequest {
		t.Errorf("a short password: %d", got.status)
	}
	if got := set("nonsense", "a long enough password"); got.status != http.StatusBadRequest {
		t.Errorf("a wrong token: %d", got.status)
	}
	if got := set(token, "a long enough password"); got.status != http.StatusNoContent {
		t.Fatalf("set the password: %d %s", got.status, got.body)
	}
	if got := set(token, "another long password"); got.status != http.StatusBadRequest {
		t.Errorf("the link worked twice: %d", got.status)
	}
	b.signIn(t, demoLogin{"carol@example.com", "a long enough password"})

	// Asking again makes a new link and voids the old one; nothing is doubled.
	again, err := addUser(t.Context(), w.appliance, userRequest{Email: "Carol@Example.com", Account: "Carol's", Role: "owner"}, nil)
	if err != nil || again.ID != result.ID || again.Account != result.Account {
		t.Errorf("the same person again: %+v, %v; first %+v", again, err, result)
	}
}

// pocketbase.md trap 11
func TestClosedDoors(t *testing.T) {
	w := newWorld(t, 1)
	base := w.serveWorld(t)
	b := newBrowser(t, base)
	for _, c := range []struct{ method, path string }{
		{"POST", "/api/sql"}, {"GET", "/api/sql"},
		{"GET", "/api/realtime"}, {"POST", "/api/realtime"}, // pocketbase.md trap 17
		{"POST", "/api/collections/users/auth-with-password"},
		{"POST", "/api/collections/_pb_users_auth_/auth-with-password"},
		{"POST", "/api/collections/users/request-password-reset"},
		{"GET", "/api/nope"}, {"GET", "/api/halotrack/nope"},
		{"GET", "/assets/nope.js"},
	} {
		if got := b.do(t, c.method, c.path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.status, got.body)
		}
	}
	page := b.get(t, "/")
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
	} {
		if got := page.header.Get(header); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if health := b.get(t, "/api/halotrack/healthz"); health.status != http.StatusOK {
		t.Errorf("healthz: %d %s", health.status, health.body)
	}
}

func TestRequestLogHoldsNothingOfThePerson(t *testing.T) {
	w := newWorld(t, 1)
	base := w.serveWorld(t)
	newBrowser(t, base).do(t, "GET", "/api/halotrack/accounts/secretid/terms?q=secretterm", "",
		"User-Agent", "secretagent", "Referer", base+"/secretreferer")
	if err := w.App.ClearBootstrap(); err != nil { // writes what is pending
		t.Fatal(err)
	}
	if err := w.App.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Message string `db:"message"`
		Data    string `db:"data"`
	}
	if err := w.App.AuxDB().NewQuery("SELECT message, data FROM _logs").All(&rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if text := r.Message + r.Data; strings.Contains(text, "secret") || strings.Contains(text, "127.0.0.1") {
			t.Errorf("the log holds %s %s", r.Message, r.Data)
		}
	}
}

func TestUserAddFindsAnAgencysClient(t *testing.T) {
	w := newWorld(t, 1)
	agency, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Agency", "agency", "")
	if err != nil {
		t.Fatal(err)
	}
	client, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Client", "business", agency.Id)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Client", client.Id} {
		got, err := addUser(t.Context(), w.appliance, userRequest{Email: "dan@example.com", Account: name, Role: "viewer"}, nil)
		if err != nil || got.Account != client.Id {
			t.Errorf("--account %s: %+v, %v; want %s", name, got, err, client.Id)
		}
	}
}
