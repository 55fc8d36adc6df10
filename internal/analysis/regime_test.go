package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// marketWorld draws the market of terms: volumes swing by themselves and with
// the season, the rates between the steps by rateNoise, and from change on
// Amazon counts ratio times as many of a step.
type marketWorld struct {
	terms, weeks int
	rateNoise    float64
	season       float64 // logs, of all volumes in the second half
	change       int
	step         Step
	ratio        float64
	last         int     // week after the last that is counted otherwise; 0: to the end
	part         float64 // of the terms; 0: all
}

func (w marketWorld) draw(seed uint64) [][]MarketTerm {
	r := rand.New(rand.NewPCG(seed, 3))
	noisy := func(mean float64) Count {
		return Known(max(0, int64(math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))))
	}
	terms := make([][]MarketTerm, w.terms)
	for i := range terms {
		volume := math.Exp(8.5 + .8*r.NormFloat64())
		rates := [4]float64{16 + 14*r.Float64(), .01 + .02*r.Float64(), .15 + .2*r.Float64(), .3 + .3*r.Float64()}
		moves := w.part == 0 || r.Float64() < w.part
		for week := range w.weeks {
			v := volume * math.Exp(.22*r.NormFloat64())
			if week >= w.weeks/2 {
				v *= math.Exp(w.season)
			}
			m := MarketTerm{Volume: noisy(v)}
			count := v
			for step := range rates {
				count *= rates[step]
				shown := count * math.Exp(w.rateNoise*r.NormFloat64())
				count = shown
				if changed := week >= w.change && (w.last == 0 || week < w.last); moves && changed && w.ratio > 0 && Step(step) == w.step {
					shown *= w.ratio
				}
				m.Totals[step] = noisy(shown)
			}
			if r.IntN(12) == 0 {
				m = MarketTerm{} // not listed
			}
			terms[i] = append(terms[i], m)
		}
	}
	return terms
}

func TestAChangeOfCountingIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		world marketWorld
		found bool
	}{
		"half as many impressions":      {marketWorld{terms: 400, weeks: 14, rateNoise: .05, change: 9, step: Impression, ratio: .5}, true},
		"in the newest week":            {marketWorld{terms: 400, weeks: 14, rateNoise: .05, change: 13, step: Impression, ratio: 1.4}, true},
		"a fifth more clicks":           {marketWorld{terms: 900, weeks: 14, rateNoise: .04, change: 6, step: Click, ratio: 1.25}, true},
		"for two thirds and more":       {marketWorld{terms: 900, weeks: 14, rateNoise: .04, change: 6, step: Impression, ratio: 1.5, part: .85}, true},
		"for half of the terms":         {marketWorld{terms: 900, weeks: 14, rateNoise: .04, change: 6, step: Impression, ratio: 1.5, part: .5}, false},
		"too little to tell":            {marketWorld{terms: 400, weeks: 14, rateNoise: .05, change: 9, step: Impression, ratio: 1.05}, false},
		"few terms":                     {marketWorld{terms: 40, weeks: 14, rateNoise: .05, change: 9, step: Impression, ratio: .5}, false},
		"one odd week in the middle":    {marketWorld{terms: 400, weeks: 14, rateNoise: .05, change: 7, last: 8, step: Impression, ratio: 2}, false},
		"nothing":                       {marketWorld{terms: 400, weeks: 14, rateNoise: .05}, false},
		"a season that doubles volumes": {marketWorld{terms: 400, weeks: 14, rateNoise: .05, season: .7}, false},
	} {
		for seed := range uint64(5) {
			list := Regimes(c.world.draw(seed))
			if !c.found {
				if len(list) > 0 {
					t.Errorf("%s, seed %d: %+v", name, seed, list)
				}
				continue
			}
			if len(list) != 1 || list[0].Step != c.world.step || list[0].Week != c.world.change || math.Abs(math.Log(list[0].Ratio/c.world.ratio)) > .05 {
				t.Errorf("%s, seed %d: %+v", name, seed, list)
			}
		}
	}
}

func TestWeeksWithoutTermsTellNothing(t *testing.T) {
	if list := Regimes(nil); list != nil {
		t.Errorf("%+v", list)
	}
	if list := Regimes(make([][]MarketTerm, 60)); list != nil {
		t.Errorf("terms without weeks: %+v", list)
	}
}

func TestABaselineBeginsAtTheLastChangeOfItsStep(t *testing.T) {
	list := []Regime{{Week: 3, Step: Click}, {Week: 5, Step: CartAdd}}
	for step, want := range map[Step]int{Impression: 0, Click: 3, CartAdd: 5, Purchase: 0} {
		if got := Segment(list, step); got != want {
			t.Errorf("%s from week %d, want %d", step, got, want)
		}
	}
}

// Weeks that Amazon counted otherwise take no part in the tests of that step,
// and the section says why.
func TestWeeksBeforeAChangeOfCountingAreNoBaseline(t *testing.T) {
	m := &Market{Week: "2026-03-29", Baseline: make([]string, 13), Counting: []Regime{{Week: 9, Step: Impression, Ratio: .5, Terms: 400, Moved: 380}}}
	row := Row{Term: "steel bottle", Funnel: Funnel{{Known(50), Known(900)}, {Known(9), Known(90)}, {Known(4), Known(40)}, {Known(2), Known(20)}}}
	for i := range m.Baseline {
		m.Baseline[i] = string(rune('a' + i))
		m.AddBefore(i, row)
	}
	m.AddNow(row)
	for step, want := range map[Step]int{Impression: 4, Click: 13, Purchase: 13} {
		if got := len(m.termTrial(m.terms[row.Term], step).Before); got != want {
			t.Errorf("%s: %d weeks of a term's baseline, want %d", step, got, want)
		}
		if got := len(m.groupTrial(group{terms: []*term{m.terms[row.Term]}}, step).Before); got != want {
			t.Errorf("%s: %d weeks of a group's baseline, want %d", step, got, want)
		}
	}
	audit, _, err := m.Audit(func([]string) (map[string]Offers, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	said := slices.ContainsFunc(audit.Hidden, func(h Hidden) bool {
		return h.What == "weeks before j as a baseline for impressions" && strings.Contains(h.Why, "Amazon changed counting?") && strings.Contains(h.Why, "0.50")
	})
	if !said {
		t.Errorf("the section does not say that Amazon counts otherwise: %+v", audit.Hidden)
	}
}
