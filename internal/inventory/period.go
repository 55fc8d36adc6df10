package inventory

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Period is an ISO 8601 duration in one unit: P12M, P30D, PT24H, PT10M, P6Y. The zero
// value is no period.
type Period string

var periodForm = regexp.MustCompile(`^P(?:(\d{1,4})([DMY])|T(\d{1,4})([HM]))$`)

// Valid reports whether the period has that form.
func (p Period) Valid() bool { return periodForm.MatchString(string(p)) }

// After returns the instant at which the period that began at t ends, by the
// calendar of UTC. A month that has no such day ends on its last one: a period
// is never longer than promised.
func (p Period) After(t time.Time) (time.Time, error) {
	m := periodForm.FindStringSubmatch(string(p))
	if m == nil {
		return time.Time{}, fmt.Errorf("%q is not a period such as P30D", string(p))
	}
	t = t.UTC()
	if m[3] != "" {
		n, err := strconv.Atoi(m[3])
		unit := time.Hour
		if m[4] == "M" {
			unit = time.Minute
		}
		return t.Add(time.Duration(n) * unit), err
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return time.Time{}, err
	}
	switch m[2] {
	case "D":
		return t.AddDate(0, 0, n), nil
	case "Y":
		n *= 12
	}
	end := t.AddDate(0, n, 0)
	if end.Day() != t.Day() {
		end = end.AddDate(0, 0, -end.Day())
	}
	return end, nil
}
