package portfolio

import (
	"database/sql"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Product is one line of the product table: an ASIN in one marketplace.
type Product struct {
	ID          string
	Marketplace string
	ASIN        string
	SKU         string
	Title       string
	Parent      string // an ASIN, or a name of the account's own; empty: stands for itself
	Brand       string
	Price       sql.Null[int64]   // micros of Currency
	Currency    string            // the marketplace's
	Margin      sql.Null[float64] // of the price, before ads; invalid: the account's
	Updated     time.Time
}

// The longest texts of a product, in characters.
const (
	longestTitle = 500
	longestBrand = 200
	longestSKU   = 60
	dearest      = 1_000_000 // whole units of currency; beyond this it is a mistake
)

var asinForm = regexp.MustCompile(`^[A-Z0-9]{10}$`)

// Clean returns the product as it is stored, with its marketplace's currency, or
// says what is wrong with it; see Refusal.
func (p Product) Clean() (Product, error) {
	market, ok := marketplace.ByID(p.Marketplace)
	if !ok {
		return p, refuse("There is no marketplace %q.", shown(p.Marketplace))
	}
	p.Currency = market.Currency
	p.ASIN = strings.ToUpper(strings.TrimSpace(p.ASIN))
	if !asinForm.MatchString(p.ASIN) {
		return p, refuse("%q is not an ASIN: it has ten letters and digits, such as B0EXAMPLE1.", shown(p.ASIN))
	}
	for _, text := range []struct {
		name    string
		value   *string
		longest int
	}{{"title", &p.Title, longestTitle}, {"brand", &p.Brand, longestBrand}, {"SKU", &p.SKU, longestSKU}, {"parent", &p.Parent, longestSKU}} {
		*text.value = tidy(*text.value)
		if utf8.RuneCountInString(*text.value) > text.longest {
			return p, refuse("The %s has more than %d characters.", text.name, text.longest)
		}
	}
	if up := strings.ToUpper(p.Parent); asinForm.MatchString(up) && strings.HasPrefix(up, "B0") {
		p.Parent = up
	}
	if p.Price.Valid && (p.Price.V <= 0 || p.Price.V > dearest*1e6) {
		return p, refuse("A price lies above 0 and not above %d; leave it empty if it is not known.", dearest)
	}
	if p.Margin.Valid {
		if err := checkMargin(p.Margin.V); err != nil {
			return p, err
		}
	}
	return p, nil
}

// checkMargin says what is wrong with a margin, a fraction of the price. One of
// 0 or less has no break-even: every ad on it loses money, so that it is a
// mistake in the table more often than the truth.
func checkMargin(m float64) error {
	if math.IsNaN(m) || m <= 0 || m >= 1 {
		return refuse("A margin lies above 0 %% and below 100 %% of the price.")
	}
	return nil
}

// same tells whether two lines say the same, whenever they were written.
func (p Product) same(q Product) bool {
	p.ID, q.ID, p.Updated, q.Updated = "", "", time.Time{}, time.Time{}
	return p == q
}

func byASIN(a, b Product) int { return strings.Compare(a.ASIN, b.ASIN) }

// tidy makes one line of a text: control characters and runs of space become
// single spaces.
func tidy(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d'
	}), " ")
}

// shown is an input as a message repeats it.
func shown(s string) string {
	const most = 40
	if s = tidy(s); utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}
