package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/access"
)

const sessionPath = "/api/halotrack/session"

// signInWith signs in with a code of the second factor.
func (b *browser) signInWith(t *testing.T, l demoLogin, code string) answer {
	t.Helper()
	return b.do(t, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q,"otp":%q}`, l.Email, l.Password, code))
}

// setUpTOTP sets up the second factor of who is signed in and returns its
// secret and the recovery codes.
func (w *world) setUpTOTP(t *testing.T, b *browser) (secret string, recovery []string) {
	t.Helper()
	begun := decode[struct{ Secret, URI, QR string }](t, b.do(t, "POST", "/api/halotrack/me/totp", ""))
	if !strings.HasPrefix(begun.QR, "<svg ") || !strings.Contains(begun.URI, "secret="+begun.Secret) {
		t.Fatalf("%+v", begun)
	}
	if wrong := b.do(t, "PUT", "/api/halotrack/me/totp", `{"code":"000000"}`); wrong.status != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d %s", wrong.status, wrong.body)
	}
	done := decode[struct{ RecoveryCodes []string }](t, b.do(t, "PUT", "/api/halotrack/me/totp", fmt.Sprintf(`{"code":%q}`, w.code(t, begun.Secret))))
	return begun.Secret, done.RecoveryCodes
}

// code is what an authenticator app shows now.
func (w *world) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, w.now.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (w *world) alice(t *testing.T) (login demoLogin, account string) {
	t.Helper()
	record, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Tester", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	return w.person(t, "alice@example.com", record.Id, access.Owner), record.Id
}

// cookie returns what the browser holds for its session.
func (b *browser) cookie(t *testing.T) string {
	t.Helper()
	base, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(base) {
		if c.Name == "session" {
			return c.Value
		}
	}
	t.Fatal("the browser holds no session")
	return ""
}

// renewed holds that the browser has a session that works, and that what it held
// before opens nothing.
func (b *browser) renewed(t *testing.T, what, held string) {
	t.Helper()
	if b.cookie(t) == held {
		t.Errorf("%s: the session kept its id", what)
	}
	if got := b.get(t, sessionPath); got.status != http.StatusOK {
		t.Errorf("%s: the new id: %d", what, got.status)
	}
	if got := newBrowser(t, b.base).do(t, "GET", sessionPath, "", "Cookie", "session="+held); got.status != http.StatusUnauthorized {
		t.Errorf("%s: the old id: %d", what, got.status)
	}
}

// A second factor, set up, given or proved again, gives the session a new id.
// ASVS 6.3.3, 6.5.5, 7.2.4
func TestSecondFactor(t *testing.T) {
	w := newWorld(t, 1)
	login, _ := w.alice(t)
	base := w.serveWorld(t)
	b, phone := newBrowser(t, base), newBrowser(t, base)
	b.signIn(t, login)
	phone.signIn(t, login)
	held := b.cookie(t)
	secret, recovery := w.setUpTOTP(t, b)
	b.renewed(t, "setting up a second factor", held)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	if got := phone.get(t, sessionPath); got.status != http.StatusUnauthorized {
		t.Errorf("a session with one factor lives on: %d", got.status)
	}
	if got := b.get(t, sessionPath); !strings.Contains(got.body, `"secondFactor":true`) {
		t.Errorf("who am I: %s", got.body)
	}
	if raw, err := json.Marshal(w.log.String()); err != nil || strings.Contains(string(raw), secret) {
		t.Errorf("the secret is in the log, %v", err)
	}

	again := newBrowser(t, base)
	if got := again.do(t, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q}`, login.Email, login.Password)); got.status != http.StatusUnauthorized || !strings.Contains(got.body, `"otp":"required"`) {
		t.Errorf("the password alone: %d %s", got.status, got.body)
	}
	if got := again.signInWith(t, login, w.code(t, secret)); got.status != http.StatusUnauthorized {
		t.Errorf("the code that set it up, once more: %d %s", got.status, got.body)
	}
	w.now.Advance(time.Minute)
	code := w.code(t, secret)
	if got := again.signInWith(t, login, code); got.status != http.StatusOK {
		t.Fatalf("with a code: %d %s", got.status, got.body)
	}
	if got := newBrowser(t, base).signInWith(t, login, code); got.status != http.StatusUnauthorized {
		t.Errorf("the same code twice: %d", got.status)
	}
	w.now.Advance(11 * time.Minute)
	if got := newBrowser(t, base).signInWith(t, login, code); got.status != http.StatusUnauthorized {
		t.Errorf("an old code: %d", got.status)
	}
	if got := newBrowser(t, base).signInWith(t, login, strings.ToLower(recovery[0])); got.status != http.StatusOK {
		t.Errorf("a recovery code: %d %s", got.status, got.body)
	}
	if got := newBrowser(t, base).signInWith(t, login, recovery[0]); got.status != http.StatusUnauthorized {
		t.Errorf("a recovery code twice: %d", got.status)
	}

	// ASVS 7.5.1: what guards the account is changed by who proved it lately.
	for _, try := range []struct{ method, path, body string }{
		{"DELETE", "/me/totp", ""}, {"POST", "/me/totp", ""}, {"POST", "/me/recovery-codes", ""},
		{"POST", "/me/password", `{"password":"correct horse battery staple"}`}, {"POST", "/me/email", `{"email":"new@example.com"}`},
	} {
		if got := again.do(t, try.method, "/api/halotrack"+try.path, try.body); got.status != http.StatusForbidden || !strings.Contains(got.body, `"fresh":"required"`) {
			t.Errorf("%s %s long after signing in: %d %s", try.method, try.path, got.status, got.body)
		}
	}
	prove := fmt.Sprintf(`{"password":%q,"otp":%q}`, login.Password, w.code(t, secret))
	held = again.cookie(t)
	if got := again.do(t, "POST", sessionPath+"/fresh", prove); got.status != http.StatusNoContent {
		t.Fatalf("prove again: %d %s", got.status, got.body)
	}
	again.renewed(t, "proving again", held)
	if got := again.do(t, "DELETE", "/api/halotrack/me/totp", ""); got.status != http.StatusNoContent {
		t.Fatalf("remove the second factor: %d %s", got.status, got.body)
	}
	newBrowser(t, base).signIn(t, login)
}

