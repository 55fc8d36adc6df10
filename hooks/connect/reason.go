package connect

import (
	"errors"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/spapi"
)

// errCode means that Amazon did not accept the code of a consent.
var errCode = errors.New("amazon does not accept the code")

// failure is why nothing was connected: a word for addresses, which the pages
// put into a sentence, and the sentence for those who have no page.
type failure struct{ word, text string }

// reason explains an error of connecting without repeating it.
func reason(err error) failure {
	switch {
	case errors.Is(err, errCode):
		return failure{"code", "Amazon did not accept its own code; it lives five minutes. Nothing was stored. Begin again."}
	case errors.Is(err, lwa.ErrRevoked):
		return failure{"token", "Amazon does not accept this refresh token: it was withdrawn, has expired or belongs to another application. Nothing was stored. Copy it again, or authorise the application again."}
	case errors.Is(err, lwa.ErrClient), errors.Is(err, spapi.ErrSecretExpired):
		return failure{"client", "Amazon does not accept the application's client id or secret (a secret ends after 180 days). Nothing was stored. Correct them and try again."}
	case errors.Is(err, spapi.ErrUnauthorized):
		return failure{"region", "Amazon does not accept the authorisation in this region: a token works in the region where it was given alone. Nothing was stored. Choose the region of the seller's Seller Central and try again."}
	case errors.Is(err, spapi.ErrRoleMissing):
		return failure{"role", "Amazon refuses access and gives no reason: the application lacks a role (Brand Analytics is needed), or the token belongs to another region or application. Nothing was stored. Check the roles and the region, authorise again and try again."}
	case errors.Is(err, ads.ErrUnauthorized):
		return failure{"ads", "Amazon refuses access to the Ads API: the application is not approved for it, or the person who authorised sees no advertising account. Nothing was stored."}
	case errors.Is(err, spapi.ErrThrottled), errors.Is(err, ads.ErrThrottled):
		return failure{"later", "Amazon asks for a pause. Nothing was stored. Try again in a minute."}
	}
	return failure{"amazon", "Amazon could not be asked, or gave an answer that is not understood. Nothing was stored. Try again later."}
}
