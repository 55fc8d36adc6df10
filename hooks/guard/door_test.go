package guard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

func door(t *testing.T, public string, proxies ...string) Door {
	t.Helper()
	u, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	d := Door{Public: u}
	for _, p := range proxies {
		d.Proxies = append(d.Proxies, netip.MustParsePrefix(p))
	}
	return d
}

func TestForeignHostsAreMisdirected(t *testing.T) {
	const public, local = "https://halotrack.example.com", "http://127.0.0.1:8090"
	for _, c := range []struct {
		public, host, peer, path string
		want                     int
	}{
		{public, "halotrack.example.com", "203.0.113.9:1", "/", 200},
		{public, "HaloTrack.example.com:443", "203.0.113.9:1", "/", 200},
		{public, "evil.example", "203.0.113.9:1", "/", 421},
		{public, "halotrack.example.com.evil.example", "203.0.113.9:1", "/", 421},
		{public, "", "203.0.113.9:1", "/", 421},
		{public, "127.0.0.1:8090", "127.0.0.1:1", "/", 421},
		{public, "127.0.0.1:8090", "127.0.0.1:1", "/api/halotrack/healthz", 200},
		{public, "localhost:8090", "[::1]:1", "/api/halotrack/healthz", 200},
		{public, "127.0.0.1:8090", "203.0.113.9:1", "/api/halotrack/healthz", 421},
		{public, "evil.example", "127.0.0.1:1", "/api/halotrack/healthz", 421},
		{public, "mirror.example.com", "203.0.113.9:1", "/", 200},
		{public, "www.mirror.example.com", "203.0.113.9:1", "/", 200},
		{local, "127.0.0.1:40123", "127.0.0.1:1", "/", 200},
		{local, "localhost:8090", "127.0.0.1:1", "/", 200},
		{local, "rebound.example", "127.0.0.1:1", "/", 421},
		{local, "[::1]:8090", "[::1]:1", "/", 200},
	} {
		d := door(t, c.public)
		d.Domains = []string{"mirror.example.com"}
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Host, r.RemoteAddr = c.host, c.peer
		w := httptest.NewRecorder()
		d.Before(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s asked for %q%s by %s: %d, want %d", c.public, c.host, c.path, c.peer, w.Code, c.want)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") == "" {
			t.Errorf("an answer of %d lacks security headers: %v", w.Code, w.Header())
		}
		if hsts := w.Header().Get("Strict-Transport-Security"); (hsts != "") != (c.public == public) {
			t.Errorf("%s: HSTS %q", c.public, hsts)
		}
	}
}

// pocketbase.md trap 22
func TestForwardedAddressesAreBelievedFromTrustedProxiesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"nobody forwards":             {"203.0.113.9:1", nil, "203.0.113.9:1"},
		"a stranger's word":           {"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9:1"},
		"the proxy's word":            {"10.0.0.2:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		"what the client wrote first": {"10.0.0.2:1", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1:0"},
		"in a header of its own":      {"10.0.0.2:1", []string{"192.0.2.66", "198.51.100.1"}, "198.51.100.1:0"},
		"a chain of proxies":          {"10.0.0.2:1", []string{"198.51.100.1, 10.0.0.3"}, "198.51.100.1:0"},
		"rubbish last":                {"10.0.0.2:1", []string{"198.51.100.1, nonsense"}, "10.0.0.2:1"},
		"rubbish before a proxy":      {"10.0.0.2:1", []string{"nonsense, 10.0.0.3"}, "10.0.0.3:0"},
		"IPv6":                        {"[fd00::2]:1", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		"mapped":                      {"[::ffff:10.0.0.2]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1:0"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host, r.RemoteAddr = "halotrack.example.com", c.peer
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		var got string
		seen := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })
		door(t, "https://halotrack.example.com", "10.0.0.0/8", "fd00::/8").Before(seen).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
