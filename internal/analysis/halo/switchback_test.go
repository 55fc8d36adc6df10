package halo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// testWorld draws terms and plays a plan out on them.
type testWorld struct {
	terms int
	theta float64 // new purchases per purchase that ads claim
	extra float64 // instead: a constant difference of share
}

func (w testWorld) week(rng *rand.Rand, size, season float64, on bool) TestWeek {
	market := draw(rng, size*season)
	ads := int64(0)
	if on {
		ads = draw(rng, float64(market)*.03)
	}
	own := draw(rng, float64(market)*.08) + binomial(rng, ads, w.theta)
	if on {
		own += draw(rng, float64(market)*w.extra)
	}
	return TestWeek{Known: rng.Float64() > .05, Market: market, Own: own, Ads: ads, Spend: 4 * float64(ads), Sales: 20 * float64(own)}
}

func (w testWorld) past(rng *rand.Rand) []TestTerm {
	terms := make([]TestTerm, w.terms)
	for i := range terms {
		terms[i] = TestTerm{Term: fmt.Sprintf("term %02d", i), Like: fmt.Sprint("kind ", i%3)}
		for range 30 {
			terms[i].Weeks = append(terms[i].Weeks, w.week(rng, w.size(i), 1+.2*rng.NormFloat64(), true))
		}
	}
	return terms
}

func (w testWorld) size(i int) float64 { return 100 + 20*float64(i%7) }

// play runs the plan's weeks.
func (w testWorld) play(rng *rand.Rand, p TestPlan) [][]TestWeek {
	out := make([][]TestWeek, len(p.Terms))
	for t := range p.Weeks {
		season := 1 + .2*rng.Float64()
		for i, term := range p.Terms {
			out[i] = append(out[i], w.week(rng, w.size(i), season, term.On[t/BlockWeeks]))
		}
	}
	return out
}

func TestSwitchbackFindsThePlantedEffect(t *testing.T) {
	for _, c := range []struct {
		name  string
		world testWorld
		o     TestOptions
	}{
		{"pairs", testWorld{terms: 20, theta: .6}, TestOptions{Design: Pairs, Weeks: 8}},
		{"blocks", testWorld{terms: 20, theta: .6}, TestOptions{Design: Blocks, Weeks: 12}},
		{"ten weeks", testWorld{terms: 20, theta: .6}, TestOptions{Design: Blocks, Weeks: 10}},
		{"nothing is new", testWorld{terms: 20}, TestOptions{Design: Pairs, Weeks: 12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var effect, fresh, iroas tally
			for seed := range runs(10, 1000) {
				rng := rand.New(rand.NewPCG(uint64(seed)*0x9e3779b97f4a7c15, 3))
				c.o.Seed = uint64(seed)
				p, err := PlanTest(c.world.past(rng), c.o)
				if err != nil {
					t.Fatal(err)
				}
				r, err := p.Analyse(c.world.play(rng, p))
				if err != nil {
					t.Fatal(err)
				}
				effect.add(r.Effect, c.world.theta*.03)
				if r.New != nil {
					fresh.add(*r.New, c.world.theta)
				}
				if r.IROAS != nil {
					iroas.add(*r.IROAS, 5*c.world.theta)
				}
				if (r.P < .05) != (r.Effect.Low > 0 || r.Effect.High < 0) && (r.P < .045 || r.P > .055) {
					t.Errorf("seed %d: p = %.3f beside the interval %+v", seed, r.P, r.Effect)
				}
			}
			t.Logf("effect %.4f, coverage %.3f, not 0 in %.3f; new %.3f, coverage %.3f; iROAS %.2f, coverage %.3f", effect.mean(), effect.coverage(), effect.rejected(), fresh.mean(), fresh.coverage(), iroas.mean(), iroas.coverage())
			between(t, "the effect's bias", effect.mean()-c.world.theta*.03, -.0005-effect.slack(), .0005+effect.slack())
			effect.covers(t, .93, .97)
			fresh.covers(t, .93, .97)
			iroas.covers(t, .93, .97)
			if fresh.n != effect.n || iroas.n != effect.n {
				t.Errorf("of %d tests %d tell what is new, %d the iROAS", effect.n, fresh.n, iroas.n)
			}
			if c.world.theta == 0 {
				between(t, "the share of tests that find something", effect.rejected(), 0, .07+luck(effect.n))
			}
		})
	}
}

