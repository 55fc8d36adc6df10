package spapi

import (
	"database/sql"

	"halotrack.ai/halotrack/internal/clock"
)

// Count is a count from a document; invalid where Amazon sent null or left it
// out, which is never the same as 0.
type Count = sql.Null[int64]

// Price is a median price in millionths of Currency; invalid where Amazon sent
// null, which it does when nothing was counted.
type Price struct {
	Micros   int64
	Currency string // ISO 4217
	Valid    bool
}

// Stage is one step of the search funnel (impressions, clicks, cart adds,
// purchases) of one search query: the whole market's count and one ASIN's.
type Stage struct {
	Total, Own           Count
	TotalPrice, OwnPrice Price // not for impressions
	SameDay              Count // market counts with that delivery promise; not for impressions
	OneDay, TwoDay       Count
	// Share and Rate are Amazon's own figures in Amazon's unit, which differs
	// between schema and live documents. They serve the unit check alone;
	// shares are recomputed from the counts (spapi.md §1.5).
	Share, Rate sql.Null[float64]
}

// SQPRow is one search query of one ASIN in one period.
type SQPRow struct {
	Start, End                               clock.Day
	ASIN                                     string
	Query                                    string // byte for byte as sent
	Rank                                     Count  // searchQueryScore: 1 is best
	Volume                                   Count  // searches, market-wide
	Impressions, Clicks, CartAdds, Purchases Stage
}

// SCPStage is one step of the funnel of one ASIN over all searches.
type SCPStage struct {
	Count           Count
	MedianPrice     Price
	SameDay, OneDay Count
	TwoDay          Count
}

// SCPRow is one ASIN's search catalogue performance in one period.
type SCPRow struct {
	Start, End                               clock.Day
	ASIN                                     string
	Impressions, Clicks, CartAdds, Purchases SCPStage
	SearchSales                              Price
}

// Unit is the unit in which a document states its shares and rates.
type Unit string

// The units a document can have. Mixed is a data-quality warning.
const (
	UnitPercent  Unit = "percent"
	UnitFraction Unit = "fraction"
	UnitMixed    Unit = "mixed"
	UnitUnknown  Unit = "unknown" // no row could tell
)
