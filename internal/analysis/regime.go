package analysis

import (
	"math"
	"slices"
)

// Rules of a change in how Amazon counts (analytics.md §4.4).
const (
	regimeTerms = .60  // part of the terms that must shift by the same ratio
	regimeBand  = .075 // the same ratio: so far either way, logs
	regimeShift = .15  // smaller shifts, logs, are within what weeks differ by
	regimeLeast = 50   // terms
	regimeCount = 400  // events of a term in a week, else its rate is noise
	regimeWeeks = 4    // on each side, whose median rate is compared
)

// MarketTerm is the market of one term in one week: its searches, and the
// totals of the four steps, indexed by Step. Counts of a week in which it is
// not listed are invalid.
type MarketTerm struct {
	Volume Count
	Totals [4]Count
}

// rate is how many events of a step one search has; 0 where it cannot be told.
func (m *MarketTerm) rate(step Step) float64 {
	of, n := m.Volume, m.Totals[step]
	if !of.Valid || !n.Valid || n.V < regimeCount || of.V < regimeCount {
		return 0
	}
	return float64(n.V) / float64(of.V)
}

// Regime is a change in how Amazon counts one step: from the week on a search
// has Ratio times as many of its events as before.
type Regime struct {
	Week  int // index of the first week that is counted the new way
	Step  Step
	Ratio float64
	Terms int // compared
	Moved int // of them, by that ratio
}

// Regimes finds the changes of counting in consecutive weeks of a marketplace.
// terms holds for each term its weeks, oldest first and as many for all.
//
// A season moves the market totals of all terms together. What it does not
// move together is how many events one search has, so that is compared: for
// each term the median of up to four weeks from a week on with that of up to
// four weeks before it. Where more than 60 % of the terms shift by the same
// ratio, Amazon probably counts otherwise, and the weeks before are no baseline
// for those after. The newest week alone can be an odd one: the next weeks take
// such a change back. Nothing is said where fewer than 50 terms have 400
// searches and events a week.
func Regimes(terms [][]MarketTerm) (list []Regime) {
	if len(terms) == 0 {
		return nil
	}
	weeks := len(terms[0])
	for _, step := range Steps {
		rates := make([][]float64, 0, len(terms))
		for _, t := range terms {
			r := make([]float64, weeks)
			for w := range t {
				r[w] = t[w].rate(step)
			}
			rates = append(rates, r)
		}
		jump, found := 0.0, -1 // of the change under way, and its place in list
		for week := 1; week < weeks; week++ {
			r, ok := regimeAt(rates, week, regimeWeeks)
			if !ok {
				found = -1
				continue
			}
			// Weeks beside the change see it too; it is where the step is.
			here := math.Abs(medianShift(rates, week))
			r.Step = step
			switch {
			case found < 0:
				found, jump = len(list), here
				list = append(list, r)
			case here > jump:
				list[found], jump = r, here
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Regime) int { return a.Week - b.Week })
	return list
}

// regimeAt compares the weeks from week on with those before it.
func regimeAt(rates [][]float64, week, span int) (Regime, bool) {
	shifts := shiftsAt(rates, week, span)
	if len(shifts) < regimeLeast {
		return Regime{}, false
	}
	slices.Sort(shifts)
	first, moved := 0, 0
	for i, from := 0, 0; i < len(shifts); i++ {
		for shifts[i]-shifts[from] > 2*regimeBand {
			from++
		}
		if n := i - from + 1; n > moved {
			first, moved = from, n
		}
	}
	shift := middle(shifts[first : first+moved])
	r := Regime{Week: week, Ratio: math.Exp(shift), Terms: len(shifts), Moved: moved}
	return r, math.Abs(shift) >= regimeShift && float64(moved) > regimeTerms*float64(len(shifts))
}

// medianShift is by how much most terms step from the week before to this one.
func medianShift(rates [][]float64, week int) float64 { return middle(shiftsAt(rates, week, 1)) }

// shiftsAt is each term's shift of rates in logs at a week, over up to span
// weeks on either side.
func shiftsAt(rates [][]float64, week, span int) (shifts []float64) {
	var before, after [regimeWeeks]float64
	for _, r := range rates {
		b := known(before[:0], r[max(0, week-span):week])
		a := known(after[:0], r[week:min(len(r), week+span)])
		if len(a) > 0 && len(b) > 0 {
			shifts = append(shifts, math.Log(middle(a)/middle(b)))
		}
	}
	return shifts
}

// known appends the rates that could be told.
func known(to, rates []float64) []float64 {
	for _, r := range rates {
		if r > 0 {
			to = append(to, r)
		}
	}
	return to
}

// Segment returns the index of the first week from which all weeks up to the
// last are counted the same way at a step: older ones are no baseline for it.
func Segment(regimes []Regime, step Step) (first int) {
	for _, r := range regimes {
		if r.Step == step {
			first = max(first, r.Week)
		}
	}
	return first
}
