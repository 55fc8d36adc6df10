package sim

// The documents are written by hand: the simulator has to outrun the program
// that reads them.

import "strconv"

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string, its characters as they are.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// appendFixed appends n/10^places without trailing zeros beyond the first
// decimal: 1.14, 0.5, 100.0.
func appendFixed(b []byte, n int64, places int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	unit := int64(1)
	for range places {
		unit *= 10
	}
	b = append(strconv.AppendInt(b, n/unit, 10), '.')
	rest := n % unit
	for first := true; first || rest > 0; first = false {
		unit /= 10
		if unit == 0 {
			return append(b, '0')
		}
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// appendMoney appends millionths as an amount with up to two decimals.
func appendMoney(b []byte, micros int64) []byte { return appendFixed(b, micros/10_000, 2) }

// appendRatio appends scale*part/whole rounded to places decimals, null for a
// whole of 0.
func appendRatio(b []byte, part, whole int64, scale, places int) []byte {
	if whole == 0 {
		return append(b, "null"...)
	}
	f := int64(scale)
	for range places {
		f *= 10
	}
	return appendFixed(b, (part*f*2+whole)/(2*whole), places)
}
