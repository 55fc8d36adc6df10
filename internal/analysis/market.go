package analysis

import (
	"cmp"
	"slices"
)

// Row is one search term of one week at brand level, as joined: market counts
// once, own counts summed over products.
type Row struct {
	Term   string // normalised key, unique per marketplace and week
	Class  Class
	Funnel Funnel
	Ads    Ads
	// OrganicClicks and OrganicPurchases are own counts less those that ads
	// brought; invalid where the split is not known.
	OrganicClicks, OrganicPurchases Count
	SplitUnknown                    bool // ads report more clicks than the search data: no split
	// Lead is the product with most own impressions, LeadImpressions of them,
	// and Concentration the sum of squared shares of the products in own
	// impressions, in millionths; empty and invalid where no product is listed.
	Lead            string
	LeadImpressions Count
	Concentration   Count
	Products        int // own products with impressions
}

// listed tells whether search data name the term at all.
func (r *Row) listed() bool { return r.Funnel[Impression].Known() || r.Funnel[Click].Known() }

// Ads is what ads did on one search term in one week.
type Ads struct {
	Impressions, Clicks Count // sponsored products and brands
	CostMicros          Count // sponsored products and brands
	Orders7d            Count // sponsored products only
	Sales7dMicros       Count // sponsored products only
	Orders1dSameSKU     Count // sponsored products only
	// OrdersPartial is set where sponsored brands had clicks too, whose orders
	// Orders7d does not hold.
	OrdersPartial bool
	Exact         bool // the term is an exact keyword already
}

// Market collects one marketplace's rows for an audit. Add the audited week
// with AddNow, each stored week of the baseline with AddBefore and each
// settled week of the money rules with AddSettled; a week may be both. The
// order in which rows are added does not matter.
type Market struct {
	Marketplace string // Amazon's id
	Week        string // the audited week
	Currency    string // ISO 4217
	// Baseline lists the stored weeks that are added with AddBefore, at most
	// BaselineWeeks, the last ones before the audited week, oldest first.
	Baseline []string
	// SettledWeeks lists the weeks that are added with AddSettled, at most
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
	// Event names the retail event that makes the audited week unlike its
	// baseline, empty for none; EventWeeks are the weeks of the baseline that
	// one fell into.
	Event      string
	EventWeeks map[string]string
	// Counting are the changes of Amazon's counting among the weeks of Baseline
	// and the audited one, whose index is that after the last: at their step the
	// weeks before are no baseline.
	Counting []Regime
	// Out says in which weeks a product was probably out of stock.
	Out map[Absence]bool
	// Cuts says, per product asked for in the audited week, down to which counts
	// Amazon's list of its terms goes.
	Cuts map[string]Cut
	// Sellers says which products listed a term in the baseline; only terms that
	// are not listed now are looked up, see Missing.
	Sellers map[string][]string
	// Product tells price, margin and parent of a product.
	Product func(asin string) Product
	// Moved tells the cluster that a person put a term into, if any.
	Moved map[string]string
	// BrandWord tells the words that name a brand, which say nothing of what a
	// term is about; nil: none.
	BrandWord func(word string) bool
	// Watch are the series of the watch list, from which drifts are told.
	Watch []Watched
	// LastYear is the aligned week of last year, nil while it is not stored.
	LastYear *Sums

	terms  map[string]*term
	offers map[string]Offers
	now    Sums
	before Sums
	weekly [BaselineWeeks]Sums // of the baseline
	roll   Rollup
}

// Absence is one product in one week.
type Absence struct{ ASIN, Week string }

// Cut is where Amazon's list of one product's terms ends in the audited week.
type Cut struct {
	Known bool     // Amazon answered for the product
	Least [4]Count // smallest own count listed, by step; 0 where the list is whole
}

// Product is what the account's product table says.
type Product struct {
	Parent string // the ASIN itself where it has none
	Economics
}

// Cells counts products by what is known of their search terms in the week.
type Cells struct {
	Stored      int `json:"stored"`      // with search terms, the list whole
	Truncated   int `json:"truncated"`   // with search terms, the list cut off by Amazon
	Empty       int `json:"empty"`       // Amazon answered: none
	Unavailable int `json:"unavailable"` // not published by Amazon
}

// BaselineWeeks is how many stored weeks before the audited one a comparison
// uses.
const BaselineWeeks = 13

type term struct {
	name    string
	class   Class
	now     *Row
	past    []past // baseline weeks in which the term was listed
	leads   []lead
	cluster Cluster
	exact   bool // an exact keyword in some settled week
	settled []TermWeek
}

// past is one baseline week of a term.
type past struct {
	week   int // index into Baseline
	counts packed
	clicks int64 // by ads
}

// packed is a funnel in half the space, because a large seller has hundreds of
// thousands of them: own and market counts by step, unknown below 0.
type packed [8]int64

