package ingest

import (
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// publicationLag is how long after the end of its Saturday, in UTC, a week is
// asked for first (spapi.md §1.8: readable three to five days after).
const publicationLag = 3 * 24 * time.Hour

// settledAge is the age, counted from the week's end, from which an answer about
// a week is final: an unpublished week is younger (spapi.md §1.8), and weeks
// this old have been seen unchanged later (spapi.md §1.7).
const settledAge = 10 * 24 * time.Hour

// publishedAt returns the instant from which week is asked for.
func publishedAt(week clock.Day) time.Time {
	return (week + 7).Time().Add(publicationLag)
}

// newestWeek returns the newest week that is asked for at now.
func newestWeek(now time.Time) clock.Day {
	return clock.DayOf(now.Add(-publicationLag), time.UTC).Week() - 7
}

// weekAge returns how long ago week ended.
func weekAge(week clock.Day, now time.Time) time.Duration {
	return now.Sub((week + 7).Time())
}

// midnight returns the instant at which day begins in loc.
func midnight(day clock.Day, loc *time.Location) time.Time {
	y, m, d := day.Time().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc).UTC()
}

// earliest returns the earlier of two instants, where zero means none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
