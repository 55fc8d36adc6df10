// Package synthetic generates accounts whose truth is known, to measure what
// the analysis finds of it and what it finds that is not there. Every world is
// a function of its seed. Only tests import it.
package synthetic

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"halotrack.ai/halotrack/internal/analysis"
)

// World describes a generated account at one step of the funnel: terms whose
// weekly market events are log-normal, whose shares are logit-normal, and whose
// shares move from week to week by more than chance.
type World struct {
	Terms  int     // search terms; 0: 1,000
	Events float64 // median of the weekly market events; 0: 60
	Noise  float64 // sd of the logit from week to week; 0: the counts are binomial
	Het    float64 // sd of ln(Noise) over terms: some move far more than others
	AR     float64 // correlation of one week's noise with the next
	Shock  float64 // moves every term's logit in the audited week
	Drop   float64 // size of the planted drops: .7 leaves 30 % of the share
	Rate   float64 // share of the terms with a planted drop
	Cut    int64   // rows with fewer own events are not listed; 0: all are
}

// The shape of every world.
const (
	eventsSpread = 1.8 // sd of ln(market events) over terms
	weeklySpread = .2  // sd of ln(market events) of a term over weeks
	medianShare  = .06
	shareSpread  = .8 // sd of logit(share) over terms
)

// Week is a generated audited week with its baseline.
type Week struct {
	Trials   []analysis.Trial
	Dropped  []bool    // in which a drop is planted
	Expected []float64 // own events in an ordinary week
}

// Generate makes the week of the seed.
func (w World) Generate(seed uint64) Week {
	r := NewRand(seed)
	terms, events := w.Terms, w.Events
	if terms == 0 {
		terms = 1000
	}
	if events == 0 {
		events = 60
	}
	var out Week
	for range terms {
		market := events * math.Exp(eventsSpread*r.NormFloat64())
		level := logit(medianShare) + shareSpread*r.NormFloat64()
		noise := w.Noise * math.Exp(w.Het*r.NormFloat64())
		dropped := r.Float64() < w.Rate
		state := r.NormFloat64()
		var t analysis.Trial
		for week := range analysis.BaselineWeeks + 1 {
			if week > 0 {
				state = w.AR*state + math.Sqrt(1-w.AR*w.AR)*r.NormFloat64()
			}
			y := level + noise*state
			now := week == analysis.BaselineWeeks
			if now {
				y += w.Shock
			}
			p := 1 / (1 + math.Exp(-y))
			if now && dropped {
				p *= 1 - w.Drop
			}
			c := Cell(r, market*math.Exp(weeklySpread*r.NormFloat64()), p)
			switch listed := c.Own.V >= w.Cut; {
			case listed && now:
				t.Now = c
			case listed:
				t.Before = append(t.Before, c)
			}
		}
		out.Trials = append(out.Trials, t)
		out.Dropped = append(out.Dropped, dropped)
		out.Expected = append(out.Expected, market/(1+math.Exp(-level)))
	}
	cutOff(out.Trials)
	return out
}

// cutOff tells the absent terms the smallest count that is listed.
func cutOff(trials []analysis.Trial) {
	smallest := analysis.Known(math.MaxInt64)
	for _, t := range trials {
		if t.Now.Known() {
			smallest.V = min(smallest.V, t.Now.Own.V)
		}
	}
	for i := range trials {
		if !trials[i].Now.Known() && smallest.V < math.MaxInt64 {
			trials[i].Cut = smallest
		}
	}
}

// Cell draws one term's week: market events about a mean, own ones by chance.
func Cell(r *rand.Rand, mean, share float64) analysis.Cell {
	n := distuv.Poisson{Lambda: mean, Src: r}.Rand()
	x := 0.
	if n > 0 {
		x = distuv.Binomial{N: n, P: share, Src: r}.Rand()
	}
	return analysis.Cell{Own: analysis.Known(int64(x)), Market: analysis.Known(int64(n))}
}

// Delete removes rows at random, of the baseline and of the audited week, as
// lost documents do. The cut-off stays what the rows that are left say of it.
func Delete(trials []analysis.Trial, rate float64, seed uint64) []analysis.Trial {
	r := NewRand(seed)
	out := make([]analysis.Trial, len(trials))
	for i, t := range trials {
		kept := t
		kept.Before = nil
		for _, c := range t.Before {
			if r.Float64() >= rate {
				kept.Before = append(kept.Before, c)
			}
		}
		if r.Float64() < rate {
			kept.Now = analysis.Cell{}
		}
		out[i] = kept
	}
	cutOff(out)
	return out
}

// NewRand is the seed's generator of random numbers.
func NewRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
