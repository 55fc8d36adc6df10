package analysis

import (
	"math"
	"slices"
)

// Index is a step of the funnel compared with the market: what part of those
// who could go on did so here, over the same part in the market.
type Index int

// The indices. CVRIndex spans the cart and the close step.
const (
	CTRIndex Index = iota
	CartIndex
	CloseIndex
	CVRIndex
)

func (i Index) String() string {
	return [...]string{"ctr_index", "cart_index", "close_index", "cvr_index"}[i]
}

// steps returns the step that an index starts from and the one it leads to.
func (i Index) steps() (from, to Step) {
	switch i {
	case CTRIndex:
		return Impression, Click
	case CartIndex:
		return Click, CartAdd
	case CloseIndex:
		return CartAdd, Purchase
	}
	return Click, Purchase
}

// funnelSteps are the indices of single steps, from the top.
var funnelSteps = [...]Index{CTRIndex, CartIndex, CloseIndex}

// IndexEstimate is an index over some weeks with its 95 % interval. The share
// at the upper step is taken as given (what one was exposed to), so all
// uncertainty is in what came of it: Wilson's interval of the share at the
// lower step on the effective number of market events, divided by the share at
// the upper.
type IndexEstimate struct {
	Index            Index
	Value, Low, High float64
	P                float64 // one-sided: how likely so low an own count is where the index is 1
	Own, Market      int64   // events at the lower step
	Expected         float64 // own events at an index of 1
	Effective        float64 // market events after the weeks' noise is allowed for
	OK               bool    // both steps are known and the upper share is above 0

	share, given, df float64
}

// Bound is the one-sided bound of the index below which the true one lies with
// confidence q.
func (e IndexEstimate) Bound(q float64) float64 {
	if !e.OK {
		return math.NaN()
	}
	z := tQuantile(max(q, 1-q), e.df)
	low, high := scoreInterval(e.share, e.Effective, z)
	if q < .5 {
		return low / e.given
	}
	return high / e.given
}

// weekNoise is how much a term's index swings from week to week beyond chance:
// the variance of its logit, and the degrees of freedom behind that.
type weekNoise struct{ variance, df float64 }

// pairsOf collects own and market counts of both steps, per week in which all
// four are known.
func pairsOf(weeks []TermWeek, i Index) (upper, lower []Cell) {
	from, to := i.steps()
	upper, lower = make([]Cell, 0, len(weeks)), make([]Cell, 0, len(weeks))
	for _, w := range weeks {
		if a, b := w.Funnel[from], w.Funnel[to]; a.Known() && b.Known() && a.Market.V > 0 {
			upper, lower = append(upper, a), append(lower, b)
		}
	}
	return upper, lower
}

// everything is more than any market counts.
const everything = 1 << 50

// shareOf collects a step's counts as pairs below a step at which everything
// is one's own, so that the same arithmetic serves shares.
func shareOf(weeks []TermWeek, step Step) (upper, lower []Cell) {
	upper, lower = make([]Cell, 0, len(weeks)), make([]Cell, 0, len(weeks))
	for _, w := range weeks {
		if c := w.Funnel[step]; c.Known() && c.Market.V > 0 {
			upper, lower = append(upper, Cell{Known(everything), Known(everything)}), append(lower, c)
		}
	}
	return upper, lower
}

// pairs collects one term's counts of two steps, week by week.
type pairs func(weeks []TermWeek) (upper, lower []Cell)

func indexPairs(i Index) pairs {
	return func(weeks []TermWeek) (upper, lower []Cell) { return pairsOf(weeks, i) }
}

func sharePairs(step Step) pairs {
	return func(weeks []TermWeek) (upper, lower []Cell) { return shareOf(weeks, step) }
}

// effectiveShare is a step's share over weeks as so many effective events.
func effectiveShare(weeks []TermWeek, step Step, common float64) Ratio {
	upper, lower := shareOf(weeks, step)
	var x, n, squares float64
	for _, c := range lower {
		x += float64(c.Own.V)
		n += float64(c.Market.V)
		squares += float64(c.Market.V) * float64(c.Market.V)
	}
	if n <= 0 {
		return Ratio{}
	}
	p := math.Min(1, x/n)
	at := math.Max(p, .5/n)
	events := n / (1 + at*(1-at)*noiseOf(upper, lower, common).variance*squares/n)
	return Ratio{p * events, events}
}

