package history

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormaliseKey returns the join key of a search term: NFKC, lower case,
// trimmed, single spaces, punctuation kept (analytics.md §3.1). It is
// idempotent.
func NormaliseKey(term string) string {
	if isKey(term) {
		return term
	}
	// Lower-casing can undo a normal form and the other way round (İ becomes
	// two runes, some ligatures several capitals), so both run until nothing
	// changes; three rounds suffice for all of Unicode.
	for range 4 {
		next := strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(term))), " ")
		if next == term {
			break
		}
		term = next
	}
	return term
}

// isKey recognises the usual case, an ASCII term that is its own key.
func isKey(s string) bool {
	space := true // a space here would be leading or doubled
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ':
			if space {
				return false
			}
			space = true
		case c >= utf8.RuneSelf, 'A' <= c && c <= 'Z', c < ' ', c == 0x7f:
			return false
		default:
			space = false
		}
	}
	return !space || s == ""
}
