package halo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The limits of analytics.md §4.5.
const (
	Lags        = 4   // weeks after the spend in which an effect is looked for
	leads       = 2   // weeks before it, in which there must be none
	minClusters = 12  // fewer groups carry no interval
	fewClusters = 40  // fewer need the bootstrap
	MinWeeks    = 26  // with search and whole ads
	minSpread   = .2  // of log spend, after term and week effects
	leadLevel   = .10 // of the test on the leads
	placebos    = 200
	level       = .05
	// minOrganic is the mean organic clicks a week below which a term is left
	// out: the log odds of 2 expected clicks move by a tenth less than their
	// truth, of 3 by 3 %, of 5 exactly.
	minOrganic = 5
	minRows    = 8 // weeks of a term
)

// Options say what a run may vary.
type Options struct {
	Seed uint64 // of the permutations and the bootstrap
}

// LiftResult is what Model L says of an account's marketplace.
type LiftResult struct {
	// Estimate is the long-run lift: by how much the log odds of an organic
	// click go up, over the week itself and the four after it, per unit of log
	// spend. Nil unless every gate passed.
	Estimate *Estimate `json:"estimate"`
	Gates    []Gate    `json:"gates"`
	Text     string    `json:"text"`
	Size     Size      `json:"size"`
}

// liftFit is Model L without its gates.
type liftFit struct {
	panel    *Panel
	sample   *sample
	at       []int       // of each row, its week in the panel
	paths    [][]float64 // of each term, log spend per week; NaN where ads are not stored
	clusters clusters
	fit      *regression
	estimate Estimate
	se       float64
	spread   float64 // sd of log spend after the effects
	weeks    int     // with search and ads
}

// Lift runs Model L: the log odds of a term's organic click share on log spend of
// the week and the four before it, with term and week effects and price
// gap, weighted by market clicks.
func Lift(p *Panel, o Options) LiftResult {
	rng := random(o.Seed)
	l := fitLift(p, rng)
	var g gates
	r := LiftResult{Size: l.size()}
	enough := g.add("groups", l.clusters.moving >= minClusters, float64(l.clusters.moving), minClusters,
		fmt.Sprintf("%s whose spend moved", counted(l.clusters.moving, l.clusters.noun())),
		fmt.Sprintf("search terms with at least %d organic clicks a week, and ads on them that go up and down, of at least %d %ss", minOrganic, minClusters, l.clusters.noun()))
	enough = g.add("weeks", l.weeks >= MinWeeks, float64(l.weeks), MinWeeks,
		fmt.Sprintf("%s with search data and whole ads data", counted(l.weeks, "week")),
		fmt.Sprintf("%d weeks of both; they come by themselves as weeks are stored", MinWeeks)) && enough
	enough = g.add("variation", l.spread >= minSpread && l.fit != nil, l.spread, minSpread,
		"how far spend per term moves on its own, beside what all terms do together (standard deviation of its logarithm)",
		"spend that changes from week to week on some terms and not on others; a planned test makes it so") && enough
	if !enough || math.IsNaN(l.se) {
		g.skip("leads", "placebo", "products", "differences")
	} else {
		l.gateLeads(&g)
		l.gatePlacebo(&g, rng)
		l.gateProducts(&g)
		l.gateDifferences(&g)
	}
	r.Gates = g
	if g.passed() {
		e := l.estimate
		r.Estimate = &e
		tenth := func(b float64) float64 { return 100 * (math.Pow(1.1, b) - 1) }
		r.Text = fmt.Sprintf("Spend kept 10 %% higher on a term is associated with %.1f %% higher odds of an organic click within %d weeks (estimated, 95 %% interval %.1f to %.1f %%).",
			tenth(e.Value), Lags, tenth(e.Low), tenth(e.High))
	} else {
		r.Text = unidentified("Organic lift", g)
	}
	return r
}

func unidentified(what string, g gates) string {
	because := map[string]string{
		"groups":      "too few products or terms have ads that vary",
		"weeks":       "too few weeks are stored",
		"variation":   "spend hardly moves on one term without moving on all",
		"leads":       "shares already move before spend does: spend follows sales, or both follow something else",
		"placebo":     "spend of other terms, shuffled, explains shares as well",
		"products":    "the answer hangs on a single product",
		"differences": "week-to-week changes tell another story than levels",
		"switches":    "campaigns went on and off on too few terms",
		"on_off":      "campaigns were seldom wholly on or wholly off",
		"instrument":  "switching campaigns hardly changed the share of purchases that ads claim",
		"ahead":       "purchases already move before campaigns are switched",
	}
	why := "its conditions are not met"
	if first := g.first(); first != nil {
		why = because[first.Name]
	}
	return what + " is not identified from your data, because " + why + "."
}

