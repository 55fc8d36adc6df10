package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/readonly"
)

// A clock that is further off has codes of authenticator apps refused, which
// are good for half a minute before and after.
const mostSkew = 30 * time.Second

// Certificates are renewed a month before their end; one that has fewer days
// left is not being renewed.
const (
	fewDays = 7
	someday = 21
)

// public looks at the public address as people reach it.
func (d *doctor) public(ctx context.Context) []finding {
	const check = "TLS"
	u, err := url.Parse(d.config.URL)
	if err != nil {
		return []finding{fail(check, "set HALOTRACK_URL", "%v", err)}
	}
	var found []finding
	switch {
	case u.Scheme == "https":
	case isLoopback(u.Hostname()):
		found = append(found, fine(check, "%s is on this machine alone and needs none", d.config.URL))
	default:
		found = append(found, advise(check, "put TLS before it if anybody else is on that network", "what passes to %s is not encrypted", d.config.URL))
	}
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, RootCAs: d.roots, Time: d.clock.Now,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.config.URL+"/api/halotrack/healthz", nil)
	if err != nil {
		return append(found, fail("public address", "set HALOTRACK_URL", "%v", err))
	}
	response, err := client.Do(request)
	if err != nil {
		return append(found, d.unreached(err))
	}
	defer response.Body.Close()
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		found = append(found, certificateFinding(response.TLS.PeerCertificates[0], d.clock.Now()))
	}
	return append(found, answerFinding(d.config.URL, response))
}

// unreached says why the public address did not answer.
func (d *doctor) unreached(err error) finding {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fail("TLS", "renew it, or have the proxy send the whole chain for this name", "browsers refuse the certificate of %s: %v", d.config.URL, certificate.Err)
	}
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, new(tls.RecordHeaderError)) {
		return fail("TLS", "have the port serve TLS (serve DOMAIN, or a proxy before it)", "what answers at %s does not speak TLS", d.config.URL)
	}
	if !d.up {
		return advise("public address", "start the server, then run doctor again", "nobody answers at %s: %v", d.config.URL, err)
	}
	return fail("public address", "look at DNS, firewall and proxy; some routers do not let a machine reach its own public address: then try from another", "nobody answers at %s: %v", d.config.URL, err)
}

func certificateFinding(c *x509.Certificate, now time.Time) finding {
	days := int(c.NotAfter.Sub(now) / (24 * time.Hour))
	const text, todo = "the certificate is good until %s (%d days)", "see why it is not renewed: with serve DOMAIN ports 80 and 443 must be reachable from outside, else ask the proxy"
	until := c.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case days < fewDays:
		return fail("TLS", todo, text, until, days)
	case days < someday:
		return advise("TLS", todo, text, until, days)
	}
	return fine("TLS", text, until, days)
}

// answerFinding tells whether who answered is such a server.
func answerFinding(address string, response *http.Response) finding {
	const check = "public address"
	var h healthReport
	err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&h)
	switch {
	case response.StatusCode == http.StatusMisdirectedRequest:
		return fail(check, "have the proxy hand on the Host header unchanged", "the server at %s is asked for another name", address)
	case err != nil || h.Status == "" || h.Jobs == nil:
		return fail(check, "look at DNS and at where the proxy sends what it gets", "what answers at %s (%d) is not HaloTrack", address, response.StatusCode)
	}
	return fine(check, "%s leads to a server of HaloTrack", address)
}

// amazon looks whether Amazon can be reached, and at the clock by its answers.
func (d *doctor) amazon(ctx context.Context) []finding {
	endpoints, err := d.config.Endpoints()
	if err != nil {
		return []finding{fail("Amazon", "mend the setting", "%v", err)}
	}
	door := readonly.New(endpoints, nil)
	defer door.CloseIdleConnections()
	hosts := door.Reach(ctx, d.clock)
	if len(hosts) == 0 {
		return []finding{advise("Amazon", "use the release build", "this test build reaches no Amazon")}
	}
	return []finding{clockFinding(hosts), reachFinding(hosts, d.config.Amazon.Overridden())}
}

func reachFinding(hosts []readonly.Reached, standIns bool) finding {
	var out []string
	var first error
	for _, h := range hosts {
		if h.Err != nil {
			out, first = append(out, strings.TrimPrefix(h.Base, "https://")), cmp.Or(first, h.Err)
		}
	}
	switch {
	case len(out) > 0:
		return fail("Amazon", "let this machine reach them by DNS and on port 443; a proxy is not used", "%d of %d hosts cannot be reached: %s (the first: %v)", len(out), len(hosts), strings.Join(out, ", "), first)
	case standIns:
		return advise("Amazon", "unset HALOTRACK_LWA_URL, HALOTRACK_SPAPI_URL and HALOTRACK_ADS_URL to reach Amazon", "all %d stand-ins for Amazon on this machine can be reached", len(hosts))
	}
	return fine("Amazon", "all %d hosts can be reached", len(hosts))
}

// clockFinding compares our clock with the one of the hosts that differs least:
// a single host may be wrong, and ours is if it agrees with none.
func clockFinding(hosts []readonly.Reached) finding {
	var ahead *time.Duration
	for _, h := range hosts {
		if h.Ahead != nil && (ahead == nil || h.Ahead.Abs() < ahead.Abs()) {
			ahead = h.Ahead
		}
	}
	switch {
	case ahead == nil:
		return advise("clock", "run doctor again once Amazon can be reached", "there was nobody to compare it with")
	case ahead.Abs() > mostSkew:
		direction := "behind"
		if *ahead < 0 {
			direction = "ahead of"
		}
		return fail("clock", "have the system keep time by NTP (timedatectl set-ntp true); second factors and reports' times are wrong until then", "this machine is %s %s Amazon", ahead.Abs().Round(time.Second), direction)
	}
	return fine("clock", "it agrees with Amazon's to %s", max(ahead.Abs().Round(time.Second), time.Second))
}
