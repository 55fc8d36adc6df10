package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/config"
)

// joinerPath begins joining at the provider.
const joinerPath = "/api/halotrack/invitations/provider"

// TestJoiningByTheProvider has invited people show at the provider that the
// address is theirs: user, membership and identity are made together, for whoever
// the provider vouches for with the invited address, and nobody else.
//
// ASVS 10.2.1
func TestJoiningByTheProvider(t *testing.T) {
	w := newWorld(t, 1)
	p := newProvider(t, w.now)
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	w.Config.Provider = config.Provider{Issuer: p.URL, Client: config.Client{ID: "client", Secret: "hunter2secret"}, Name: "Example Accounts"}
	login, account := w.alice(t)
	base := w.serveWorld(t)
	alice := wanderer(t, base)
	alice.signIn(t, login)
	token := w.invite(t, alice, account, "Bob@Example.com", "analyst") // the provider says bob@example.com
	begin := func(b *browser, body string) string {
		t.Helper()
		return decode[struct{ URL string }](t, b.do(t, "POST", joinerPath, body)).URL
	}
	came := func(what string, a answer, to string) {
		t.Helper()
		if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != to {
			t.Errorf("%s: %d to %q, want %q", what, a.status, got, to)
		}
	}
	rows := func() (n [4]int64) {
		t.Helper()
		for i, table := range []string{"users", "memberships", "identities", "accounts"} {
			var err error
			if n[i], err = w.App.CountRecords(table); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	p.subject = "bob-there"
	before, bobs := rows(), accepting(token, `,"name":"Bob"`)
	for body, why := range map[string]string{
		accepting("nonsense", `,"name":"Bob"`):             "a wrong secret",
		accepting(token, ""):                               "no name",
		accepting(token, `,"name":"Bob","password":"x"`):   "a password",
		accepting(token, `,"name":"Bob","email":"x@y.zz"`): "an unknown field",
	} {
		if got := wanderer(t, base).do(t, "POST", joinerPath, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", why, got.status, got.body)
		}
	}
	for what, c := range map[string]struct {
		bend func(map[string]any)
		to   string
	}{
		"another address":        {func(c map[string]any) { c["email"] = "eve@example.com" }, "address"},
		"an unconfirmed address": {func(c map[string]any) { c["email_verified"] = false }, "address"},
		"no word about it":       {func(c map[string]any) { delete(c, "email_verified") }, "address"},
		"no address":             {func(c map[string]any) { delete(c, "email") }, "address"},
		"another client's word":  {func(c map[string]any) { c["aud"] = "other" }, "failed"},
		"a word of another trip": {func(c map[string]any) { c["nonce"] = "x" }, "failed"},
	} {
		p.bend = c.bend
		b := wanderer(t, base)
		came(what, b.get(t, p.visit(begin(b, bobs))), "/join?provider="+c.to+"#"+token)
		if got := b.get(t, sessionPath); got.status != http.StatusUnauthorized {
			t.Errorf("%s signed in: %d", what, got.status)
		}
	}
	p.bend = nil
	b := wanderer(t, base)
	back := p.visit(begin(b, bobs))
	came("another browser", wanderer(t, base).get(t, back), "/login?provider=failed")
	came("cancelled there", b.get(t, strings.Replace(back, "code=", "error=", 1)), "/join?provider=failed#"+token)
	if after := rows(); after != before {
		t.Fatalf("users, memberships, identities and accounts were %v, are %v", before, after)
	}
	w.tie(t, "bob-there", w.idOf(t, login.Email))
	came("somebody else's identity", b.get(t, p.visit(begin(b, bobs))), "/join?provider=taken#"+token)
	if after := rows(); after[0] != before[0] || after[1] != before[1] {
		t.Errorf("half of the joining stayed: %v, before %v", after, before)
	}

	p.subject = "the-real-bob"
	back = p.visit(begin(b, bobs))
	if p.scope != "openid email" {
		t.Errorf("the provider was asked for %q", p.scope)
	}
	came("bob", b.get(t, back), "/")
	if got := b.get(t, sessionPath); got.status != http.StatusOK || !strings.Contains(got.body, `"name":"Bob"`) || !strings.Contains(got.body, `"fresh":true`) {
		t.Errorf("bob after joining: %d %s", got.status, got.body)
	}
	if got := b.get(t, accountsPath+account+"/members"); got.status != http.StatusOK || !strings.Contains(got.body, `"role":"analyst"`) {
		t.Errorf("the account: %d %s", got.status, got.body)
	}
	if got := b.get(t, "/api/halotrack/me/provider"); !strings.Contains(got.body, `"linked":true`) {
		t.Errorf("linked: %s", got.body)
	}
	again := wanderer(t, base)
	gone := again.get(t, providerPath)
	if back = p.visit(gone.header.Get("Location")); p.scope != "openid" {
		t.Errorf("signing in asks for %q", p.scope)
	}
	came("bob signs in", again.get(t, back), "/")
	if got := wanderer(t, base).do(t, "POST", joinerPath, bobs); got.status != http.StatusBadRequest {
		t.Errorf("the invitation once more: %d", got.status)
	}

	// Who has an account here signs in to it, as without a provider.
	known := w.invite(t, alice, account, "carol@example.com", "viewer")
	w.person(t, "carol@example.com", account, "viewer")
	if got := wanderer(t, base).do(t, "POST", joinerPath, accepting(known, `,"name":"Carol"`)); got.status != http.StatusUnauthorized || !strings.Contains(got.body, `"signIn":"required"`) {
		t.Errorf("someone known: %d %s", got.status, got.body)
	}

	// A new account is made with its owner, once the provider has spoken. The
	// longest names fit into the cookie of the trip.
	_, wanda := w.application(t, "wanda@example.com")
	p.subject, p.bend = "wanda-there", func(c map[string]any) { c["email"], c["email_verified"] = "WANDA@example.com", "true" }
	b = wanderer(t, base)
	if got := b.do(t, "POST", joinerPath, accepting(wanda, `,"name":"Wanda"`)); got.status != http.StatusBadRequest {
		t.Errorf("without a name of the business: %d %s", got.status, got.body)
	}
	made, longest := rows(), strings.Repeat("<", 200)
	sent := b.do(t, "POST", joinerPath, accepting(wanda, `,"name":"`+longest+`","businessName":"`+longest+`","kind":"business"`))
	if n := len(sent.header.Get("Set-Cookie")); n == 0 || n > 4096 {
		t.Errorf("a cookie of %d bytes", n)
	}
	came("wanda", b.get(t, p.visit(decode[struct{ URL string }](t, sent).URL)), "/")
	if after := rows(); after != [4]int64{made[0] + 1, made[1] + 1, made[2] + 1, made[3] + 1} {
		t.Errorf("wanda's joining made %v of %v", after, made)
	}
	if got := b.get(t, "/api/halotrack/accounts"); !strings.Contains(got.body, `"role":"owner"`) {
		t.Errorf("wanda's accounts: %s", got.body)
	}
	for _, text := range []string{"hunter2secret", "there-access", "bob-there", token, "bob@"} {
		if strings.Contains(strings.ToLower(w.log.String()), strings.ToLower(text)) {
			t.Errorf("the log holds %s", text)
		}
	}
}

// tie links an identity of the world's provider to a person.
func (w *world) tie(t *testing.T, subject, user string) {
	t.Helper()
	identities, err := w.App.FindCollectionByNameOrId("identities")
	if err != nil {
		t.Fatal(err)
	}
	r := core.NewRecord(identities)
	for name, value := range map[string]any{"user": user, "issuer": w.Config.Provider.Issuer, "subject": subject, "linked": w.now.Now()} {
		r.Set(name, value)
	}
	if err := w.App.Save(r); err != nil {
		t.Fatal(err)
	}
}
