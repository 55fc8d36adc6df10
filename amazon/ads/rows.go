package ads

import (
	"database/sql"

	"halotrack.ai/halotrack/internal/clock"
)

// Count is a count from a document; invalid where Amazon sent null or left it
// out, which is never the same as 0.
type Count = sql.Null[int64]

// Micros is an amount of money in millionths of the profile's currency.
type Micros = sql.Null[int64]

// Product is the kind of ads a report speaks of.
type Product string

// The products whose reports are stored; the values are those of the exports.
const (
	SponsoredProducts Product = "sp"
	SponsoredBrands   Product = "sb"
	SponsoredDisplay  Product = "sd"
)

// TermRow is one search term of one keyword or target on one day
// (spSearchTerm, sbSearchTerm). For sponsored brands the 14-day figures are by
// click or view and the others are invalid (adsapi.md §1.9).
type TermRow struct {
	Date                       clock.Day // profile's zone, day of the click
	CampaignID, AdGroupID      int64
	KeywordID                  int64  // keyword or target; 0 where Amazon has none
	Campaign, AdGroup, Keyword string // names as of report generation
	MatchType                  string // BROAD, PHRASE, EXACT, TARGETING_EXPRESSION, TARGETING_EXPRESSION_PREDEFINED, THEME or empty
	CampaignStatus             string
	Term                       string // byte for byte as sent
	Currency                   string
	Impressions, Clicks        Count
	Cost                       Micros
	Orders1dSameSKU, Orders1d  Count
	Orders7d, Orders14d        Count
	Sales1d, Sales7d, Sales14d Micros
	Units1d, Units7d, Units14d Count
}

// CampaignRow is one campaign on one day (spCampaigns, sbCampaigns, sdCampaigns).
type CampaignRow struct {
	Date                clock.Day
	CampaignID          int64
	Campaign, Status    string // as of report generation
	Currency            string
	Impressions, Clicks Count
	Cost                Micros

	Orders1d, Orders7d, Orders14d Count
	Sales1d, Sales7d, Sales14d    Micros
}

// ProductRow is one ad of sponsored products on one day, which shows one
// product (spAdvertisedProduct). Orders, sales and units are of all the
// seller's products that were bought after a click, those of the same SKU
// excepted (adsapi.md §1.8).
type ProductRow struct {
	Date                  clock.Day // profile's zone, day of the click
	CampaignID, AdGroupID int64
	AdID                  int64  // 0 where Amazon has none
	Campaign, AdGroup     string // names as of report generation
	CampaignStatus        string
	ASIN, SKU             string // advertised; the SKU is empty for vendors
	Currency              string
	Impressions, Clicks   Count
	Cost                  Micros

	Orders1d, Orders7d, Orders14d                      Count
	Orders1dSameSKU, Orders7dSameSKU, Orders14dSameSKU Count
	Sales1d, Sales7d, Sales14d                         Micros
	Units1d, Units7d, Units14d                         Count
}
