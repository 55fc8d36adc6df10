package halo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// eventWorld draws terms of which some start, and some stop, advertising once; a
// start lifts the log odds by effect from its second week on.
func eventWorld(seed uint64, effect float64) *Panel {
	rng := rand.New(rand.NewPCG(seed, 5))
	p := &Panel{Ads: make([]bool, 40)}
	common := make([]float64, len(p.Ads))
	for t := range p.Ads {
		p.Ads[t] = true
		common[t] = .2 * rng.NormFloat64()
	}
	for q := range 90 {
		term := Term{Weeks: make([]Week, len(p.Ads))}
		from, to := len(p.Ads), len(p.Ads)
		switch q % 3 {
		case 0:
			from = 10 + rng.IntN(15)
		case 1:
			from, to = 0, 10+rng.IntN(15)
		}
		base := -2 + .5*rng.NormFloat64()
		for t := range term.Weeks {
			odds := base + common[t] + .15*rng.NormFloat64()
			if t > from && t <= to {
				odds += effect
			}
			n := draw(rng, 500)
			term.Weeks[t].Clicks = Clicks{Known: rng.Float64() > .05, Market: n, Organic: binomial(rng, n, 1/(1+math.Exp(-odds)))}
			if t >= from && t < to {
				term.Weeks[t].Spend = 20
			}
		}
		p.Terms = append(p.Terms, term)
	}
	return p
}

func TestEventStudyShowsThePlantedStep(t *testing.T) {
	var before, after, stopped tally
	for seed := range runs(40, 1000) {
		s := Events(eventWorld(uint64(seed), .4))
		if len(s.Starts) != 2*Window+1 || len(s.Stops) != 2*Window+1 {
			t.Fatalf("%d and %d points: %s", len(s.Starts), len(s.Stops), s.Text)
		}
		for _, point := range s.Starts {
			switch {
			case point.Offset == -1:
				if point.Estimate != (Estimate{}) {
					t.Errorf("the reference is %+v", point)
				}
			case point.Offset <= 0:
				before.add(point.Estimate, 0)
			default:
				after.add(point.Estimate, .4)
			}
		}
		for _, point := range s.Stops {
			if point.Offset > 0 {
				stopped.add(point.Estimate, -.4)
			}
		}
	}
	t.Logf("before %.4f, coverage %.3f; after %.4f, coverage %.3f; after a stop %.4f, coverage %.3f", before.mean(), before.coverage(), after.mean(), after.coverage(), stopped.mean(), stopped.coverage())
	between(t, "before a start", before.mean(), -.01, .01)
	between(t, "after a start", after.mean(), .385, .415)
	between(t, "after a stop", stopped.mean(), -.415, -.385)
	for _, m := range []tally{before, after, stopped} {
		between(t, "coverage", m.coverage(), .91, .975)
	}
}

func TestEventStudyNeedsCleanSwitches(t *testing.T) {
	for name, p := range map[string]*Panel{
		"spend never stops":   liftWorld{terms: 30, weeks: 52}.panel(1),
		"a history too short": {Ads: make([]bool, 2*Window)},
		"nothing":             {},
	} {
		if s := Events(p); s.Starts != nil || s.Stops != nil || s.Text == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
