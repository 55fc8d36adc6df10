package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

const tolerance = 1e-9

// randomFunnel draws counts that shrink down the funnel; every tenth count is 0.
func randomFunnel(r *rand.Rand) Funnel {
	var f Funnel
	market := r.Int64N(1_000_000) + 1
	for _, step := range Steps {
		own := r.Int64N(market + 1)
		if r.IntN(10) == 0 {
			own = 0
		}
		f[step] = Cell{Known(own), Known(market)}
		market = market/(2+r.Int64N(20)) + 1
	}
	return f
}

// The four contributions of the funnel identity add up to the change of
// ln(purchase share), for any counts, zeros included.
func TestContributionsAddUpToThePurchaseShare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var before, now Sums
		for range 1 + r.IntN(13) {
			before.Add(randomFunnel(r))
		}
		now.Add(randomFunnel(r))
		c, ok := Decompose(before, now)
		if !ok {
			t.Fatalf("no decomposition of %v and %v", before, now)
		}
		if sum := c.Impression + c.CTR + c.Cart + c.Close; math.Abs(sum-c.Total) > tolerance {
			t.Fatalf("contributions add up to %v, the change is %v (%v → %v)", sum, c.Total, before, now)
		}
		p0, _ := before[Purchase].Share()
		p1, _ := now[Purchase].Share()
		if !c.Smoothed && math.Abs(c.Total-math.Log(p1/p0)) > tolerance {
			t.Fatalf("total %v, want ln(%v/%v)", c.Total, p1, p0)
		}
	}
}

func TestDecomposeNeedsEveryStep(t *testing.T) {
	whole := Funnel{{Known(10), Known(1000)}, {Known(5), Known(100)}, {Known(3), Known(30)}, {Known(1), Known(10)}}
	part := whole
	part[CartAdd] = Cell{}
	var a, b Sums
	a.Add(whole)
	b.Add(part)
	if _, ok := Decompose(a, b); ok {
		t.Error("decomposed a funnel without cart adds")
	}
}

// Demand and share add up to the change of the own count exactly.
func TestSplitAddsUpToTheChange(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		n0, n1 := r.Float64()*1e6+1, r.Float64()*1e6+1
		x0, x1 := r.Float64()*n0, r.Float64()*n1
		s, ok := SplitChange(x0, n0, x1, n1)
		if !ok || math.Abs(s.Demand+s.Share-(x1-x0)) > tolerance*math.Max(1, x0+x1) {
			t.Fatalf("%v of %v → %v of %v: %v + %v, want %v", x0, n0, x1, n1, s.Demand, s.Share, x1-x0)
		}
	}
	for _, n := range []float64{0, -1, math.NaN()} {
		if _, ok := SplitChange(1, n, 1, 10); ok {
			t.Errorf("split with a market of %v", n)
		}
	}
}

func TestIndicesComposeThePurchaseShare(t *testing.T) {
	var s Sums
	s.Add(Funnel{{Known(600), Known(10_000)}, {Known(60), Known(500)}, {Known(20), Known(100)}, {Known(9), Known(30)}})
	i := IndicesOf(s)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"CTR", i.CTR, 2},        // .12 / .06
		{"cart", i.Cart, 5. / 3}, // .20 / .12
		{"close", i.Close, 1.5},  // .30 / .20
		{"CVR", i.CVR, 2.5},      // .30 / .12
		{"product", i.CTR * i.Cart * i.Close * .06, .30},
		{"CVR is cart by close", i.Cart * i.Close, i.CVR},
	} {
		if math.Abs(c.got-c.want) > tolerance {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if i := IndicesOf(Sums{}); !math.IsNaN(i.CTR) || !math.IsNaN(i.CVR) {
		t.Errorf("indices of nothing: %+v", i)
	}
}

func TestSharesAreSumsOverSums(t *testing.T) {
	var s Sum
	s.Add(Cell{Known(3), Known(4)})     // 75 % of a tiny term
	s.Add(Cell{Known(10), Known(1000)}) // 1 % of a large one
	s.Add(Cell{Own: Known(500)})        // market unknown: left out on both sides
	s.Add(Cell{Market: Known(500)})
	if p, ok := s.Share(); !ok || math.Abs(p-13./1004) > tolerance {
		t.Errorf("share = %v, want 13/1004", p)
	}
	if _, ok := (Sum{}).Share(); ok {
		t.Error("a share of nothing is defined")
	}
}
