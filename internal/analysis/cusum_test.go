package analysis

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestADriftKnowsItsFirstWeek(t *testing.T) {
	scores := append(slices.Repeat([]float64{0}, 10), slices.Repeat([]float64{-2}, 10)...)
	d := Chart(scores)
	want := []DriftAlarm{{Week: 13, Since: 10, Drop: true}, {Week: 17, Since: 10, Drop: true}}
	if !slices.Equal(d.Alarms, want) {
		t.Errorf("alarms %+v, want %+v: one drift by 1.5 a week above the allowance", d.Alarms, want)
	}
	if d.Down[13] != 6 || d.Down[14] != 1.5 || d.Up[19] != 0 {
		t.Errorf("sums %v", d.Down)
	}
	up := Chart(slices.Repeat([]float64{7}, 2)).Alarms
	if want := []DriftAlarm{{Week: 0, Since: 0}, {Week: 1, Since: 0}}; !slices.Equal(up, want) {
		t.Errorf("alarms %+v, want %+v", up, want)
	}
	back := Chart([]float64{-7, 1, -7})
	if want := []DriftAlarm{{0, 0, true}, {2, 2, true}}; !slices.Equal(back.Alarms, want) {
		t.Errorf("alarms %+v, want %+v: a week back at the baseline ends a drift", back.Alarms, want)
	}
}

func TestTheSelfCheckTellsHeavyTails(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 26))
	past := func(weeks int, sd float64) (all [][]PastScore) {
		for range weeks {
			var week []PastScore
			for i := range 300 {
				week = append(week, PastScore{ZPrime: sd * r.NormFloat64(), Volume: float64(10 + i)})
			}
			all = append(all, week)
		}
		return all
	}
	c, ok := SelfCheck(past(30, 1))
	if !ok || !c.Calibrated || c.Weeks != 26 || len(c.Bands) != 3 || c.Fired > .2 || c.Conformal > .2 || c.Bands[0].From != 10 {
		t.Errorf("well-behaved scores: %+v", c)
	}
	for _, b := range c.Bands {
		if b.Beyond < .03 || b.Beyond > .07 || b.Error <= 0 || b.Error > .01 {
			t.Errorf("of well-behaved scores %v ± %v lie far out", b.Beyond, b.Error)
		}
	}
	if c, _ := SelfCheck(past(26, 1.6)); c.Calibrated || c.Fired < .9 || c.Conformal > .2 {
		t.Errorf("scores with 1.6 times the spread, which their ranks take out: %+v", c)
	}
	if c, ok := SelfCheck(past(8, 1)); !ok || c.Weeks != 8 {
		t.Errorf("8 weeks are not enough: %+v", c)
	}
	if _, ok := SelfCheck(past(7, 1)); ok {
		t.Error("7 weeks are enough")
	}
	if _, ok := SelfCheck(make([][]PastScore, 26)); ok {
		t.Error("weeks without scores are enough")
	}
}
