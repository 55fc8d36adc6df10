package waitlist

import (
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"
)

// Application is what a person writes: exactly what the privacy policy says is
// asked (its line 8).
type Application struct {
	Name         string
	Email        string
	BusinessType string
	AdSpendBand  string
	Marketplaces []string // ISO 3166 alpha-2 codes
	Notes        string
}

// Choice is one of the values that a field may have.
type Choice struct{ Value, Label string }

// BusinessTypes are the kinds of business, as people know them.
var BusinessTypes = []Choice{
	{"brand", "A brand that sells on Amazon"},
	{"agency", "An agency"},
	{"aggregator", "An aggregator of brands"},
	{"reseller", "A reseller"},
	{"other", "Something else"},
}

// SpendBands are bands of what is spent on Amazon ads in a month, smallest
// first, in US dollars or what comes near.
var SpendBands = []Choice{
	{"none", "Nothing yet"},
	{"under_1k", "Less than $1,000"},
	{"1k_5k", "$1,000 to $5,000"},
	{"5k_20k", "$5,000 to $20,000"},
	{"20k_100k", "$20,000 to $100,000"},
	{"over_100k", "More than $100,000"},
}

// Countries are the marketplaces, as ISO 3166 alpha-2 codes, largest first
// within a region.
var Countries = []Choice{
	{"US", "United States"}, {"CA", "Canada"}, {"MX", "Mexico"}, {"BR", "Brazil"},
	{"GB", "United Kingdom"}, {"DE", "Germany"}, {"FR", "France"}, {"IT", "Italy"}, {"ES", "Spain"}, {"NL", "Netherlands"},
	{"SE", "Sweden"}, {"PL", "Poland"}, {"BE", "Belgium"}, {"IE", "Ireland"}, {"TR", "Türkiye"},
	{"SA", "Saudi Arabia"}, {"AE", "United Arab Emirates"}, {"IN", "India"}, {"EG", "Egypt"}, {"ZA", "South Africa"},
	{"JP", "Japan"}, {"AU", "Australia"}, {"SG", "Singapore"},
}

// LabelOf is how a value of a field is shown; the value itself if it has none.
func LabelOf(choices []Choice, value string) string {
	if i := slices.IndexFunc(choices, func(c Choice) bool { return c.Value == value }); i >= 0 {
		return choices[i].Label
	}
	return value
}

func isOneOf(choices []Choice, value string) bool {
	return slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == value })
}

const (
	longestName  = 200
	longestEmail = 254
	longestNotes = 2000
)

// mailbox is narrower than RFC 5322: what forms and mail servers agree on.
var mailbox = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z0-9-]{2,}$`)

// Clean trims the fields, makes one of marketplaces named twice, and returns
// what is wrong with each field, by its name in the API; empty if all is well.
func (a *Application) Clean() map[string]string {
	wrong := map[string]string{}
	a.Email = strings.TrimSpace(a.Email)
	if _, err := netmail.ParseAddress(a.Email); err != nil || len(a.Email) > longestEmail || !mailbox.MatchString(a.Email) {
		wrong["email"] = "Give an e-mail address, like anna@example.com."
	}
	a.clean(wrong)
	return wrong
}

// CleanCorrection is Clean for a correction, which leaves the address alone.
func (a *Application) CleanCorrection() map[string]string {
	wrong := map[string]string{}
	a.clean(wrong)
	return wrong
}

func (a *Application) clean(wrong map[string]string) {
	a.Name = strings.TrimSpace(a.Name)
	a.Notes = strings.TrimSpace(strings.ReplaceAll(a.Notes, "\r\n", "\n"))
	switch {
	case a.Name == "" || utf8.RuneCountInString(a.Name) > longestName:
		wrong["name"] = "Give your name, in at most 200 characters."
	case strings.ContainsFunc(a.Name, unicode.IsControl):
		wrong["name"] = "Give your name on one line."
	case LooksSecret(a.Name) != "":
		wrong["name"] = pasted(LooksSecret(a.Name))
	}
	if !isOneOf(BusinessTypes, a.BusinessType) {
		wrong["businessType"] = "Choose one of: " + values(BusinessTypes) + "."
	}
	if !isOneOf(SpendBands, a.AdSpendBand) {
		wrong["adSpendBand"] = "Choose a band, not a figure: " + values(SpendBands) + "."
	}
	for i, m := range a.Marketplaces {
		if strings.EqualFold(m, "UK") {
			a.Marketplaces[i] = "GB"
		}
	}
	slices.Sort(a.Marketplaces)
	a.Marketplaces = slices.Compact(a.Marketplaces)
	if len(a.Marketplaces) == 0 || slices.ContainsFunc(a.Marketplaces, func(m string) bool { return !isOneOf(Countries, m) }) {
		wrong["marketplaces"] = "Choose at least one of: " + values(Countries) + "."
	}
	switch {
	case utf8.RuneCountInString(a.Notes) > longestNotes:
		wrong["notes"] = "Write at most 2,000 characters."
	case LooksSecret(a.Notes) != "":
		wrong["notes"] = pasted(LooksSecret(a.Notes))
	}
}

func pasted(what string) string {
	return "This looks like it holds " + what + ". Take it out: we never ask for passwords, keys or tokens, and do not want to keep yours. Nothing was stored."
}

func values(choices []Choice) string {
	all := make([]string, len(choices))
	for i, c := range choices {
		all[i] = c.Value
	}
	return strings.Join(all, ", ")
}

func (a *Application) write(r *core.Record) {
	r.Set("name", a.Name)
	r.Set("business_type", a.BusinessType)
	r.Set("ad_spend_band", a.AdSpendBand)
	r.Set("marketplaces", a.Marketplaces)
	r.Set("notes", a.Notes)
}

// Of reads what the person wrote.
func Of(r *core.Record) Application {
	return Application{
		Name: r.GetString("name"), Email: r.GetString("email"), BusinessType: r.GetString("business_type"),
		AdSpendBand: r.GetString("ad_spend_band"), Marketplaces: r.GetStringSlice("marketplaces"), Notes: r.GetString("notes"),
	}
}
