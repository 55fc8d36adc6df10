package sim

import (
	"math"
	"math/rand/v2"
)

// mix folds values into one well-spread hash (splitmix64's finaliser), so that
// each thing in the world has its own stream of random numbers and can be
// computed without what came before it.
func mix(vs ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range vs {
		h ^= v + 0x9e3779b97f4a7c15 + h<<6 + h>>2
		h ^= h >> 30
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 27
		h *= 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// dice is a reusable PCG that is seeded anew for each thing that is drawn.
type dice struct {
	pcg rand.PCG
	*rand.Rand
}

func newDice() *dice {
	d := &dice{}
	d.Rand = rand.New(&d.pcg)
	return d
}

func (d *dice) seed(vs ...uint64) *dice {
	h := mix(vs...)
	d.pcg.Seed(h, h^0xda3e39cb94b95bdb)
	return d
}

// between returns a uniform value of [lo, hi).
func (d *dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// poisson draws by inversion below 30 and by the normal approximation above.
func (d *dice) poisson(mean float64) int64 {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return max(0, int64(math.Round(mean+math.Sqrt(mean)*d.NormFloat64())))
	}
	limit, p, k := math.Exp(-mean), 1.0, int64(0)
	for {
		p *= d.Float64()
		if p <= limit {
			return k
		}
		k++
	}
}

// binomial draws how many of n happen with probability p.
func (d *dice) binomial(n int64, p float64) int64 {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case n <= 12:
		k := int64(0)
		for range n {
			if d.Float64() < p {
				k++
			}
		}
		return k
	}
	mean := float64(n) * p
	if mean <= 30 {
		return min(n, d.poisson(mean))
	}
	return min(n, max(0, int64(math.Round(mean+math.Sqrt(mean*(1-p))*d.NormFloat64()))))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
func logit(p float64) float64    { return math.Log(p / (1 - p)) }
