package analysis

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Ratio is X successes of N trials, counted or effective. X is at most N.
type Ratio struct{ X, N float64 }

// Beta is a distribution of a rate: what is known of it after A−a successes
// and B−b failures on top of a prior (a, b).
type Beta struct{ A, B float64 }

// Mean is the expected rate.
func (b Beta) Mean() float64 { return b.A / (b.A + b.B) }

// Below is the probability that the rate is at most p.
func (b Beta) Below(p float64) float64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(b.A, b.B, p)
}

// Quantile is the rate below which the true one lies with probability q.
func (b Beta) Quantile(q float64) float64 {
	switch {
	case q <= 0:
		return 0
	case q >= 1:
		return 1
	}
	return mathext.InvRegIncBeta(b.A, b.B, q)
}

const (
	// minPriorTerms and minPriorSuccesses are what a class must have for its
	// spread to be estimated at all.
	minPriorTerms     = 10
	minPriorSuccesses = 10
	// maxPriorWeight is the most trials that a prior may count for. Where the
	// terms of a class differ no more than chance explains, moments put it at
	// infinity, and no term could ever differ from its class again.
	maxPriorWeight = 400
)

// FitPrior estimates the distribution of a rate over the terms of one class by
// the method of moments for the beta-binomial with unequal numbers of trials
// (Kleinman 1973, weights n): with p the pooled rate,
//
//	E Σ n_i (p_i − p)² = p(1−p) [ k−1 + ρ Σ (n_i−1)(1−n_i/N) ],  ρ = 1/(a+b+1)
//
// Terms without a trial say nothing. ok is false with too few terms or too few
// successes: then there is no prior, and nobody should invent one. Never pass
// terms of different classes together.
func FitPrior(ratios []Ratio) (prior Beta, ok bool) {
	var k, x, n float64
	for _, r := range ratios {
		if r.N > 0 {
			k++
			x += r.X
			n += r.N
		}
	}
	if k < minPriorTerms || x < minPriorSuccesses || n-x < 1 {
		return Beta{}, false
	}
	p := x / n
	var spread, trials float64
	for _, r := range ratios {
		if r.N > 0 {
			d := r.X/r.N - p
			spread += r.N * d * d
			trials += max(0, r.N-1) * (1 - r.N/n)
		}
	}
	weight := float64(maxPriorWeight)
	if rho := (spread/(p*(1-p)) - (k - 1)) / trials; trials > 0 && rho > 0 {
		weight = math.Min(weight, math.Max(1, 1/rho-1))
	}
	return Beta{p * weight, (1 - p) * weight}, true
}

// With returns what is known after r was observed.
func (b Beta) With(r Ratio) Beta {
	x := math.Min(math.Max(0, r.X), r.N)
	return Beta{b.A + x, b.B + r.N - x}
}
