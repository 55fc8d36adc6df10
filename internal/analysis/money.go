package analysis

import (
	"cmp"
	"math"
	"slices"
)

// MoneyTerm is one search term of one marketplace at brand level, over the
// settled weeks that money is judged by.
type MoneyTerm struct {
	Term    string // normalised key
	ASIN    string // own product with most own impressions over the weeks; empty: unknown
	Class   Class
	Cluster string     // Cluster.Key; empty: in none
	Weeks   []TermWeek // oldest first; a week without the term is absent, never 0
	Exact   bool       // advertised by a keyword that matches it exactly
	Economics
	OwnPrice, MarketPrice Count // median price of clicked offers, micros
	OwnFast, MarketFast   Rate  // part of clicks on offers delivered within two days
	StockOut              int   // weeks in which the product was probably out of stock
}

// TermWeek is one settled week of a term.
type TermWeek struct {
	Week                            int // index into MoneyOptions.Weeks
	Funnel                          Funnel
	Ads                             Ads
	OrganicClicks, OrganicPurchases Count
	Lead                            string  // own product with most own impressions of the week
	LeadShare                       float64 // its part of the own impressions, 0..1
	HHI                             float64 // Σ of squared parts of own impressions, 0..1; 0: unknown
	ASINs                           int     // own products with impressions
}

// MoneyOptions are what a marketplace's money findings share.
type MoneyOptions struct {
	Currency string
	Weeks    []string // the settled weeks, oldest first, at most WasteWeeks
	// FloorMicros is the least money over the weeks worth a seller's minute;
	// 0: WasteFloorMicros of the currency.
	FloorMicros int64
	// TargetACOS is what harvested terms must meet; 0: each term's break-even.
	TargetACOS float64
}

// Appraisal is a marketplace's terms prepared for the money rules: what each
// class converts and shares usually, and how much its indices swing. Make one
// with Appraise. Its methods are the rules; each returns its findings ranked
// by their conservative bound, and counts what it refused to judge and why.
type Appraisal struct {
	options MoneyOptions
	terms   []*appraised // sorted by term
	cvr     map[Class]prior
	share   map[Class][4]prior   // by Step
	wander  map[Class][4]float64 // of shares between weeks, by Step
	noise   map[Class][4]float64 // of indices between weeks, by Index
	value   map[Class]float64    // mean ad sales of an order, micros
}

// prior is what is known of a rate before a term itself is looked at.
type prior struct {
	Beta
	fitted bool // from the class; else flat
}

// flat is the prior where the class has too few terms to give one. With it a
// term without an order counts against itself as by the rule of three.
var flat = prior{Beta: Beta{1, 1}}

// appraised is a term with its sums over the settled weeks.
type appraised struct {
	MoneyTerm
	own              Sums // own and market counts, sums over weeks
	clicks, cost     int64
	orders, sales    int64
	ordersUnknown    bool  // clicks in a week whose orders are not all counted
	organicClicks    Count // invalid where a week's is unknown
	organicPurchases int64
	organicUnknown   bool // purchases, in at least one week
	organicKnown     bool // likewise
}

