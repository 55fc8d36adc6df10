package history

import (
	"database/sql"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Count is a count, or an amount in micros; invalid where it is not known,
// which is never the same as 0.
type Count = sql.Null[int64]

// Level is whose figures a joined row holds.
type Level string

// The levels of joined rows.
const (
	Brand  Level = "brand" // all of the account's ASINs
	Parent Level = "parent"
	ASIN   Level = "asin"
)

// Class is what kind of search a term is.
type Class string

// The classes of terms.
const (
	BrandTerm      Class = "brand"
	CompetitorTerm Class = "competitor"
	GenericTerm    Class = "generic"
)

// Split says how the organic figures of a row came about.
type Split string

// The splits.
const (
	Measured Split = "measured"
	Modelled Split = "modelled"
	Unknown  Split = "unknown"
)

// State is the maturity of ads figures: Amazon restates them for weeks
// (analytics.md §3.3).
type State string

// The states: younger than 14 days, than 42 days, or older, counted from the
// week's last day to the fetch.
const (
	Provisional State = "provisional"
	Settled     State = "settled"
	Final       State = "final"
)

// Step is one step of the search funnel: the market's count and one's own.
type Step struct{ N, X Count }

// Share returns X/N; invalid where either is unknown or N is 0.
func (s Step) Share() sql.Null[float64] {
	if !s.N.Valid || !s.X.Valid || s.N.V == 0 {
		return sql.Null[float64]{}
	}
	return sql.Null[float64]{V: float64(s.X.V) / float64(s.N.V), Valid: true}
}

// AdFigures are ads counts and money of a term, a week or a bucket.
// Impressions, Clicks and Cost are SP and SB together, orders and sales SP
// alone. Money is in micros.
type AdFigures struct {
	Impressions, Clicks, Cost Count
	Orders1dSameSKU           Count // of the advertised product, within a day of the click
	Orders1d, Orders7d        Count // of all products
	Sales7d                   Count
	SBClicks                  Count // of Clicks, those of sponsored brands
}

// JoinedRow is one term in one week: search share beside ads, the product's
// main table. Counts of a term are those of all its exact spellings.
type JoinedRow struct {
	Marketplace string
	Week        clock.Day
	TermID      int64  // of the normalised key
	Term        string // normalised key
	Level       Level
	Key         string // ASIN or parent; empty for brand, and for ads of which no report names the product
	Class       Class
	Volume      Count

	Impressions, Clicks, CartAdds, Purchases Step

	Ads                             AdFigures
	OrganicClicks, OrganicPurchases Count
	Split                           Split
	SPOnly                          bool // see WeekTotal
	Currency                        string
	State                           State

	// At brand level alone:
	Lead            string // ASIN with most own impressions; empty without any
	LeadImpressions Count  // its own
	Concentration   Count  // of own impressions over ASINs: Herfindahl index in parts per million, 10⁶ for a single ASIN
	Exact           bool   // an exact keyword of sponsored products is this term, or brought clicks by it
}

// MarketWeek is one Sunday week of one marketplace.
type MarketWeek struct {
	Marketplace string
	Week        clock.Day
}

// WeekTotal is one week of one marketplace over all joined terms.
type WeekTotal struct {
	Marketplace string
	Week        clock.Day
	Currency    string
	State       State
	Terms       int64 // joined terms
	ASINs       int64 // with search rows
	Truncated   int64 // of them cut off by Amazon's limit on rows
	Disputed    int64 // exact terms whose market totals two answers stated more than 1 % apart
	Volume      Count
	FetchedAt   time.Time // newest SQP fetch

	// Market counts N once per term, own counts X over all ASINs, both only
	// over terms for which both are known.
	Impressions, Clicks, CartAdds, Purchases Step

	Ads                             AdFigures // of joined terms
	OrganicClicks, OrganicPurchases Count     // sums over the terms for which they are known
	AdsComplete                     bool      // all days of the reports on search terms are stored, those of SPOnly excepted
	SPOnly                          bool      // days of sponsored brands are missing from Ads
	Parents                         bool      // some ASIN stood under a parent: the week has rows at that level
	Spend                           Spend     // of the campaign reports: the whole spend
}

// Spend is what the campaign reports of sponsored products, brands and display
// say of one week; search terms do not add up to it (adsapi.md trap 28).
type Spend struct {
	Week                clock.Day
	Impressions, Clicks Count // all products
	Cost                Count // all products, micros; invalid without any stored day
	Orders7d            Count // SP
	Sales7d             Count // SP, micros
	Days                int64 // profile-days stored, of
	WantDays            int64 // 7 per profile and report type ever stored
	State               State
	Currency            string
}

// Bucketed are the ads figures of a week that belong to no search term.
type Bucketed struct {
	Kind string // "none" (*), "asin" or "product" (product targeting)
	Ads  AdFigures
}

// TermsQuery asks for one page of a week's terms at brand level.
type TermsQuery struct {
	Marketplace string
	Week        clock.Day
	Search      string // substring of the normalised key
	Sort        string // column of the page's JSON, default volume; see SortColumns
	Desc        bool
	Cursor      string // of the page before
	Limit       int    // default 100, at most 500
}

// Term is a normalised search term.
type Term struct {
	ID       int64
	Text     string
	Class    Class
	Variants []string // the exact spellings stored
}
