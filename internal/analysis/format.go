package analysis

import (
	"math"
	"strconv"
	"strings"
)

// percents prints two shares that are compared, with the same decimals: one
// from 10 % on, two where either is smaller.
func percents(a, b float64) (string, string) {
	digits := 1
	if min(a, b)*100 < 9.995 {
		digits = 2
	}
	format := func(share float64) string {
		if share > 0 && share < .00005 {
			return "<0.01%"
		}
		return strconv.FormatFloat(share*100, 'f', digits, 64) + "%"
	}
	return format(a), format(b)
}

// points prints a difference of shares in percentage points, with its sign.
func points(diff float64) string {
	pp := math.Abs(diff) * 100
	digits := 2
	if pp >= 9.995 {
		digits = 1
	}
	text := strconv.FormatFloat(pp, 'f', digits, 64) + " pp"
	switch {
	case diff < 0:
		return "−" + text
	case diff > 0:
		return "+" + text
	}
	return text
}

// thousands prints a count with separators.
func thousands(n int64) string {
	digits := strconv.FormatUint(magnitude(n), 10)
	var b strings.Builder
	if n < 0 {
		b.WriteString("−")
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

// money prints micros by ISO code: "USD 1,234.50", "JPY 5,300".
func money(micros int64, currency string) string {
	sign := ""
	if micros < 0 {
		sign = "−"
	}
	m := magnitude(micros)
	if currency == "JPY" {
		return currency + " " + sign + thousands(int64((m+500_000)/1_000_000))
	}
	cents := (m + 5_000) / 10_000
	fraction := strconv.FormatUint(cents%100, 10)
	if len(fraction) == 1 {
		fraction = "0" + fraction
	}
	return currency + " " + sign + thousands(int64(cents/100)) + "." + fraction
}

// counted prints a count with its noun.
func counted(n int64, one, many string) string {
	if n == 1 || n == -1 {
		return thousands(n) + " " + one
	}
	return thousands(n) + " " + many
}

// of prints a part of a whole: "all 13", "12 of 13".
func of(part, whole int) string {
	if part == whole {
		return "all " + strconv.Itoa(whole)
	}
	return strconv.Itoa(part) + " of " + strconv.Itoa(whole)
}
