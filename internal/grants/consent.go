package grants

import (
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// consentDays is how long Amazon's permission lasts without a new consent
// (spapi.md §5.5, adsapi.md §2.2).
const consentDays = 365

// Consent is the end of what a connection was permitted, as far as it is known.
type Consent struct {
	Given time.Time
	Ends  time.Time // zero: the connection does not live, or it is not known when it was given
	Rule  string    // what is known of it, in a sentence
	Steps string    // how to authorise again
}

// ConsentOf returns when the permission of a live connection ends. It counts
// from the grant that is stored here: a new one starts it anew.
func ConsentOf(r *core.Record) Consent {
	status, given := r.GetString("status"), r.GetDateTime("granted_at").Time().UTC()
	if status != StatusActive && status != StatusFailed || given.IsZero() {
		return Consent{}
	}
	c := Consent{Given: given, Ends: given.AddDate(0, 0, consentDays)}
	api, consented := r.GetString("api"), r.GetString("method") == MethodConsent
	switch {
	case api == APIAds:
		c.Rule = "Permissions to the Ads API are reported to end 365 days after consent; Amazon publishes no term."
	case consented:
		c.Rule = "Amazon ends a permission that was given by consent after 365 days."
	default:
		c.Rule = "Amazon ends the permission of a public application after 365 days, counted from the authorisation, which may be older than the day on which its token was stored here. That of a private application lasts until it is withdrawn; authorising it again does no harm."
	}
	c.Steps = "Open the page of connections, paste a new refresh token under “Connect” and save it: make it in the developer pages, on “Manage authorizations” of the application."
	switch {
	case consented && api == APIAds:
		c.Steps = "Open the page of connections, choose “Connect advertising” and confirm at Amazon, signed in as a person who may only view campaigns."
	case consented:
		c.Steps = "Open the page of connections, choose “Connect the seller account” and confirm in Seller Central."
	case api == APIAds:
		c.Steps = "Make a new refresh token for the application, signed in at Amazon as a person who may only view campaigns, and paste it on the page of connections."
	}
	return c
}
