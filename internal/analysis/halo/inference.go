package halo

import (
	"errors"
	"fmt"
	"math"
)

// TestResult is what a test came to, by the lots that might have been drawn
// instead: it assumes nothing of how purchases vary (Fisher 1935).
type TestResult struct {
	Effect Estimate  `json:"effect"` // difference of purchase share with ads, as a fraction
	P      float64   `json:"p"`
	New    *Estimate `json:"new"`   // new purchases per purchase that ads claim; null where the test cannot tell
	IROAS  *Estimate `json:"iroas"` // additional sales per additional spend; likewise
	Weeks  int       `json:"weeks"` // term-weeks with data
	Text   string    `json:"text"`
}

// Analyse compares the test's weeks; weeks[i] are those of the plan's term i,
// from its first week on. Terms count as the plan had them, whatever was done.
func (p TestPlan) Analyse(weeks [][]TestWeek) (TestResult, error) {
	var r TestResult
	if len(weeks) != len(p.Terms) {
		return r, fmt.Errorf("%d series for the plan's %d terms", len(weeks), len(p.Terms))
	}
	on := make([][]bool, len(p.Terms))
	for i, t := range p.Terms {
		on[i] = t.On
		for _, w := range weeks[i] {
			if w.Known {
				r.Weeks++
			}
		}
	}
	// What a constant effect adds to the purchases: the market's, where ads were on.
	exposed := make([][]TestWeek, len(weeks))
	for i := range weeks {
		exposed[i] = append([]TestWeek(nil), weeks[i]...)
		for t := range exposed[i] {
			w := &exposed[i][t]
			w.Own = 0
			if t/BlockWeeks < len(on[i]) && on[i][t/BlockWeeks] {
				w.Own = w.Market
			}
		}
	}
	effect := difference(weeks, on, purchases)
	if math.IsNaN(effect) {
		return r, errors.New("no term has purchases stored both with and without ads; the test's weeks are not in yet")
	}
	rng := random(p.Seed ^ 0x616e616c79736973) // other chance than the plan's
	amounts := []func(*TestWeek) float64{purchases, claimed, sales, spend}
	chance := make([][]float64, len(amounts)+1)
	for range lotDraws {
		other := lot(p.Design, len(weeks), p.Weeks/BlockWeeks, rng)
		for a, amount := range amounts {
			chance[a] = append(chance[a], difference(weeks, other, amount))
		}
		chance[4] = append(chance[4], difference(exposed, other, purchases))
	}
	// test is the share of lots in which a - d·b is at least as far out as own.
	test := func(a, b []float64, d, own float64) float64 {
		n := 1
		for i := range a {
			if math.Abs(a[i]-d*b[i]) >= math.Abs(own)*(1-1e-12) {
				n++
			}
		}
		return float64(n) / float64(len(a)+1)
	}
	r.P = test(chance[0], chance[4], 0, effect)
	step := math.Max(math.Abs(effect), 1e-6) / 4
	r.Effect.Value = effect
	r.Effect.Low, r.Effect.High = invert(func(d float64) float64 { return test(chance[0], chance[4], d, effect-d) }, effect, step)
	if math.IsInf(r.Effect.Low, 0) || math.IsInf(r.Effect.High, 0) {
		return r, errors.New("too few term-weeks are stored for an interval")
	}
	ratio := func(top, bottom int) *Estimate {
		a, b := difference(weeks, on, amounts[top]), difference(weeks, on, amounts[bottom])
		// Where the lots would move the bottom as far by chance, the ratio has no bounds.
		if math.IsNaN(a) || !(b > 0) || test(chance[bottom], chance[bottom], 0, b) >= level {
			return nil
		}
		e := Estimate{Value: a / b}
		e.Low, e.High = invert(func(d float64) float64 { return test(chance[top], chance[bottom], d, a-d*b) }, e.Value, math.Max(math.Abs(e.Value), .01)/4)
		if math.IsInf(e.Low, 0) || math.IsInf(e.High, 0) {
			return nil
		}
		return &e
	}
	r.New, r.IROAS = ratio(0, 1), ratio(2, 3)
	r.Text = fmt.Sprintf("With ads the purchase share was %.2f percentage points higher (estimated, 95 %% interval %.2f to %.2f; p = %.3f by %d lots).",
		100*effect, 100*r.Effect.Low, 100*r.Effect.High, r.P, lotDraws)
	if r.IROAS != nil {
		r.Text += fmt.Sprintf(" Each unit of spend brought %.2f of sales that would not have come (95 %% interval %.2f to %.2f).", r.IROAS.Value, r.IROAS.Low, r.IROAS.High)
	}
	return r, nil
}