func (l *liftFit) size() Size {
	_, products := l.panel.products(l.sample.query)
	return Size{Terms: l.sample.groups(), Products: products, Weeks: l.sample.weeks, Rows: l.sample.rows(), Groups: l.clusters.moving, By: l.clusters.noun()}
}

// fitLift estimates without asking whether it may.
func fitLift(p *Panel, rng *rand.Rand) *liftFit {
	l := &liftFit{panel: p, se: math.NaN()}
	l.paths = make([][]float64, len(p.Terms))
	for q, term := range p.Terms {
		l.paths[q] = make([]float64, len(p.Ads))
		for t := range p.Ads {
			l.paths[q][t] = math.NaN()
			if p.Ads[t] {
				l.paths[q][t] = math.Log1p(math.Max(term.Weeks[t].Spend, 0))
			}
		}
	}
	for t, ads := range p.Ads {
		for q := range p.Terms {
			if ads && p.Terms[q].Weeks[t].Clicks.usable() {
				l.weeks++
				break
			}
		}
	}
	l.sample, l.at = p.rows(func(q, t int) bool { return p.adsStored(t-Lags, t) && p.Terms[q].Weeks[t].Clicks.usable() }, enoughOrganic, marketClicks)
	l.clusters = p.cluster(l.sample.query)
	if l.sample.rows() == 0 {
		return l
	}
	y, controls := l.outcome()
	n := l.sample.nuisance(controls)
	x := l.columns(nil, 0, Lags)
	spread := append([]float64(nil), x[0]...)
	l.clusters.moving = l.sample.moving(spread, l.clusters)
	n.clean(spread)
	total := 0.0
	for i, v := range spread {
		l.spread += l.sample.weight[i] * v * v
		total += l.sample.weight[i]
	}
	l.spread = math.Sqrt(l.spread / total)
	l.fit = n.regress(y, x...)
	if l.fit.dead || l.clusters.moving < 2 {
		l.fit = nil
		return l
	}
	sum := ones(Lags + 1)
	l.estimate.Value = l.fit.sum(sum)
	l.se = math.Sqrt(l.fit.variance(sum, l.clusters))
	l.estimate.Low, l.estimate.High = l.interval(rng)
	return l
}

// interval is t, or the bootstrap below 40 groups.
func (l *liftFit) interval(rng *rand.Rand) (low, high float64) {
	b := l.estimate.Value
	direction := l.fit.direction(ones(Lags + 1))
	effective := l.sample.effective(direction, l.clusters)
	if !resample(effective, l.clusters) {
		t := studentT(effective, l.clusters)
		return b - t*l.se, b + t*l.se
	}
	// Imposing b0 adds to the residuals (b-b0) × direction / its variation.
	var variation float64
	for i, w := range l.sample.weight {
		variation += w * direction[i] * direction[i]
	}
	step := make([]float64, len(direction))
	for i, v := range direction {
		step[i] = v / variation
	}
	w := l.fit.bootstrap(direction, l.fit.resid, step, l.clusters, rng)
	raw := dot(l.fit.influences(direction, l.fit.resid, l.clusters), nil)
	return invert(func(b0 float64) float64 { return w.p(b-b0, (b-b0)*(b-b0)/raw) }, b, l.se)
}

// outcome returns y and the controls of the rows.
func (l *liftFit) outcome() (y []float64, controls [][]float64) {
	s := l.sample
	y = make([]float64, s.rows())
	price := make([]float64, s.rows())
	for g, q := range s.query {
		for i := s.start[g]; i < s.start[g+1]; i++ {
			w := &l.panel.Terms[q].Weeks[l.at[i]]
			y[i], price[i] = w.Clicks.logOdds(), w.PriceGap
		}
	}
	return y, [][]float64{s.filled(price)}
}

// columns returns log spend of the weeks from..to before each row's. With
// shuffled, terms take each other's paths.
func (l *liftFit) columns(shuffled []int, from, to int) [][]float64 {
	s := l.sample
	flat := make([]float64, (to-from+1)*s.rows())
	var x [][]float64
	for lag := from; lag <= to; lag++ {
		col := flat[:s.rows():s.rows()]
		flat = flat[s.rows():]
		for g, q := range s.query {
			path := l.paths[q]
			if shuffled != nil {
				path = l.paths[s.query[shuffled[g]]]
			}
			for i := s.start[g]; i < s.start[g+1]; i++ {
				col[i] = path[l.at[i]-lag]
			}
		}
		x = append(x, col)
	}
	return x
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
