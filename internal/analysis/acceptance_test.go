package analysis_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	. "halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/analysis/synthetic"
)

// runs is how many seeds a measurement takes: few in every run of the tests,
// many in `make validate`.
func runs(short, long int) int {
	if *full {
		return long
	}
	return short
}

// The worlds that are measured again and again.
var (
	binomial  = synthetic.World{}
	noisy     = synthetic.World{Noise: .2, Het: .4}
	persisted = synthetic.World{Noise: .2, Het: .4, AR: .7}
)

func with(w synthetic.World, change func(*synthetic.World)) synthetic.World {
	change(&w)
	return w
}

func dropping(w synthetic.World, drop float64) synthetic.World {
	return with(w, func(w *synthetic.World) { w.Drop, w.Rate = drop, .05 })
}

// figures is what many weeks of a world came to.
type figures struct {
	weeks             int
	dropWeeks         int // with a false drop
	gainWeeks         int // with a false gain
	falseDrops, drops int
	fdp               float64 // sum over weeks of the share of false ones among the drops found
	shifts, tested    int
	vanished          int // drops found by their absence
	bands             [len(sizes)]struct{ planted, found int }
}

// sizes are the bounds from below of the bands in which power is stated: own
// events expected in an ordinary week.
var sizes = [...]float64{10, 50, 100, 200}

func measure(w synthetic.World, weeks int, change func([]Trial, uint64) []Trial) (f figures) {
	for seed := range uint64(weeks) {
		week := w.Generate(seed + 1)
		if change != nil {
			week.Trials = change(week.Trials, seed+1)
		}
		f.add(week, Detect(week.Trials, Options{}))
	}
	return f
}

func (f *figures) add(week synthetic.Week, found Family) {
	drops, wrong, gains := 0, 0, 0
	for i, v := range found.Verdicts {
		if v.Drop {
			drops++
			if v.Vanished {
				f.vanished++
			}
			if !week.Dropped[i] {
				wrong++
			}
		}
		if v.Gain {
			gains++
		}
		for b, size := range sizes {
			if week.Dropped[i] && week.Expected[i] >= size {
				f.bands[b].planted++
				if v.Drop {
					f.bands[b].found++
				}
			}
		}
	}
	f.weeks++
	f.tested += found.Tested
	f.drops += drops
	f.falseDrops += wrong
	if wrong > 0 {
		f.dropWeeks++
		f.fdp += float64(wrong) / float64(drops)
	}
	if gains > 0 {
		f.gainWeeks++
	}
	if found.Shift {
		f.shifts++
	}
}

func (f figures) per(n float64) float64 { return n / float64(f.weeks) }
func (f figures) falseWeeks() float64   { return f.per(float64(f.dropWeeks)) }
func (f figures) falseGains() float64   { return f.per(float64(f.gainWeeks)) }
func (f figures) fdr() float64          { return f.per(f.fdp) }

// power is the share of planted drops found among those whose terms expect at
// least sizes[band] own events.
func (f figures) power(band int) float64 {
	return float64(f.bands[band].found) / float64(max(1, f.bands[band].planted))
}

// say prints a line of the measured table.
func say(t *testing.T, scenario string, f figures, stated string) {
	t.Helper()
	line := fmt.Sprintf("%-46s %5d weeks  false drops in %.3f of weeks, FDR %.3f; false gains in %.3f", scenario, f.weeks, f.falseWeeks(), f.fdr(), f.falseGains())
	if f.bands[0].planted > 0 {
		line += "; power"
		for b, size := range sizes {
			line += fmt.Sprintf(" ≥%.0f: %.2f", size, f.power(b))
		}
		line += fmt.Sprintf(" (%d found by absence)", f.vanished)
	}
	t.Logf("%s   | stated: %s", line, stated)
}

