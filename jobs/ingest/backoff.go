package ingest

import "time"

// Polling begins a minute after the request and slows down to every five
// minutes (adsapi.md §1.4; spapi.md §1.9: reports take minutes to hours).
const (
	firstPoll = time.Minute
	slowPoll  = 5 * time.Minute
)

// nextPoll returns when a report that was asked for at requested and is still
// running at now is looked at again: after 60 s, then ×1.5 up to 5 min. It
// depends on nothing but the two, so that a restart does not change it.
func nextPoll(requested, now time.Time) time.Time {
	at, step := requested.Add(firstPoll), firstPoll
	for !at.After(now) && step < slowPoll {
		step = min(step*3/2, slowPoll)
		at = at.Add(step)
	}
	if !at.After(now) {
		at = at.Add((now.Sub(at)/slowPoll + 1) * slowPoll)
	}
	return at
}

// Deadlines after which a report that is still running is given up: SP-API
// reports have been seen queued for eight hours (spapi.md §7), ads reports take
// up to three (adsapi.md §1.2).
const (
	sellerDeadline = 24 * time.Hour
	adsDeadline    = 4 * time.Hour
)

// retryPause returns how long to wait after the nth failed try (from 1) of a
// request: a minute, doubled each time up to an hour.
func retryPause(n int) time.Duration {
	if n > 6 {
		return time.Hour
	}
	return min(time.Minute<<max(n-1, 0), time.Hour)
}
