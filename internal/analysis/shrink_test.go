package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

// Ten terms of 20 clicks; half have 1 order, half 5: p = .15, ρ and so a+b by
// hand.
func TestPriorByMoments(t *testing.T) {
	var ratios []Ratio
	for i := range 10 {
		ratios = append(ratios, Ratio{float64(1 + 4*(i%2)), 20})
	}
	ratios = append(ratios, Ratio{0, 0})
	prior, ok := FitPrior(ratios)
	// Σn(p_i−p)² = 10·20·.01 = 2; /(.15·.85) = 15.686; −9 = 6.686;
	// Σ(n−1)(1−n/N) = 10·19·.9 = 171; ρ = .039101; a+b = 24.5745.
	if !ok || !near(prior.A+prior.B, 24.5745, 1e-3) || !near(prior.Mean(), .15, 1e-12) {
		t.Fatalf("%+v, %v", prior, ok)
	}
	if got := prior.With(Ratio{0, 50}).Mean(); !near(got, 3.686175/74.5745, 1e-6) {
		t.Errorf("shrunk rate %v", got)
	}
}

func TestPriorIsNotInvented(t *testing.T) {
	few := []Ratio{{1, 10}, {2, 10}, {3, 10}}
	if _, ok := FitPrior(few); ok {
		t.Error("a prior from three terms")
	}
	if _, ok := FitPrior(make([]Ratio, 50)); ok {
		t.Error("a prior from no clicks")
	}
	var none []Ratio
	for range 30 {
		none = append(none, Ratio{0, 10})
	}
	if _, ok := FitPrior(none); ok {
		t.Error("a prior from no orders")
	}
	var same []Ratio
	for range 30 {
		same = append(same, Ratio{2, 10})
	}
	if p, ok := FitPrior(same); !ok || p.A+p.B != maxPriorWeight {
		t.Errorf("equal terms: %+v", p)
	}
}

// Drawn from a known Beta, moments find its mean and weight again.
func TestPriorRecoversWhatTermsWereDrawnFrom(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	draw := distuv.Beta{Alpha: 4, Beta: 36, Src: r}
	var ratios []Ratio
	for range 4000 {
		n := float64(5 + r.IntN(200))
		ratios = append(ratios, Ratio{distuv.Binomial{N: n, P: draw.Rand(), Src: r}.Rand(), n})
	}
	p, ok := FitPrior(ratios)
	if !ok || !near(p.Mean(), .1, .004) || !near(p.A+p.B, 40, 4) {
		t.Errorf("%+v", p)
	}
}

func TestBetaProbabilities(t *testing.T) {
	// Beta(1, n+1): Pr(rate ≤ p) = 1 − (1−p)^(n+1).
	if got := (Beta{1, 30}).Below(.1); !near(got, 1-math.Pow(.9, 30), 1e-12) {
		t.Errorf("%v", got)
	}
	for _, b := range []Beta{{1, 1}, {.4, 20}, {3, 500}, {800, 20000}, {50, .7}} {
		for _, q := range []float64{.025, .2, .5, .95, .975} {
			if got := b.Below(b.Quantile(q)); !near(got, q, 1e-6) {
				t.Errorf("Beta(%v,%v): %v at its %v quantile", b.A, b.B, got, q)
			}
		}
	}
	if b := (Beta{2, 3}); b.Below(0) != 0 || b.Below(1.5) != 1 || b.Quantile(0) != 0 || b.Quantile(1) != 1 {
		t.Error("bounds")
	}
}
