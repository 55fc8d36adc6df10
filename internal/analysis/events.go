package analysis

import (
	"cmp"
	"slices"
	"time"
)

// Day counts days from 1970-01-01. Weeks are named by their Sunday.
type Day int32

// DayOf returns the day of a calendar date.
func DayOf(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d Day) date() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Week returns the Sunday of the day's week.
func (d Day) Week() Day { return d - Day(d.date().Weekday()) }

// Event is a sale or feast that moves what shoppers search and buy. Events of
// the same Key are one another's counterparts in other years.
type Event struct {
	Key      string // prime_day, big_deal_days, black_friday, ramadan, lunar_new_year; a person's own otherwise
	From, To Day    // inclusive
	// Held events make their weeks no ground for a test of single terms:
	// everybody's shares move while they last (analytics.md §4.2 step 1). The
	// others only tell which weeks of two years belong together.
	Held bool
}

// in reports whether the event touches the week.
func (e Event) in(week Day) bool { return e.From <= week+6 && e.To >= week }

// Keys of the built-in events.
const (
	PrimeDay     = "prime_day"
	BigDealDays  = "big_deal_days" // Prime Early Access Sale in 2022
	BlackFriday  = "black_friday"  // from Black Friday to Cyber Monday
	Ramadan      = "ramadan"
	LunarNewYear = "lunar_new_year"
)

// Countries of marketplaces by ISO 3166 alpha-2, in which the built-in sales
// were held on the common days.
var (
	primeCountries = []string{"US", "CA", "GB", "DE", "FR", "IT", "ES", "JP"}
	// The first year of others that hold it on the common days.
	primeSince = map[string]int{"NL": 2018, "BE": 2019, "MX": 2018, "SE": 2022, "PL": 2022}
	muslim     = []string{"AE", "SA", "EG", "TR"}
	lunar      = []string{"SG"}
)

// primeDays are the common days of Prime Day, as Amazon announced them.
var primeDays = []Event{
	common(PrimeDay, 2018, time.July, 16, 17),
	common(PrimeDay, 2019, time.July, 15, 16),
	common(PrimeDay, 2020, time.October, 13, 14),
	common(PrimeDay, 2021, time.June, 21, 22),
	common(PrimeDay, 2022, time.July, 12, 13),
	common(PrimeDay, 2023, time.July, 11, 12),
	common(PrimeDay, 2024, time.July, 16, 17),
	common(PrimeDay, 2025, time.July, 8, 11),
}

// primeElsewhere are Prime Days on other days, or none (To before From), by
// country; they stand instead of the common ones of that year.
var primeElsewhere = map[string][]Event{
	"CA": {{Key: PrimeDay, From: DayOf(2021, time.January, 2), To: DayOf(2021, time.January, 1)}}, // put off in the pandemic
	"IN": {
		common(PrimeDay, 2020, time.August, 6, 7), common(PrimeDay, 2021, time.July, 26, 27), common(PrimeDay, 2022, time.July, 23, 24),
		common(PrimeDay, 2023, time.July, 15, 16), common(PrimeDay, 2024, time.July, 20, 21), common(PrimeDay, 2025, time.July, 12, 14),
	},
	"JP": {common(PrimeDay, 2025, time.July, 11, 14)},
	"AU": {
		common(PrimeDay, 2018, time.July, 16, 17), common(PrimeDay, 2019, time.July, 15, 16), common(PrimeDay, 2020, time.October, 13, 14),
		common(PrimeDay, 2021, time.June, 21, 22), common(PrimeDay, 2022, time.July, 12, 13), common(PrimeDay, 2023, time.July, 11, 12),
		common(PrimeDay, 2024, time.July, 16, 21), common(PrimeDay, 2025, time.July, 8, 14),
	},
}

// bigDeals are the second sales of the year, in October.
var bigDeals = []Event{
	common(BigDealDays, 2022, time.October, 11, 12),
	common(BigDealDays, 2023, time.October, 10, 11),
	common(BigDealDays, 2024, time.October, 8, 9),
	common(BigDealDays, 2025, time.October, 7, 8),
}

// bigDealCountries held all of them.
var bigDealCountries = []string{"US", "CA", "GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL"}

// feasts move with the moon: the month of fasting begins, and the lunar year.
var feasts = []Event{
	feast(Ramadan, 2022, time.April, 2, 30), feast(Ramadan, 2023, time.March, 23, 29), feast(Ramadan, 2024, time.March, 11, 30),
	feast(Ramadan, 2025, time.March, 1, 29), feast(Ramadan, 2026, time.February, 18, 30), feast(Ramadan, 2027, time.February, 8, 30),
	feast(LunarNewYear, 2022, time.February, 1, 7), feast(LunarNewYear, 2023, time.January, 22, 7), feast(LunarNewYear, 2024, time.February, 10, 7),
	feast(LunarNewYear, 2025, time.January, 29, 7), feast(LunarNewYear, 2026, time.February, 17, 7), feast(LunarNewYear, 2027, time.February, 6, 7),
}

