package analysis

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func cell(own, market int64) Cell { return Cell{Known(own), Known(market)} }

// unchanged is a trial of own of market in each week of the baseline.
func unchanged(own, market int64, now Cell) Trial {
	return Trial{Now: now, Before: slices.Repeat([]Cell{cell(own, market)}, BaselineWeeks)}
}

func TestWhatCannotBeTestedSaysWhy(t *testing.T) {
	usual := func(change func(*Trial)) Trial {
		t := unchanged(30, 300, cell(30, 300))
		change(&t)
		return t
	}
	for _, c := range []struct {
		trial Trial
		want  Untested
	}{
		{usual(func(*Trial) {}), ""},
		{usual(func(t *Trial) { t.Held = true }), HeldOut},
		{usual(func(t *Trial) { t.Before = t.Before[:7] }), FewWeeks},
		{usual(func(t *Trial) { t.Before = t.Before[:8] }), ""},
		{usual(func(t *Trial) { // a week of which one side is unknown was not observed
			t.Before = slices.Repeat([]Cell{{Own: Known(30)}}, BaselineWeeks)
		}), FewWeeks},
		{usual(func(t *Trial) { t.Now = cell(1, 19) }), ThinMarket},
		{usual(func(t *Trial) { t.Now = cell(9, 99) }), FewOwn},
		{usual(func(t *Trial) { t.Now = cell(301, 300) }), Inconsistent},
		{usual(func(t *Trial) { t.Now = cell(-1, 300) }), Inconsistent},
		{usual(func(t *Trial) { t.Now = Cell{Own: Known(3)} }), Unexplained},
		{usual(func(t *Trial) { t.Now = Cell{} }), Unexplained},
		{usual(func(t *Trial) { t.Now, t.Cut = Cell{}, Known(4) }), ""},
		{usual(func(t *Trial) { t.Value = 49 }), LowValue},
		{usual(func(t *Trial) { t.Value = 50 }), ""},
	} {
		f := Detect([]Trial{c.trial}, Options{MinValue: 50})
		v := f.Verdicts[0]
		if v.Why != c.want || v.Tested != (c.want == "") || f.Tested != map[bool]int{true: 1}[v.Tested] {
			t.Errorf("%+v: tested %v because %q, want %q", c.trial, v.Tested, v.Why, c.want)
		}
	}
}

func TestACollapseIsProvedAndBounded(t *testing.T) {
	trials := []Trial{unchanged(100, 1000, cell(10, 1000)), unchanged(100, 1000, cell(100, 1000)), unchanged(100, 1000, cell(400, 1000))}
	f := Detect(trials, Options{Provable: true})
	drop, still, gain := f.Verdicts[0], f.Verdicts[1], f.Verdicts[2]
	if !drop.Drop || drop.Gain || still.Drop || still.Gain || gain.Drop || !gain.Gain {
		t.Fatalf("%+v", f)
	}
	if !(drop.LossLow > 20 && drop.LossLow < 90) || drop.GainLow != 0 || still.LossLow != 0 || !(gain.GainLow > 200 && gain.GainLow < 300) {
		t.Errorf("lost at least %v, %v, %v; gained at least %v, %v, %v", drop.LossLow, still.LossLow, gain.LossLow, drop.GainLow, still.GainLow, gain.GainLow)
	}
	if !(drop.Low < .01 && drop.High > .01 && drop.High < .05) {
		t.Errorf("1 %% of 1,000 is said to lie between %v and %v", drop.Low, drop.High)
	}
}

func TestATermBelowTheCutOffIsTestedByIt(t *testing.T) {
	gone := func(cut int64) Verdict {
		absent := unchanged(100, 1000, Cell{})
		absent.Cut = Known(cut)
		return Detect([]Trial{absent, unchanged(100, 1000, cell(100, 1000))}, Options{}).Verdicts[0]
	}
	if v := gone(5); !v.Drop || !v.Vanished || v.PGain != 1 || v.Market != 1000 || v.High > .05 || v.LossLow < 20 {
		t.Errorf("fell from 100 below a cut-off of 5: %+v", v)
	}
	if v := gone(90); v.Drop {
		t.Errorf("fell from 100 below a cut-off of 90, which is no news: %+v", v)
	}
	last := 0.
	for cut := int64(0); cut <= 200; cut += 10 {
		if v := gone(cut); v.PDrop < last {
			t.Errorf("a cut-off of %d proves more than a lower one", cut)
		} else {
			last = v.PDrop
		}
	}
}

// Where well-listed terms have been absent before, an absence is no proof.
func TestAnAbsenceProvesLittleWhereRowsGetLost(t *testing.T) {
	var trials []Trial
	for range 40 {
		trial := unchanged(100, 1000, cell(100, 1000))
		trial.Before = trial.Before[:12]
		trials = append(trials, trial)
	}
	trials = append(trials, unchanged(100, 1000, Cell{}))
	trials[40].Cut = Known(0)
	if f := Detect(trials, Options{Provable: true}); f.Verdicts[40].Drop || math.Abs(f.Lost-40./41/13) > 1e-6 {
		t.Errorf("lost %v: %+v", f.Lost, f.Verdicts[40])
	}
}

