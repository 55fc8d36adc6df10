package analysis

import (
	"cmp"
	"slices"
)

// Row is one search term of one week at brand level, as joined: market counts
// once, own counts summed over products.
type Row struct {
	Term   string // normalised key, unique per marketplace and week
	Funnel Funnel
	Ads    Ads
	// OrganicClicks and OrganicPurchases are own counts less those that ads
	// brought; invalid where the split is not known.
	OrganicClicks, OrganicPurchases Count
	SplitUnknown                    bool // ads report more clicks than the search data: no split
}

// Ads is what ads did on one search term in one week.
type Ads struct {
	Impressions, Clicks Count // sponsored products and brands
	CostMicros          Count // sponsored products and brands
	Orders7d            Count // sponsored products only
	Sales7dMicros       Count // sponsored products only
	// OrdersPartial is set where sponsored brands had clicks too, whose orders
	// Orders7d does not hold.
	OrdersPartial bool
}

// Market collects one marketplace's rows for an audit. Add the audited week
// with AddNow, each stored week of the baseline with AddBefore and each
// settled week of the money rules with AddSettled; a week may be both. The
// order in which rows are added does not matter.
type Market struct {
	Marketplace string // Amazon's id
	Currency    string // ISO 4217
	// Baseline lists the stored weeks that were added with AddBefore, at most
	// BaselineWeeks, the last ones before the audited week.
	Baseline []string
	// SettledWeeks lists the weeks that were added with AddSettled, at most
	// WasteWeeks, oldest first.
	SettledWeeks []string
	// SpendMicros is the week's spend over all campaigns, which is more than
	// that of the search terms; invalid without stored ads days.
	SpendMicros Count
	// State says how far Amazon may still correct the week's ads.
	State State
	// AdsDays is how many of the week's daily ads reports are stored, of
	// AdsDaysWanted: 7 for each advertising profile and kind of report; 0
	// without advertising.
	AdsDays, AdsDaysWanted int
	// UntermedMicros is the week's ad spend that belongs to no search term.
	UntermedMicros int64
	// Cells counts the products by what Amazon answered for the week.
	Cells Cells

	terms  map[string]*term
	now    Sums
	before Sums
	roll   Rollup
}

// Cells counts products by what is known of their search terms in the week.
type Cells struct {
	Stored      int // with search terms, the list whole
	Truncated   int // with search terms, the list cut off by Amazon
	Empty       int // Amazon answered: none
	Unavailable int // not published by Amazon
}

// BaselineWeeks is how many stored weeks before the audited one a comparison
// uses.
const BaselineWeeks = 13

type term struct {
	name   string
	now    *Row
	before Sums
	weeks  int // baseline weeks in which the term was listed
	// clickShares and purchaseShares are those of the single baseline weeks.
	clickShares, purchaseShares []float64
	settled                     settled
}

// settled sums one term's ads over the settled weeks.
type settled struct {
	clicks, cost, orders int64
	ordersUnknown        bool // clicks in a week whose orders are not all counted
	organic              int64
	organicKnown         bool
	organicUnknown       bool
}

func (m *Market) term(name string) *term {
	if m.terms == nil {
		m.terms = make(map[string]*term)
	}
	t := m.terms[name]
	if t == nil {
		t = &term{name: name}
		m.terms[name] = t
	}
	return t
}

// AddNow adds a row of the audited week.
func (m *Market) AddNow(r Row) {
	m.now.Add(r.Funnel)
	m.roll.add(r)
	m.term(r.Term).now = &r
}

// AddBefore adds a row of a baseline week.
func (m *Market) AddBefore(r Row) {
	m.before.Add(r.Funnel)
	if !r.Funnel[Impression].Known() && !r.Funnel[Click].Known() {
		return // ads only: the term was not listed
	}
	t := m.term(r.Term)
	t.before.Add(r.Funnel)
	t.weeks++
	t.clickShares = withShare(t.clickShares, r.Funnel[Click])
	t.purchaseShares = withShare(t.purchaseShares, r.Funnel[Purchase])
}

func withShare(shares []float64, c Cell) []float64 {
	if !c.Known() || c.Market.V <= 0 {
		return shares
	}
	return append(shares, float64(c.Own.V)/float64(c.Market.V))
}

// AddSettled adds a row of a settled week.
func (m *Market) AddSettled(r Row) {
	if r.Ads.Clicks.V == 0 && r.Ads.CostMicros.V == 0 && r.OrganicPurchases.V == 0 {
		return
	}
	s := &m.term(r.Term).settled
	s.clicks += r.Ads.Clicks.V
	s.cost += r.Ads.CostMicros.V
	s.orders += r.Ads.Orders7d.V
	if r.Ads.OrdersPartial || r.Ads.Clicks.V > 0 && !r.Ads.Orders7d.Valid {
		s.ordersUnknown = true
	}
	s.organic += r.OrganicPurchases.V
	s.organicKnown = s.organicKnown || r.OrganicPurchases.Valid
	s.organicUnknown = s.organicUnknown || !r.OrganicPurchases.Valid
}

// sorted returns the terms by name, so that every walk over them is the same.
func (m *Market) sorted() []*term {
	all := make([]*term, 0, len(m.terms))
	for _, t := range m.terms {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *term) int { return cmp.Compare(a.name, b.name) })
	return all
}

// Rollup is one marketplace's week in a few figures.
type Rollup struct {
	Funnel                          Sums
	AdImpressions, AdClicks         Count
	AdOrders7d, AdSales7dMicros     Count
	OrganicClicks, OrganicPurchases Count
	Terms                           int // search terms with market counts
}

// Rollup returns the sums of the audited week. A sum in which nothing was
// known is invalid.
func (m *Market) Rollup() Rollup {
	r := m.roll
	r.Funnel = m.now
	return r
}

func (r *Rollup) add(row Row) {
	plus := func(to *Count, c Count) {
		if c.Valid {
			to.V += c.V
			to.Valid = true
		}
	}
	plus(&r.AdImpressions, row.Ads.Impressions)
	plus(&r.AdClicks, row.Ads.Clicks)
	plus(&r.AdOrders7d, row.Ads.Orders7d)
	plus(&r.AdSales7dMicros, row.Ads.Sales7dMicros)
	plus(&r.OrganicClicks, row.OrganicClicks)
	plus(&r.OrganicPurchases, row.OrganicPurchases)
	if row.Funnel[Impression].Market.Valid || row.Funnel[Click].Market.Valid {
		r.Terms++
	}
}