// 1: where nothing has changed, hardly a week has an alarm.
func TestMeasuredQuietAccountsStayQuiet(t *testing.T) {
	for _, c := range []struct {
		name   string
		world  synthetic.World
		stated string
		most   float64
		short  int
	}{
		{"1 null, binomial", binomial, ".018", .04, 25},
		{"1 null, noise .20", noisy, ".018", .04, 50},
		{"1 null, AR(.7) noise .20", persisted, ".018", .04, 50},
		{"1 null, noise .20, family of 12", with(noisy, func(w *synthetic.World) { w.Terms = 40 }), "–", .05, 400},
		{"1 null, AR(.7), family of 30", with(persisted, func(w *synthetic.World) { w.Terms = 100 }), "–", .05, 200},
	} {
		f := measure(c.world, runs(c.short, max(400, 4*c.short)), nil)
		say(t, c.name, f, c.stated)
		if f.falseWeeks() > c.most {
			t.Errorf("%s: %.3f of the weeks have a false drop, more than %.3f", c.name, f.falseWeeks(), c.most)
		}
		if f.falseGains() > .05 {
			t.Errorf("%s: %.3f of the weeks have a false gain, more than the family's 5 %%", c.name, f.falseGains())
		}
	}
}

// 2: planted collapses are found, and little else.
func TestMeasuredPlantedDropsAreFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		world  synthetic.World
		stated string
		power  float64 // at ≥ 50 expected events, at least
		short  int
	}{
		{"2 5 % drop 70 %, noise .20", dropping(synthetic.World{Noise: .2}, .7), "FDR .016, power .42, ≥50: .81", .70, 25},
		{"2 5 % drop 70 %, noise .20 varying by .4", dropping(noisy, .7), "–", .70, 25},
		{"2 5 % drop 50 %, noise .10", dropping(synthetic.World{Noise: .1}, .5), "FDR .027, power .26, ≥50: .64", .55, 15},
		{"2 5 % drop 50 %, noise .20", dropping(synthetic.World{Noise: .2}, .5), "FDR .009, power .06, ≥50: .17", 0, 0},
		{"2 blocks of 4 weeks: 5 % drop 50 %, noise .10", dropping(synthetic.World{Noise: .1, Events: 240}, .5), "FDR .019, power .35, ≥50: .67", .55, 0},
		{"2 blocks of 4 weeks: 5 % drop 30 %, noise .10", dropping(synthetic.World{Noise: .1, Events: 240}, .3), "FDR .018, power .03, ≥50: .06", 0, 0},
	} {
		n := runs(c.short, 150)
		if n == 0 {
			continue
		}
		f := measure(c.world, n, nil)
		say(t, c.name, f, c.stated)
		if f.fdr() > .05 {
			t.Errorf("%s: FDR %.3f, more than .05", c.name, f.fdr())
		}
		if f.power(1) < c.power {
			t.Errorf("%s: power %.2f of %d drops with ≥ 50 expected events, less than %.2f", c.name, f.power(1), f.bands[1].planted, c.power)
		}
	}
}

// 3: what moves everything is one alert of the account, not one of each term.
func TestMeasuredAShockIsOneAlertOfTheAccount(t *testing.T) {
	for _, shock := range []float64{-.6, .6} {
		f := measure(with(noisy, func(w *synthetic.World) { w.Shock = shock }), runs(20, 400), nil)
		say(t, fmt.Sprintf("3 shock of %+.1f on every logit", shock), f, "≤ .08 of weeks with a term alert")
		if f.shifts != f.weeks {
			t.Errorf("shock %+.1f: noticed in %d of %d weeks", shock, f.shifts, f.weeks)
		}
		if f.falseWeeks() > .08 || f.falseGains() > .08 {
			t.Errorf("shock %+.1f: term alerts in %.3f of weeks for drops and %.3f for gains, more than .08", shock, f.falseWeeks(), f.falseGains())
		}
	}
	// A shock drawn with sd .25, most of which are too small for the account's
	// alert: the terms must stay quiet all the same.
	var f figures
	normal := distuv.Normal{Sigma: .25, Src: synthetic.NewRand(3)}
	for seed := range uint64(runs(20, 400)) {
		week := with(noisy, func(w *synthetic.World) { w.Shock = normal.Rand() }).Generate(seed + 1)
		f.add(week, Detect(week.Trials, Options{}))
	}
	say(t, "3 shock of sd .25", f, "FDR .058 ± .012")
	if f.falseWeeks() > .08 {
		t.Errorf("shock of sd .25: term alerts in %.3f of weeks, more than .08", f.falseWeeks())
	}
	quiet := measure(noisy, 20, nil)
	if quiet.shifts != 0 {
		t.Errorf("%d of %d ordinary weeks are called a shift of the account", quiet.shifts, quiet.weeks)
	}
}

