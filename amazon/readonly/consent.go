package readonly

import (
	"net/url"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// adsConsentHosts are where a person consents to the Ads API (adsapi.md §2.1).
var adsConsentHosts = map[marketplace.Region]string{
	marketplace.NorthAmerica: "https://www.amazon.com",
	marketplace.Europe:       "https://eu.account.amazon.com",
	marketplace.FarEast:      "https://apac.account.amazon.com",
}

// SellerConsent returns the page at which a seller of the marketplace gives
// consent to the Selling Partner API: a browser goes there, this program never
// does. It is empty where no Seller Central is known. A simulated API has the
// page beside it.
func (e Endpoints) SellerConsent(m marketplace.Marketplace) string {
	const path = "/apps/authorize/consent" // spapi.md §5.2
	switch base, local := local(e.SPAPI[m.Region]); {
	case base == "":
		return ""
	case local:
		return base + path
	case m.SellerCentral == "":
		return ""
	}
	return "https://" + m.SellerCentral + path
}

// AdsConsent returns the page at which a person gives consent to the Ads API
// of a region, empty for one that cannot be reached.
func (e Endpoints) AdsConsent(r marketplace.Region) string {
	const path = "/ap/oa"
	switch base, local := local(e.Ads[r]); {
	case base == "":
		return ""
	case local:
		return base + path
	}
	return adsConsentHosts[r] + path
}

func local(base string) (string, bool) {
	u, err := url.Parse(base)
	return base, err == nil && isLoopback(u)
}
