package analysis

// Audit is the weekly audit of one account: what the pages, the mail and the
// command print. Money is never added over marketplaces.
type Audit struct {
	Version      int           `json:"version"` // of the schema, docs/audit.schema.json
	Account      string        `json:"account"`
	Week         string        `json:"week"`
	State        State         `json:"state"`
	Marketplaces []MarketAudit `json:"marketplaces"`
}

// Findings counts the findings of all marketplaces.
func (a *Audit) Findings() (n int) {
	for _, m := range a.Marketplaces {
		n += len(m.Findings)
	}
	return n
}

// State says how far Amazon may still correct the week's ads figures: they are
// provisional for 14 days after the week's last day and final after 42.
type State string

// The states of a week.
const (
	Provisional State = "provisional"
	Settled     State = "settled"
	Final       State = "final"
)

// MarketAudit is the audit's section of one marketplace.
type MarketAudit struct {
	Marketplace string      `json:"marketplace"`
	Currency    string      `json:"currency"`
	Verdict     string      `json:"verdict"` // the section in one sentence
	Status      Status      `json:"status"`
	Shares      Shares      `json:"shares"`
	Demand      *Demand     `json:"demand"`       // null without purchases in both periods
	SpendMicros *int64      `json:"spend_micros"` // null without stored ads days
	Spend       []TermSpend `json:"spend"`        // the terms with most of it
	Findings    []Finding   `json:"findings"`
	// AlsoConfirmed are the changes and drifts that were found and are not
	// listed: beyond the few that a section shows, or small.
	AlsoConfirmed []Unlisted `json:"also_confirmed"`
	// Decisions are the few findings to act on first, at most five.
	Decisions []Decision `json:"decisions"`
	// Tested says how many terms the tests could judge, and how large a drop
	// they could have proved.
	Tested Tested   `json:"tested"`
	Hidden []Hidden `json:"hidden"`
}

// Decision is what to do about a finding.
type Decision struct {
	Finding int    `json:"finding"` // index into the section's findings
	Do      string `json:"do"`
}

// Tested is the reach of the week's tests.
type Tested struct {
	Terms int `json:"terms"`
	// SmallestProvableDrop is the relative drop of the click share that could be
	// proved on half of the terms tested there; null where none was.
	SmallestProvableDrop *float64 `json:"smallest_provable_drop"`
	// FalseDiscoveryRate is the part of the confirmed changes that is expected
	// to be none.
	FalseDiscoveryRate float64 `json:"false_discovery_rate"`
}

// Shares are the brand's shares of all its search terms, per step.
type Shares struct {
	Impression StepShare `json:"impression"`
	Click      StepShare `json:"click"`
	CartAdd    StepShare `json:"cart_add"`
	Purchase   StepShare `json:"purchase"`
}

// StepShare is the brand's share at one step: the sum of its own counts over
// the sum of the market's, each term's market counted once. What is not known
// is null.
type StepShare struct {
	Own    *int64   `json:"own"`
	Market *int64   `json:"market"`
	Share  *float64 `json:"share"`
	Low    *float64 `json:"low"`    // 95 % interval: Wilson's, as restless as the baseline
	High   *float64 `json:"high"`   // likewise
	Before *float64 `json:"before"` // sums over sums of the last 13 stored weeks before
}

// Kind is the kind of a finding.
type Kind string

// The kinds of findings.
const (
	ShareDrop    Kind = "share_drop"
	ShareGain    Kind = "share_gain"
	Vanished     Kind = "vanished"
	Drifting     Kind = "drift"
	AccountShift Kind = "account_shift"
	Waste        Kind = "waste"
	Harvest      Kind = "harvest"
	Scale        Kind = "scale"
	FixListing   Kind = "fix_listing"
	BrandDefence Kind = "brand_defence"
	Opportunity  Kind = "opportunity"
	OwnOverlap   Kind = "own_overlap"
)

// Finding is one thing the audit says. A finding without P is an observation
// and is never called confirmed.
type Finding struct {
	Kind           Kind       `json:"kind"`
	Weeks          *[2]string `json:"weeks,omitempty"`      // from, to; absent: the audit's own week
	Level          Level      `json:"level,omitempty"`      // of a share change: account, class, cluster or term
	Group          string     `json:"group,omitempty"`      // the class or cluster
	GroupName      string     `json:"group_name,omitempty"` // of a cluster, as people call it
	Step           string     `json:"step,omitempty"`       // of the funnel
	Term           string     `json:"term,omitempty"`
	ASIN           string     `json:"asin,omitempty"`
	ShareBefore    *float64   `json:"share_before,omitempty"`
	ShareNow       *float64   `json:"share_now,omitempty"`
	Low            *float64   `json:"low,omitempty"`
	High           *float64   `json:"high,omitempty"`
	N              *int64     `json:"n,omitempty"` // events the finding rests on
	P              *float64   `json:"p,omitempty"`
	MoneyLowMicros *int64     `json:"money_low_micros,omitempty"` // at least this much
	Cause          string     `json:"cause,omitempty"`
	Text           string     `json:"text"`
}

// Unlisted names a finding that the audit does not tell of.
type Unlisted struct {
	Kind  Kind   `json:"kind"`
	Level Level  `json:"level"`
	Group string `json:"group,omitempty"`
	Term  string `json:"term,omitempty"`
}

// Hidden is something the audit does not show, and why.
type Hidden struct {
	What string `json:"what"`
	Why  string `json:"why"`
}
