package analysis

import (
	"cmp"
	"math"
	"slices"
)

// The detector's settings; docs/method.md says where each comes from and what
// was measured with it.
const (
	defaultFDR       = .05
	minTestEvents    = 20    // market events of the audited week
	priorDF          = 5.    // degrees of freedom that the family lends to each entity's own variance
	assumedTau2      = .06   // variance of the logit from week to week, before anything is known
	assumedWeight    = 10.   // entities of full information that the assumption counts as
	informative      = .04   // variance at which an entity's information is judged
	leastTau2        = .0025 // floor of the family's variance
	minPoolEvents    = 20    // own events of a baseline from which it informs the family's variance
	minPool          = 20    // such baselines, for the noise of an index
	winsorised       = .95   // quantile at which the entities' variances are capped
	minRecentre      = 50    // tested entities from which the family's own median and spread count
	accountShift     = 1.    // |median| from which everything moved
	quartileGap      = 1.349 // between the quartiles of the standard normal
	surelyListed     = 1e-3  // chance to fall below the cut-off under which an absence has another reason
	severityQuantile = .8
)

// Trial is one entity (a search term of the brand, of a parent; a class, a
// cluster, the account) at one step of the funnel in the audited week, beside
// its baseline.
type Trial struct {
	// Now is the audited week; not Known: the entity is not listed.
	Now Cell
	// Before holds the observed weeks of the baseline, oldest first, at most
	// BaselineWeeks. A week that does not list the entity is absent, never 0.
	Before []Cell
	// Cut matters where the entity is not listed: the smallest own count that
	// the cut-off list still shows. 0: the list is whole, absence is a count
	// of 0. Invalid: why it is absent is not known, so it is not tested.
	Cut Count
	// Value is what the baseline brings: own purchases a week × price, micros;
	// 0 where not known.
	Value float64
	// Held keeps an entity out that is out of stock or in an event's week.
	Held bool
}

// Options of a family of tests.
type Options struct {
	FDR      float64 // expected share of false ones among those found; 0: 5 %
	MinValue float64 // entities with a known, smaller Value are not tested; 0: no floor
	Only     bool    // the scores and what is found alone: no bounds, nothing provable
	Provable bool    // state the smallest provable drops too, which costs as much as the tests themselves
}

// Untested says why a trial was not tested; empty: it was.
type Untested string

// The reasons, in the order in which they are looked at.
const (
	HeldOut      Untested = "held"         // out of stock, or an event's week
	FewWeeks     Untested = "few_weeks"    // observed in fewer than 8 weeks of the baseline
	Unexplained  Untested = "not_listed"   // absent, and not because of a known cut-off
	Inconsistent Untested = "inconsistent" // own events outside of the market's
	ThinMarket   Untested = "thin_market"  // fewer than 20 events in the market
	FewOwn       Untested = "few_own"      // fewer than 10 own events to be expected
	LowValue     Untested = "low_value"    // below the floor on the baseline's value
)

// Family is one account's, marketplace's and step's trials, tested together.
type Family struct {
	Verdicts []Verdict // in the order of the trials
	Tau2     float64   // the family's variance of the logit from week to week
	// Median of the tested entities' Z, and what recentring takes out: Move, the
	// common change of the logit, and Scale, the spread of the scores after it
	// (0, 0 and 1 where fewer than 50 are tested).
	Median, Move, Scale float64
	// Shift: everything moved together, which is one alert of the account and
	// not one of each term.
	Shift  bool
	Tested int
	// DropCut and GainCut are the Benjamini-Hochberg cut-offs: the p up to
	// which an entity counts as changed. Where none does, the least one.
	DropCut, GainCut float64
	// Lost is the share of the baseline's weeks in which entities that no
	// cut-off explains were absent: the chance that an absence means nothing.
	Lost float64
}

// Verdict is what the test says of one trial. Every number is finite.
type Verdict struct {
	Tested   bool
	Why      Untested
	Vanished bool    // tested by its absence: it fell below the cut-off, or to 0
	Market   float64 // the market's events: of the audited week, or for an absent entity the baseline's median

	P0        float64 // the baseline's share; 0 without a baseline
	Tau2, DF  float64 // moderated variance of the logit from week to week, and its degrees of freedom
	S         float64 // scale of the predictive distribution of the logit
	Z, ZPrime float64 // standard normal scores, before and after recentring; below 0 is a drop

	PDrop, PGain float64 // one-sided, after recentring; 1 where not tested
	Drop, Gain   bool    // found at the family's FDR

	Low, High float64 // 95 % interval of the present share
	// LossLow and GainLow bound, at 80 % confidence from below, the own events
	// that the week has fewer, or more, than the baseline would have brought.
	LossLow, GainLow float64
	// Provable is the smallest relative drop (0.48: by 48 %) that this week
	// could have proved; 0: none could have been.
	Provable float64
}

