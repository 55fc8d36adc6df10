package portfolio

import (
	"strconv"
	"strings"
)

// decimal reads a number as people of any country write it: 1234.5, 1,234.50,
// 1.234,50, 1 234,5, 1'234.50. One that two countries read differently, such as
// 1.234, is not guessed: ok is false.
func decimal(text string) (v float64, ok bool) {
	text = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\'', '\u2019':
			return -1
		}
		return r
	}, text)
	sign := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	if text == "" || strings.Trim(text, "0123456789.,") != "" {
		return 0, false
	}
	point := strings.LastIndexAny(text, ".,")
	if point >= 0 {
		mark, other := text[point:point+1], strings.Trim(".,", text[point:point+1])
		whole, part := text[:point], text[point+1:]
		switch {
		case strings.Contains(whole, mark): // it came before: it groups thousands
			if strings.Contains(whole, other) || !grouped(text, mark) {
				return 0, false
			}
			whole, part = strings.ReplaceAll(text, mark, ""), ""
		case strings.Contains(whole, other):
			if !grouped(whole, other) {
				return 0, false
			}
			whole = strings.ReplaceAll(whole, other, "")
		case len(part) == 3 && whole != "" && whole != "0" && len(whole) <= 3:
			return 0, false // 1.234 or 1,234
		}
		text = whole + "." + part
	}
	v, err := strconv.ParseFloat(text, 64)
	if sign {
		v = -v
	}
	return v, err == nil
}

// grouped tells whether the mark stands before each three digits.
func grouped(text, mark string) bool {
	groups := strings.Split(text, mark)
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(g) > 3) {
			return false
		}
	}
	return true
}
