package cli

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"
)

const publicHost = "halotrack.example.com"

// ask sends a request that names the host.
func ask(t *testing.T, base, host, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(text), response.Header}
}

// TestEveryAnswerCarriesTheHeaders asks by every route, in vain and in error:
// what is no route, what has another method, what is for another host, and what
// breaks carry the headers too.
//
// ASVS 3.4.1, 3.4.3, 3.4.5
func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	w := newWorld(t, 1)
	w.Config.URL, w.Config.Site = "https://"+publicHost, true
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	w.App.OnServe().BindFunc(func(se *core.ServeEvent) error {
		se.Router.GET("/api/broken", func(*core.RequestEvent) error { panic("broken") })
		return se.Next()
	})
	base, all := w.routes(t)
	type request struct {
		host, method, path string
		want               int // 0: any
	}
	requests := []request{
		{publicHost, "GET", "/", 200}, {publicHost, "GET", "/login", 200}, {publicHost, "GET", "/nowhere", 404}, {publicHost, "GET", "/assets/nothing.js", 404},
		{publicHost, "GET", "/api/broken", 500}, {publicHost, "GET", "/api/nothing", 404}, {publicHost, "PUT", "/api/halotrack/healthz", 0}, {publicHost, "DELETE", "/", 0},
		{publicHost, "POST", "/api/halotrack/session", 400}, {publicHost, "GET", "/api/halotrack/session", 401},
		{"evil.example", "GET", "/", 421}, {"evil.example", "GET", "/api/halotrack/session", 421}, {"evil.example", "POST", "/api/halotrack/session", 421},
		{publicHost, "GET", "/api//halotrack/../halotrack/session", 0}, {publicHost, "OPTIONS", "/api/halotrack/session", 0}, {publicHost, "TRACE", "/", 0},
	}
	for _, r := range all {
		path := wildcard.ReplaceAllString(r.path, unknownID)
		requests = append(requests, request{publicHost, r.method, path, 0}, request{publicHost, "PROPFIND", path, 0})
	}
	for _, q := range requests {
		got := ask(t, base, q.host, q.method, q.path, "")
		if q.want != 0 && got.status != q.want {
			t.Errorf("%s %s%s: %d %.200s, want %d", q.method, q.host, q.path, got.status, got.body, q.want)
		}
		for _, wrong := range missing(got, q.path, q.method == "GET" && strings.HasPrefix(q.path, "/_/")) {
			t.Errorf("%s %s%s (%d): %s", q.method, q.host, q.path, got.status, wrong)
		}
		if strings.Contains(got.body, "goroutine") || strings.Contains(got.body, "broken") && q.path == "/api/broken" {
			t.Errorf("%s: the answer tells how it broke: %s", q.path, got.body)
		}
	}
	if len(missing(answer{header: http.Header{}}, "/api/x", false)) < 8 {
		t.Error("an answer without headers counts as whole")
	}
}

// missing says what the headers of an answer lack.
func missing(a answer, path string, panel bool) (wrong []string) {
	need := map[string]string{
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Permissions-Policy": "camera=()", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	}
	policy := a.header.Get("Content-Security-Policy")
	need["X-Frame-Options"] = "DENY"
	if !panel { // it brings a policy of its own
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, part) {
				wrong = append(wrong, "the policy lacks "+part)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
			wrong = append(wrong, "the policy allows too much: "+policy)
		}
	}
	if policy == "" {
		wrong = append(wrong, "no policy")
	}
	if a.header.Get("Referrer-Policy") == "same-origin" && !strings.HasPrefix(path, "/api/") {
		need["Referrer-Policy"] = "same-origin" // of pages with a form that needs no script: nothing leaves our origin either
	}
	if strings.HasPrefix(path, "/api/") {
		need["Cache-Control"] = "no-store"
	}
	for name, want := range need {
		if got := a.header.Values(name); len(got) != 1 || !strings.Contains(got[0], want) {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", name, got, want))
		}
	}
	if cookie := a.header.Get("Set-Cookie"); cookie != "" && !strings.Contains(cookie, "Max-Age=0") {
		wrong = append(wrong, "a guest got the cookie "+cookie)
	}
	return wrong
}

