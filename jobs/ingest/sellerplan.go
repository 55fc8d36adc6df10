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

// cell is what is known about one ASIN in one period of one marketplace.
type cell struct {
	First, Last time.Time // first and newest answer; zero without any
	Same        time.Time // the first of the answers, up to the newest, that agree
	Open        bool      // part of a report that is under way
	Failures    failures  // since the newest answer
}

// dueAt returns when the cell is next asked for; ok is false when it is not.
func (c cell) dueAt(cal calendar, start clock.Day) (at time.Time, ok bool) {
	if c.Open {
		return time.Time{}, false
	}
	switch {
	case c.First.IsZero():
		at = cal.publishedAt(start)
	case cal.age(start, c.Last) >= cal.finalAge():
		return time.Time{}, false
	case c.Last.Sub(c.Same) < agreeAfter:
		at = c.Last.Add(agreeAfter)
	default:
		at = cal.ended(start).Add(cal.finalAge())
	}
	retry, again := cal.retryAt(c.Failures)
	if !again {
		return time.Time{}, false
	}
	if retry.After(at) {
		at = retry
	}
	return at, true
}

// periodPlan is what one period of one marketplace needs.
type periodPlan struct {
	Missing []string  // never answered, in the order given
	Confirm []string  // answered, due for another answer
	Next    time.Time // when something more falls due; zero: nothing will
}

// planPeriod sorts the ASINs of a period into what is due at now and what is
// not. ASINs without a cell were never asked for.
func planPeriod(now time.Time, cal calendar, start clock.Day, asins []string, cells map[string]cell) periodPlan {
	var p periodPlan
	for _, asin := range asins {
		c := cells[asin]
		at, ok := c.dueAt(cal, start)
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

// historyEnd returns the period up to which Amazon gives nothing, as far as the
// ledger tells: the newest refused one that is older than every answered one
// (spapi.md §1.8: how far back the history reaches is documented nowhere, and a
// period beyond it gets the same refusal as a wrong request). refused holds the
// periods that Amazon refused without a reason although they are old enough.
func historyEnd(refused, answered []clock.Day) (end clock.Day, ok bool) {
	for _, start := range refused {
		older := len(answered) == 0 || start < slices.Min(answered)
		if older && (!ok || start > end) {
			end, ok = start, true
		}
	}
	return end, ok
}