// Detect tests which entities' shares changed in the audited week, each
// against its own baseline, such that of those it finds no more than o.FDR are
// expected to be false. docs/method.md, section 3, derives every step.
func Detect(trials []Trial, o Options) Family {
	if o.FDR <= 0 {
		o.FDR = defaultFDR
	}
	bases := make([]baseline, len(trials))
	for i, t := range trials {
		bases[i] = baselineOf(t.Before)
	}
	f := Family{Verdicts: make([]Verdict, len(trials)), Tau2: pooled(bases), Scale: 1}
	for i, t := range trials {
		f.Verdicts[i] = expectation(t, bases[i], f.Tau2, o)
	}
	f.Lost = lost(trials, bases, f.Verdicts)
	var scores, moves []float64
	for i, t := range trials {
		v := &f.Verdicts[i]
		if !v.Tested {
			continue
		}
		f.Tested++
		v.Z = f.score(v, t)
		scores = append(scores, v.Z)
		moves = append(moves, logit((v.own(t)+.5)/(v.Market+1))-logit(v.P0))
	}
	f.recentre(scores, moves)
	scores = scores[:0]
	for i, t := range trials {
		if v := &f.Verdicts[i]; v.Tested {
			v.ZPrime = f.score(v, t)
			scores = append(scores, v.ZPrime)
		}
	}
	f.rescale(scores)
	f.control(o.FDR)
	if o.Only {
		return f
	}
	for i, t := range trials {
		if v := &f.Verdicts[i]; v.Tested {
			v.bound(t)
			if o.Provable {
				v.Provable = f.provable(v)
			}
		}
	}
	return f
}

// A baseline is the sum of a trial's observed weeks.
type baseline struct {
	weeks       []Cell // known, consistent, with market events
	own, market float64
	p0, pq      float64
	tau2        float64 // method of moments; negative where the counts vary less than by chance
}

func baselineOf(before []Cell) (b baseline) {
	for _, c := range before {
		if c.consistent() && c.Market.V > 0 {
			b.weeks = append(b.weeks, c)
			b.own += float64(c.Own.V)
			b.market += float64(c.Market.V)
		}
	}
	if len(b.weeks) == 0 {
		return b
	}
	b.p0 = min((b.own+.5)/(b.market+1), 1-1e-15)
	b.pq = b.p0 * (1 - b.p0)
	var num, den float64
	for _, c := range b.weeks {
		n := float64(c.Market.V)
		rest := 1 - n/b.market
		d := float64(c.Own.V) - n*b.p0
		num += d*d/n - b.pq*rest
		den += n * b.pq * b.pq * rest
	}
	if den > 0 {
		b.tau2 = num / den
	}
	return b
}

// noise is the variance that chance alone gives to the logit of one week.
func (b baseline) noise() float64 { return float64(len(b.weeks)) / (b.market * b.pq) }

func (b baseline) enough() bool { return len(b.weeks) >= minBaselineWeeks }

// consistent reports whether own events are a part of the market's.
func (c Cell) consistent() bool {
	return c.Known() && c.Own.V >= 0 && c.Own.V <= c.Market.V
}

// pooled is the family's variance of the logit from week to week: the mean of
// the entities' own, each by its information, beside an assumption that weighs
// as much as a few well-known entities and decides in a small family.
func pooled(bases []baseline) float64 {
	type part struct{ tau2, weight float64 }
	var parts []part
	for _, b := range bases {
		if b.enough() && b.own >= minPoolEvents {
			info := informative / (informative + b.noise())
			parts = append(parts, part{b.tau2, info * info})
		}
	}
	// Sorting also makes the sum independent of the trials' order.
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.tau2, b.tau2), cmp.Compare(a.weight, b.weight))
	})
	sum, weights := assumedWeight*assumedTau2, assumedWeight
	if len(parts) > 0 {
		top := parts[int(winsorised*float64(len(parts)-1))].tau2
		for _, p := range parts {
			sum += p.weight * min(p.tau2, top)
			weights += p.weight
		}
	}
	return max(leastTau2, sum/weights)
}

