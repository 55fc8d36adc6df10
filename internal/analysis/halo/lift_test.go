package halo

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// analytics.md §4.7, acceptance test 10.
func TestLiftIsUnbiasedAndCovers(t *testing.T) {
	for _, c := range []struct {
		name        string
		world       liftWorld
		short, full int
	}{
		{"60 terms", liftWorld{terms: 60, weeks: 52, effect: .1}, 80, 1000},
		{"200 terms", liftWorld{terms: 200, weeks: 52, effect: .1}, 20, 400},
		{"60 terms, no effect", liftWorld{terms: 60, weeks: 52}, 80, 1000},
		{"a fifth of the weeks missing", liftWorld{terms: 60, weeks: 52, effect: .1, missing: .2}, 30, 600},
		{"60 terms of very unequal size", liftWorld{terms: 60, weeks: 52, effect: .1, skew: 1.5}, 30, 600},
		{"200 terms of very unequal size", liftWorld{terms: 200, weeks: 52, effect: .1, skew: 1.5}, 20, 400},
		{"20 products sharing shocks", liftWorld{terms: 100, weeks: 52, effect: .1, perProduct: 5, shared: .15}, 30, 600},
		{"14 products sharing shocks", liftWorld{terms: 84, weeks: 52, effect: .1, perProduct: 6, shared: .15}, 30, 600},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m tally
			for seed := range runs(c.short, c.full) {
				rng := random(uint64(seed))
				m.add(fitLift(c.world.panel(uint64(seed)), rng).estimate, c.world.effect)
			}
			t.Logf("mean %.4f (sd %.4f), coverage %.3f, interval without 0 in %.3f of %d runs", m.mean(), m.sd(), m.coverage(), m.rejected(), m.n)
			between(t, "the mean", m.mean(), c.world.effect-.005-m.slack(), c.world.effect+.005+m.slack())
			m.covers(t, .92, .97)
			if c.world.effect == 0 {
				between(t, "the share of runs that reject a true 0", m.rejected(), 0, .07+m.luck())
			}
		})
	}
}

func TestLiftGates(t *testing.T) {
	for _, c := range []struct {
		name        string
		world       liftWorld
		short, full int
		low, high   float64 // share of runs that show a number
	}{
		{"planted", liftWorld{terms: 60, weeks: 52, effect: .1}, 6, 200, .6, 1},
		{"no effect", liftWorld{terms: 60, weeks: 52}, 5, 200, 0, .07},
		{"spend follows last week's share", liftWorld{terms: 60, weeks: 52, effect: .1, feedback: 1}, 20, 200, 0, .05},
		{"spend follows share, no effect", liftWorld{terms: 60, weeks: 52, feedback: 1}, 3, 200, 0, .05},
		{"spend follows share, 20 products", liftWorld{terms: 100, weeks: 52, effect: .1, feedback: 1, perProduct: 5, shared: .15}, 3, 200, 0, .05},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed, shown := map[string]int{}, 0
			n := runs(c.short, c.full)
			for seed := range n {
				r := Lift(c.world.panel(uint64(seed)), Options{Seed: uint64(seed)})
				passed := true
				for _, g := range r.Gates {
					passed = passed && g.Passed
					if g.Tested && !g.Passed {
						failed[g.Name]++
					}
				}
				if passed != (r.Estimate != nil) {
					t.Fatalf("a number is %v, all gates passed %v", r.Estimate, passed)
				}
				if passed {
					shown++
				}
			}
			t.Logf("shown in %d of %d runs; failed gates: %v", shown, n, failed)
			between(t, "the share of runs with a number", float64(shown)/float64(n), c.low, c.high+luck(n))
		})
	}
}

// The negative control: without term effects the same worlds give several times
// the truth, since more is spent where more is sold.
func TestPooledRegressionMisleads(t *testing.T) {
	for _, effect := range []float64{0, .1} {
		var m tally
		for seed := range 20 {
			p := liftWorld{terms: 60, weeks: 52, effect: effect}.panel(uint64(seed))
			rng := random(uint64(seed))
			l := fitLift(p, rng)
			y, _ := l.outcome()
			x := l.columns(nil, 0, 0)[0]
			var w, wx, wy, wxx, wxy float64
			for i, v := range l.sample.weight {
				w, wx, wy, wxx, wxy = w+v, wx+v*x[i], wy+v*y[i], wxx+v*x[i]*x[i], wxy+v*x[i]*y[i]
			}
			m.add(Estimate{Value: (wxy - wx*wy/w) / (wxx - wx*wx/w)}, effect)
		}
		t.Logf("true %.1f: pooled mean %.3f", effect, m.mean())
		if m.mean() < effect+.2 {
			t.Errorf("pooled mean %.3f for a true %.1f: the world is too kind to be a test", m.mean(), effect)
		}
	}
}

