package sim

import (
	"slices"
	"time"
)

// Scenario is a set of hostile behaviours. Which request, report or row meets
// which of them follows from the seed and from how often the same thing was
// asked before, not from the machine's time or the order of goroutines.
type Scenario struct {
	Name       string
	Seed       int64
	Behaviours []Behaviour
}

// Behaviour is one hostile behaviour and when it shows.
type Behaviour struct {
	Kind Kind
	// Rate is the part of the occasions it shows at, above 0 and up to 1; 0: 1.
	// An occasion is a request, a report, a marketplace, a week or a term, by
	// the kind.
	Rate float64
	// From and To bound the time it shows at on the simulator's clock, To
	// exclusively; zero: always.
	From, To time.Time
	// Operations limits it to these; empty: all that the kind knows.
	Operations []string
	// Accounts and Marketplaces (ids) limit it to these; empty: all.
	Accounts     []string
	Marketplaces []string
	// Times is how often it shows at most for the same thing (the same report,
	// document or body of a request); 0: no limit.
	Times int

	// Status is that of ServerError; 0: 500, 502, 503 and 504 by turns.
	Status int
	// RetryAfter is the form of the header of Throttle: "none", "seconds",
	// "fraction", "date" or "html" (none, and a page instead of JSON); empty:
	// "none" at the Selling Partner API, all forms by turns elsewhere.
	RetryAfter string
	// Delay is how much longer LongQueue waits (default 8 h), how much later
	// LatePublication is (default 4 days), how far ClockSkew is ahead (default
	// 7 min; negative: behind) and how long Hang holds the connection (default:
	// it is closed at once).
	Delay time.Duration
	// Text is the reason in the document of a GenericFatal; empty: Amazon's
	// generic one.
	Text string
}

// Kind names a behaviour as scenario files do.
type Kind string

// The kinds. What they hang on, if not the single request, is named.
const (
	// Answers of any operation.
	Throttle    Kind = "throttle"     // 429; 503 SlowDown at the document host
	ServerError Kind = "server_error" // 5xx, the request is not handled
	Hang        Kind = "hang"         // handled, and no answer before Delay is over or the client gave up
	DropAnswer  Kind = "drop_answer"  // handled, and the connection closed: a report is made, but nobody told
	Reset       Kind = "reset"        // the connection closed, nothing handled
	ClockSkew   Kind = "clock_skew"   // the Date header and every timestamp of the answer, times written with an offset

	// Access.
	ExpiredToken  Kind = "expired_token"  // the access token is expired from now on
	RevokedToken  Kind = "revoked_token"  // the access token is revoked from now on; the grant stays
	RevokedGrant  Kind = "revoked_grant"  // the grant is withdrawn for good
	SecretExpired Kind = "secret_expired" // the app's secret: invalid_client, or 403 at the Selling Partner API
	RoleMissing   Kind = "role_missing"   // createReport 403 with empty details
	ViewerOnly    Kind = "viewer_only"    // per account: the ads user may only view

	// Reports.
	LongQueue       Kind = "long_queue"         // per report: waits Delay longer
	LatePublication Kind = "late_publication"   // per marketplace and week: readable Delay later
	UnknownState    Kind = "unknown_state"      // a status nobody documented
	OutOfOrder      Kind = "out_of_order_state" // back in the queue although it was further
	GenericFatal    Kind = "generic_fatal"      // per report: FATAL with the generic text, FAILED at the Ads API
	BareFatal       Kind = "bare_fatal"         // per report: FATAL without a document
	SharedDocument  Kind = "shared_document"    // per report: the document id of the same report asked earlier
	WrongDuplicate  Kind = "wrong_duplicate"    // 425 naming a SUMMARY report
	DuplicateText   Kind = "duplicate_text"     // other spacing in the text of a 425

	// Documents, per download.
	ExpiredURL      Kind = "expired_url"
	PlainBody       Kind = "plain_body"       // plain bytes although they should be gzip
	MissingFlag     Kind = "missing_flag"     // no compressionAlgorithm although the bytes are gzip; per getReportDocument
	ContentEncoding Kind = "content_encoding" // Content-Encoding: gzip
	TruncatedGzip   Kind = "truncated_gzip"
	TruncatedJSON   Kind = "truncated_json" // in gzip that is whole
	CutStream       Kind = "cut_stream"     // the connection ends before the announced length
	NullRequired    Kind = "null_required"  // null for a field that must be there
	UnknownFields   Kind = "unknown_fields"
	Fractions       Kind = "fractions"      // SQP shares and rates as fractions instead of percent
	DuplicateRows   Kind = "duplicate_rows" // SQP, SCP: rows twice; ads: a row split into its traffic and its conversions

	// The world, which World returns too.
	PersonalData Kind = "personal_data" // per term: an e-mail address, a phone number, a postal address
	RemovedRows  Kind = "removed_rows"  // per row: shown at first, gone a week later (SQP) or after 5 to 13 days (ads)

	// Participations, per marketplace.
	CountryAlias     Kind = "country_alias" // UK instead of GB
	NoStoreName      Kind = "no_store_name"
	Suspended        Kind = "suspended_listings"
	NotParticipating Kind = "not_participating"
)

// Without returns the scenario without some kinds.
func (s Scenario) Without(kinds ...Kind) *Scenario {
	s.Behaviours = slices.DeleteFunc(slices.Clone(s.Behaviours), func(b Behaviour) bool { return slices.Contains(kinds, b.Kind) })
	return &s
}

// Until returns the scenario with every behaviour over at t, but for those of
// the world, which are what is true.
func (s Scenario) Until(t time.Time) *Scenario {
	s.Behaviours = slices.Clone(s.Behaviours)
	for i := range s.Behaviours {
		b := &s.Behaviours[i]
		if b.Kind != PersonalData && b.Kind != RemovedRows && (b.To.IsZero() || t.Before(b.To)) {
			b.To = t
		}
	}
	return &s
}
