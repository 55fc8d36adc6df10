package clock

import (
	"fmt"
	"time"
)

// Day is a calendar day without a zone: days since 1970-01-01. Days and weeks
// are stored in this form.
type Day int32

const secondsPerDay = 24 * 60 * 60

// DayOf returns the calendar day of t in loc.
func DayOf(t time.Time, loc *time.Location) Day {
	y, m, d := t.In(loc).Date()
	return Date(y, m, d)
}

// Date returns the day y-m-d.
func Date(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// ParseDay reads 2026-11-15.
func ParseDay(s string) (Day, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, time.UTC)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date of the form 2026-11-15", s)
	}
	return Day(t.Unix() / secondsPerDay), nil
}

// Time returns midnight UTC of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String returns the day as 2026-11-15.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText and UnmarshalText use the form 2026-11-15.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(b []byte) (err error) { *d, err = ParseDay(string(b)); return err }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().Weekday() }

// Week returns the Sunday on or before d: Amazon's weeks run Sunday to
// Saturday and are named by their Sunday (spapi.md §1.3).
func (d Day) Week() Day { return d - Day(d.Weekday()) }

// WeekEnd returns the Saturday on or after d.
func (d Day) WeekEnd() Day { return d.Week() + 6 }