// 4: the textbook's test must fail on these worlds, or they are toothless.
func TestMeasuredTheTextbooksTestCriesWolf(t *testing.T) {
	for _, c := range []struct {
		name   string
		world  synthetic.World
		stated string
		least  float64
	}{
		{"4 z test p<.05, binomial", binomial, "46", 20},
		{"4 z test p<.05, noise .20", noisy, "150", 60},
	} {
		n, alerts := runs(5, 100), 0
		for seed := range uint64(n) {
			for _, trial := range c.world.Generate(seed + 1).Trials {
				own, market := 0., 0.
				for _, b := range trial.Before {
					own += float64(b.Own.V)
					market += float64(b.Market.V)
				}
				now := float64(trial.Now.Market.V)
				p := (own + float64(trial.Now.Own.V)) / (market + now)
				z := (float64(trial.Now.Own.V)/now - own/market) / math.Sqrt(p*(1-p)*(1/now+1/market))
				if math.Abs(z) > 1.96 {
					alerts++
				}
			}
		}
		got := float64(alerts) / float64(n)
		t.Logf("%-46s %.0f false alerts a week | stated: %s", c.name, got, c.stated)
		if got < c.least {
			t.Errorf("%s gives only %.0f false alerts a week: the generated worlds have lost their teeth", c.name, got)
		}
	}
}

// 5: absent rows, be they lost or cut off, are no change.
func TestMeasuredAbsentRowsAreNoChange(t *testing.T) {
	for _, world := range []synthetic.World{noisy, with(noisy, func(w *synthetic.World) { w.Cut = 10 })} {
		for _, rate := range []float64{.01, .1, .4} {
			created, vanished, n := 0, 0, runs(6, 150)
			for seed := range uint64(n) {
				trials := world.Generate(seed + 1).Trials
				before := Detect(trials, Options{})
				for i, v := range Detect(synthetic.Delete(trials, rate, seed+1), Options{}).Verdicts {
					if v.Drop && v.Vanished && trials[i].Now.Known() {
						vanished++
					}
					if v.Drop && !before.Verdicts[i].Drop {
						created++
					}
				}
			}
			t.Logf("5 cut below %2d, %2.0f %% of rows deleted: %d alerts created in %d weeks, %d of them by a deleted row", world.Cut, rate*100, created, n, vanished)
			if vanished > 0 {
				t.Errorf("deleting %.0f %% of the rows made %d of the deleted terms alerts", rate*100, vanished)
			}
			if float64(created) > .05*float64(n) {
				t.Errorf("deleting %.0f %% of the rows created %d alerts in %d weeks", rate*100, created, n)
			}
		}
	}
	for _, c := range []struct {
		name   string
		world  synthetic.World
		stated string
		power  float64
		n      int
	}{
		{"5 null, rows under 10 own events cut", noisy, ".020", 0, runs(20, 400)},
		{"5 null, AR(.7), rows cut", persisted, ".040", 0, runs(20, 400)},
		{"5 5 % drop 70 %, noise .20, rows cut", dropping(synthetic.World{Noise: .2}, .7), "power ≥50: .59 without step 11", .70, runs(20, 150)},
	} {
		c.world.Cut = 10
		f := measure(c.world, c.n, nil)
		say(t, c.name, f, c.stated)
		if f.fdr() > .05 {
			t.Errorf("%s: FDR %.3f, more than .05", c.name, f.fdr())
		}
		if f.power(1) < c.power {
			t.Errorf("%s: power %.2f at ≥ 50 expected events, less than %.2f", c.name, f.power(1), c.power)
		}
	}
}