// ASVS 6.3.3
func TestOperatorsNeedASecondFactor(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	user, err := w.App.FindAuthRecordByEmail("users", login.Email)
	if err != nil {
		t.Fatal(err)
	}
	user.Set("staff", []string{"triage"})
	if err := w.App.Save(user); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, login)
	overview := "/api/halotrack/accounts/" + account + "/overview"
	if got := b.get(t, overview); got.status != http.StatusForbidden || !strings.Contains(got.body, `"secondFactor":"required"`) {
		t.Errorf("Amazon's data without a second factor: %d %s", got.status, got.body)
	}
	if got := b.get(t, "/api/collections/accounts/records"); strings.Contains(got.body, account) {
		t.Errorf("PocketBase's own routes without a second factor: %d %s", got.status, got.body)
	}
	if got := b.get(t, "/api/halotrack/accounts"); got.status != http.StatusForbidden {
		t.Errorf("the list of accounts without a second factor: %d %s", got.status, got.body)
	}
	for _, try := range []struct{ method, path, body string }{{"DELETE", "/me/sessions", ""}, {"DELETE", "/me/sessions/abcdefghijklmno", ""}, {"PUT", "/me/name", `{"name":"Mallory"}`}} {
		if got := b.do(t, try.method, "/api/halotrack"+try.path, try.body); got.status != http.StatusForbidden {
			t.Errorf("%s %s without a second factor: %d %s", try.method, try.path, got.status, got.body)
		}
	}
	w.setUpTOTP(t, b)
	if got := b.get(t, "/api/collections/accounts/records"); !strings.Contains(got.body, account) {
		t.Errorf("PocketBase's own routes with one: %d %s", got.status, got.body)
	}
	if got := b.get(t, overview); got.status != http.StatusOK {
		t.Errorf("with one: %d %s", got.status, got.body)
	}
	if got := b.do(t, "DELETE", "/api/halotrack/me/totp", ""); got.status != http.StatusBadRequest {
		t.Errorf("removing what is required: %d %s", got.status, got.body)
	}
}