func pack(f Funnel) (p packed) {
	for _, step := range Steps {
		p[2*step], p[2*step+1] = packCount(f[step].Own), packCount(f[step].Market)
	}
	return p
}

func packCount(c Count) int64 {
	if !c.Valid || c.V < 0 {
		return -1
	}
	return c.V
}

// cell unpacks one step.
func (p *packed) cell(step Step) Cell {
	at := func(n int64) Count { return Count{V: max(0, n), Valid: n >= 0} }
	return Cell{Own: at(p[2*step]), Market: at(p[2*step+1])}
}

func (p *packed) funnel() (f Funnel) {
	for _, step := range Steps {
		f[step] = p.cell(step)
	}
	return f
}

// lead is how many own impressions a product led a term with.
type lead struct {
	asin        string
	impressions int64
}

func (m *Market) term(r *Row) *term {
	if m.terms == nil {
		m.terms = make(map[string]*term)
	}
	t := m.terms[r.Term]
	if t == nil {
		t = &term{name: r.Term, class: r.Class}
		m.terms[r.Term] = t
	}
	return t
}

func (t *term) led(r *Row) {
	if r.Lead == "" {
		return
	}
	for i := range t.leads {
		if t.leads[i].asin == r.Lead {
			t.leads[i].impressions += r.LeadImpressions.V
			return
		}
	}
	t.leads = append(t.leads, lead{r.Lead, r.LeadImpressions.V})
}

// lead returns the product that led the term over the baseline and the audited
// week, empty for none.
func (t *term) lead() string {
	if len(t.leads) == 0 {
		return ""
	}
	return slices.MinFunc(t.leads, func(a, b lead) int {
		return cmp.Or(cmp.Compare(b.impressions, a.impressions), cmp.Compare(a.asin, b.asin))
	}).asin
}

// before sums the term over its baseline weeks.
func (t *term) before() (s Sums) {
	for i := range t.past {
		s.Add(t.past[i].counts.funnel())
	}
	return s
}

// AddNow adds a row of the audited week.
func (m *Market) AddNow(r Row) {
	m.now.Add(r.Funnel)
	m.roll.add(r)
	t := m.term(&r)
	t.now, t.class = &r, r.Class
	t.led(&r)
}

// AddBefore adds a row of the baseline week with the given index.
func (m *Market) AddBefore(week int, r Row) {
	m.before.Add(r.Funnel)
	m.weekly[week].Add(r.Funnel)
	if !r.listed() {
		return // ads only: the term was not listed
	}
	t := m.term(&r)
	t.past = append(t.past, past{week, pack(r.Funnel), r.Ads.Clicks.V})
	t.led(&r)
}

// AddSettled adds a row of the settled week with the given index.
func (m *Market) AddSettled(week int, r Row) {
	if r.Ads.Clicks.V == 0 && r.Ads.CostMicros.V == 0 && !r.listed() {
		return
	}
	t := m.term(&r)
	t.exact = t.exact || r.Ads.Exact
	w := TermWeek{Week: week, Funnel: r.Funnel, Ads: r.Ads, OrganicClicks: r.OrganicClicks, OrganicPurchases: r.OrganicPurchases, Lead: r.Lead, HHI: float64(r.Concentration.V) / 1e6, ASINs: r.Products}
	if own := r.Funnel[Impression].Own; own.V > 0 {
		w.LeadShare = float64(r.LeadImpressions.V) / float64(own.V)
	}
	t.settled = append(t.settled, w)
}

// sorted returns the terms by name, so that every walk over them is the same,
// with their weeks in order.
func (m *Market) sorted() []*term {
	all := make([]*term, 0, len(m.terms))
	for _, t := range m.terms {
		slices.SortFunc(t.past, func(a, b past) int { return cmp.Compare(a.week, b.week) })
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *term) int { return cmp.Compare(a.name, b.name) })
	return all
}

// product is what is known of a product; an unknown one is its own parent.
func (m *Market) product(asin string) Product {
	p := Product{Parent: asin, Economics: Economics{Margin: AssumedMargin, Assumed: true}}
	if m.Product != nil && asin != "" {
		p = m.Product(asin)
	}
	if p.Parent == "" {
		p.Parent = asin
	}
	return p
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
	if row.listed() {
		r.Terms++
	}
}

// Leading lists the terms with most own purchases over the baseline, at most
// n, the most first.
func (m *Market) Leading(n int) []string {
	type one struct {
		name      string
		purchases int64
	}
	var all []one
	for name, t := range m.terms {
		if own := t.before()[Purchase].Own; own > 0 {
			all = append(all, one{name, own})
		}
	}
	slices.SortFunc(all, func(a, b one) int {
		return cmp.Or(cmp.Compare(b.purchases, a.purchases), cmp.Compare(a.name, b.name))
	})
	names := make([]string, 0, min(n, len(all)))
	for _, x := range all[:min(n, len(all))] {
		names = append(names, x.name)
	}
	return names
}
