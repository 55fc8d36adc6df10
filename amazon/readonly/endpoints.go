package readonly

import (
	"errors"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Endpoints are the base URLs (scheme and host, no path) of Amazon's three
// services by region. A region without an entry is unreachable.
type Endpoints struct {
	LWA, SPAPI, Ads map[marketplace.Region]string
}

// Production returns Amazon's own hosts.
func Production() Endpoints { return Endpoints{} }

// Loopback returns endpoints on this machine.
func Loopback(lwa, spapi, ads map[marketplace.Region]string) (Endpoints, error) {
	return Endpoints{}, errors.ErrUnsupported
}

// TokenURL returns the address of the token operation of a region, empty where
// the region is unreachable.
func (e Endpoints) TokenURL(r marketplace.Region) string { return "" }
