package halo

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Design is how a switchback test splits what it switches.
type Design string

// The designs.
const (
	Pairs  Design = "pairs"  // of two similar terms one has ads in a block, the other has not
	Blocks Design = "blocks" // each term has its own order of blocks with and without ads
)

// BlockWeeks is how long ads stay on or off in a test.
const BlockWeeks = 2

const (
	minUnits = 4    // pairs, or terms: fewer can fall in too few ways for a test at 5 %
	aaDraws  = 2000 // trials on the past, for the smallest effect that a test would find
	lotDraws = 4999 // of the analysis
	power    = .8
)

// TestTerm is a term that a test may switch, with its past.
type TestTerm struct {
	Term  string
	Like  string // terms of one kind are paired with each other, such as a class and cluster
	Weeks []TestWeek
}

// TestWeek is one term in one week of a test or of its past.
type TestWeek struct {
	Known  bool    // the counts; an unknown week is left out
	Market int64   // purchases of the whole market
	Own    int64   // of the account, with and without ads
	Ads    int64   // of them, those that ads claim
	Spend  float64 // on ads of the term, whole currency
	Sales  float64 // of the own purchases, whole currency; NaN: not known
}

// TestOptions are what the planner is told.
type TestOptions struct {
	Design Design
	Weeks  int // 8, 10 or 12
	Seed   uint64
}

// PlannedTerm is one term's schedule.
type PlannedTerm struct {
	Term string `json:"term"`
	Pair int    `json:"pair,omitempty"` // from 1; 0 in blocks
	On   []bool `json:"on"`             // of each block of two weeks
}

// TestPlan is a randomised test that a person carries out: HaloTrack changes
// nothing at Amazon.
type TestPlan struct {
	Design   Design        `json:"design"`
	Weeks    int           `json:"weeks"`
	Block    int           `json:"block_weeks"`
	Seed     uint64        `json:"seed,string"`
	Terms    []PlannedTerm `json:"terms"`
	LeftOut  []string      `json:"left_out"`  // terms without a partner or without enough past
	Share    float64       `json:"share"`     // own part of the market's purchases in the past
	AdsShare float64       `json:"ads_share"` // of the market's purchases, those that ads claim: the effect if all of them were new
	// Smallest is the smallest difference of purchase share between on and off
	// that the test finds in four of five cases, at 5 %: measured by running
	// the same lots on the terms' own past, when nothing was switched by lot.
	Smallest float64 `json:"smallest"`
	Text     string  `json:"text"`
}

// PlanTest draws a test. Errors say what is missing.
func PlanTest(terms []TestTerm, o TestOptions) (TestPlan, error) {
	p := TestPlan{Design: o.Design, Weeks: o.Weeks, Block: BlockWeeks, Seed: o.Seed, LeftOut: []string{}}
	if o.Design != Pairs && o.Design != Blocks {
		return p, fmt.Errorf("design %q: choose pairs or blocks", o.Design)
	}
	if o.Weeks != 8 && o.Weeks != 10 && o.Weeks != 12 {
		return p, fmt.Errorf("%d weeks: a test takes 8, 10 or 12, in blocks of %d", o.Weeks, BlockWeeks)
	}
	var chosen []TestTerm
	seen := map[string]bool{}
	for _, t := range terms {
		known := 0
		for _, w := range t.Weeks {
			if w.Known && w.Market > 0 {
				known++
			}
		}
		switch {
		case seen[t.Term]:
			return p, fmt.Errorf("%q is named twice", t.Term)
		case known < o.Weeks:
			p.LeftOut = append(p.LeftOut, t.Term)
		default:
			chosen = append(chosen, t)
		}
		seen[t.Term] = true
	}
	size := func(t TestTerm) (n int64) {
		for _, w := range t.Weeks {
			if w.Known {
				n += w.Market
			}
		}
		return n
	}
	slices.SortFunc(chosen, func(a, b TestTerm) int {
		if o.Design == Blocks {
			return cmp.Compare(a.Term, b.Term)
		}
		return cmp.Or(cmp.Compare(a.Like, b.Like), cmp.Compare(size(b), size(a)), cmp.Compare(a.Term, b.Term))
	})
	units, least := len(chosen), minUnits
	if o.Design == Pairs {
		if len(chosen)%2 == 1 {
			p.LeftOut = append(p.LeftOut, chosen[len(chosen)-1].Term)
			chosen = chosen[:len(chosen)-1]
		}
		units, least = len(chosen)/2, 2*minUnits
	}
	if units < minUnits {
		return p, fmt.Errorf("a test of %s needs at least %d terms with %d stored weeks of purchases each; there are %d", o.Design, least, o.Weeks, len(chosen))
	}
	rng := random(o.Seed)
	for i, on := range lot(o.Design, len(chosen), o.Weeks/BlockWeeks, rng) {
		t := PlannedTerm{Term: chosen[i].Term, On: on}
		if o.Design == Pairs {
			t.Pair = i/2 + 1
		}
		p.Terms = append(p.Terms, t)
	}
	p.rehearse(chosen, rng)
	return p, nil
}

