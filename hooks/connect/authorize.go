package connect

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/grants"
)

type consentURL struct {
	URL string `json:"url"`
}

// authorizeSeller answers with the consent page of the marketplace's Seller
// Central (spapi.md §5.2).
func (c *Connect) authorizeSeller(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Marketplace string `json:"marketplace"`
		Draft       bool   `json:"draft"` // the application is a draft at Amazon
	}
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("Send marketplace as JSON.", nil)
	}
	m, ok := marketplace.ByID(in.Marketplace)
	page := c.cfg.Endpoints.SellerConsent(m)
	switch {
	case !ok || page == "":
		return e.BadRequestError("Choose a marketplace whose Seller Central is known.", nil)
	case c.cfg.SellerAppID == "" || c.cfg.SellerApp.ClientID == "":
		return e.BadRequestError("This server has no Selling Partner application to ask consent for: its operator sets HALOTRACK_SPAPI_APP_ID and HALOTRACK_LWA_CLIENT_ID. Or paste a refresh token.", nil)
	}
	query := url.Values{"application_id": {c.cfg.SellerAppID}, "redirect_uri": {c.cfg.URL + sellerCallback}}
	if in.Draft {
		query.Set("version", "beta")
	}
	return c.consent(e, page, query, pending{account: account.Id, api: grants.APISeller, region: string(m.Region), draft: in.Draft})
}

// authorizeAds answers with the consent page of an Ads region, with PKCE
// (adsapi.md §2.2).
func (c *Connect) authorizeAds(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Region string `json:"region"`
	}
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("Send region as JSON.", nil)
	}
	region := marketplace.Region(in.Region)
	page := c.cfg.Endpoints.AdsConsent(region)
	switch {
	case page == "":
		return e.BadRequestError("Choose a region: na, eu or fe.", nil)
	case c.cfg.AdsApp.ClientID == "":
		return e.BadRequestError("This server has no Ads application to ask consent for: its operator sets HALOTRACK_ADS_CLIENT_ID. Or paste a refresh token.", nil)
	}
	verifier, challenge := lwa.NewVerifier()
	query := url.Values{
		"client_id": {c.cfg.AdsApp.ClientID}, "scope": {grants.AdsScope}, "response_type": {"code"},
		"redirect_uri":   {c.cfg.URL + adsCallback},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	return c.consent(e, page, query, pending{account: account.Id, api: grants.APIAds, region: string(region), verifier: verifier})
}

func (c *Connect) consent(e *core.RequestEvent, page string, query url.Values, p pending) error {
	if p.session = access.Session(e); p.session == "" {
		return e.BadRequestError("Sign in with a browser: a consent belongs to its session.", nil)
	}
	p.user = e.Auth.Id
	state, err := c.begin(e.Request.Context(), p)
	if err != nil {
		return fmt.Errorf("begin a consent: %w", err)
	}
	query.Set("state", state)
	return e.JSON(http.StatusOK, consentURL{page + "?" + query.Encode()})
}