func common(key string, year int, month time.Month, from, to int) Event {
	return Event{Key: key, From: DayOf(year, month, from), To: DayOf(year, month, to), Held: true}
}

func feast(key string, year int, month time.Month, day, days int) Event {
	from := DayOf(year, month, day)
	return Event{Key: key, From: from, To: from + Day(days) - 1}
}

// RetailEvents lists the built-in events of a marketplace's country that touch
// the days from from to to, oldest first. Black Friday follows from the
// calendar in every year; Prime Days are known once they have been, so those
// of later years, and whatever moves one's own category, are a person's to
// enter.
func RetailEvents(country string, from, to Day) (list []Event) {
	add := func(e Event) {
		if e.From <= e.To && e.From <= to && e.To >= from {
			list = append(list, e)
		}
	}
	own := map[int]bool{}
	for _, e := range primeElsewhere[country] {
		own[e.From.date().Year()] = true
		add(e)
	}
	since, later := primeSince[country]
	for _, e := range primeDays {
		year := e.From.date().Year()
		if !own[year] && (slices.Contains(primeCountries, country) || later && year >= since) {
			add(e)
		}
	}
	if slices.Contains(bigDealCountries, country) {
		for _, e := range bigDeals {
			add(e)
		}
	}
	for year := from.date().Year() - 1; year <= to.date().Year(); year++ {
		add(blackFriday(year))
	}
	for _, e := range feasts {
		if e.Key == Ramadan && slices.Contains(muslim, country) || e.Key == LunarNewYear && slices.Contains(lunar, country) {
			add(e)
		}
	}
	slices.SortFunc(list, func(a, b Event) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Key, b.Key)) })
	return list
}

// blackFriday lasts from the day after the fourth Thursday of November to the
// Monday after it: two weeks of reports, since theirs begin on Sunday.
func blackFriday(year int) Event {
	first := DayOf(year, time.November, 1)
	thursday := first + Day((4-int(first.date().Weekday())+7)%7) + 21
	return Event{Key: BlackFriday, From: thursday + 1, To: thursday + 4, Held: true}
}

// EventsOf lists those of the events that touch a week.
func EventsOf(events []Event, week Day) (list []Event) {
	for _, e := range events {
		if e.in(week) {
			list = append(list, e)
		}
	}
	return list
}

// HeldWeek reports whether single terms are not tested in a week: a held event
// touches it whose counterpart is in none of the baseline's weeks. With last
// year's same event among them the baseline knows what such a week is like.
func HeldWeek(events []Event, week Day, baseline []Day) bool {
	for _, e := range EventsOf(events, week) {
		if !e.Held {
			continue
		}
		known := slices.ContainsFunc(baseline, func(b Day) bool {
			return slices.ContainsFunc(EventsOf(events, b), func(o Event) bool { return o.Key == e.Key && o.From < e.From })
		})
		if !known {
			return true
		}
	}
	return false
}

// Alignment says by what a week was matched with one of the year before.
type Alignment string

// The alignments.
const (
	ByCalendar Alignment = "calendar" // 364 days back
	ByEvent    Alignment = "event"    // the same week of the same event
	BesideSale Alignment = "beside"   // 364 days back was an event's week: the nearest that was none
)

// LastYear returns the Sunday of the week of the year before that a week is
// compared with. It is the one 364 days back, unless an event that is in one of
// the two is not in the other: then it is the same week of the same event, or
// the nearest week without an event. events are those of both years.
func LastYear(events []Event, week Day) (Day, Alignment) {
	back := week - 364
	now := EventsOf(events, week)
	for _, e := range now {
		o, ok := yearBefore(events, e)
		if !ok {
			continue
		}
		same := week - (e.From-o.From+3)/7*7 // the nearest whole weeks
		if same > o.To {                     // it was shorter: its last week
			same = o.To.Week()
		} else if same+6 < o.From {
			same = o.From.Week()
		}
		if same == back {
			return back, ByCalendar
		}
		return same, ByEvent
	}
	if len(now) > 0 || len(EventsOf(events, back)) == 0 {
		return back, ByCalendar
	}
	for away := Day(7); away <= 35; away += 7 {
		for _, near := range []Day{back - away, back + away} {
			if len(EventsOf(events, near)) == 0 {
				return near, BesideSale
			}
		}
	}
	return back, ByCalendar
}

// yearBefore returns the latest counterpart of an event that lies about a year
// back: sales have moved by four months.
func yearBefore(events []Event, e Event) (before Event, ok bool) {
	for _, o := range events {
		if away := e.From - o.From; o.Key == e.Key && away >= 200 && away <= 364+200 && (!ok || o.From > before.From) {
			before, ok = o, true
		}
	}
	return before, ok
}
