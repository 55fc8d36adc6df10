package halo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The limits of Model D (analytics.md §4.5).
const (
	minFirstStage = 10      // F of the instrument, with clustered errors
	minSwitching  = 8       // terms whose campaigns went
	minSwitches   = 2       // on or off this often
	minWholeWeeks = 2.0 / 3 // share of weeks wholly on or wholly off
	aheadLevel    = .01     // of the test on the next week's switching
)

// DisplacementResult is what Model D says of an account's marketplace.
type DisplacementResult struct {
	// Estimate is how many more purchases there are per purchase that ads
	// claim: 1 all of them are new, 0 all would have come anyway, above 1 ads
	// bring more than they claim. Nil unless every gate passed.
	Estimate *Estimate `json:"estimate"`
	Gates    []Gate    `json:"gates"`
	Text     string    `json:"text"`
	Size     Size      `json:"size"`
	// Diagnostics are for whoever checks the model, never an answer: the
	// regression without instrument, biased by demand and by errors of
	// attribution.
	Diagnostics Diagnostics `json:"diagnostics"`
}

// Diagnostics of Model D.
type Diagnostics struct {
	OLS *Estimate `json:"ols"` // nil where nothing varies
}

// displacementFit is Model D without its gates.
type displacementFit struct {
	panel     *Panel
	sample    *sample
	at        []int
	clusters  clusters
	nuisance  *nuisance
	own, ads  *regression // purchases, and those that ads claim, per market purchase, on the instrument
	estimate  Estimate
	f         float64 // of the first stage
	switching int     // terms
	whole     float64 // share of weeks wholly on or off
	weeks     int
}

// Displacement runs Model D: own purchases per market purchase on those that ads
// claim, with term and week effects, weighted by market purchases; instrument is
// the share of the week's days on which the term's campaigns served. No other
// instrument can be passed.
func Displacement(p *Panel, o Options) DisplacementResult {
	rng := random(o.Seed)
	d := fitDisplacement(p, rng)
	r := DisplacementResult{Size: d.size()}
	r.Diagnostics.OLS = d.ols()
	var g gates
	enough := g.add("groups", d.clusters.moving >= minClusters, float64(d.clusters.moving), minClusters,
		fmt.Sprintf("%s whose campaigns went on or off", counted(d.clusters.moving, d.clusters.noun())),
		fmt.Sprintf("campaigns that pause and resume, of at least %d %ss", minClusters, d.clusters.noun()))
	enough = g.add("weeks", d.weeks >= MinWeeks, float64(d.weeks), MinWeeks,
		fmt.Sprintf("%s with purchases and days of serving", counted(d.weeks, "week")),
		fmt.Sprintf("%d weeks of both; they come by themselves as weeks are stored", MinWeeks)) && enough
	enough = g.add("switches", d.switching >= minSwitching, float64(d.switching), minSwitching,
		fmt.Sprintf("%s whose campaigns went on or off at least %d times", counted(d.switching, "term"), minSwitches),
		"campaigns that pause and resume: a planned test does both by lot") && enough
	enough = g.add("on_off", d.whole >= minWholeWeeks, d.whole, minWholeWeeks,
		"share of weeks in which the switching terms' campaigns were wholly on or wholly off",
		"campaigns switched for whole weeks") && enough
	if !enough {
		g.skip("instrument", "ahead")
	} else {
		g.add("instrument", d.f >= minFirstStage, d.f, minFirstStage,
			"how strongly switching moves the share of purchases that ads claim (F of the first stage)",
			"more switches, or on terms where ads sell more")
		ahead := d.ahead()
		g.add("ahead", ahead > aheadLevel, ahead, aheadLevel,
			"next week's switching does not explain this week's purchases (p of the test; shown if above the limit)",
			"campaigns that are not switched because of sales: a planned test switches by lot")
	}
	r.Gates = g
	if g.passed() && bounded(d.estimate) {
		e := d.estimate
		r.Estimate = &e
		r.Text = fmt.Sprintf("Of 100 purchases that ads claim, %.0f are associated with more purchases in all (estimated, 95 %% interval %.0f to %.0f).", 100*e.Value, 100*e.Low, 100*e.High)
	} else {
		r.Text = unidentified("Displacement", g)
	}
	return r
}

func bounded(e Estimate) bool {
	return !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0) && !math.IsNaN(e.Value)
}

func (d *displacementFit) size() Size {
	_, products := d.panel.products(d.sample.query)
	return Size{Terms: d.sample.groups(), Products: products, Weeks: d.sample.weeks, Rows: d.sample.rows(), Groups: d.clusters.moving, By: d.clusters.noun()}
}