// What the planner calls the smallest difference is found about four times in five.
func TestSmallestDifferenceIsWhatATestFinds(t *testing.T) {
	for _, d := range []Design{Pairs, Blocks} {
		found, n := 0, runs(12, 1000)
		var smallest float64
		for seed := range n {
			rng := rand.New(rand.NewPCG(uint64(seed)*0x9e3779b97f4a7c15, 4))
			w := testWorld{terms: 16}
			p, err := PlanTest(w.past(rng), TestOptions{Design: d, Weeks: 8, Seed: uint64(seed)})
			if err != nil {
				t.Fatal(err)
			}
			w.extra, smallest = p.Smallest, p.Smallest
			r, err := p.Analyse(w.play(rng, p))
			if err != nil {
				t.Fatal(err)
			}
			if r.P < .05 {
				found++
			}
		}
		t.Logf("%s: smallest %.4f found in %d of %d", d, smallest, found, n)
		between(t, "the share of tests that find it", float64(found)/float64(n), .75-2*luck(n), .9+2*luck(n))
	}
}

func TestPlansAreRandomisedAndRepeatable(t *testing.T) {
	past := testWorld{terms: 13}.past(rand.New(rand.NewPCG(1, 1)))
	past[4].Weeks = past[4].Weeks[:5]
	plan := func(d Design, weeks int, seed uint64) TestPlan {
		p, err := PlanTest(past, TestOptions{Design: d, Weeks: weeks, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := plan(Pairs, 12, 1)
	if !reflect.DeepEqual(p, plan(Pairs, 12, 1)) || reflect.DeepEqual(p.Terms, plan(Pairs, 12, 2).Terms) {
		t.Error("the seed, and nothing else, decides")
	}
	if len(p.Terms) != 12 || !reflect.DeepEqual(p.LeftOut, []string{"term 04"}) {
		t.Errorf("%d terms, left out %v", len(p.Terms), p.LeftOut)
	}
	for i := 0; i < len(p.Terms); i += 2 {
		a, b := p.Terms[i], p.Terms[i+1]
		if a.Pair != b.Pair || a.Pair != i/2+1 {
			t.Errorf("pairs %d and %d", a.Pair, b.Pair)
		}
		for k := range a.On {
			if a.On[k] == b.On[k] {
				t.Errorf("%s and %s are both %v in block %d", a.Term, b.Term, a.On[k], k)
			}
		}
	}
	for _, weeks := range []int{8, 10, 12} {
		for _, term := range plan(Blocks, weeks, 1).Terms {
			on := 0
			for _, v := range term.On {
				if v {
					on++
				}
			}
			if len(term.On) != weeks/2 || on < weeks/4 || on > (weeks/2+1)/2 {
				t.Errorf("%d weeks: %v", weeks, term.On)
			}
		}
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back TestPlan
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("stored and read back: %v, %+v", err, back)
	}
}

func TestPlansRefuseWhatCannotTell(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	past := testWorld{terms: 8}.past(rng)
	for _, c := range []struct {
		name  string
		terms []TestTerm
		o     TestOptions
		want  string
	}{
		{"no design", past, TestOptions{Weeks: 8}, "choose pairs or blocks"},
		{"a quarter of a year", past, TestOptions{Design: Pairs, Weeks: 13}, "8, 10 or 12"},
		{"three terms", past[:3], TestOptions{Design: Blocks, Weeks: 8}, "at least 4"},
		{"three pairs", past[:7], TestOptions{Design: Pairs, Weeks: 8}, "at least 8"},
		{"none", nil, TestOptions{Design: Pairs, Weeks: 8}, "at least"},
		{"one twice", append(past[:7:7], past[0]), TestOptions{Design: Blocks, Weeks: 8}, "named twice"},
	} {
		if _, err := PlanTest(c.terms, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	p, err := PlanTest(past, TestOptions{Design: Pairs, Weeks: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Analyse(make([][]TestWeek, len(p.Terms))); err == nil {
		t.Error("a test without weeks has a result")
	}
	if _, err := p.Analyse(nil); err == nil {
		t.Error("a test without terms has a result")
	}
	quiet := testWorld{terms: 8}.past(rng)
	for i := range quiet {
		for w := range quiet[i].Weeks {
			quiet[i].Weeks[w].Ads = 0
		}
	}
	if p, err := PlanTest(quiet, TestOptions{Design: Pairs, Weeks: 8}); err != nil || !strings.Contains(p.Text, "nothing to switch off") {
		t.Errorf("%v, %s", err, p.Text)
	}
}
