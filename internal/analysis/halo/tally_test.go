package halo

import (
	"math"
	"testing"
)

// tally is what a Monte Carlo run of an estimator came to.
type tally struct {
	n, covered, rejects int
	sum, squares        float64
}

func (m *tally) add(e Estimate, truth float64) {
	m.n++
	m.sum += e.Value
	m.squares += e.Value * e.Value
	if e.Low <= truth && truth <= e.High {
		m.covered++
	}
	if e.Low > 0 || e.High < 0 {
		m.rejects++
	}
}

func (m *tally) mean() float64     { return m.sum / float64(m.n) }
func (m *tally) sd() float64       { return math.Sqrt(m.squares/float64(m.n) - m.mean()*m.mean()) }
func (m *tally) coverage() float64 { return float64(m.covered) / float64(m.n) }
func (m *tally) rejected() float64 { return float64(m.rejects) / float64(m.n) }

// chance is how many standard errors of its own a short run may lie beside a
// limit that the full one must keep.
const chance = 2.6

// luck is what a short run's coverage may differ from the truth; a full run gets
// no allowance.
func (m *tally) luck() float64 { return luck(m.n) }

func luck(n int) float64 {
	if *full {
		return 0
	}
	return chance * math.Sqrt(.95*.05/float64(n))
}

// slack is likewise for the mean.
func (m *tally) slack() float64 {
	if *full {
		return 0
	}
	return chance * m.sd() / math.Sqrt(float64(m.n))
}

func (m *tally) covers(t *testing.T, low, high float64) {
	t.Helper()
	between(t, "coverage", m.coverage(), low-m.luck(), high+m.luck())
}

// between fails unless low ≤ v ≤ high.
func between(t *testing.T, what string, v, low, high float64) {
	t.Helper()
	if !(v >= low && v <= high) {
		t.Errorf("%s is %.4f, want %.3f to %.3f", what, v, low, high)
	}
}