func fitDisplacement(p *Panel, rng *rand.Rand) *displacementFit {
	d := &displacementFit{panel: p}
	d.sample, d.at = p.rows(func(q, t int) bool {
		w := &p.Terms[q].Weeks[t]
		return p.Ads[t] && w.Purchases.usable() && w.Serving.Known()
	}, func([]*Week) bool { return true }, func(w *Week) float64 { return float64(w.Purchases.Market) })
	d.weeks = d.sample.weeks
	d.clusters = p.cluster(d.sample.query)
	if d.sample.rows() == 0 {
		return d
	}
	own, ads, serving := d.columns()
	d.clusters.moving = d.sample.moving(serving, d.clusters)
	d.countSwitches()
	d.nuisance = d.sample.nuisance(nil)
	d.own = d.nuisance.regress(own, serving)
	d.ads = d.nuisance.refit(d.clean(ads), append([]float64(nil), serving...))
	if d.own.dead || d.clusters.moving < 2 {
		return d
	}
	z := d.own.direction(ones(1))
	iOwn, iAds := d.own.influences(z, d.own.resid, d.clusters), d.own.influences(z, d.ads.resid, d.clusters)
	a, b := d.own.b[0], d.ads.b[0]
	d.f = b * b / (d.own.finite(d.clusters) * dot(iAds, nil))
	// The interval holds every theta for which switching does not explain
	// own - theta × ads (Anderson and Rubin 1949; with one instrument the
	// ratio's interval of Fieller 1954).
	raw := func(theta float64) float64 {
		return dot(iOwn, nil) - 2*theta*dot(iOwn, iAds) + theta*theta*dot(iAds, nil)
	}
	d.estimate.Value = a / b
	effective := d.sample.effective(z, d.clusters)
	if !resample(effective, d.clusters) {
		t := studentT(effective, d.clusters)
		m := t * t * d.own.finite(d.clusters)
		qa, qb, qc := b*b-m*dot(iAds, nil), a*b-m*dot(iOwn, iAds), a*a-m*dot(iOwn, nil)
		root := math.Sqrt(qb*qb - qa*qc)
		d.estimate.Low, d.estimate.High = (qb-root)/qa, (qb+root)/qa
		if !(qa > 0) {
			d.estimate.Low, d.estimate.High = math.Inf(-1), math.Inf(1)
		}
		return d
	}
	minus := make([]float64, len(d.ads.y))
	for i, v := range d.ads.y {
		minus[i] = -v
	}
	w := d.own.bootstrap(z, d.own.y, minus, d.clusters, rng)
	se := math.Sqrt(d.own.finite(d.clusters)*raw(d.estimate.Value)) / math.Abs(b)
	d.estimate.Low, d.estimate.High = invert(func(theta float64) float64 {
		return w.p(theta, (a-theta*b)*(a-theta*b)/raw(theta))
	}, d.estimate.Value, se)
	return d
}

// clean takes the nuisance columns out of a copy.
func (d *displacementFit) clean(col []float64) []float64 {
	out := append([]float64(nil), col...)
	d.nuisance.clean(out)
	return out
}

// columns returns purchases and those that ads claim, per market purchase, and
// the instrument.
func (d *displacementFit) columns() (own, ads, serving []float64) {
	for g, q := range d.sample.query {
		for i := d.sample.start[g]; i < d.sample.start[g+1]; i++ {
			w := &d.panel.Terms[q].Weeks[d.at[i]]
			n := float64(w.Purchases.Market)
			own, ads, serving = append(own, float64(w.Purchases.Own)/n), append(ads, float64(w.Purchases.Ads)/n), append(serving, w.Serving.Share())
		}
	}
	return own, ads, serving
}

// countSwitches counts terms that went on or off often enough, and how many of
// their weeks were whole.
func (d *displacementFit) countSwitches() {
	weeks, whole := 0, 0
	for g, q := range d.sample.query {
		switches, n, full := 0, 0, 0
		for i := d.sample.start[g]; i < d.sample.start[g+1]; i++ {
			s := d.panel.Terms[q].Weeks[d.at[i]].Serving
			if i > d.sample.start[g] && s.on() != d.panel.Terms[q].Weeks[d.at[i-1]].Serving.on() {
				switches++
			}
			n++
			if s.days == 0 || s.days == s.of {
				full++
			}
		}
		if switches >= minSwitches {
			d.switching++
			weeks += n
			whole += full
		}
	}
	if weeks > 0 {
		d.whole = float64(whole) / float64(weeks)
	}
}

// ahead returns the p-value of next week's switching in a regression of this
// week's purchases on both.
func (d *displacementFit) ahead() float64 {
	p := d.panel
	s, at := p.rows(func(q, t int) bool {
		if t+1 >= len(p.Ads) || !p.Ads[t] || !p.Ads[t+1] {
			return false
		}
		w := &p.Terms[q].Weeks[t]
		return w.Purchases.usable() && w.Serving.Known() && p.Terms[q].Weeks[t+1].Serving.Known()
	}, func([]*Week) bool { return true }, func(w *Week) float64 { return float64(w.Purchases.Market) })
	if s.rows() == 0 {
		return math.NaN()
	}
	later := &displacementFit{panel: p, sample: s, at: at}
	own, _, now := later.columns()
	var next []float64
	for g, q := range s.query {
		for i := s.start[g]; i < s.start[g+1]; i++ {
			next = append(next, p.Terms[q].Weeks[at[i]+1].Serving.Share())
		}
	}
	fit := s.nuisance(nil).regress(own, next, now)
	if fit.dead {
		return math.NaN()
	}
	c := p.cluster(s.query)
	c.moving = d.clusters.moving
	return waldP(fit.b[:1], fit.covariance([][]float64{{1, 0}}, c), c.moving)
}

func (d *displacementFit) ols() *Estimate {
	if d.ads == nil || d.clusters.moving < 2 {
		return nil
	}
	fit := d.nuisance.refit(d.own.y, d.clean(d.ads.y))
	if fit.dead {
		return nil
	}
	t := studentT(math.Inf(1), d.clusters)
	se := math.Sqrt(fit.variance(ones(1), d.clusters))
	return &Estimate{fit.b[0], fit.b[0] - t*se, fit.b[0] + t*se}
}