// sortedQuantile interpolates between the order statistics.
func sortedQuantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// expectation states what the baseline lets expect of the trial, and whether
// it can be tested.
func expectation(t Trial, b baseline, pool float64, o Options) (v Verdict) {
	v.PDrop, v.PGain, v.High = 1, 1, 1
	v.Tau2, v.DF, v.P0 = pool, priorDF, b.p0
	weeks := float64(len(b.weeks))
	if b.enough() {
		info := pool / (pool + b.noise())
		df := (weeks - 1) * info * info
		v.Tau2 = (priorDF*pool + df*max(0, b.tau2)) / (priorDF + df)
		v.DF = priorDF + df
		v.S = math.Sqrt(v.Tau2*(1+1/weeks) + 1/(b.market*b.pq))
	}
	listed := t.Now.Own.Valid || t.Now.Market.Valid
	if t.Now.consistent() {
		v.Market = float64(t.Now.Market.V)
		v.Low, v.High = Wilson(t.Now.Own.V, t.Now.Market.V, v.Tau2)
	} else if !listed && t.Cut.Valid && b.enough() {
		v.Market = b.medianMarket()
	}
	switch {
	case t.Held:
		v.Why = HeldOut
	case !b.enough():
		v.Why = FewWeeks
	case !t.Now.Known() && (listed || !t.Cut.Valid):
		v.Why = Unexplained
	case listed && !t.Now.consistent(), !listed && t.Cut.V < 0:
		v.Why = Inconsistent
	case v.Market < minTestEvents:
		v.Why = ThinMarket
	case v.Market*b.p0 < minExpectedEvents:
		v.Why = FewOwn
	case t.Value > 0 && t.Value < o.MinValue:
		v.Why = LowValue
	default:
		v.Tested, v.Vanished = true, !listed
	}
	return v
}

func (b baseline) medianMarket() float64 {
	all := make([]float64, len(b.weeks))
	for i, c := range b.weeks {
		all[i] = float64(c.Market.V)
	}
	slices.Sort(all)
	return sortedQuantile(all, .5)
}

func (v *Verdict) predictive() predictive { return predictive{logit(v.P0), v.S, v.DF} }

// lost estimates how often an entity is absent for no reason that its counts
// give: the share of the baseline's weeks missing among the entities which are
// far above the highest cut-off of the week, less what the cut-off explains.
// If rows get lost, an absence proves that much less.
func lost(trials []Trial, bases []baseline, verdicts []Verdict) float64 {
	cut, stored := -1., 0
	for i, t := range trials {
		stored = max(stored, len(bases[i].weeks))
		if verdicts[i].Vanished {
			cut = max(cut, float64(t.Cut.V))
		}
	}
	if cut < 0 {
		return 0
	}
	absent, weeks := 0, 0
	var explained []float64
	for i := range verdicts {
		v := &verdicts[i]
		if !v.Tested {
			continue
		}
		if cut >= v.Market*v.P0 {
			continue // as likely as not below the cut-off
		}
		if p := v.predictive().tail(min(cut, v.Market), v.Market, false); p < surelyListed {
			absent += stored - len(bases[i].weeks)
			weeks += stored
			explained = append(explained, p)
		}
	}
	if weeks == 0 {
		return 0
	}
	slices.Sort(explained)
	least := float64(absent)
	for _, p := range explained {
		least -= p * float64(stored)
	}
	return max(0, least/float64(weeks))
}

// own is the trial's count: of an absent entity the most that it may be.
func (v *Verdict) own(t Trial) float64 {
	if v.Vanished {
		return min(float64(t.Cut.V), v.Market)
	}
	return float64(t.Now.Own.V)
}

// score places the trial's count in what its baseline and the common move let
// expect. For an absent entity all counts up to the cut-off are as likely as
// they are together, and some absences have no reason.
func (f *Family) score(v *Verdict, t Trial) float64 {
	if v.Vanished {
		return quantile(f.Lost + (1-f.Lost)*f.expects(v).tail(v.own(t), v.Market, false))
	}
	return f.expects(v).score(v.own(t), v.Market)
}

// expects is the predictive distribution after the common move.
func (f *Family) expects(v *Verdict) predictive {
	d := v.predictive()
	d.middle += f.Move
	return d
}

