package ads

import (
	"encoding/json/v2"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
)

// ReportType is Amazon's reportTypeId.
type ReportType string

// The reports that are asked for, and no others.
const (
	SPSearchTerm ReportType = "spSearchTerm"
	SBSearchTerm ReportType = "sbSearchTerm"
	SPCampaigns  ReportType = "spCampaigns"
	SBCampaigns  ReportType = "sbCampaigns"
	SDCampaigns  ReportType = "sdCampaigns"

	SPAdvertisedProduct ReportType = "spAdvertisedProduct"
)

// ReportTypes lists them in the order in which they are asked for.
var ReportTypes = []ReportType{SPSearchTerm, SBSearchTerm, SPCampaigns, SBCampaigns, SDCampaigns, SPAdvertisedProduct}

// Grain is what a row of a report stands for on a day. Figures of two grains
// are never added: each is a split of the same money (adsapi.md trap 29).
type Grain int

// The grains.
const (
	NoGrain    Grain = iota // of a type that is never asked for
	ByTerm                  // a search term of a keyword or target: TermRow
	ByCampaign              // a campaign: CampaignRow
	ByProduct               // an ad, which shows one product: ProductRow
)

// kind is what a report type consists of. Column names differ between products
// and one wrong name fails a whole report, so no list is shared (adsapi.md §1.5,
// §1.7).
type kind struct {
	product   Product
	adProduct string
	groupBy   string
	grain     Grain
	retention int // days that Amazon keeps, before today in the profile's zone
	columns   []string
}

var kinds = map[ReportType]kind{
	SPSearchTerm: {SponsoredProducts, "SPONSORED_PRODUCTS", "searchTerm", ByTerm, 95, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"adGroupId", "adGroupName", "keywordId", "keyword", "keywordType", "matchType", "targeting", "searchTerm",
		"impressions", "clicks", "cost",
		"purchases1d", "purchasesSameSku1d", "purchases7d", "purchases14d",
		"sales1d", "sales7d", "sales14d", "unitsSoldClicks1d", "unitsSoldClicks7d", "unitsSoldClicks14d",
	}},
	SBSearchTerm: {SponsoredBrands, "SPONSORED_BRANDS", "searchTerm", ByTerm, 60, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"adGroupId", "adGroupName", "keywordId", "keywordText", "matchType", "searchTerm",
		"impressions", "clicks", "cost", "costType", "purchases", "sales", "unitsSold",
	}},
	SPCampaigns: {SponsoredProducts, "SPONSORED_PRODUCTS", "campaign", ByCampaign, 95, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"impressions", "clicks", "cost", "purchases1d", "purchases7d", "purchases14d", "sales1d", "sales7d", "sales14d",
	}},
	SBCampaigns: {SponsoredBrands, "SPONSORED_BRANDS", "campaign", ByCampaign, 60, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"impressions", "clicks", "cost", "costType", "purchases", "sales",
	}},
	SDCampaigns: {SponsoredDisplay, "SPONSORED_DISPLAY", "campaign", ByCampaign, 65, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"impressions", "clicks", "cost", "costType", "purchases", "sales",
	}},
	SPAdvertisedProduct: {SponsoredProducts, "SPONSORED_PRODUCTS", "advertiser", ByProduct, 95, []string{
		"date", "campaignId", "campaignName", "campaignStatus", "campaignBudgetCurrencyCode",
		"adGroupId", "adGroupName", "adId", "advertisedAsin", "advertisedSku",
		"impressions", "clicks", "cost",
		"purchases1d", "purchases7d", "purchases14d", "purchasesSameSku1d", "purchasesSameSku7d", "purchasesSameSku14d",
		"sales1d", "sales7d", "sales14d", "unitsSoldClicks1d", "unitsSoldClicks7d", "unitsSoldClicks14d",
	}},
}

// Product returns the product that a report is of; empty for an unknown type.
func (t ReportType) Product() Product { return kinds[t].product }

// Grain returns what a row of the report stands for.
func (t ReportType) Grain() Grain { return kinds[t].grain }

// Columns returns the columns that are asked for; no filter is, so that rows of
// archived campaigns and of every kind of targeting come too.
func (t ReportType) Columns() []string { return slices.Clone(kinds[t].columns) }

// Retention returns how many days before today, in the profile's time zone,
// Amazon says it keeps; ask for one day less. Of sponsored products it is known
// to accept 95 days and to return data of the last 65 only (adsapi.md §1.6).
func (t ReportType) Retention() int { return kinds[t].retention }

// MaxDays is the longest window of a report, both ends included.
const MaxDays = 31

// ReportSpec is one report to ask for: one row per day and search term,
// campaign or ad.
type ReportSpec struct {
	Profile  int64
	Type     ReportType
	From, To clock.Day // in the profile's time zone, both included
}

// Product returns the product that the report is of.
func (s ReportSpec) Product() Product { return s.Type.Product() }

// Columns returns the columns that are asked for.
func (s ReportSpec) Columns() []string { return s.Type.Columns() }

// Validate reports why Amazon would refuse the report.
func (s ReportSpec) Validate() error {
	days := int(s.To) - int(s.From) + 1
	switch {
	case kinds[s.Type].product == "":
		return fmt.Errorf("report type %q is never asked for", s.Type)
	case s.Profile <= 0:
		return fmt.Errorf("a report is for one profile")
	case days < 1:
		return fmt.Errorf("a report from %s cannot end on %s", s.From, s.To)
	case days > MaxDays:
		return fmt.Errorf("a report spans at most %d days, %s to %s are %d", MaxDays, s.From, s.To, days)
	}
	return nil
}

// Filter restricts a report; we ask for none.
type Filter struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

// Configuration is what a report consists of, in Amazon's words.
type Configuration struct {
	AdProduct    string   `json:"adProduct"`
	GroupBy      []string `json:"groupBy"`
	Columns      []string `json:"columns"`
	ReportTypeID string   `json:"reportTypeId"`
	TimeUnit     string   `json:"timeUnit"`
	Format       string   `json:"format"`
	Filters      []Filter `json:"filters,omitempty"`
}

func (s ReportSpec) configuration() Configuration {
	k := kinds[s.Type]
	return Configuration{
		AdProduct: k.adProduct, GroupBy: []string{k.groupBy}, Columns: s.Columns(),
		ReportTypeID: string(s.Type), TimeUnit: "DAILY", Format: "GZIP_JSON",
	}
}

// Body returns the request body of createAsyncReport.
func (s ReportSpec) Body() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Name          string        `json:"name"`
		Start         string        `json:"startDate"`
		End           string        `json:"endDate"`
		Configuration Configuration `json:"configuration"`
	}{fmt.Sprintf("HaloTrack %s %s %s", s.Type, s.From, s.To), s.From.String(), s.To.String(), s.configuration()})
}
