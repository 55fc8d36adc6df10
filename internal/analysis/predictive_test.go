package analysis

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// definedTail is the definition itself: binomial tails averaged over a dense
// grid of the t's density.
func definedTail(d predictive, x, n float64, mid bool) float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: d.df}
	below := func(k, p float64) float64 {
		switch {
		case k < 0:
			return 0
		case k >= n:
			return 1
		}
		return mathext.RegIncBeta(n-k, k+1, 1-p)
	}
	const reach, step = 80, .01
	sum := 0.
	for i := range int(2*reach/step) + 1 {
		y := step*float64(i) - reach
		p := expit(d.middle + d.s*y)
		f := below(x, p)
		if mid {
			f = (f + below(x-1, p)) / 2
		}
		sum += step * t.Prob(y) * f
	}
	return sum
}

func TestTailsAreThoseOfTheDefinition(t *testing.T) {
	for _, d := range []predictive{{logit(.06), .2, 9}, {logit(.9), .1, 12}, {logit(.01), 1, 7}} {
		for _, n := range []float64{20, 400, 5000} {
			for _, r := range []float64{0, .3, .9} {
				x := math.Round(r * expit(d.middle) * n)
				for _, mid := range []bool{true, false} {
					got, want := d.tail(x, n, mid), definedTail(d, x, n, mid)
					if math.Abs(got/want-1) > 1e-3 && want > 1e-8 {
						t.Errorf("%+v, %v of %v, mid %v: got %v, want %v", d, x, n, mid, got, want)
					}
				}
			}
		}
	}
}

func TestStudentIsGonums(t *testing.T) {
	for _, df := range []float64{6, 6.3, 11.7, 18, 200} {
		for _, x := range []float64{0, .01, .5, 1, 1.7, 2, 3, 8, 60, 1e6} {
			for _, x := range []float64{x, -x} {
				got, want := newStudent(df).below(x), distuv.StudentsT{Sigma: 1, Nu: df}.CDF(x)
				if math.Abs(got/want-1) > 1e-11 {
					t.Errorf("P(T ≤ %v) with %v degrees of freedom: got %v, want %v", x, df, got, want)
				}
			}
		}
		for _, p := range []float64{.5001, .8, .975} {
			if got := newStudent(df).below(studentQuantile(p, df)); math.Abs(got-p) > 1e-9 {
				t.Errorf("the quantile of %v with %v degrees of freedom is that of %v", p, df, got)
			}
		}
	}
}

func BenchmarkScore(b *testing.B) {
	for b.Loop() {
		predictive{logit(.06), .2, 10}.score(20, 400)
	}
}