// recentre finds what moved all entities together, where there are enough of
// them to tell it from one's own change.
func (f *Family) recentre(scores, moves []float64) {
	if len(scores) < minRecentre {
		return
	}
	slices.Sort(scores)
	slices.Sort(moves)
	f.Median = sortedQuantile(scores, .5)
	f.Shift = math.Abs(f.Median) > accountShift
	f.Move = sortedQuantile(moves, .5)
}

// rescale takes out a spread of the family's scores above the standard
// normal's (Efron's 2004 empirical null).
func (f *Family) rescale(scores []float64) {
	if len(scores) >= minRecentre {
		slices.Sort(scores)
		f.Scale = max(1, (sortedQuantile(scores, .75)-sortedQuantile(scores, .25))/quartileGap)
	}
	for i := range f.Verdicts {
		v := &f.Verdicts[i]
		if !v.Tested {
			continue
		}
		v.ZPrime /= f.Scale
		v.PDrop = below(v.ZPrime)
		if !v.Vanished {
			v.PGain = below(-v.ZPrime)
		}
	}
}

// below is the standard normal's distribution function.
func below(z float64) float64 { return .5 * math.Erfc(z/-math.Sqrt2) }

// control marks what Benjamini and Hochberg's (1995) procedure finds among the
// drops and, apart, among the gains.
func (f *Family) control(fdr float64) {
	drops := make([]float64, 0, f.Tested)
	gains := make([]float64, 0, f.Tested)
	for _, v := range f.Verdicts {
		if v.Tested {
			drops = append(drops, v.PDrop)
			gains = append(gains, v.PGain)
		}
	}
	f.DropCut = cutOff(drops, fdr)
	f.GainCut = cutOff(gains, fdr)
	for i := range f.Verdicts {
		v := &f.Verdicts[i]
		v.Drop = v.Tested && v.PDrop <= f.DropCut
		v.Gain = v.Tested && v.PGain <= f.GainCut
	}
}

// cutOff is the largest k·fdr/m that at least k of the m p values do not
// exceed, or fdr/m if there is none.
func cutOff(ps []float64, fdr float64) float64 {
	slices.Sort(ps)
	m := float64(len(ps))
	for k := len(ps); k > 0; k-- {
		if cut := float64(k) * fdr / m; ps[k-1] <= cut {
			return cut
		}
	}
	return fdr / max(m, 1)
}

// bound adds how large the change is at least, and for an absent entity how
// large its share may still be.
func (v *Verdict) bound(t Trial) {
	own := v.own(t)
	if v.Vanished {
		_, v.High = Wilson(int64(own), int64(v.Market), v.Tau2)
	}
	// The count of the week without a change lies, at 80 %, above least and,
	// at 80 %, below most.
	reach := studentQuantile(severityQuantile, v.DF) * math.Sqrt(v.S*v.S+1/(v.Market*v.P0*(1-v.P0)))
	least := v.Market * expit(logit(v.P0)-reach)
	most := v.Market * expit(logit(v.P0)+reach)
	v.LossLow = max(0, least-own)
	if !v.Vanished {
		v.GainLow = max(0, own-most)
	}
}

// provable is the smallest relative drop of the entity's count that the
// family's cut-off would have found. The score is nearly linear in the logit
// of the count, so that a few secants find a count which is just far enough.
func (f *Family) provable(v *Verdict) float64 {
	const enough = .01 // of a standard deviation beyond the cut-off
	d := f.expects(v)
	p0 := expit(d.middle)
	expected := v.Market * p0
	limit := f.Scale * quantile(f.DropCut)
	count := func(y float64) float64 { return min(max((v.Market+1)*expit(y)-.5, 1), expected) }
	beyond := func(own float64) float64 { return d.score(own, v.Market) - limit }
	place := func(own float64) float64 { return math.Log((own + .5) / (v.Market - own + .5)) }
	last, lastBeyond := expected, -limit
	own := count(d.middle + 1.2*limit*math.Sqrt(v.S*v.S+1/(expected*max(1-p0, 1e-15))))
	for range 6 {
		b := beyond(own)
		if b <= 0 && b > -enough || own == last || b == lastBeyond {
			break
		}
		next := count(place(own) - (b+enough/2)*(place(own)-place(last))/(b-lastBeyond))
		last, lastBeyond, own = own, b, next
	}
	own = math.Floor(own)
	for own >= 0 && own <= 3 && beyond(own) > 0 {
		own--
	}
	if own < 0 {
		return 0
	}
	return max(0, 1-own/(v.Market*v.P0))
}
