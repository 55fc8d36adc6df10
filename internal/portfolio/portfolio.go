// Package portfolio is what an account says of itself for the analysis: its
// products with parents and margins, its brand's and competitors' words, its
// choices of single terms, its calendar of events and its thresholds. People
// write it; joins, audits and alerts read it.
package portfolio

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/analysis"
)

// AssumedMargin is the contribution margin before ads, as a fraction of the
// price, of a product without one in an account without one: a break-even ACOS
// of 30 %. What rests on it is marked as assumed.
const AssumedMargin = .30

// Portfolio is one account's as it was loaded; it is safe for concurrent use.
type Portfolio struct {
	Words Words

	names      *analysis.BrandWords
	products   map[productKey]Product
	choices    map[string]map[string]Choice // by marketplace and normalised term
	events     []Event
	thresholds []Threshold
}

type productKey struct{ marketplace, asin string }

// Load reads an account's portfolio.
func Load(app core.App, account string) (*Portfolio, error) {
	p := &Portfolio{products: map[productKey]Product{}, choices: map[string]map[string]Choice{}}
	var err error
	if p.Words, err = LoadWords(app, account); err != nil {
		return nil, err
	}
	p.names = analysis.NewBrandWords(p.Words.Brand, p.Words.Competitor, nil) // misspellings count once a person took them over
	products, err := allProducts(app, account)
	if err != nil {
		return nil, err
	}
	for _, x := range products {
		p.products[productKey{x.Marketplace, x.ASIN}] = x
	}
	if p.choices, err = loadChoices(app, account); err != nil {
		return nil, err
	}
	if p.events, err = Events(app, account); err != nil {
		return nil, err
	}
	if p.thresholds, err = Thresholds(app, account); err != nil {
		return nil, err
	}
	return p, nil
}

// Product returns what the product table says of an ASIN; ok is false for one
// that is not in it.
func (p *Portfolio) Product(marketplace, asin string) (x Product, ok bool) {
	x, ok = p.products[productKey{marketplace, asin}]
	return x, ok
}

// Products lists a marketplace's products, by ASIN.
func (p *Portfolio) Products(marketplace string) (list []Product) {
	for key, x := range p.products {
		if key.marketplace == marketplace {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, byASIN)
	return list
}

// Parent returns the parent that the product table gives an ASIN; empty where
// it gives none, so that the ASIN stands for itself.
func (p *Portfolio) Parent(marketplace, asin string) string {
	return p.products[productKey{marketplace, asin}].Parent
}

// Margin returns the contribution margin before ads of an ASIN, as a fraction of
// its price: its own, else the account's, else AssumedMargin. Assumed is true
// for the last alone. An empty ASIN asks for the account's.
func (p *Portfolio) Margin(marketplace, asin string) (margin float64, assumed bool) {
	if x := p.products[productKey{marketplace, asin}]; x.Margin.Valid {
		return x.Margin.V, false
	}
	if p.Words.DefaultMargin.Valid {
		return p.Words.DefaultMargin.V, false
	}
	return AssumedMargin, true
}

// Choice returns what a person chose for a term, by its normalised key; the zero
// Choice where nobody chose.
func (p *Portfolio) Choice(marketplace, termKey string) Choice {
	return p.choices[marketplace][termKey]
}

// Watched lists the normalised keys on a marketplace's watch list, in order.
func (p *Portfolio) Watched(marketplace string) (keys []string) {
	for key, c := range p.choices[marketplace] {
		if c.Watched {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Events lists the calendar's entries that concern a marketplace, those of all
// marketplaces among them, by their first day.
func (p *Portfolio) Events(marketplace string) (list []Event) {
	for _, e := range p.events {
		if e.Marketplace == "" || e.Marketplace == marketplace {
			list = append(list, e)
		}
	}
	return list
}

// Thresholds lists the thresholds that a marketplace is held to and that are on.
func (p *Portfolio) Thresholds(marketplace string) (list []Threshold) {
	for _, t := range p.thresholds {
		if t.On && (t.Marketplace == "" || t.Marketplace == marketplace) {
			list = append(list, t)
		}
	}
	return list
}

// optional reads a JSON column that holds a number or null.
func optional[T int64 | float64](column sql.NullString) (n sql.Null[T], err error) {
	if !column.Valid || column.String == "" || column.String == "null" {
		return n, nil
	}
	n.Valid = true
	return n, json.Unmarshal([]byte(column.String), &n.V)
}

// stored is what a JSON column holds of an optional number.
func stored[T int64 | float64](n sql.Null[T]) (any, error) {
	if !n.Valid {
		return nil, nil
	}
	text, err := json.Marshal(n.V)
	return string(text), err
}

func ofAccount(app core.App, table, account string) *dbx.SelectQuery {
	return app.DB().Select("*").From(table).Where(dbx.HashExp{"account": account})
}

// problem is an input that the caller is told of in these words.
type problem struct{ text string }

func (p problem) Error() string { return p.text }

func refuse(format string, args ...any) error { return problem{fmt.Sprintf(format, args...)} }

// Refusal returns the words to answer a person with, if err is about what they
// sent; ok is false for every other error.
func Refusal(err error) (text string, ok bool) {
	p, ok := err.(problem)
	return p.text, ok
}

// Clusters lists the clusters that people put terms of a marketplace into, by
// normalised key.
func (p *Portfolio) Clusters(marketplace string) map[string]string {
	out := map[string]string{}
	for key, c := range p.choices[marketplace] {
		if c.Cluster != "" {
			out[key] = c.Cluster
		}
	}
	return out
}
