package readonly

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Endpoints are the base URLs (scheme and host, no path) of Amazon's three
// services by region. A region without an entry is unreachable.
type Endpoints struct {
	LWA, SPAPI, Ads map[marketplace.Region]string
}

// tokenPath is Login with Amazon's token operation.
const tokenPath = "/auth/o2/token"

// Production returns Amazon's own hosts (spapi.md §5.6, adsapi.md §2.1).
func Production() Endpoints {
	return Endpoints{
		LWA: map[marketplace.Region]string{
			marketplace.NorthAmerica: "https://api.amazon.com",
			marketplace.Europe:       "https://api.amazon.co.uk",
			marketplace.FarEast:      "https://api.amazon.co.jp",
		},
		SPAPI: map[marketplace.Region]string{
			marketplace.NorthAmerica: "https://sellingpartnerapi-na.amazon.com",
			marketplace.Europe:       "https://sellingpartnerapi-eu.amazon.com",
			marketplace.FarEast:      "https://sellingpartnerapi-fe.amazon.com",
		},
		Ads: map[marketplace.Region]string{
			marketplace.NorthAmerica: "https://advertising-api.amazon.com",
			marketplace.Europe:       "https://advertising-api-eu.amazon.com",
			marketplace.FarEast:      "https://advertising-api-fe.amazon.com",
		},
	}
}

// Loopback returns endpoints on this machine, for a simulator. Every URL given
// must be http or https on a loopback address; anything else is refused, so
// that a mistyped setting can never send a token to a stranger. Without any
// URL the result is Production; with one, every region that is not given is
// unreachable, so that a test can never reach Amazon by omission.
func Loopback(lwa, spapi, ads map[marketplace.Region]string) (Endpoints, error) {
	if len(lwa)+len(spapi)+len(ads) == 0 {
		return Production(), nil
	}
	e := Endpoints{LWA: map[marketplace.Region]string{}, SPAPI: map[marketplace.Region]string{}, Ads: map[marketplace.Region]string{}}
	for _, set := range []struct {
		name     string
		from, to map[marketplace.Region]string
	}{{"LWA", lwa, e.LWA}, {"SP-API", spapi, e.SPAPI}, {"Ads API", ads, e.Ads}} {
		for region, base := range set.from {
			u, err := url.Parse(base)
			if err != nil || !isLoopback(u) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
				return Endpoints{}, fmt.Errorf("the %s address of region %s must be http://127.0.0.1:<port> or another loopback address without path", set.name, region)
			}
			set.to[region] = u.Scheme + "://" + u.Host
		}
	}
	return e, nil
}

// TokenURL returns the address of Login with Amazon's token operation in a
// region, empty where the region is unreachable.
func (e Endpoints) TokenURL(r marketplace.Region) string {
	if base := e.LWA[r]; base != "" {
		return base + tokenPath
	}
	return ""
}

// hasLoopback reports whether any endpoint is on this machine.
func (e Endpoints) hasLoopback() bool {
	for _, set := range []map[marketplace.Region]string{e.LWA, e.SPAPI, e.Ads} {
		for _, base := range set {
			if u, err := url.Parse(base); err == nil && isLoopback(u) {
				return true
			}
		}
	}
	return false
}

func isLoopback(u *url.URL) bool {
	if u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}