func TestLiftRefusesThinData(t *testing.T) {
	flat := func(p *Panel) *Panel {
		for q := range p.Terms {
			for w := range p.Terms[q].Weeks {
				p.Terms[q].Weeks[w].Spend = p.Terms[0].Weeks[w].Spend
			}
		}
		return p
	}
	blind := func(p *Panel) *Panel {
		for w := range p.Ads {
			p.Ads[w] = w%5 != 0
		}
		return p
	}
	few := func(p *Panel) *Panel {
		for q := range p.Terms {
			for w := range p.Terms[q].Weeks {
				p.Terms[q].Weeks[w].Clicks.Organic /= 100
			}
		}
		return p
	}
	whole := liftWorld{terms: 60, weeks: 52, effect: .1}
	for _, c := range []struct {
		name  string
		panel *Panel
		gate  string
	}{
		{"11 terms", liftWorld{terms: 11, weeks: 52, effect: .1}.panel(1), "groups"},
		{"11 products", liftWorld{terms: 88, weeks: 52, effect: .1, perProduct: 8}.panel(1), "groups"},
		{"25 weeks", liftWorld{terms: 60, weeks: 25, effect: .1}.panel(1), "weeks"},
		{"spend moves for all terms alike", flat(whole.panel(1)), "variation"},
		{"no five weeks of ads in a row", blind(whole.panel(1)), "groups"},
		{"hardly any organic clicks", few(whole.panel(1)), "groups"},
		{"nothing", &Panel{}, "groups"},
		{"weeks without terms", &Panel{Ads: make([]bool, 60)}, "groups"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Lift(c.panel, Options{})
			if r.Estimate != nil {
				t.Fatalf("stated %+v", *r.Estimate)
			}
			failed := map[string]Gate{}
			for _, g := range r.Gates {
				if !g.Passed {
					failed[g.Name] = g
				}
			}
			if g, ok := failed[c.gate]; !ok || g.Needs == "" {
				t.Errorf("failed gates: %+v, want %s with what is needed", failed, c.gate)
			}
			if !strings.HasPrefix(r.Text, "Organic lift is not identified from your data, because ") || len(r.Gates) != 7 {
				t.Errorf("%d gates, %q", len(r.Gates), r.Text)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
		})
	}
}

// Twelve groups, 26 weeks: the least that may be tested is tested.
func TestLiftTestsTheLeastData(t *testing.T) {
	r := Lift(liftWorld{terms: 12, weeks: 26, effect: .1}.panel(3), Options{})
	for _, g := range r.Gates {
		if !g.Tested {
			t.Errorf("%s was not tested: %+v", g.Name, r.Gates)
		}
	}
}

// A week that Amazon does not list is unknown: its numbers, whatever they are,
// change nothing, and neither does the order of the terms.
func TestLiftLooksAtKnownWeeksOnly(t *testing.T) {
	w := liftWorld{terms: 40, weeks: 40, effect: .1, missing: .3}
	p := w.panel(5)
	rng := random(0)
	want := fitLift(p, rng)
	for q := range p.Terms {
		for i := range p.Terms[q].Weeks {
			if c := &p.Terms[q].Weeks[i].Clicks; !c.Known {
				c.Market, c.Organic = 1000, 900
			}
		}
	}
	for i, j := 0, len(p.Terms)-1; i < j; i, j = i+1, j-1 {
		p.Terms[i], p.Terms[j] = p.Terms[j], p.Terms[i]
	}
	rng = random(0)
	got := fitLift(p, rng)
	if math.Abs(got.estimate.Value-want.estimate.Value) > 1e-9 || math.Abs(got.se-want.se) > 1e-9 {
		t.Errorf("%v ± %v, want %v ± %v", got.estimate.Value, got.se, want.estimate.Value, want.se)
	}
}

// analytics.md §4.7, acceptance test 15.
func TestSameDataSameBytes(t *testing.T) {
	one := func(seed uint64) []byte {
		p := liftWorld{terms: 30, weeks: 40, effect: .1}.panel(1)
		sale := saleWorld{terms: 30, weeks: 40, theta: .5}.panel(1)
		out, err := json.Marshal([]any{Lift(p, Options{Seed: seed}), Displacement(sale, Options{Seed: seed}), Events(p)})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := one(7)
	if again := one(7); !bytes.Equal(first, again) {
		t.Errorf("%s\n%s", first, again)
	}
	if bytes.Equal(first, one(8)) {
		t.Error("the seed changes nothing: the interval of 30 terms is not resampled")
	}
}

func BenchmarkLift(b *testing.B) {
	p := liftWorld{terms: 3000, weeks: 60, effect: .1, perProduct: 5, missing: .1}.panel(1)
	b.ResetTimer()
	for b.Loop() {
		Lift(p, Options{})
	}
}

// What minOrganic rests on: how far the log odds of counts follow a change of
// what is expected, by the number of clicks that is.
func TestLogOddsOfFewClicksUnderstate(t *testing.T) {
	follow := func(mean float64) (slope float64) {
		p := math.Exp(-mean)
		for x := 0.; x < 200; x++ {
			slope += p * mean * math.Log((x+1.5)/(x+.5))
			p *= mean / (x + 1)
		}
		return slope
	}
	for _, c := range []struct{ mean, low, high float64 }{{1, 0, .7}, {2, .88, .92}, {3, .96, .98}, {minOrganic, .995, 1.02}, {20, .995, 1.01}} {
		between(t, "what the log odds follow", follow(c.mean), c.low, c.high)
	}
}
