package access

// Rule is who may list and see a collection's records through PocketBase's own
// API, in its language. Nobody writes through it: that is for our own routes,
// which ask Guarded, and for administrators, whom no rule binds.
type Rule string

// The rules. Each but Administrators names the signed-in person first: without
// that a guest would see the rows that lack an account (pocketbase.md trap 3).
const (
	Administrators Rule = "" // administrators alone
	Oneself        Rule = signedInFirst + "id = @request.auth.id"
	OfPerson       Rule = signedInFirst + "user = @request.auth.id"
	OfMembers      Rule = signedInFirst + "(memberships_via_account.user ?= @request.auth.id || agency.memberships_via_account.user ?= @request.auth.id)"
	OfAccount      Rule = signedInFirst + "(account.memberships_via_account.user ?= @request.auth.id || account.agency.memberships_via_account.user ?= @request.auth.id)"

	signedInFirst = "@request.auth.id != '' && "
)

// Rules holds the rule of every collection of ours; PocketBase's own, whose
// names begin with an underscore, keep theirs and stay empty for users. A
// migration that makes a collection takes its rule from its line here.
var Rules = map[string]Rule{
	"users":       Oneself,
	"accounts":    OfMembers,
	"memberships": OfPerson,
	"connections": OfAccount,
	"audits":      OfAccount,
	"findings":    OfAccount,
	"rollups":     OfAccount,

	"activity":         Administrators,
	"alert_notes":      Administrators,
	"alerts":           Administrators,
	"amazon_calls":     Administrators,
	"api_keys":         Administrators,
	"app_secrets":      Administrators,
	"calibrations":     Administrators,
	"capacity":         Administrators,
	"consent_texts":    Administrators,
	"consents":         Administrators,
	"events":           Administrators,
	"grants_pending":   Administrators,
	"halo_results":     Administrators,
	"identities":       Administrators,
	"imports":          Administrators,
	"invitations":      Administrators,
	"mail_queue":       Administrators,
	"one_time_links":   Administrators,
	"products":         Administrators,
	"recovery_codes":   Administrators,
	"sessions":         Administrators,
	"sign_in_attempts": Administrators,
	"term_choices":     Administrators,
	"test_plans":       Administrators,
	"thresholds":       Administrators,
	"waitlist":         Administrators,
	"waitlist_notes":   Administrators,
}
