package analysis

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// A predictive is what a baseline lets one expect of a count of own events:
// the logit of the share is t-distributed about middle, with scale s and df
// degrees of freedom, and the count is binomial given the share.
type predictive struct{ middle, s, df float64 }

// score is the standard normal quantile of the count's place in the predictive
// distribution, by the mid-p rule: half of the probability of the count itself
// counts as lying below it.
func (d predictive) score(own, market float64) float64 {
	if own <= expit(d.middle)*market {
		return quantile(d.tail(own, market, true))
	}
	// An upper tail as the lower tail of the others' events: 1 minus a number
	// near 1 has no digits left.
	others := predictive{-d.middle, d.s, d.df}
	return -quantile(others.tail(market-own, market, true))
}

// quantile is the standard normal's, finite for every p.
func quantile(p float64) float64 {
	return mathext.NormalQuantile(min(max(p, 1e-300), 1-1e-16))
}

// negligible is the weight, against the largest, from which a node of the
// quadrature is left out.
const negligible = 1e-12

// tail is P(X ≤ own) of market events, or with mid P(X < own) + ½·P(X = own).
//
// As P(Binomial(n, p) ≤ x) = P(Beta(x+1, n−x) > p), it is the mean of the t's
// distribution function over the logit y of a beta variable. That mean is
// summed at equal steps of y which are small against both the beta's width and
// the t's scale, so that the sum converges geometrically (Trefethen and
// Weideman 2014) for every n from 20 to 10¹⁵. Summing binomial tails over
// quantiles of the t would meet a step function where n is large.
func (d predictive) tail(own, market float64, mid bool) float64 {
	x, n := own, market
	atom, mass := 0., 1. // the part of the beta that sits at p = 1, and between 0 and 1
	switch {
	case x >= n && mid:
		atom, mass = .5, .5
	case x >= n:
		return 1
	case x <= 0 && mid:
		mass = .5
	}
	a, b := x+.5, n-x+.5
	p0 := a / (a + b)
	step := min(d.s, .8*math.Sqrt(1/(x+1)+1/(n-x+1)))
	start := math.Log(a/b) - d.middle
	t := newStudent(d.df)
	var sum, weights, largest float64
	visit := func(dy float64) bool {
		// The weight of y is pmf(x; n, p)·½(x·(1−p) + (n−x)·p), the mean of the
		// densities of Beta(x, n−x+1) and Beta(x+1, n−x), or the latter's
		// alone, up to a factor that the sum of the weights takes out.
		e := math.Expm1(dy)
		ratio := p0 * e
		w := math.Exp(x*dy - n*math.Log1p(ratio))
		p, q := p0*(1+e)/(1+ratio), (1-p0)/(1+ratio)
		if mid {
			w *= x*q + (n-x)*p
		} else {
			w *= p
		}
		weights += w
		sum += w * t.below((start+dy)/d.s)
		largest = max(largest, w)
		return w > negligible*largest
	}
	for i := 0.; visit(i * step); i++ {
	}
	for i := -1.; visit(i * step); i-- {
	}
	return atom + mass*sum/weights
}

func logit(p float64) float64 { return math.Log(p) - math.Log1p(-p) }

func expit(y float64) float64 { return 1 / (1 + math.Exp(-y)) }

// A student is Student's t with any positive degrees of freedom: gonum's
// RegIncBeta with its constant, three logarithms of gamma, taken only once.
type student struct{ df, constant float64 }

func newStudent(df float64) student {
	return student{df, math.Exp(-mathext.Lbeta(df/2, .5))}
}

// below is P(T ≤ t), by the series of the incomplete beta function with terms
// above 0 (DLMF 8.17.8), about 0 in the middle and about ∞ in the tails.
func (s student) below(t float64) float64 {
	a := s.df / 2
	y := t * t / (s.df + t*t)
	x := s.df / (s.df + t*t)
	edge := s.constant * math.Sqrt(y) * math.Exp(a*math.Log(x))
	if t*t < 2 {
		middle := edge * risingSeries(a+.5, 1.5, y) // half of I_y(½, a)
		return .5 + math.Copysign(middle, t)
	}
	tail := edge / (2 * a) * risingSeries(a+.5, a+1, x) // half of I_x(a, ½)
	if t > 0 {
		return 1 - tail
	}
	return tail
}

// studentBelow is P(T ≤ t) of one t.
func studentBelow(t, df float64) float64 { return newStudent(df).below(t) }

// risingSeries is Σ xᵏ·(a)ₖ/(b)ₖ from k = 0, for x below 1.
func risingSeries(a, b, x float64) float64 {
	term, sum := 1., 1.
	for term > 1e-15*sum {
		term *= x * (a / b)
		sum += term
		a++
		b++
	}
	return sum
}

// studentQuantile is the t that P(T ≤ t) = p belongs to, for p from ½.
func studentQuantile(p, df float64) float64 {
	y := mathext.InvRegIncBeta(df/2, .5, 2*(1-p))
	return math.Sqrt(df * (1 - y) / y)
}
