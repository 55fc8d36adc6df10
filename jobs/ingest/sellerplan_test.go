package ingest

import (
	"fmt"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

func TestAnAnsweredWeekIsConfirmedOnce(t *testing.T) {
	week := day(t, "2026-11-15")
	published := publishedAt(week)
	asins := []string{"B000000001"}
	cells := map[string]cell{}

	if p := planWeek(published.Add(-time.Second), week, asins, cells); len(p.Missing) != 0 || !p.Next.Equal(published) {
		t.Fatalf("before publication: %+v", p)
	}
	if p := planWeek(published, week, asins, cells); fmt.Sprint(p.Missing) != "[B000000001]" || !p.Next.IsZero() {
		t.Fatalf("at publication: %+v", p)
	}
	cells["B000000001"] = cell{Open: true}
	if p := planWeek(published, week, asins, cells); p.Missing != nil || !p.Next.IsZero() {
		t.Fatalf("under way: %+v", p)
	}
	first := published.Add(time.Hour)
	cells["B000000001"] = cell{First: first, Last: first}
	if p := planWeek(first.Add(24*time.Hour), week, asins, cells); p.Missing != nil || p.Confirm != nil || !p.Next.Equal(first.Add(confirmAfter)) {
		t.Fatalf("answered: %+v", p)
	}
	if p := planWeek(first.Add(confirmAfter), week, asins, cells); p.Missing != nil || fmt.Sprint(p.Confirm) != "[B000000001]" {
		t.Fatalf("a week later: %+v", p)
	}
	cells["B000000001"] = cell{First: first, Last: first.Add(confirmAfter)}
	if p := planWeek(first.Add(1000*time.Hour), week, asins, cells); p.Missing != nil || p.Confirm != nil || !p.Next.IsZero() {
		t.Fatalf("confirmed: %+v", p)
	}
	old := publishedAt(week).Add(40 * 24 * time.Hour)
	cells["B000000001"] = cell{First: old, Last: old}
	if p := planWeek(old.Add(1000*time.Hour), week, asins, cells); p.Confirm != nil || !p.Next.IsZero() {
		t.Fatalf("a settled week is confirmed: %+v", p)
	}
}

// spapi.md traps 31 and 32
func TestRefusalsAreRetriedByClassAndWithABound(t *testing.T) {
	start := instant(t, "2026-11-24T00:00:00Z")
	for class, want := range map[string]int{classOurs: 1, classNotYet: 14, classAmbiguous: 2, classDocument: 3, classAmazon: 6, classDeadline: 6, classForbidden: 6, "unheard of": 6} {
		f, now, tries := failures{}, start, 1
		for f = f.add(class, now); ; f = f.add(class, now) {
			at, ok := f.retryAt()
			if !ok {
				break
			}
			if !at.After(now) {
				t.Fatalf("%s: retried without a pause", class)
			}
			now = at
			tries++
		}
		if tries != want {
			t.Errorf("%s: %d tries, want %d", class, tries, want)
		}
	}
}

func TestHistoryEndsWhereNothingOlderWasEverAnswered(t *testing.T) {
	w := func(n int) clock.Day { return day(t, "2026-11-15") - clock.Day(7*n) }
	for _, c := range []struct {
		name              string
		refused, answered []clock.Day
		want              clock.Day
		ok                bool
	}{
		{"nothing refused", nil, []clock.Day{w(0)}, 0, false},
		{"the back-fill reached the end", []clock.Day{w(30)}, []clock.Day{w(0), w(29)}, w(30), true},
		{"several refused", []clock.Day{w(31), w(30)}, []clock.Day{w(0), w(29)}, w(30), true},
		{"an older week was answered", []clock.Day{w(10)}, []clock.Day{w(0), w(12)}, 0, false},
		{"one hole, then the end", []clock.Day{w(10), w(30)}, []clock.Day{w(0), w(29)}, w(30), true},
		{"nothing answered yet", []clock.Day{w(2)}, nil, w(2), true},
	} {
		end, ok := historyEnd(c.refused, c.answered)
		if end != c.want || ok != c.ok {
			t.Errorf("%s: %s %v, want %s %v", c.name, end, ok, c.want, c.ok)
		}
	}
}

func TestBackFillGoesNewestFirst(t *testing.T) {
	weeks := weeksBack(instant(t, "2026-11-25T00:00:00Z"), 3)
	if got := fmt.Sprint(weeks); got != "[2026-11-15 2026-11-08 2026-11-01]" {
		t.Error(got)
	}
}