// ASVS 6.3.1, 6.3.8
func TestGuessingSlowsDownForEveryAddressAlike(t *testing.T) {
	w := newWorld(t, 1)
	login, _ := w.alice(t)
	base := w.serveWorld(t)
	try := func(email, password string) answer {
		w.now.Advance(7 * time.Second) // apart from the limit per address of the network
		return newBrowser(t, base).do(t, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	}
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false // that limit is PocketBase's, and counts real time
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		known, unknown := try(login.Email, "wrong"), try("nobody@example.com", "wrong")
		if known.status != http.StatusUnauthorized || known.body != unknown.body || unknown.status != known.status {
			t.Errorf("guess %d: %d %s, of an unknown address %d %s", i, known.status, known.body, unknown.status, unknown.body)
		}
	}
	known, unknown := try(strings.ToUpper(login.Email), login.Password), try("nobody@example.com", "wrong")
	if known.status != http.StatusTooManyRequests || unknown.status != known.status || known.header.Get("Retry-After") == "" {
		t.Errorf("after six: %d %s, of an unknown address %d %s", known.status, known.body, unknown.status, unknown.body)
	}
	w.now.Advance(time.Minute)
	if got := try(login.Email, login.Password); got.status != http.StatusOK {
		t.Errorf("after the pause: %d %s", got.status, got.body)
	}
	if got := try(login.Email, "wrong"); got.status != http.StatusUnauthorized {
		t.Errorf("a success did not clear the count: %d", got.status)
	}
}

// ASVS 6.2.4, 7.4.2
func TestChangesEndSessions(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	base := w.serveWorld(t)
	signedIn := func() *browser { b := newBrowser(t, base); b.signIn(t, login); return b }
	ended := func(what string, b *browser) {
		t.Helper()
		if got := b.get(t, sessionPath); got.status != http.StatusUnauthorized {
			t.Errorf("%s: the other session answers %d", what, got.status)
		}
	}
	b, other := signedIn(), signedIn()
	list := decode[struct {
		Items []struct {
			ID      string
			Current bool
		}
	}](t, b.get(t, "/api/halotrack/me/sessions"))
	if len(list.Items) != 2 {
		t.Fatalf("%d devices", len(list.Items))
	}
	for _, item := range list.Items {
		if !item.Current {
			if got := b.do(t, "DELETE", "/api/halotrack/me/sessions/"+item.ID, ""); got.status != http.StatusNoContent {
				t.Errorf("revoke a device: %d", got.status)
			}
		}
	}
	ended("a revoked device", other)

	other = signedIn()
	for _, c := range []struct {
		password string
		want     int
	}{{"password1234", 400}, {"short", 400}, {"alice@example.com", 400}, {"lamp gravel otter sonnet", 204}} { // ASVS 6.2.4
		if got := b.do(t, "POST", "/api/halotrack/me/password", fmt.Sprintf(`{"password":%q}`, c.password)); got.status != c.want {
			t.Errorf("password %q: %d %s", c.password, got.status, got.body)
		}
	}
	login.Password = "lamp gravel otter sonnet"
	ended("a changed password", other)

	other = signedIn()
	user, err := w.App.FindAuthRecordByEmail("users", login.Email)
	if err != nil {
		t.Fatal(err)
	}
	w.person(t, "carol@example.com", account, access.Owner) // the last owner stays
	if err := session.Deactivate(w.App, user, w.now.Now()); err != nil {
		t.Fatal(err)
	}
	ended("a deactivated person", other)
	if got := newBrowser(t, base).do(t, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q}`, login.Email, login.Password)); got.status != http.StatusUnauthorized {
		t.Errorf("a deactivated person signs in: %d", got.status)
	}
}

func TestPasswordRules(t *testing.T) {
	for _, c := range []struct {
		rules    session.Rules
		password string
		ok       bool
	}{
		{session.ByLength, "lamp gravel otter sonnet", true},
		{session.ByLength, "qwertyuiop123", false},
		{session.ByLength, "aaaaaaaaaaaaaaaa", false},
		{session.ByLength, "halotrack2026!", false},
		{session.ByLength, strings.Repeat("long words ", 8), false},
		{session.AmazonDPP, "lamp gravel otter sonnet", false},
		{session.AmazonDPP, "Lamp gravel 7 otter sonnet", true},
	} {
		if why := c.rules.Check(c.password, "alice@example.com"); (why == "") != c.ok {
			t.Errorf("%s %q: %q", c.rules, c.password, why)
		}
	}
}
