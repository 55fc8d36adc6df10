package ingest

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
)

// spapi.md trap 48
func TestTheDailyAllowanceIsRaisedWhileAmazonGoesAlong(t *testing.T) {
	first := day(t, "2026-11-02")
	used := map[clock.Day]int{}
	use := func(d clock.Day) int { return used[d] }
	a := allowance{}.onDay(first, 20, use)
	if a.Limit != 20 || a.Day != first {
		t.Fatalf("at first %+v", a)
	}
	var limits []int
	for d := first; d < first+9; d++ {
		a = a.onDay(d, 20, use)
		used[d] = a.Limit
		limits = append(limits, a.Limit)
	}
	for i, want := range []int{20, 20, 20, 25, 25, 25, 31, 31, 31} {
		if limits[i] != want {
			t.Fatalf("limits %v", limits)
		}
	}
	for name, c := range map[string]struct {
		a    allowance
		used int
		want int
	}{
		"a day that was not used up says nothing": {allowance{Limit: 20, Day: first, FullDays: 2}, 19, 20},
		"a day with a refusal is none":            {allowance{Limit: 20, Day: first, FullDays: -1}, 20, 20},
		"the third full day raises":               {allowance{Limit: 20, Day: first, FullDays: 2}, 20, 25},
		"a small number is raised too":            {allowance{Limit: 1, Day: first, FullDays: 2}, 1, 2},
		"there is a top":                          {allowance{Limit: mostSQPDaily, Day: first, FullDays: 2}, mostSQPDaily, mostSQPDaily},
		"the operator's number is the least":      {allowance{Limit: 5, Day: first}, 0, 7},
	} {
		start := min(c.want, 20)
		if c.want == 2 {
			start = 1
		}
		got := c.a.onDay(first+1, start, func(clock.Day) int { return c.used })
		if got.Limit != c.want || got.Day != first+1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// spapi.md traps 45 and 48: one refusal is the minute's, several in a row are
// the day's.
func TestRefusalsInARowHaltTheSellerUntilTheDayIsOver(t *testing.T) {
	now := instant(t, "2026-11-25T09:00:00Z")
	a := allowance{Limit: 31, FullDays: 2}.onDay(clock.DayOf(now, time.UTC), 20, func(clock.Day) int { return 0 })
	for range refusalsToPause - 1 {
		a = a.refused(now, 20, 22)
		if left, _ := a.left(now, 22); left != 9 {
			t.Fatalf("one refusal halts: %+v", a)
		}
	}
	if b := a.accepted(); b.Refusals != 0 {
		t.Fatal("an accepted report does not end the row")
	}
	a = a.refused(now, 20, 22)
	if left, at := a.left(now, 22); left != 0 || !at.Equal(now.Add(time.Hour)) {
		t.Fatalf("%d left until %s", left, at)
	}
	now = now.Add(time.Hour)
	a = a.refused(now, 20, 22)
	midnight := instant(t, "2026-11-26T00:00:00Z")
	if left, at := a.left(now, 22); left != 0 || !at.Equal(midnight) || a.Limit != 22 {
		t.Fatalf("%d left until %s, limit %d", left, at, a.Limit)
	}
	a = a.onDay(clock.DayOf(midnight, time.UTC), 20, func(clock.Day) int { return 22 })
	if left, _ := a.left(midnight, 0); left != 22 || a.FullDays != 0 || a.Refusals != 0 {
		t.Fatalf("the next day: %+v", a)
	}
}

// spapi.md trap 48: Amazon takes so many a day and no more, whatever we think.
func TestADayThatAmazonEndsIsOverUntilMidnight(t *testing.T) {
	taken, refused := map[clock.Day]int{}, map[clock.Day]int{}
	const real = 2
	var mu sync.Mutex
	r := newRig(t, sim.Config{ASINs: 40, Faults: func(e sim.Entry) *sim.Fault {
		if e.Operation != sim.OpCreateReport || !bytes.Contains(e.Body, []byte(spapi.SQP)) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		today := clock.DayOf(e.At, time.UTC)
		if taken[today] < real {
			taken[today]++
			return nil
		}
		refused[today]++
		return &sim.Fault{Status: 429, Body: []byte(`{"errors":[{"code":"QuotaExceeded","message":"You exceeded your quota for the requested resource.","details":""}]}`)}
	}}, nil)
	r.untilIdle()
	r.wantWhole(velmora)
	if len(taken) < 3 {
		t.Errorf("all was taken within %d days", len(taken))
	}
	for d, n := range refused {
		if n > refusalsToPause+1 {
			t.Errorf("%d refusals on %s", n, d)
		}
	}
}
