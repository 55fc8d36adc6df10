package sim

import (
	"context"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Consent paths, at the Selling Partner API's and the Ads API's addresses of a
// region; the latter also at the token host's.
const (
	SellerConsentPath = "/apps/authorize/consent"
	AdsConsentPath    = "/ap/oa"
)

// Choice is what a person chooses on a consent page.
type Choice struct {
	Account string // empty: the first that is offered
	Editor  bool   // Ads API: consent as a user who may edit; else as a Viewer
	Cancel  bool
}

// ConsentURLs returns the addresses of the consent pages by region, without
// query.
func (s *Sim) ConsentURLs() (sellerCentral, ads map[marketplace.Region]string) {
	e := s.Endpoints()
	sellerCentral, ads = map[marketplace.Region]string{}, map[marketplace.Region]string{}
	for r, base := range e.SPAPI {
		sellerCentral[r] = base + SellerConsentPath
	}
	for r, base := range e.Ads {
		ads[r] = base + AdsConsentPath
	}
	return sellerCentral, ads
}

// Consent clicks through the consent page at address over HTTP, as a browser
// would, and returns where it is sent back to, unvisited.
func (s *Sim) Consent(ctx context.Context, address string, c Choice) (callback string, err error) {
	return "", nil
}

// ApplicationID is the Selling Partner app's id, application_id of a consent
// (HALOTRACK_SPAPI_APP_ID).
func (s *Sim) ApplicationID() string { return "" }
