package sim

import "halotrack.ai/halotrack/internal/clock"

// Product is a kind of ads.
type Product string

// The products the simulator has campaigns of.
const (
	SponsoredProducts Product = "sp"
	SponsoredBrands   Product = "sb"
	SponsoredDisplay  Product = "sd" // campaigns only
)

// Stage is one step of a query's funnel as served: the market's count and one
// ASIN's, median prices in millionths (0: null, served when the count is 0) and
// the market's counts by delivery promise. Impressions have counts only.
type Stage struct {
	Total, Own              int64
	TotalPrice, OwnPrice    int64
	SameDay, OneDay, TwoDay int64
}

// SQPRow is one row of a Search Query Performance document.
type SQPRow struct {
	ASIN, Query                              string
	Rank, Volume                             int64
	Impressions, Clicks, CartAdds, Purchases Stage
}

// SCPStage is one step of an ASIN's funnel over all searches; Price in
// millionths, 0: null.
type SCPStage struct {
	Count, Price            int64
	SameDay, OneDay, TwoDay int64
}

// SCPRow is one row of a Search Catalog Performance document.
type SCPRow struct {
	ASIN                                     string
	Impressions, Clicks, CartAdds, Purchases SCPStage
	SalesMicros                              int64
}

// Attributed is what an ad brought within one attribution window. Halo orders,
// of other products than the advertised one, are in all fields but SameSKU and
// SameSKUSales. Sales in millionths.
type Attributed struct {
	Orders, SameSKU, Units, SameSKUUnits int64
	Sales, SameSKUSales                  int64
}

// AdTermRow is one row of a search term report. Of sponsored brands only D14 is
// served, as the suffix-less columns, click or view; ViewD14 is its view part.
type AdTermRow struct {
	Date                      clock.Day
	CampaignID, AdGroupID     int64
	KeywordID                 int64
	Campaign, Status, AdGroup string
	Keyword, KeywordType      string
	MatchType                 string
	Term, Currency            string
	Impressions, Clicks       int64
	CostMicros, BidMicros     int64
	D1, D7, D14, D30, ViewD14 Attributed
	PortfolioID, BudgetMicros int64
	AdvertisedASIN, Targeting string
	AdvertisedSKU             string
	AdID                      int64
}

// CampaignRow is one campaign on one day.
type CampaignRow struct {
	Date                      clock.Day
	CampaignID                int64
	Campaign, Status          string
	Currency                  string
	Impressions, Clicks       int64
	CostMicros, BudgetMicros  int64
	D1, D7, D14, D30, ViewD14 Attributed
}

// ProductInfo is one ASIN of an account.
type ProductInfo struct {
	ASIN, Parent, SKU, Title, Brand string
	Family                          string // the kind of thing it is, in English
	// PriceMicros is by marketplace id, in that marketplace's currency.
	PriceMicros map[string]int64
	Margin      float64 // contribution before ads, as a fraction of the price; no report of Amazon's holds it
}

// Truth is something that was planted in the world. Kind is one of the audit's
// (share_drop, share_gain, drift, account_shift, waste, brand_defence,
// fix_listing, own_overlap). Week is the Sunday of the first week, within those
// asked for, in which it is in effect; From and To are the Sundays of the first
// and last week of the whole effect; zero for what is always so.
type Truth struct {
	Account     string    `json:"account"`
	Marketplace string    `json:"marketplace"`
	Week        clock.Day `json:"week"`
	Kind        string    `json:"kind"`
	Term        string    `json:"term,omitempty"`
	ASIN        string    `json:"asin,omitempty"`
	From        clock.Day `json:"from,omitzero"`
	To          clock.Day `json:"to,omitzero"`
	// Cause is "stock" for the drop of a product that was out of stock, "ads"
	// for the drop of a term whose campaign rests, "price" for a listing that
	// costs more than what else is clicked on the term.
	Cause string `json:"cause,omitempty"`
	// Odds is what the odds of the own share are multiplied with, at the end of
	// the effect for a drift; of clicks where the cause is ads. Of own_overlap it
	// is that of ASIN among the own impressions.
	Odds float64 `json:"odds,omitempty"`
}
