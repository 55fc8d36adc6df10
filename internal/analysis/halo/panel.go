package halo

import (
	"fmt"
	"math"
)

// Panel is one marketplace's search terms over consecutive weeks.
type Panel struct {
	// Ads says of each week whether ads are stored for it, whole. Where they
	// are, a term without ads has spend 0.
	Ads   []bool
	Terms []Term
}

// Term is one search term at brand level.
type Term struct {
	// Product is the product that had most of the term's own impressions over
	// the panel: terms of one product share its shocks. Empty is a product of
	// its own.
	Product string
	Weeks   []Week // as many as the panel's
}

// Week is one search term in one week. The zero value is a week in which Amazon
// listed the term for none of the account's products: unknown, not 0. Weeks in
// which the leading product was out of stock are to be passed as unknown too,
// in place of a control for stock (analytics.md §3.5).
type Week struct {
	Clicks    Clicks
	Purchases Purchases
	Spend     float64 // on the term, in whole units of the marketplace's currency; counts only where the panel's week has ads
	Serving   Serving // of the campaigns that served the term
	PriceGap  float64 // the account's median click price over the market's, less 1; NaN: not known
}

// Clicks are a term's clicks from search pages.
type Clicks struct {
	Known   bool
	Market  int64 // the whole market's
	Organic int64 // the account's own that no ad explains
	Ads     int64 // the account's ad clicks within Market: 0 if Amazon leaves ads out of its counts (the scope test)
}

// Purchases are a term's purchases within 24 hours of the search.
type Purchases struct {
	Known  bool
	Market int64 // the whole market's
	Own    int64 // the account's, with and without ads
	Ads    int64 // those that ads claim, of the advertised product within a day
}

// Serving says on how many days of a week the campaigns that serve a term were
// running. It can be made of days alone: clicks or spend, which shoppers decide,
// do not fit (measured: as an instrument ad clicks are biased by .05 and cover
// 41 % instead of 95 %). The zero value is unknown.
type Serving struct{ days, of uint8 }

// ServingDays is the serving of a week of which of days are stored, 1 to 7.
func ServingDays(days, of int) (Serving, error) {
	if of < 1 || of > 7 || days < 0 || days > of {
		return Serving{}, fmt.Errorf("%d of %d days is no part of a week: an instrument is made of days on which campaigns served, not of clicks", days, of)
	}
	return Serving{uint8(days), uint8(of)}, nil
}

// Known says whether any day of the week is stored.
func (s Serving) Known() bool { return s.of > 0 }

// Share is the share of the stored days, 0..1.
func (s Serving) Share() float64 { return float64(s.days) / float64(s.of) }

func (s Serving) on() bool { return 2*s.days >= s.of }

// logOdds returns the log odds of the organic click share with half a click added
// to each side (Haldane 1956, Anscombe 1956).
func (c Clicks) logOdds() float64 {
	own, rest := float64(c.Organic)+.5, float64(c.Market-c.Ads-c.Organic)+.5
	return math.Log(own / rest)
}

// usable says whether the counts can be a share.
func (c Clicks) usable() bool {
	return c.Known && c.Organic >= 0 && c.Ads >= 0 && c.Market > 0 && c.Organic+c.Ads <= c.Market
}

func (p Purchases) usable() bool {
	return p.Known && p.Market > 0 && p.Own >= 0 && p.Ads >= 0 && p.Own <= p.Market
}

// clusters says which terms share shocks.
type clusters struct {
	of     []int // of each term of the panel
	n      int   // clusters
	moving int   // of them, those in which what is studied varies: G
	terms  bool  // each term by itself
}

// cluster groups terms by product where fewer than 40 products share them, and
// leaves each by itself otherwise (analytics.md §4.5).
func (p *Panel) cluster(used []int) clusters {
	products := map[string]int{}
	byProduct := make([]int, len(p.Terms))
	for _, q := range used {
		name := p.Terms[q].Product
		if name == "" {
			name = fmt.Sprintf("\x00%d", q)
		}
		at, ok := products[name]
		if !ok {
			at = len(products)
			products[name] = at
		}
		byProduct[q] = at
	}
	if len(products) < fewClusters && len(products) < len(used) {
		return clusters{of: byProduct, n: len(products)}
	}
	own := make([]int, len(p.Terms))
	for i, q := range used {
		own[q] = i
	}
	return clusters{of: own, n: len(used), terms: true}
}

func (c clusters) noun() string {
	if c.terms {
		return "term"
	}
	return "product"
}

// products groups terms by product whatever their number.
func (p *Panel) products(used []int) (of []int, n int) {
	seen := map[string]int{}
	of = make([]int, len(p.Terms))
	for _, q := range used {
		name := p.Terms[q].Product
		at, ok := seen[name]
		if !ok || name == "" {
			at = n
			n++
			seen[name] = at
		}
		of[q] = at
	}
	return of, n
}

// filled replaces what is not known of a control by its group's mean, so that a
// missing price costs no week; it says nothing when all is unknown.
func (s *sample) filled(col []float64) []float64 {
	for g := range s.groups() {
		sum, n := 0.0, 0
		for _, v := range col[s.start[g]:s.start[g+1]] {
			if !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		mean := 0.0
		if n > 0 {
			mean = sum / float64(n)
		}
		for i := s.start[g]; i < s.start[g+1]; i++ {
			if math.IsNaN(col[i]) {
				col[i] = mean
			}
		}
	}
	return col
}
