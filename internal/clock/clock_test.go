package clock

import (
	"context"
	"testing"
	"time"
)

// spapi.md trap 19
func TestWeekRunsSundayToSaturday(t *testing.T) {
	for _, c := range []struct{ day, week, end string }{
		{"2026-11-15", "2026-11-15", "2026-11-21"},
		{"2026-11-21", "2026-11-15", "2026-11-21"},
		{"2026-11-22", "2026-11-22", "2026-11-28"},
		{"2026-01-03", "2025-12-28", "2026-01-03"}, // over the year
		{"2026-03-08", "2026-03-08", "2026-03-14"}, // US daylight saving begins
		{"2026-11-01", "2026-11-01", "2026-11-07"}, // and ends
		{"1969-12-31", "1969-12-28", "1970-01-03"},
	} {
		d, err := ParseDay(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Week().String(); got != c.week {
			t.Errorf("week of %s = %s, want %s", c.day, got, c.week)
		}
		if got := d.WeekEnd().String(); got != c.end {
			t.Errorf("week end of %s = %s, want %s", c.day, got, c.end)
		}
	}
}

func TestDayOfUsesTheZone(t *testing.T) {
	for zone, want := range map[string]string{"UTC": "2026-07-26", "America/Los_Angeles": "2026-07-25", "Asia/Tokyo": "2026-07-26"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(time.Date(2026, 7, 26, 0, 30, 0, 0, time.UTC), loc).String(); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}

func TestParseDayRefusesOtherForms(t *testing.T) {
	for _, s := range []string{"", "15/11/2026", "2026-13-01", "2026-02-30", "2026-11-15T00:00:00Z"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("ParseDay(%q) = %v, want an error", s, d)
		}
	}
}

func TestManualWakesWaitersAndNeverRunsBackwards(t *testing.T) {
	start := time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)
	m := NewManual(start)
	done := make(chan error, 1)
	go func() { done <- m.WaitUntil(context.Background(), start.Add(time.Hour)) }()
	m.Advance(30 * time.Minute)
	m.Set(start)
	if got := m.Now(); !got.Equal(start.Add(30 * time.Minute)) {
		t.Fatalf("now = %v", got)
	}
	m.Advance(31 * time.Minute)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.WaitUntil(ctx, m.Now().Add(time.Hour)); err != context.Canceled {
		t.Fatalf("err = %v, want context.Canceled", err)
	}
	m.CatchUp()
	if err := m.WaitUntil(context.Background(), m.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
}

func TestManualCatchesUp(t *testing.T) {
	began := time.Now()
	behind, ahead := NewManual(began.Add(-time.Hour)), NewManual(began.Add(time.Hour))
	waits := make(chan error, 1)
	go func() { waits <- behind.WaitUntil(t.Context(), began) }()
	behind.CatchUp()
	if err := <-waits; err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	if got := behind.Now(); got.Before(before.Round(0)) || got.After(time.Now()) {
		t.Errorf("a clock that was behind shows %v at %v", got, before)
	}
	ahead.CatchUp()
	if got := ahead.Now(); got.Before(began.Add(time.Hour)) {
		t.Errorf("a clock that was ahead ran backwards to %v", got)
	}
	ahead.Set(began)
	if got := ahead.Now(); got.Before(began.Add(time.Hour)) {
		t.Errorf("a running clock was set back to %v", got)
	}
}