// 6: the interval of a week's share covers the share about which it wanders.
func TestMeasuredIntervalsCover(t *testing.T) {
	const tau = .2
	r := synthetic.NewRand(6)
	for _, n := range []int64{50, 200, 2000} {
		for _, share := range []float64{.06, .3} {
			covered, plain, trials := 0, 0, runs(4000, 100_000)
			for range trials {
				y := math.Log(share/(1-share)) + tau*r.NormFloat64()
				x := int64(distuv.Binomial{N: float64(n), P: 1 / (1 + math.Exp(-y)), Src: r}.Rand())
				if low, high := Wilson(x, n, tau*tau); low <= share && share <= high {
					covered++
				}
				if low, high := Wilson(x, n, 0); low <= share && share <= high {
					plain++
				}
			}
			got := float64(covered) / float64(trials)
			t.Logf("6 Wilson on n_eff, n %4d, share %.2f: covers %.3f, without the design effect %.3f | stated: .95–.976, .54 at n 2,000", n, share, got, float64(plain)/float64(trials))
			if got < .93 || got > .98 {
				t.Errorf("the interval covers %.3f at n %d and share %.2f", got, n, share)
			}
		}
	}
}

// 9: drifts are noticed soon, and rarely where there are none.
func TestMeasuredDriftsAreNoticed(t *testing.T) {
	weeks := runs(400_000, 8_000_000)
	r := synthetic.NewRand(9)
	t8 := distuv.StudentsT{Sigma: 1, Nu: 8, Src: r}
	chart := func(draw func() float64) float64 {
		scores := make([]float64, weeks)
		for i := range scores {
			scores[i] = draw()
		}
		drops := 0
		for _, a := range Chart(scores).Alarms {
			if a.Drop {
				drops++
			}
		}
		return float64(weeks) / float64(max(1, drops))
	}
	// Like every score, the heavy-tailed ones have a standard deviation of 1.
	unit := math.Sqrt(6. / 8)
	heavy := chart(func() float64 { return unit * t8.Rand() })
	normal := chart(r.NormFloat64)
	t.Logf("9 CUSUM, weeks between false alarms: normal %.0f, t8 %.0f | stated: 2,553, 1,695", normal, heavy)
	if heavy < 1500 {
		t.Errorf("a false alarm every %.0f weeks on heavy tails, more often than every 1,500", heavy)
	}
	for _, c := range []struct{ shift, stated, most float64 }{{1, 11.7, 13}, {1.5, 6.4, 7.5}, {2, 4.3, 5.5}, {3, 2.7, 3.5}} {
		delay := chart(func() float64 { return r.NormFloat64() - c.shift })
		t.Logf("9 CUSUM, weeks until a shift by %.1f sd is noticed: %.2f | stated: %.1f", c.shift, delay, c.stated)
		if delay > c.most {
			t.Errorf("a shift by %.1f sd takes %.2f weeks, more than %.1f", c.shift, delay, c.most)
		}
	}
}

// 15: the same data gives the same bytes, in whatever order its terms come.
func TestDetectionIsDeterministic(t *testing.T) {
	week := with(dropping(noisy, .7), func(w *synthetic.World) { w.Cut = 5; w.Terms = 400 }).Generate(15)
	encoded := func(f Family) string {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := Detect(week.Trials, Options{})
	if encoded(first) != encoded(Detect(week.Trials, Options{})) {
		t.Error("the same trials gave different bytes")
	}
	order := synthetic.NewRand(15).Perm(len(week.Trials))
	shuffled := make([]Trial, len(order))
	for to, from := range order {
		shuffled[to] = week.Trials[from]
	}
	other := Detect(shuffled, Options{})
	back := make([]Verdict, len(order))
	for to, from := range order {
		back[from] = other.Verdicts[to]
	}
	// All but Lost is summed in an order that does not depend on the trials'.
	other.Verdicts = back
	if encoded(first) != encoded(other) {
		t.Error("the order of the terms changed the verdicts")
	}
	if !slices.ContainsFunc(first.Verdicts, func(v Verdict) bool { return v.Drop }) {
		t.Error("the compared week has no drop at all")
	}
}
