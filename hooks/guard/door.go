package guard

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Door stands before the router: every request passes it, those that no route
// knows included.
type Door struct {
	// Public is the address under which people reach this server.
	Public *url.URL
	// Domains are further names that it serves.
	Domains []string
	// Proxies are the networks whose word about a client's address is believed.
	Proxies []netip.Prefix
}

// Secure reports whether people come over HTTPS.
func (d Door) Secure() bool { return strings.EqualFold(d.Public.Scheme, "https") }

// Before returns next behind the door. A request for a host that is not ours
// gets 421 (a link in a mail, or a page of a rebound name, can only ever be
// ours); the address of a client behind a trusted proxy replaces the proxy's.
func (d Door) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), r.URL.Path, d.Secure())
		peer, _ := netip.ParseAddrPort(r.RemoteAddr)
		address := peer.Addr().Unmap()
		if !d.serves(r, address) {
			http.Error(w, "This server answers under its own name alone. Check the address, or HALOTRACK_URL.", http.StatusMisdirectedRequest)
			return
		}
		if client, ok := d.client(r, address); ok {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

// serves reports whether the request is for a name of ours. On this machine
// itself the loopback names are ours where the public address is one, and for
// asking after the health.
func (d Door) serves(r *http.Request, peer netip.Addr) bool {
	name := hostname(r.Host)
	if strings.EqualFold(name, d.Public.Hostname()) {
		return true
	}
	if slices.ContainsFunc(d.Domains, func(domain string) bool {
		return strings.EqualFold(name, domain) || strings.EqualFold(name, "www."+domain)
	}) {
		return true
	}
	return loopback(name) && (loopback(d.Public.Hostname()) || peer.IsLoopback() && r.URL.Path == "/api/halotrack/healthz")
}

// client returns the address of who speaks through a trusted proxy: the last
// one in X-Forwarded-For that is no trusted proxy itself. What is further left
// anyone may have written.
func (d Door) client(r *http.Request, peer netip.Addr) (client netip.Addr, ok bool) {
	if !d.trusted(peer) {
		return client, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return client, ok
		}
		client, ok = address.Unmap().WithZone(""), true
		if !d.trusted(client) {
			return client, true
		}
	}
	return client, ok
}

func (d Door) trusted(address netip.Addr) bool {
	return slices.ContainsFunc(d.Proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func loopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.IsLoopback()
}