// noiseMoments estimates the between-week logit variance of an index by the
// method of moments, as the share-change detector does for shares: num/den is
// unbiased, each may be summed over terms.
func noiseMoments(upper, lower []Cell) (num, den, info float64, ok bool) {
	var x, m, n float64
	for w := range upper {
		e := float64(upper[w].Own.V) / float64(upper[w].Market.V)
		x += float64(lower[w].Own.V)
		n += float64(lower[w].Market.V)
		m += float64(lower[w].Market.V) * e
	}
	if x < minPoolEvents || m <= 0 || len(upper) < 3 {
		return 0, 0, 0, false
	}
	index := x / m
	for w := range upper {
		nw := float64(lower[w].Market.V)
		p := index * float64(upper[w].Own.V) / float64(upper[w].Market.V)
		pq := p * (1 - p)
		if nw <= 0 || pq <= 0 {
			continue
		}
		d := float64(lower[w].Own.V) - nw*p
		rest := 1 - nw/n
		// Who went on was drawn without replacement from those who could
		// (the hypergeometric's variance), so chance explains less than the
		// binomial would; what it does not explain is noise.
		chance := pq * max(0, 1-nw/float64(upper[w].Market.V))
		num += d*d/nw - chance*rest
		den += nw * pq * pq * rest
	}
	return num, den, x, den > 0
}

// commonNoise pools the noise of an index or a share over the terms of one class:
// the mean of the terms' estimates, the largest 5 % held down. lower
// is the step whose counts it is about.
func commonNoise(terms []*appraised, of pairs, lower Step) float64 {
	var each []float64
	for _, t := range terms {
		if t.own[lower].Own < minPoolEvents {
			continue
		}
		if num, den, _, ok := noiseMoments(of(t.Weeks)); ok {
			each = append(each, num/den)
		}
	}
	if len(each) < minPool {
		return assumedTau2
	}
	slices.Sort(each)
	top := sortedQuantile(each, winsorised)
	sum := 0.0
	for _, v := range each {
		sum += math.Min(v, top)
	}
	return math.Max(leastTau2, sum/float64(len(each)))
}

// noiseOf moderates a term's own noise by the common one, as limma does with
// variances (Smyth 2004).
func noiseOf(upper, lower []Cell, common float64) weekNoise {
	num, den, own, ok := noiseMoments(upper, lower)
	if !ok {
		return weekNoise{common, priorDF}
	}
	weeks := float64(len(upper))
	var market float64
	for _, c := range lower {
		market += float64(c.Market.V)
	}
	v := weeks / (own * (1 - math.Min(.999, own/market)))
	info := common / (common + v)
	df := (weeks - 1) * info * info
	return weekNoise{(priorDF*common + df*math.Max(0, num/den)) / (priorDF + df), priorDF + df}
}

// EstimateIndex estimates an index over weeks; common is the noise between
// weeks of the term's class (logit variance).
func EstimateIndex(weeks []TermWeek, i Index, common float64) IndexEstimate {
	upper, lower := pairsOf(weeks, i)
	e := IndexEstimate{Index: i}
	var exposed, exposure, sumSquares float64
	for w := range upper {
		exposed += float64(upper[w].Own.V)
		exposure += float64(upper[w].Market.V)
		e.Own += lower[w].Own.V
		e.Market += lower[w].Market.V
		sumSquares += float64(lower[w].Market.V) * float64(lower[w].Market.V)
	}
	if exposed <= 0 || e.Market <= 0 {
		return e
	}
	e.OK = true
	given, n := math.Min(1, exposed/exposure), float64(e.Market)
	share := math.Min(1, float64(e.Own)/n)
	noise := noiseOf(upper, lower, common)
	e.Expected = given * n
	// Between weeks the share's own variance adds (pq)²τ²; over weeks of n_w
	// events each the design effect is 1 + pq τ² Σn_w²/n.
	effective := func(p float64) (events, df float64) {
		extra := p * (1 - p) * noise.variance * sumSquares / n
		return n / (1 + extra), satterthwaite(extra, noise.df)
	}
	e.share, e.given = share, given
	e.Effective, e.df = effective(math.Max(share, .5/n))
	e.Value, e.Low, e.High = share/given, e.Bound(.025), e.Bound(.975)
	e.P = 1
	if given < 1 {
		events, df := effective(given)
		e.P = tBelow((share-given)/math.Sqrt(given*(1-given)/events), df)
	}
	return e
}

// satterthwaite is the degrees of freedom of a variance of which 1 part is
// known and extra parts were estimated with df.
func satterthwaite(extra, df float64) float64 {
	if extra <= 0 {
		return math.Inf(1)
	}
	return df * (1 + extra) * (1 + extra) / (extra * extra)
}

// manyDF is where Student's t is taken for the normal.
const manyDF = 200

// tQuantile is Student's quantile, p from ½; df may be infinite.
func tQuantile(p, df float64) float64 {
	if df > manyDF {
		return quantile(p)
	}
	return studentQuantile(p, df)
}

func tBelow(t, df float64) float64 {
	if df > manyDF {
		return below(t)
	}
	return studentBelow(t, df)
}

// Bottleneck returns the weakest step of a funnel: the one with the smallest
// index of those whose 95 % interval lies below 1. proven is false where none
// does.
func Bottleneck(estimates []IndexEstimate) (weakest IndexEstimate, proven bool) {
	for _, e := range estimates {
		if e.OK && e.Index != CVRIndex && e.High < 1 && (!proven || e.Value < weakest.Value) {
			weakest, proven = e, true
		}
	}
	return weakest, proven
}
