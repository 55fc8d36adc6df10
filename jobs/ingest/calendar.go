package ingest

import (
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
)

// publicationLag is how long after the end of its Saturday, in UTC, a week is
// asked for first (spapi.md §1.8: readable three to five days after).
const publicationLag = 3 * 24 * time.Hour

// publication is when Amazon publishes a kind of period in a region, as far as
// sellers have seen it: Amazon documents nothing (spapi.md §1.8). Ages count
// from the end of the period's last day in UTC.
type publication struct {
	// first is the age at which a period is asked for first: one catalogue, then
	// one batch, and the rest when that was answered.
	first time.Duration
	// settled is the age from which a refusal without a reason no longer means
	// that the period is not published.
	settled time.Duration
	// retry is how an unpublished period is asked for again.
	retry retryRule
}

const hoursOfDay = 24 * time.Hour

var (
	weekRetry    = retryRule{pause: 12 * time.Hour, longest: hoursOfDay, tries: 14}
	monthRetry   = retryRule{pause: hoursOfDay, longest: 2 * hoursOfDay, tries: 30}
	quarterRetry = retryRule{pause: 2 * hoursOfDay, longest: 4 * hoursOfDay, tries: 16}
)

// publications is the policy per kind of period and region.
//
//   - A week is readable three to five days after its Saturday. One week came
//     on the sixth day in North America and later in Europe (issues 5350 and
//     5351 of the models), so that Europe's refusals are believed for longer; the
//     first question is as early, since it costs one catalogue.
//   - A month is unlocked on day 3 of the next one by one service, and said to be
//     seven weeks behind by another.
//   - A quarter is unlocked on day 20 of the next one.
//   - Nothing is known of the Far East: it has North America's figures.
var publications = map[spapi.Period]map[marketplace.Region]publication{
	spapi.Week: {
		marketplace.NorthAmerica: {publicationLag, 10 * hoursOfDay, weekRetry},
		marketplace.Europe:       {publicationLag, 12 * hoursOfDay, weekRetry},
		marketplace.FarEast:      {publicationLag, 10 * hoursOfDay, weekRetry},
	},
	spapi.Month: {
		marketplace.NorthAmerica: {3 * hoursOfDay, 50 * hoursOfDay, monthRetry},
		marketplace.Europe:       {4 * hoursOfDay, 52 * hoursOfDay, monthRetry},
		marketplace.FarEast:      {3 * hoursOfDay, 50 * hoursOfDay, monthRetry},
	},
	spapi.Quarter: {
		marketplace.NorthAmerica: {19 * hoursOfDay, 60 * hoursOfDay, quarterRetry},
		marketplace.Europe:       {20 * hoursOfDay, 62 * hoursOfDay, quarterRetry},
		marketplace.FarEast:      {19 * hoursOfDay, 60 * hoursOfDay, quarterRetry},
	},
}

// calendar lays out one kind of period and knows when it is published in a
// region. Weeks run from Sunday to Saturday, and all days are UTC's in every
// marketplace.
type calendar struct {
	period spapi.Period
	publication
}

func calendarOf(region marketplace.Region, period spapi.Period) calendar {
	p, known := publications[period][region]
	if !known {
		p = publications[period][marketplace.NorthAmerica]
	}
	return calendar{period, p}
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
