// Package readonly is the only door to Amazon: an http.RoundTripper that knows
// the handful of operations this product uses, none of which changes anything
// at a seller, and refuses every other request before a byte of it is sent
// (adsapi.md trap 39: a rule such as "GET only" would be wrong both ways).
package readonly

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// ErrRefused is wrapped by the error for a request outside the allow-list. The
// error names method and path, never the query.
var ErrRefused = errors.New("not on the read-only allow-list")

// Call is one request that passed the door.
type Call struct {
	Operation string // lwa.token, spapi.createReport, ads.listProfiles, document.download, …
	Host      string
	Status    int    // 0 where no answer came
	Owner     string // the connection it was made for, as ClientFor was told; empty: none
}

type ownerKey struct{}

// WithOwner names the connection that requests under the context are made
// for. The name goes to OnCall and nowhere else.
func WithOwner(ctx context.Context, connection string) context.Context {
	return context.WithValue(ctx, ownerKey{}, connection)
}

// Transport is the allow-list. It is safe for concurrent use.
type Transport struct {
	rules  rules
	next   http.RoundTripper
	onCall atomic.Pointer[func(Call)]
}

// New returns the door to e. next sends what is allowed; nil means a transport
// with TLS 1.2 or better, timeouts, no proxy and no decompression (documents
// are recognised by their bytes, spapi.md §3.3).
func New(e Endpoints, next http.RoundTripper) *Transport {
	if next == nil {
		next = hardened()
	}
	return &Transport{rules: rulesFor(e), next: next}
}

func hardened() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  60 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           32,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
	}
}

// Client returns a client behind the door. It follows no redirect: one would
// carry headers to another host.
func (t *Transport) Client() *http.Client {
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ClientFor returns a client behind the door whose requests are counted as
// those of a connection.
func (t *Transport) ClientFor(connection string) *http.Client {
	client := t.Client()
	client.Transport = owned{t, connection}
	return client
}

type owned struct {
	*Transport
	connection string
}

// RoundTrip implements http.RoundTripper.
func (o owned) RoundTrip(r *http.Request) (*http.Response, error) {
	return o.Transport.RoundTrip(r.WithContext(WithOwner(r.Context(), o.connection)))
}

// OnCall sets the function that is told of every call that was let through,
// after its answer. It runs on the caller's goroutine and must not block.
func (t *Transport) OnCall(f func(Call)) { t.onCall.Store(&f) }

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	operation, out, err := t.rules.check(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	res, err := t.next.RoundTrip(out)
	if f := t.onCall.Load(); f != nil && *f != nil {
		call := Call{Operation: operation, Host: r.URL.Host}
		call.Owner, _ = r.Context().Value(ownerKey{}).(string)
		if res != nil {
			call.Status = res.StatusCode
		}
		(*f)(call)
	}
	return res, err
}

// CloseIdleConnections closes the connections that are not in use.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func refuse(r *http.Request, why string) error {
	path := ""
	if r.URL != nil {
		path = r.URL.EscapedPath()
		if len(path) > 200 {
			path = path[:200] + "…"
		}
	}
	return fmt.Errorf("%s %s: %w (%s)", r.Method, path, ErrRefused, why)
}