// Appraise prepares the terms of one marketplace for the money rules. The
// order of terms does not matter.
func Appraise(terms []MoneyTerm, o MoneyOptions) *Appraisal {
	a := &Appraisal{options: o, cvr: map[Class]prior{}, share: map[Class][4]prior{}, wander: map[Class][4]float64{}, noise: map[Class][4]float64{}, value: map[Class]float64{}}
	if a.options.FloorMicros <= 0 {
		a.options.FloorMicros = WasteFloorMicros(o.Currency)
	}
	for _, t := range terms {
		a.terms = append(a.terms, appraise(t))
	}
	slices.SortFunc(a.terms, func(x, y *appraised) int { return cmp.Compare(x.Term, y.Term) })
	for _, class := range Classes {
		var of []*appraised
		var cvr []Ratio
		var orders, sales float64
		for _, t := range a.terms {
			if t.Class != class {
				continue
			}
			of = append(of, t)
			if t.judged() {
				cvr = append(cvr, t.conversions())
				orders, sales = orders+float64(t.orders), sales+float64(t.sales)
			}
		}
		a.cvr[class] = priorOf(cvr)
		var noise, wander [4]float64
		var share [4]prior
		for i := range noise {
			_, lower := Index(i).steps()
			noise[i] = commonNoise(of, indexPairs(Index(i)), lower)
			wander[i] = commonNoise(of, sharePairs(Step(i)), Step(i))
			ratios := make([]Ratio, 0, len(of))
			for _, t := range of {
				ratios = append(ratios, ratioOf(t.own[i]))
			}
			share[i] = priorOf(ratios)
		}
		a.noise[class], a.wander[class], a.share[class] = noise, wander, share
		if orders >= minPriorSuccesses {
			a.value[class] = sales / orders
		}
	}
	return a
}

func priorOf(r []Ratio) prior {
	if b, ok := FitPrior(r); ok {
		return prior{b, true}
	}
	return flat
}

func ratioOf(s Sum) Ratio {
	n := float64(s.Market)
	return Ratio{math.Min(float64(s.Own), n), n}
}

func appraise(t MoneyTerm) *appraised {
	a := &appraised{MoneyTerm: t, organicClicks: Count{Valid: len(t.Weeks) > 0}}
	for _, w := range t.Weeks {
		a.own.Add(w.Funnel)
		a.clicks += w.Ads.Clicks.V
		a.cost += w.Ads.CostMicros.V
		a.orders += w.Ads.Orders7d.V
		a.sales += w.Ads.Sales7dMicros.V
		if w.Ads.OrdersPartial || w.Ads.Clicks.V > 0 && (!w.Ads.Orders7d.Valid || !w.Ads.CostMicros.Valid) {
			a.ordersUnknown = true
		}
		a.organicClicks.V += w.OrganicClicks.V
		a.organicClicks.Valid = a.organicClicks.Valid && w.OrganicClicks.Valid
		a.organicPurchases += w.OrganicPurchases.V
		a.organicKnown = a.organicKnown || w.OrganicPurchases.Valid
		a.organicUnknown = a.organicUnknown || !w.OrganicPurchases.Valid
	}
	return a
}

// judged reports whether the term's ads can be judged by their orders.
func (t *appraised) judged() bool { return t.clicks > 0 && !t.ordersUnknown }

// conversions are orders of ad clicks; a click may bring several orders, which
// count as one.
func (t *appraised) conversions() Ratio {
	return Ratio{math.Min(float64(t.orders), float64(t.clicks)), float64(t.clicks)}
}

// orderValueWeight is for how many orders the product's price counts beside
// the orders that were really placed.
const orderValueWeight = 3

// orderValue is what an ad order sells for, in micros: the term's own mean,
// with the product's price (else the class's mean order) counted as 3 orders.
func (a *Appraisal) orderValue(t *appraised) (micros float64, ok bool) {
	usual := float64(t.PriceMicros)
	if usual <= 0 {
		usual = a.value[t.Class]
	}
	if usual <= 0 {
		return 0, false
	}
	return (float64(t.sales) + orderValueWeight*usual) / (float64(t.orders) + orderValueWeight), true
}

// stake is what a term's ads cost and may earn.
type stake struct {
	cpc, value float64 // micros: of a click, of an order
	posterior  Beta    // of the conversion rate
	breakEven  float64 // conversion rate at which nothing is earned; above 1: never
	fitted     bool    // the prior is the class's own
}

// short and surely are the one-sided confidences of the bounds of money: as for
// share changes, a bound is passed with 20 %.
const (
	short  = .20
	surely = .80
)

