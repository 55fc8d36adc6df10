package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

func day(t testing.TB, s string) clock.Day {
	t.Helper()
	d, err := clock.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// spapi.md trap 21
func TestRunningAndUnpublishedWeeksAreNeverAskedFor(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-21T12:00:00Z":      "2026-11-08", // Saturday: the week still runs
		"2026-11-22T00:30:00Z":      "2026-11-08", // Sunday
		"2026-11-24T23:59:59Z":      "2026-11-08",
		"2026-11-25T00:00:00Z":      "2026-11-15", // three days after the end of the Saturday
		"2026-11-25T08:59:59+09:00": "2026-11-08", // a local Wednesday, in UTC still Tuesday
		"2026-11-26T00:00:00Z":      "2026-11-15",
		"2026-01-07T00:00:00Z":      "2025-12-28", // over the year
		"2026-03-18T00:00:00Z":      "2026-03-08", // daylight saving
	} {
		if got := newestWeek(instant(t, now)).String(); got != want {
			t.Errorf("newest week at %s = %s, want %s", now, got, want)
		}
	}
	week := day(t, "2026-11-15")
	if got := newestWeek(publishedAt(week)); got != week {
		t.Errorf("at its publication the newest week is %s, not %s", got, week)
	}
	if got := newestWeek(publishedAt(week).Add(-1)); got != week-7 {
		t.Errorf("just before its publication the newest week is %s, not %s", got, week-7)
	}
}

func TestPollingSlowsDownFromOneToFiveMinutes(t *testing.T) {
	asked := instant(t, "2026-11-24T00:00:00Z")
	var got []time.Duration
	for now := asked; now.Sub(asked) < 30*time.Minute; {
		next := nextPoll(asked, now)
		if !next.After(now) {
			t.Fatalf("the poll after %s is not in the future", now)
		}
		got = append(got, next.Sub(now))
		now = next
	}
	want := []time.Duration{60, 90, 135, 202, 300, 300, 300, 300}
	for i, w := range want {
		if got[i]/time.Second != w {
			t.Fatalf("waits %v, want %v seconds", got, want)
		}
	}
	late := asked.Add(7 * time.Hour)
	if next := nextPoll(asked, late); !next.After(late) || next.Sub(late) > slowPoll {
		t.Errorf("after seven hours the next poll is %s later", next.Sub(late))
	}
}
