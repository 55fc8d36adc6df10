package ingest

import (
	"fmt"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// spapi.md §1.7
func TestAWeekIsAskedForUntilTwoAnswersAgreeAndOnceMoreWhenFinal(t *testing.T) {
	week := day(t, "2026-11-15")
	published, final := publishedAt(week), (week + 7).Time().Add(finalAge)
	asins := []string{"B000000001"}
	first := published.Add(time.Hour)
	at := func(hours int) time.Time { return first.Add(time.Duration(hours) * time.Hour) }
	for _, c := range []struct {
		name string
		cell cell
		now  time.Time
		due  string
		next time.Time
	}{
		{"before publication", cell{}, published.Add(-time.Second), "", published},
		{"at publication", cell{}, published, "missing", time.Time{}},
		{"under way", cell{Open: true}, published, "", time.Time{}},
		{"answered", cell{First: first, Same: first, Last: first}, at(19), "", at(20)},
		{"for the second answer", cell{First: first, Same: first, Last: first}, at(20), "confirm", time.Time{}},
		{"which differs", cell{First: at(20), Same: at(20), Last: at(20)}, at(39), "", at(40)},
		{"or came too early", cell{First: first, Same: first, Last: at(10)}, at(29), "", at(30)},
		{"which agrees", cell{First: first, Same: first, Last: at(20)}, at(100), "", final},
		{"for the last answer", cell{First: first, Same: first, Last: at(20)}, final, "confirm", time.Time{}},
		{"last answer", cell{First: first, Same: first, Last: final}, final.Add(9999 * time.Hour), "", time.Time{}},
		{"last answer differs", cell{First: final, Same: final, Last: final}, final.Add(9999 * time.Hour), "", time.Time{}},
		{"first fetched when final", cell{First: final, Same: final, Last: final}, final.Add(30 * time.Hour), "", time.Time{}},
	} {
		cells := map[string]cell{}
		if c.cell != (cell{}) {
			cells[asins[0]] = c.cell
		}
		p := planPeriod(c.now, weekly, week, asins, cells)
		due := ""
		switch {
		case len(p.Missing) > 0:
			due = "missing"
		case len(p.Confirm) > 0:
			due = "confirm"
		}
		if due != c.due || !p.Next.Equal(c.next) {
			t.Errorf("%s: due %q, next %s", c.name, due, p.Next)
		}
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
	weeks := weekly.back(instant(t, "2026-11-25T00:00:00Z"), 3, 0)
	if got := fmt.Sprint(weeks); got != "[2026-11-15 2026-11-08 2026-11-01]" {
		t.Error(got)
	}
}
