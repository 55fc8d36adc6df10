package ingest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/spapi"
)

// What a person is told about a connection or a marketplace that does not work:
// what happened, what it means for the data, what to do. Where Amazon answers
// two causes alike, both are named (spapi.md §3.4, §3.5 and §5.5).
const (
	textRevoked = "Amazon says that the authorisation was withdrawn or has expired. Nothing more is fetched; what is stored stays. Connect the account again."
	textExpired = "Amazon no longer accepts the authorisation, which is more than 365 days old: Amazon ends one after 365 days unless it is renewed. It may also have been withdrawn; Amazon says the same of both. Nothing more is fetched; what is stored stays. Connect the account again."

	textSecret = "The secret of the Amazon application has expired (Amazon ends it after 180 days). Nothing is fetched until a new one is configured; the seller's authorisation is not affected."
	textClient = "Amazon does not accept the application's client id or secret: one was mistyped, or the secret is older than 180 days. Nothing is fetched until they are corrected; the seller's authorisation is not affected."

	textRole   = "Amazon knows the seller and refuses the reports. Either the application lacks the Brand Analytics role, or this seller is not registered as the representative of a brand: Amazon answers both alike. Nothing new is fetched, what is stored stays. Check the application's roles in the Solution Provider Portal and the brand in Brand Registry; after a new role the seller must authorise again: connect again."
	textAccess = "Amazon refuses access and gives no reason. Either the application lacks a role (Brand Analytics is needed), or the authorisation was given in another region or for another application. Nothing is fetched, what is stored stays. Check the application's roles, then connect again in the region of the seller's Seller Central."
	textRegion = "Amazon does not accept the authorisation in this region: it belongs to another region (a token works in the one where it was given alone), or it has just been withdrawn. Nothing is fetched, what is stored stays. Connect again in the region of the seller's Seller Central."
	textAds    = "The Ads API refuses access: the application is not approved for it, or the person who authorised no longer sees an advertising account. Nothing new is fetched, what is stored stays. Check the approval and the person's access to the advertising console, then connect again."
	textOdd    = "Amazon refuses to say what the authorisation reaches, for no reason that is known. Nothing is fetched, what is stored stays. It is tried again every hour; if it stays, report it."

	textMarketRole  = "Amazon refuses the reports of this marketplace and gives no reason. The usual one is that the seller is not registered as the representative of a brand here; the application may also lack the Brand Analytics role for it. What is stored stays, other marketplaces go on. Check Brand Registry for this marketplace; it is tried again once a day."
	textNoBrand     = "Amazon cannot make the reports of this marketplace, also of weeks that are published elsewhere, and gives no reason. The usual one is that the seller is not registered as the representative of a brand here, so that there are no such figures; they may also have nothing to show yet. Other marketplaces go on. Check Brand Registry for this marketplace; each new week is tried."
	textAccountType = "Amazon does not make the reports for this kind of account: they need a professional selling account that represents a brand. Other marketplaces go on. Check the account's type in Seller Central; each new week is tried."
	textOurs        = "Amazon calls the requests for this marketplace wrong, which is a mistake of this program and none of yours. Other marketplaces go on. Report it with Amazon's text, which stands in the list of reports; each new week is tried."
	textSuspended   = "Amazon has suspended the seller's listings in this marketplace. Nothing is asked for here, what is stored stays, other marketplaces go on. Account Health in Seller Central says why; fetching goes on within a day of their return."
	textNotSelling  = "Amazon says that the seller no longer takes part in this marketplace. Nothing is asked for here, what is stored stays, other marketplaces go on. Fetching goes on within a day of the return."
)

// authorisationLife is how long an authorisation lives that is not renewed
// (spapi.md §5.5).
const authorisationLife = 365 * 24 * time.Hour

// explain says why a connection has stopped, as far as the error tells.
func explain(err error, c *Connection, now time.Time) string {
	switch {
	case errors.Is(err, lwa.ErrRevoked):
		if !c.GrantedAt.IsZero() && now.Sub(c.GrantedAt) >= authorisationLife {
			return textExpired
		}
		return textRevoked
	case errors.Is(err, spapi.ErrSecretExpired), errors.Is(err, lwa.ErrClient) && strings.Contains(strings.ToLower(err.Error()), "lwa secret"):
		return textSecret
	case errors.Is(err, lwa.ErrClient):
		return textClient
	case errors.Is(err, ads.ErrUnauthorized):
		return textAds
	case errors.Is(err, spapi.ErrUnauthorized):
		return textRegion
	case errors.Is(err, spapi.ErrRoleMissing) && len(c.Markets) > 0:
		return textRole // token and region are good: the marketplaces were told
	case errors.Is(err, spapi.ErrRoleMissing):
		return textAccess
	}
	return textOdd
}

// explainFatal says why a marketplace gives no reports, by the class of the
// text that the first of them ended with; empty where that is no trouble.
func explainFatal(class spapi.FatalClass) string {
	switch class {
	case spapi.FatalAccount:
		return textAccountType
	case spapi.FatalOurs:
		return textOurs
	case spapi.FatalAmbiguous:
		return textNoBrand
	}
	return ""
}

// inMarket puts the marketplace's name before a text for its owner.
func inMarket(m Market, text string) string { return fmt.Sprintf("%s: %s", m.Name, text) }