// The smallest provable drop is exactly that: a count at it would have been
// found, a larger one (by a hundredth, as counts go) would not.
func TestTheSmallestProvableDropIsTheSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		market := int64(100 + r.IntN(20000))
		own := max(15, market*int64(2+r.IntN(40))/100)
		trials := []Trial{unchanged(own, market, cell(own, market))}
		for range 9 {
			trials = append(trials, unchanged(50, 500, cell(50, 500)))
		}
		found := func(count int64) bool {
			trials[0].Now = cell(count, market)
			return Detect(trials, Options{Provable: true}).Verdicts[0].Drop
		}
		v := Detect(trials, Options{Provable: true}).Verdicts[0]
		count := int64(math.Round((1 - v.Provable) * v.P0 * float64(market)))
		if v.Provable == 0 {
			if found(0) {
				t.Errorf("%d of %d: no drop is said to be provable, but 0 is found", own, market)
			}
			continue
		}
		if !found(count) {
			t.Errorf("%d of %d: a drop by %.3f, to %d, is not found", own, market, v.Provable, count)
		}
		if found(count + 1 + count/50) {
			t.Errorf("%d of %d: a drop by %.3f, to %d, is said to be the smallest; a smaller one is found", own, market, v.Provable, count)
		}
	}
}

func TestMoreOwnEventsNeverLookMoreLikeADrop(t *testing.T) {
	for _, market := range []int64{20, 150, 4000, 1_000_000} {
		last := math.Inf(-1)
		for i := range int64(60) {
			own := market * i / 59
			v := Detect([]Trial{unchanged(market*6/10, market, cell(own, market))}, Options{}).Verdicts[0]
			if v.Z < last-1e-9 {
				t.Errorf("%d of %d scores %v, fewer scored %v", own, market, v.Z, last)
			}
			last = v.Z
		}
	}
}

// Counts as Amazon never sends them still give finite numbers.
func TestEveryNumberIsFinite(t *testing.T) {
	const huge = 1_000_000_000_000_000
	counts := []Cell{{}, {Own: Known(1)}, {Market: Known(1)}, cell(0, 0), cell(0, 20), cell(20, 20), cell(0, huge), cell(huge, huge),
		cell(huge/2, huge), cell(1, huge), cell(huge-1, huge), cell(-5, 10), cell(10, -5), cell(10, 5), cell(math.MaxInt64, math.MaxInt64), cell(12, 100)}
	var trials []Trial
	for _, before := range counts {
		for _, now := range counts {
			trials = append(trials,
				Trial{Before: slices.Repeat([]Cell{before}, BaselineWeeks), Now: now, Cut: Known(3)},
				Trial{Before: append(slices.Repeat([]Cell{before}, 7), counts...), Now: now},
				Trial{Before: slices.Repeat([]Cell{before}, 9), Now: now, Cut: Known(huge), Value: math.MaxFloat64})
		}
	}
	tested := 0
	for _, size := range []int{1, 7, len(trials)} {
		for part := range slices.Chunk(trials, size) {
			f := Detect(part, Options{})
			tested += f.Tested
			check := func(x any) {
				value := reflect.ValueOf(x)
				for i := range value.NumField() {
					if n := value.Field(i); n.CanFloat() && (math.IsNaN(n.Float()) || math.IsInf(n.Float(), 0)) {
						t.Fatalf("%s is %v in %+v", value.Type().Field(i).Name, n.Float(), x)
					}
				}
			}
			check(f)
			for i, v := range f.Verdicts {
				check(v)
				if v.Low < 0 || v.Low > v.High || v.High > 1 || v.PDrop < 0 || v.PDrop > 1 || v.PGain < 0 || v.PGain > 1 || v.Provable < 0 || v.Provable > 1 {
					t.Fatalf("%+v: %+v", part[i], v)
				}
			}
		}
	}
	if tested < 100 {
		t.Errorf("only %d of these were tested", tested)
	}
	if f := Detect(nil, Options{}); f.Tested != 0 || f.Scale != 1 || math.IsNaN(f.DropCut) {
		t.Errorf("without trials: %+v", f)
	}
}

// Deleting a term's own row never makes it an alert as long as nobody says
// why it is absent, and deleting weeks below the least number ends its test.
func TestADeletedRowIsNoAlert(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		market := int64(50 + r.IntN(5000))
		trial := unchanged(market/4, market, cell(int64(r.IntN(int(market))), market))
		trial.Now = Cell{}
		if v := Detect([]Trial{trial}, Options{}).Verdicts[0]; v.Tested || v.Drop || v.Gain {
			t.Fatalf("an absence without a reason was tested: %+v", v)
		}
	}
}

func TestCutOffsAreBenjaminiAndHochbergs(t *testing.T) {
	// The example of their paper, section 3: of these 15, four are found.
	ps := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	if got, want := cutOff(slices.Clone(ps), .05), .05*4/15; math.Abs(got-want) > 1e-15 {
		t.Errorf("cut-off %v, want %v", got, want)
	}
	if got, want := cutOff([]float64{.5, .9}, .05), .025; got != want {
		t.Errorf("cut-off where nothing is found: %v, want %v", got, want)
	}
}