// ASVS 3.3.1, 3.3.4
func TestCookieIsOfThisHostAlone(t *testing.T) {
	w := newWorld(t, 1)
	login, _ := w.alice(t)
	w.Config.URL = "https://" + publicHost
	base := w.serveWorld(t)
	in := ask(t, base, publicHost, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q}`, login.Email, login.Password))
	set := in.header.Values("Set-Cookie")
	if in.status != http.StatusOK || len(set) != 1 {
		t.Fatalf("%d %s, cookies %q", in.status, in.body, set)
	}
	cookie, err := http.ParseSetCookie(set[0])
	if err != nil {
		t.Fatal(err)
	}
	if cookie.Name != "__Host-session" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 12*60*60 {
		t.Errorf("the cookie is %s", set[0])
	}
	if strings.Contains(in.body, cookie.Value) || strings.Contains(strings.ToLower(in.body), "token") {
		t.Errorf("the session stands in the answer too: %s", in.body)
	}
	if got := ask(t, base, publicHost, "GET", sessionPath, "", "Cookie", "__Host-session="+cookie.Value); got.status != http.StatusOK {
		t.Errorf("with the cookie: %d", got.status)
	}
	if got := ask(t, base, publicHost, "GET", sessionPath, "", "Cookie", "session="+cookie.Value); got.status != http.StatusUnauthorized {
		t.Errorf("with a cookie that another host of the domain could set: %d", got.status)
	}
}

// ASVS 3.6.1
func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	w := newWorld(t, 1)
	b := newBrowser(t, w.serveWorld(t))
	page := b.get(t, "/login")
	loads := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page.body, -1)
	if len(loads) == 0 {
		t.Fatalf("the page loads nothing: %s", page.body)
	}
	for _, m := range loads {
		if !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") {
			t.Errorf("the page loads %s", m[1])
			continue
		}
		if got := b.get(t, m[1]); got.status != http.StatusOK || regexp.MustCompile(`@import|url\(["']?(?:https?:)?//`).MatchString(got.body) {
			t.Errorf("%s: %d, or it loads from elsewhere", m[1], got.status)
		}
	}
	if regexp.MustCompile(`<script>|<style>| on[a-z]+="`).MatchString(page.body) {
		t.Errorf("the page has code in it: %s", page.body)
	}
}

// Guessing from one address is slowed down, whatever address it claims, and the
// claim is kept nowhere.
//
// ASVS 2.4.1, 4.1.3
func TestForwardedAddressesAreNotBelieved(t *testing.T) {
	const forged = "203.0.113.77"
	try := func(t *testing.T, w *world, n int) (refused bool) {
		base := w.serveWorld(t)
		for i := range n {
			got := ask(t, base, "127.0.0.1", "POST", sessionPath, fmt.Sprintf(`{"email":"guess%d@example.com","password":"x"}`, i),
				"X-Forwarded-For", fmt.Sprintf("198.51.100.%d, %s", i, forged), "X-Real-IP", forged, "Forwarded", "for="+forged)
			refused = refused || got.status == http.StatusTooManyRequests
		}
		return refused
	}
	w := newWorld(t, 1)
	if !try(t, w, 12) {
		t.Error("twelve guesses in a minute from one address were all answered")
	}
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		records, err := w.App.FindAllRecords(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if text := fmt.Sprint(r.FieldsData()); strings.Contains(text, forged) || strings.Contains(text, "127.0.0.1") {
				t.Errorf("%s holds an address: %s", c.Name, text)
			}
		}
	}
	if strings.Contains(w.log.String(), forged) {
		t.Error("the log holds the address")
	}
	// Behind a proxy of ours the last address that is not the proxy's counts, and
	// what is left of it does not.
	trusting := newWorld(t, 1)
	trusting.Config.TrustedProxy = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if !try(t, trusting, 12) {
		t.Error("behind a proxy twelve guesses from one address, which claims others, were all answered")
	}
}

// TestTLSIsOfToday holds the server's TLS against the least that is still safe.
func TestTLSIsOfToday(t *testing.T) {
	w := newWorld(t, 1)
	var least uint16
	w.App.OnServe().BindFunc(func(se *core.ServeEvent) error {
		if se.Server.TLSConfig != nil {
			least = se.Server.TLSConfig.MinVersion
		}
		return se.Next()
	})
	w.serveWorld(t)
	if !slices.Contains([]uint16{tls.VersionTLS12, tls.VersionTLS13}, least) {
		t.Errorf("the least version is %x", least)
	}
}
