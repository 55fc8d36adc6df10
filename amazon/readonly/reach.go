package readonly

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Reached says whether one host of Amazon's can be reached from here.
type Reached struct {
	Base string // scheme and host
	Err  error  // nil: it can
	// Ahead is by how much the host's clock is ahead of ours, to about a second;
	// nil where the host was not asked for anything, or did not say.
	Ahead *time.Duration
}

// unasked are operations that the hosts of a service answer with a refusal
// when they are called without a credential. Login with Amazon has none: all
// that it is asked holds one.
var unasked = map[service]string{
	serviceSPAPI: "/sellers/v1/marketplaceParticipations",
	serviceAds:   "/v2/profiles",
}

// Reach tries every host behind the door and sends none a credential: of SP-API
// and Ads hosts an operation of the list is asked without one, which they
// refuse; with Login with Amazon a connection is opened and closed. The hosts
// are sorted; ctx bounds how long they are waited for.
func (t *Transport) Reach(ctx context.Context, c clock.Clock) []Reached {
	all := make([]Reached, 0, len(t.rules.hosts))
	for _, base := range slices.Sorted(maps.Keys(t.rules.hosts)) {
		all = append(all, Reached{Base: base})
	}
	var waiting sync.WaitGroup
	for i := range all {
		one := &all[i]
		waiting.Go(func() {
			for _, s := range t.rules.hosts[one.Base] {
				if path, ok := unasked[s]; ok {
					one.Ahead, one.Err = t.ask(ctx, c, one.Base+path)
					return
				}
			}
			one.Err = connect(ctx, one.Base)
		})
	}
	waiting.Wait()
	return all
}

// ask calls an operation and reads no more of the answer than its date.
func (t *Transport) ask(ctx context.Context, c clock.Clock, address string) (*time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	began := c.Now()
	response, err := t.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	ended := c.Now()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection ends in order
	if err := response.Body.Close(); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return nil, nil // it was reached, which is what was asked
	}
	ahead := date.Add(time.Second / 2).Sub(began.Add(ended.Sub(began) / 2)) // a Date is cut to its second
	return &ahead, nil
}

// connect opens a connection, encrypted where the base is, and closes it.
func connect(ctx context.Context, base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	var conn net.Conn
	if u.Scheme == "https" {
		conn, err = (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", address)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return err
	}
	return conn.Close()
}
