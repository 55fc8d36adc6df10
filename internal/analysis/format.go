package analysis

import (
	"math"
	"strconv"
	"strings"
)

// percent prints a share: two decimals below 10 %, one from there on.
func percent(share float64) string {
	p := share * 100
	switch {
	case p > 0 && p < .01:
		return "<0.01%"
	case math.Abs(p) < 9.995:
		return strconv.FormatFloat(p, 'f', 2, 64) + "%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + "%"
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
