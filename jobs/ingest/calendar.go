package ingest

import (
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/publication"
)

const hoursOfDay = 24 * time.Hour

var (
	weekRetry    = retryRule{pause: 12 * time.Hour, longest: hoursOfDay, tries: 14}
	monthRetry   = retryRule{pause: hoursOfDay, longest: 2 * hoursOfDay, tries: 30}
	quarterRetry = retryRule{pause: 2 * hoursOfDay, longest: 4 * hoursOfDay, tries: 16}
)

// retries is how an unpublished period is asked for again.
var retries = map[spapi.Period]retryRule{spapi.Week: weekRetry, spapi.Month: monthRetry, spapi.Quarter: quarterRetry}

// calendar lays out one kind of period and knows when it is published in a
// region. Weeks run from Sunday to Saturday, and all days are UTC's in every
// marketplace.
type calendar struct {
	period spapi.Period
	// first is the age at which a period is asked for first: one catalogue, then
	// one batch, and the rest when that was answered.
	first time.Duration
	// settled is the age from which a refusal without a reason no longer means
	// that the period is not published.
	settled time.Duration
	retry   retryRule
}

func calendarOf(region marketplace.Region, period spapi.Period) calendar {
	lag := publication.LagOf(region, period)
	return calendar{period, lag.First, lag.Settled, retries[period]}
}

// calendarOfMarket is the calendar of a marketplace by its id.
func calendarOfMarket(id string, period spapi.Period) calendar {
	m, _ := marketplace.ByID(id)
	return calendarOf(m.Region, period)
}

// months is how many months a period has, 0 for a week.
func (c calendar) months() int {
	switch c.period {
	case spapi.Month:
		return 1
	case spapi.Quarter:
		return 3
	}
	return 0
}

// containing returns the first day of the period that day lies in.
func (c calendar) containing(day clock.Day) clock.Day {
	n := c.months()
	if n == 0 {
		return day.Week()
	}
	y, m, _ := day.Time().Date()
	return clock.Date(y, m-(m-1)%time.Month(n), 1)
}

// after returns the first day of the period n periods after the one that
// starts on start.
func (c calendar) after(start clock.Day, n int) clock.Day {
	months := c.months()
	if months == 0 {
		return start + clock.Day(7*n)
	}
	y, m, _ := start.Time().Date()
	return clock.Date(y, m+time.Month(n*months), 1)
}

// end returns the last day of the period that starts on start.
func (c calendar) end(start clock.Day) clock.Day { return c.after(start, 1) - 1 }

// ended returns the instant at which the period is over.
func (c calendar) ended(start clock.Day) time.Time { return c.after(start, 1).Time() }

// age returns how long ago the period ended.
func (c calendar) age(start clock.Day, now time.Time) time.Duration {
	return now.Sub(c.ended(start))
}

// publishedAt returns the instant from which the period is asked for.
func (c calendar) publishedAt(start clock.Day) time.Time { return c.ended(start).Add(c.first) }

// newest returns the newest period that is asked for at now.
func (c calendar) newest(now time.Time) clock.Day {
	return c.after(c.containing(clock.DayOf(now.Add(-c.first), time.UTC)), -1)
}

// young reports whether a refusal without a reason can mean that the period is
// not published yet.
func (c calendar) young(start clock.Day, now time.Time) bool { return c.age(start, now) < c.settled }

// finalAge is the age at which an answer is taken to be the last word.
func (c calendar) finalAge() time.Duration {
	if c.months() == 0 {
		return finalAge
	}
	return c.settled + finalAge // it may be published late, and in part first
}

// back lists the periods from the newest published one at now to the one that
// since lies in, at most n.
func (c calendar) back(now time.Time, n int, since clock.Day) []clock.Day {
	var starts []clock.Day
	for start := c.newest(now); len(starts) < n && start >= since; start = c.after(start, -1) {
		starts = append(starts, start)
	}
	return starts
}

// retryAt returns when a period that failed so is asked for again.
func (c calendar) retryAt(f failures) (at time.Time, ok bool) {
	if f.Class == classNotYet {
		return f.retryUnder(c.retry)
	}
	return f.retryAt()
}

// weekly is the calendar of weeks, which start being asked for on the same day
// everywhere.
var weekly = calendarOf(marketplace.NorthAmerica, spapi.Week)

// publishedAt returns the instant from which week is asked for.
func publishedAt(week clock.Day) time.Time { return weekly.publishedAt(week) }

// newestWeek returns the newest week that is asked for at now.
func newestWeek(now time.Time) clock.Day { return weekly.newest(now) }

// weekAge returns how long ago week ended.
func weekAge(week clock.Day, now time.Time) time.Duration { return weekly.age(week, now) }

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
