// Package marketplace is the table of Amazon's retail marketplaces
// (spapi.md §5.7).
package marketplace

// Region is one of Amazon's three API regions.
type Region string

// The regions; the values are those of commands and configuration.
const (
	NorthAmerica Region = "na"
	Europe       Region = "eu"
	FarEast      Region = "fe"
)

// Regions lists all regions in the order in which they are asked.
var Regions = []Region{NorthAmerica, Europe, FarEast}

// Marketplace is one Amazon shop. Its JSON is what people need to see.
type Marketplace struct {
	ID            string `json:"id"`      // ATVPDKIKX0DER
	Country       string `json:"country"` // ISO 3166 alpha-2; Amazon's Ads API says UK for GB
	Name          string `json:"name"`
	Currency      string `json:"currency"` // ISO 4217
	Zone          string `json:"-"`        // IANA time zone of the ads profiles
	Region        Region `json:"-"`
	SellerCentral string `json:"-"` // host
	SQP           bool   `json:"-"` // Amazon documents Search Query Performance for it
}

// ByID returns the marketplace with Amazon's id; ok is false for one that is
// not a retail marketplace this product knows, which callers ignore.
func ByID(id string) (m Marketplace, ok bool) { m, ok = byID[id]; return m, ok }

// ByCountry returns the marketplace of a country code, UK and GB alike.
func ByCountry(code string) (m Marketplace, ok bool) {
	if code == "UK" {
		code = "GB"
	}
	for _, m := range All {
		if m.Country == code {
			return m, true
		}
	}
	return Marketplace{}, false
}

// All lists the marketplaces, by region and size.
var All = []Marketplace{
	{"ATVPDKIKX0DER", "US", "United States", "USD", "America/Los_Angeles", NorthAmerica, "sellercentral.amazon.com", true},
	{"A2EUQ1WTGCTBG2", "CA", "Canada", "CAD", "America/Los_Angeles", NorthAmerica, "sellercentral.amazon.ca", true},
	{"A1AM78C64UM0Y8", "MX", "Mexico", "MXN", "America/Los_Angeles", NorthAmerica, "sellercentral.amazon.com.mx", true},
	{"A2Q3Y263D00KWC", "BR", "Brazil", "BRL", "America/Sao_Paulo", NorthAmerica, "sellercentral.amazon.com.br", true},
	{"A1F83G8C2ARO7P", "GB", "United Kingdom", "GBP", "Europe/London", Europe, "sellercentral-europe.amazon.com", true},
	{"A1PA6795UKMFR9", "DE", "Germany", "EUR", "Europe/Berlin", Europe, "sellercentral-europe.amazon.com", true},
	{"A13V1IB3VIYZZH", "FR", "France", "EUR", "Europe/Paris", Europe, "sellercentral-europe.amazon.com", true},
	{"APJ6JRA9NG5V4", "IT", "Italy", "EUR", "Europe/Rome", Europe, "sellercentral-europe.amazon.com", true},
	{"A1RKKUPIHCS9HS", "ES", "Spain", "EUR", "Europe/Madrid", Europe, "sellercentral-europe.amazon.com", true},
	{"A1805IZSGTT6HS", "NL", "Netherlands", "EUR", "Europe/Amsterdam", Europe, "sellercentral.amazon.nl", true},
	{"A2NODRKZP88ZB9", "SE", "Sweden", "SEK", "Europe/Stockholm", Europe, "sellercentral.amazon.se", true},
	{"A1C3SOZRARQ6R3", "PL", "Poland", "PLN", "Europe/Warsaw", Europe, "sellercentral.amazon.pl", false},
	{"AMEN7PMS3EDWL", "BE", "Belgium", "EUR", "Europe/Brussels", Europe, "sellercentral.amazon.com.be", false},
	{"A28R8C7NBKEWEA", "IE", "Ireland", "EUR", "Europe/Dublin", Europe, "", false},
	{"A33AVAJ2PDY3EV", "TR", "Türkiye", "TRY", "Europe/Istanbul", Europe, "sellercentral.amazon.com.tr", true},
	{"A17E79C6D8DWNP", "SA", "Saudi Arabia", "SAR", "Asia/Riyadh", Europe, "sellercentral.amazon.sa", true},
	{"A2VIGQ35RCS4UG", "AE", "United Arab Emirates", "AED", "Asia/Dubai", Europe, "sellercentral.amazon.ae", true},
	{"A21TJRUUN4KGV", "IN", "India", "INR", "Asia/Kolkata", Europe, "sellercentral.amazon.in", true},
	{"ARBP9OOSHTCHU", "EG", "Egypt", "EGP", "Africa/Cairo", Europe, "sellercentral.amazon.eg", false},
	{"AE08WJ6YKNBMC", "ZA", "South Africa", "ZAR", "Africa/Johannesburg", Europe, "sellercentral.amazon.co.za", false},
	{"A1VC38T7YXB528", "JP", "Japan", "JPY", "Asia/Tokyo", FarEast, "sellercentral.amazon.co.jp", true},
	{"A39IBJ37TRP1C6", "AU", "Australia", "AUD", "Australia/Sydney", FarEast, "sellercentral.amazon.com.au", true},
	{"A19VAU5U5O7RUS", "SG", "Singapore", "SGD", "Asia/Singapore", FarEast, "sellercentral.amazon.sg", true},
}

var byID = func() map[string]Marketplace {
	m := make(map[string]Marketplace, len(All))
	for _, x := range All {
		m[x.ID] = x
	}
	return m
}()