// stakeOf prepares the judgement of a term's ads; why says what is missing.
func (a *Appraisal) stakeOf(t *appraised) (s stake, why string) {
	switch {
	case t.clicks == 0:
		return s, "no ad was clicked"
	case t.ordersUnknown:
		return s, "sponsored brands took part, or orders are not stated, in at least one week: not all orders are counted"
	}
	value, ok := a.orderValue(t)
	if !ok || t.Margin <= 0 {
		return s, "neither a price nor enough orders say what a sale is worth: fill the product table"
	}
	p := a.cvr[t.Class]
	s = stake{cpc: float64(t.cost) / float64(t.clicks), value: value, posterior: p.With(t.conversions()), fitted: p.fitted}
	s.breakEven = s.cpc / (value * t.Margin)
	return s, ""
}

// weeks is the number of settled weeks.
func (a *Appraisal) weeks() float64 { return float64(max(1, len(a.options.Weeks))) }

// span names the first and last settled week.
func (a *Appraisal) span() *[2]string {
	if len(a.options.Weeks) == 0 {
		return nil
	}
	return &[2]string{a.options.Weeks[0], a.options.Weeks[len(a.options.Weeks)-1]}
}

// Interval is an estimate with its bounds.
type Interval struct{ Low, Mid, High float64 }

// MoneyFinding is a decision worth taking, with what it rests on.
type MoneyFinding struct {
	Kind          Kind
	Term, ASIN    string
	Class         Class
	Cluster       string
	Weeks         *[2]string // first and last settled week it rests on
	Figure        string     // what Value is: ad_cvr, ctr_index, cart_index, close_index, extra_purchases, ad_click_share, lead_share_change
	Value         Interval   // 95 %
	Probability   float64    // posterior: that ads lose money (waste), that they meet the target (harvest, scale); 0: none
	P             float64    // of the test behind it (fix_listing); 0: none
	N             int64      // events it rests on
	Money         Interval   // micros a week, each bound passed with 20 %; Low ranks
	MoneyOK       bool       // false: the money is not known
	Cause         string     // stock, price, delivery or empty
	MarginAssumed bool
	Text          string
}

// Refused counts terms that a rule did not judge, or did not show, and why.
type Refused struct {
	Kind  Kind
	Why   string
	Terms int
}

// refusals counts by reason, in a fixed order.
type refusals struct {
	kind Kind
	by   map[string]int
}

func refusing(kind Kind) *refusals { return &refusals{kind, map[string]int{}} }

func (r *refusals) add(why string) { r.by[why]++ }

func (r *refusals) list() (list []Refused) {
	for why, n := range r.by {
		list = append(list, Refused{r.kind, why, n})
	}
	slices.SortFunc(list, func(a, b Refused) int { return cmp.Or(cmp.Compare(b.Terms, a.Terms), cmp.Compare(a.Why, b.Why)) })
	return list
}

// ranked sorts findings by the conservative bound of their money, then by the
// estimate, then by term.
func ranked(found []MoneyFinding) []MoneyFinding {
	slices.SortFunc(found, func(a, b MoneyFinding) int {
		return cmp.Or(cmp.Compare(b.Money.Low, a.Money.Low), cmp.Compare(b.Money.Mid, a.Money.Mid), cmp.Compare(a.Term, b.Term))
	})
	return found
}

// Finding is the finding as the audit lists it.
func (f MoneyFinding) Finding() Finding {
	out := Finding{Kind: f.Kind, Weeks: f.Weeks, Term: f.Term, ASIN: f.ASIN, Cause: f.Cause, Text: f.Text}
	low, high, n := f.Value.Low, f.Value.High, f.N
	out.Low, out.High, out.N = &low, &high, &n
	if f.P > 0 {
		p := f.P
		out.P = &p
	}
	if f.MoneyOK {
		money := int64(math.Round(f.Money.Low))
		out.MoneyLowMicros = &money
	}
	return out
}