// lot draws which blocks have ads: half of each term's, the odd one by coin; in
// pairs the partner has them in the other blocks.
func lot(d Design, terms, blocks int, rng *rand.Rand) [][]bool {
	out := make([][]bool, terms)
	order := make([]int, blocks)
	for i := range out {
		out[i] = make([]bool, blocks)
		if d == Pairs && i%2 == 1 {
			for b := range out[i] {
				out[i][b] = !out[i-1][b]
			}
			continue
		}
		for b := range order {
			order[b] = b
		}
		shuffle(rng, order)
		half := blocks / 2
		if blocks%2 == 1 && coin(rng) {
			half++
		}
		for _, b := range order[:half] {
			out[i][b] = true
		}
	}
	return out
}

// rehearse runs lots on the past, where they can have had no effect.
func (p *TestPlan) rehearse(terms []TestTerm, rng *rand.Rand) {
	var market, own, ads int64
	longest := 0
	for _, t := range terms {
		longest = max(longest, len(t.Weeks))
		for _, w := range t.Weeks {
			if w.Known {
				market, own, ads = market+w.Market, own+w.Own, ads+w.Ads
			}
		}
	}
	p.Share, p.AdsShare = float64(own)/float64(market), float64(ads)/float64(market)
	starts := longest - p.Weeks + 1
	window := make([][]TestWeek, len(terms))
	var effects []float64
	sum, squares := 0.0, 0.0
	for range aaDraws {
		back := rng.IntN(starts) // weeks between the window's end and the newest week
		for i, t := range terms {
			end := max(len(t.Weeks)-back, 0)
			window[i] = t.Weeks[max(end-p.Weeks, 0):end]
		}
		effect := difference(window, lot(p.Design, len(terms), p.Weeks/BlockWeeks, rng), purchases)
		if math.IsNaN(effect) {
			continue
		}
		effects = append(effects, math.Abs(effect))
		sum += effect
		squares += effect * effect
	}
	n := float64(len(effects))
	slices.Sort(effects)
	sd := math.Sqrt(squares/n - sum/n*sum/n)
	p.Smallest = effects[int(.95*n)] + distuv.UnitNormal.Quantile(power)*sd
	p.Text = fmt.Sprintf("The test finds a difference of %.2f percentage points of purchase share (it is %.2f %% now) in four of five cases. ", 100*p.Smallest, 100*p.Share)
	switch {
	case ads == 0:
		p.Text += "Ads claim no purchase on these terms: there is nothing to switch off."
	case p.Smallest >= p.AdsShare:
		p.Text += fmt.Sprintf("Ads claim %.2f points: even if all of these purchases were new, the test would often miss it. Take more terms, larger ones, or more weeks.", 100*p.AdsShare)
	default:
		p.Text += fmt.Sprintf("Ads claim %.2f points: it finds out whether %.0f %% or more of these purchases are new.", 100*p.AdsShare, 100*p.Smallest/p.AdsShare)
	}
}

// purchases, claimed, sales and spend are what a test compares.
func purchases(w *TestWeek) float64 { return float64(w.Own) }
func claimed(w *TestWeek) float64   { return float64(w.Ads) }
func sales(w *TestWeek) float64     { return w.Sales }
func spend(w *TestWeek) float64     { return w.Spend }

// difference is the sum of an amount over the market's purchases, with ads less
// without, each term compared with itself and weighted as Mantel and Haenszel
// (1959) do.
func difference(weeks [][]TestWeek, on [][]bool, amount func(*TestWeek) float64) float64 {
	total, weight := 0.0, 0.0
	for i := range weeks {
		var x, n [2]float64
		for t := range weeks[i] {
			w := &weeks[i][t]
			if !w.Known || t/BlockWeeks >= len(on[i]) {
				continue
			}
			side := 0
			if on[i][t/BlockWeeks] {
				side = 1
			}
			x[side] += amount(w)
			n[side] += float64(w.Market)
		}
		if n[0] > 0 && n[1] > 0 {
			total += (x[1]*n[0] - x[0]*n[1]) / (n[0] + n[1])
			weight += n[0] * n[1] / (n[0] + n[1])
		}
	}
	return total / weight
}
