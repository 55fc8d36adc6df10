package analysis

import "math"

// normal95 is the standard normal's 97.5 % quantile.
const normal95 = 1.959963984540054

// Wilson is the 95 % interval of a share of own events in the market's whose
// true value wanders by tau2, a variance of its logit, from week to week: the
// score interval of Wilson (1927) on the n that carries as much information as
// this one does beside the wandering, n/(1 + n·p·(1−p)·tau2). Without a market,
// or where own does not lie within it, nothing is known: 0 and 1.
func Wilson(own, market int64, tau2 float64) (low, high float64) {
	if market <= 0 || own < 0 || own > market {
		return 0, 1
	}
	n := float64(market)
	p := float64(own) / n
	n /= 1 + n*p*(1-p)*max(tau2, 0)
	z2 := normal95 * normal95
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := normal95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}
