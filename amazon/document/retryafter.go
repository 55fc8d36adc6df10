package document

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns the wait that an answer's headers ask for: seconds, also
// with a fraction, or an HTTP date, which is read against the answer's own
// Date. It is 0 where nothing usable is said and at most a day (adsapi.md
// trap 11).
func RetryAfter(h http.Header) time.Duration {
	const most = 24 * time.Hour
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		switch {
		case !(seconds > 0):
			return 0
		case seconds > most.Seconds():
			return most
		}
		return time.Duration(seconds * float64(time.Second))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(from), 0), most)
}
