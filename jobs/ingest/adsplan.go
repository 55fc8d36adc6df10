package ingest

import (
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
)

// adTypes are the ads reports that are asked for, in this order.
var adTypes = []ads.ReportType{ads.SPCampaigns, ads.SPSearchTerm, ads.SBCampaigns, ads.SBSearchTerm, ads.SDCampaigns, ads.SPAdvertisedProduct}

// retention is how many days back, today included, a report type is answered,
// and how many of them hold data (adsapi.md §1.6: sponsored products accept 95
// days but return the last 65).
type retention struct{ accepted, answered int }

var retentions = map[ads.Product]retention{
	ads.SponsoredProducts: {accepted: 95, answered: 65},
	ads.SponsoredBrands:   {accepted: 60, answered: 60},
	ads.SponsoredDisplay:  {accepted: 65, answered: 65},
}

// maxWindow is the longest window of one report, both ends included.
const maxWindow = 31

// Days are fetched again as they age, because clicks are filtered for three days
// and conversions come up to 14 days after the click and are restated up to 28
// days after that (adsapi.md §1.9): every day while younger than dailyAge, every
// Monday while younger than weeklyAge, and on the first of every month as long as
// Amazon answers. weeklyAge is a week beyond the 42 days after which a week's
// figures are final, so that each is fetched when it is.
const (
	dailyAge  = 14
	weeklyAge = 50
)

// lastPull returns the last day, up to today, on which a day of the given age
// was to be fetched.
func lastPull(date, today clock.Day) clock.Day {
	switch age := int(today - date); {
	case age <= dailyAge:
		return today
	case age <= weeklyAge:
		return max(today-(today-mondays)%7, date+dailyAge)
	}
	weekly := lastPull(date, date+weeklyAge)
	y, m, _ := today.Time().Date()
	if first := clock.Date(y, m, 1); first > date+weeklyAge {
		return first
	}
	return weekly
}

// mondays is a Monday before all others.
const mondays clock.Day = -3

// adDay is what is known about one day of one profile and report type.
type adDay struct {
	Fetched  time.Time // newest answer, also one that Amazon no longer covers the day; zero: none
	Open     bool      // part of a report that is under way
	Failures failures  // since the newest answer
}

// due reports whether the day date is to be fetched on the day today of loc:
// it never was, or it was to be fetched again since.
func (d adDay) due(date, today clock.Day, loc *time.Location) bool {
	if d.Open || date >= today {
		return false
	}
	if d.Fetched.IsZero() {
		return true
	}
	return clock.DayOf(d.Fetched, loc) < lastPull(date, today)
}

// window is a run of days of one report, both ends included.
type window struct{ From, To clock.Day }

// adPlan is what one profile and report type need.
type adPlan struct {
	Windows []window  // due now, newest first
	Next    time.Time // when something more falls due: at the latest the next midnight of the profile
}

// planAds returns the windows of a report type that are due at now in the
// profile's zone (adsapi.md traps 8 and 25). Days that Amazon accepts but no
// longer answers get windows of their own, so that their emptiness can be told
// from a day without ads (trap 20), and are asked for once. No day
// before since is planned.
func planAds(now time.Time, loc *time.Location, keep retention, since clock.Day, days map[clock.Day]adDay) adPlan {
	today := clock.DayOf(now, loc)
	forgotten := today - clock.Day(keep.answered) // and all days before
	p := adPlan{Next: midnight(today+1, loc)}
	var due []clock.Day
	for date := today - 1; date > today-clock.Day(keep.accepted) && date >= since; date-- {
		d := days[date]
		if !d.due(date, today, loc) || date <= forgotten && !d.Fetched.IsZero() {
			continue
		}
		at, again := d.Failures.retryAt()
		switch {
		case !again:
		case at.After(now):
			p.Next = earliest(p.Next, at)
		default:
			due = append(due, date)
		}
	}
	p.Windows = windows(due, forgotten)
	return p
}

// windows merges days, given newest first, into windows of at most maxWindow
// days; none holds days on both sides of the boundary, which belongs to the
// older side.
func windows(days []clock.Day, boundary clock.Day) []window {
	var out []window
	for _, date := range days {
		if n := len(out); n > 0 {
			w := &out[n-1]
			if w.To-date < maxWindow && (date <= boundary) == (w.To <= boundary) {
				w.From = date
				continue
			}
		}
		out = append(out, window{From: date, To: date})
	}
	return out
}
