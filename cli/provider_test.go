package cli

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
)

// provider is an OpenID Connect provider of its own, which signs with RS256 and
// checks PKCE.
type provider struct {
	*httptest.Server
	t       *testing.T
	key     *rsa.PrivateKey
	clock   clock.Clock
	subject string // who signs in there
	scope   string // what was asked for last
	bend    func(claims map[string]any)
	codes   map[string]url.Values
	spent   int
}

func newProvider(t *testing.T, c clock.Clock) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, clock: c, subject: "alice-there", codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	asked, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || id != "client" || secret != "hunter2secret" ||
		r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	p.spent++
	now := p.clock.Now()
	claims := map[string]any{"iss": p.URL, "aud": "client", "sub": p.subject, "nonce": asked.Get("nonce"), "email": "bob@example.com", "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	if p.bend != nil {
		p.bend(claims)
	}
	p.answer(w, map[string]any{"access_token": "there-access", "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(claims)})
}

func (p *provider) sign(claims map[string]any) string {
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(map[string]string{"alg": "RS256", "kid": "k"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// visit is the person signing in at the provider, at the address they were sent
// to; it returns the way back.
func (p *provider) visit(address string) (back string) {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.URL+"/authorize?") {
		p.t.Fatalf("sent to %q, %v", address, err)
	}
	q := u.Query()
	// ASVS 10.2.3: who the person is, and nothing else.
	p.scope = q.Get("scope")
	if p.scope != "openid" && p.scope != "openid email" || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 {
		p.t.Errorf("asked for %v", q)
	}
	code := fmt.Sprintf("code-%d", len(p.codes)+1000*p.spent)
	p.codes[code] = q
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		p.t.Fatal(err)
	}
	return to.Path + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
}

const providerPath = "/api/halotrack/session/provider"

// wanderer is a browser that follows no redirect by itself.
func wanderer(t *testing.T, base string) *browser {
	t.Helper()
	b := newBrowser(t, base)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// ASVS 10.1.1, 10.2.1, 10.2.3
func TestSigningInElsewhere(t *testing.T) {
	w := newWorld(t, 1)
	p := newProvider(t, w.now)
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	w.Config.Provider = config.Provider{Issuer: p.URL, Client: config.Client{ID: "client", Secret: "hunter2secret"}, Name: "Example Accounts"}
	login, account := w.alice(t)
	bob := w.person(t, "bob@example.com", account, "viewer")
	base := w.serveWorld(t)
	if got := newBrowser(t, base).get(t, providerPath+"/name"); got.body != `{"name":"Example Accounts"}`+"\n" && got.body != `{"name":"Example Accounts"}` {
		t.Errorf("the name: %s", got.body)
	}
	signIn := func(b *browser) answer {
		t.Helper()
		defer func() {
			if p.scope != "openid" {
				t.Errorf("signing in asks for %q", p.scope)
			}
		}()
		gone := b.get(t, providerPath)
		if gone.status != http.StatusFound {
			t.Fatalf("leaving: %d %s", gone.status, gone.body)
		}
		return b.get(t, p.visit(gone.header.Get("Location")))
	}
	came := func(what string, a answer, to string) {
		t.Helper()
		if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != to {
			t.Errorf("%s: %d to %q, want %q", what, a.status, got, to)
		}
		if strings.Contains(a.body, "there-access") || strings.Contains(a.header.Get("Location"), "code") {
			t.Errorf("%s: the answer holds a secret", what)
		}
	}
	signedIn := func(b *browser) bool { return b.get(t, sessionPath).status == http.StatusOK }

	// An address that the provider vouches for opens no account.
	stranger := wanderer(t, base)
	came("nobody linked it", signIn(stranger), "/login?provider=unlinked")
	if signedIn(stranger) {
		t.Error("a verified e-mail address opened an account")
	}

	// Alice links it: signed in, and fresh.
	a := wanderer(t, base)
	a.signIn(t, login)
	w.now.Advance(11 * time.Minute)
	if got := a.do(t, "POST", "/api/halotrack/me/provider", ""); got.status != http.StatusForbidden {
		t.Errorf("linking long after signing in: %d", got.status)
	}
	a.signIn(t, login)
	begun := decode[struct{ URL string }](t, a.do(t, "POST", "/api/halotrack/me/provider", ""))
	back := p.visit(begun.URL)
	came("another browser ends it", wanderer(t, base).get(t, back), "/login?provider=failed")
	came("alice ends it", a.get(t, back), "/me?provider=linked")
	came("once more", a.get(t, back), "/login?provider=failed")
	if got := a.get(t, "/api/halotrack/me/provider"); !strings.Contains(got.body, `"linked":true`) {
		t.Errorf("linked: %s", got.body)
	}
	// Bob cannot link alice's.
	b := wanderer(t, base)
	b.signIn(t, bob)
	begun = decode[struct{ URL string }](t, b.do(t, "POST", "/api/halotrack/me/provider", ""))
	came("somebody else's", b.get(t, p.visit(begun.URL)), "/me?provider=failed")

	fresh := wanderer(t, base)
	came("alice signs in", signIn(fresh), "/")
	if got := fresh.get(t, sessionPath); !strings.Contains(got.body, login.Email) {
		t.Errorf("who am I: %s", got.body)
	}

	// What does not fit signs nobody in.
	for what, bend := range map[string]func(map[string]any){
		"another issuer":  func(c map[string]any) { c["iss"] = "https://evil.example" },
		"another client":  func(c map[string]any) { c["aud"] = "other" },
		"another nonce":   func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":        func(c map[string]any) { delete(c, "nonce") },
		"an old word":     func(c map[string]any) { c["exp"] = w.now.Now().Add(-time.Minute).Unix() },
		"nobody":          func(c map[string]any) { c["sub"] = "" },
		"someone unknown": func(c map[string]any) { c["sub"] = "else" },
	} {
		p.bend = bend
		b := wanderer(t, base)
		want := "/login?provider=failed"
		if what == "someone unknown" {
			want = "/login?provider=unlinked"
		}
		came(what, signIn(b), want)
		if signedIn(b) {
			t.Errorf("%s signed in", what)
		}
	}
	p.bend = nil
	victim := wanderer(t, base)
	gone := victim.get(t, providerPath)
	back = p.visit(gone.header.Get("Location"))
	spent := p.spent
	came("another's way back", wanderer(t, base).get(t, back), "/login?provider=failed")
	came("a forged state", victim.get(t, strings.Replace(back, "state=", "state=x", 1)), "/login?provider=failed")
	victim.get(t, providerPath)
	w.now.Advance(10 * time.Minute)
	came("ten minutes later", victim.get(t, back), "/login?provider=failed")
	if p.spent != spent {
		t.Errorf("%d codes were spent for nothing", p.spent-spent)
	}

	// A second factor that was set up is asked for here too.
	a.signIn(t, login)
	secret, _ := w.setUpTOTP(t, a)
	half := wanderer(t, base)
	came("with a second factor", signIn(half), "/")
	for _, path := range []string{"/api/halotrack/accounts", "/api/halotrack/accounts/" + account + "/overview"} {
		if got := half.get(t, path); got.status != http.StatusForbidden {
			t.Errorf("%s with one factor of two: %d", path, got.status)
		}
	}
	for _, path := range []string{"/me/totp", "/me/provider"} {
		if got := half.do(t, "DELETE", "/api/halotrack"+path, ""); got.status != http.StatusForbidden {
			t.Errorf("%s with one factor of two: %d", path, got.status)
		}
	}
	if got := half.do(t, "POST", sessionPath+"/otp", `{"otp":"000000"}`); got.status != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d", got.status)
	}
	w.now.Advance(time.Minute)
	held := half.cookie(t)
	if got := half.do(t, "POST", sessionPath+"/otp", fmt.Sprintf(`{"otp":%q}`, w.code(t, secret))); got.status != http.StatusNoContent {
		t.Errorf("the code: %d %s", got.status, got.body)
	}
	half.renewed(t, "the code of the second factor", held)
	if got := half.get(t, "/api/halotrack/accounts/"+account+"/overview"); got.status != http.StatusOK {
		t.Errorf("with both factors: %d %s", got.status, got.body)
	}
	if got := half.do(t, "DELETE", "/api/halotrack/me/provider", ""); got.status != http.StatusNoContent {
		t.Errorf("unlink: %d %s", got.status, got.body)
	}
	came("after unlinking", signIn(wanderer(t, base)), "/login?provider=unlinked")
	for _, text := range []string{"hunter2secret", "there-access", "alice-there", "code-"} {
		if strings.Contains(w.log.String(), text) {
			t.Errorf("the log holds %s", text)
		}
	}
}

func TestNoProviderNoRoute(t *testing.T) {
	w := newWorld(t, 1)
	b := newBrowser(t, w.serveWorld(t))
	for _, path := range []string{providerPath, providerPath + "/callback", "/api/halotrack/me/provider"} {
		if got := b.get(t, path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	_, token := w.application(t, "wanda@example.com")
	if got := b.do(t, "POST", joinerPath, accepting(token, `,"name":"Wanda","businessName":"Wanda & Co"`)); got.status != http.StatusNotFound {
		t.Errorf("joining elsewhere: %d %s", got.status, got.body)
	}
	if got := b.get(t, providerPath+"/name"); !strings.Contains(got.body, `"name":null`) {
		t.Errorf("%s", got.body)
	}
}
