package ingest

import (
	"slices"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// The first publication of a week can be partial and is restated (spapi.md
// §1.7): a week is asked for until two answers agreeAfter apart are the same,
// and once more when it is finalAge old.
const (
	agreeAfter = 20 * time.Hour
	finalAge   = 28 * 24 * time.Hour
)

// cell is what is known about one ASIN in one week of one marketplace.
type cell struct {
	First, Last time.Time // first and newest answer; zero without any
	Same        time.Time // the first of the answers, up to the newest, that agree
	Open        bool      // part of a report that is under way
	Failures    failures  // since the newest answer
}

// dueAt returns when the cell is next asked for; ok is false when it is not.
func (c cell) dueAt(week clock.Day) (at time.Time, ok bool) {
	if c.Open {
		return time.Time{}, false
	}
	switch {
	case c.First.IsZero():
		at = publishedAt(week)
	case weekAge(week, c.Last) >= finalAge:
		return time.Time{}, false
	case c.Last.Sub(c.Same) < agreeAfter:
		at = c.Last.Add(agreeAfter)
	default:
		at = (week + 7).Time().Add(finalAge)
	}
	retry, again := c.Failures.retryAt()
	if !again {
		return time.Time{}, false
	}
	if retry.After(at) {
		at = retry
	}
	return at, true
}

// weekPlan is what one week of one marketplace needs.
type weekPlan struct {
	Missing []string  // never answered, in the order given
	Confirm []string  // answered, due for another answer
	Next    time.Time // when something more falls due; zero: nothing will
}

// planWeek sorts the ASINs of a week into what is due at now and what is not.
// ASINs without a cell were never asked for.
func planWeek(now time.Time, week clock.Day, asins []string, cells map[string]cell) weekPlan {
	var p weekPlan
	for _, asin := range asins {
		c := cells[asin]
		at, ok := c.dueAt(week)
		switch {
		case !ok:
		case at.After(now):
			p.Next = earliest(p.Next, at)
		case c.First.IsZero():
			p.Missing = append(p.Missing, asin)
		default:
			p.Confirm = append(p.Confirm, asin)
		}
	}
	return p
}

// weeksBack lists the weeks from the newest published one at now, at most n.
func weeksBack(now time.Time, n int) []clock.Day {
	weeks := make([]clock.Day, 0, n)
	for week := newestWeek(now); len(weeks) < n; week -= 7 {
		weeks = append(weeks, week)
	}
	return weeks
}

// historyEnd returns the week up to which Amazon gives nothing, as far as the
// ledger tells: the newest refused week that is older than every answered one
// (spapi.md §1.8: how far back the history reaches is documented nowhere, and a
// week beyond it gets the same refusal as a wrong request). refused holds the
// weeks that Amazon refused without a reason although they are old enough.
func historyEnd(refused, answered []clock.Day) (end clock.Day, ok bool) {
	for _, week := range refused {
		older := len(answered) == 0 || week < slices.Min(answered)
		if older && (!ok || week > end) {
			end, ok = week, true
		}
	}
	return end, ok
}
