package personal

import (
	"slices"
	"strings"
)

// spelled are ways around the sign itself.
var spelled = strings.NewReplacer(" (at) ", "@", "(at)", "@", " [at] ", "@", "[at]", "@")

// mailProviders may stand without their top-level domain: nobody searches for
// a name at one of them.
var mailProviders = []string{"gmail", "googlemail", "yahoo", "hotmail", "outlook", "icloud", "gmx", "aol", "protonmail", "live", "libero", "orange", "wanadoo", "ziggo", "interia", "onet"}

// hasEmail looks for name@domain.tld; lower case is given.
func hasEmail(text string) bool {
	text = spelled.Replace(text)
	for at := strings.IndexByte(text, '@'); at >= 0; {
		if at > 0 && (isLetter(text[at-1]) || isDigit(text[at-1]) || strings.IndexByte("._-+%", text[at-1]) >= 0) && isMailDomain(text[at+1:]) {
			return true
		}
		next := strings.IndexByte(text[at+1:], '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return false
}

func isMailDomain(rest string) bool {
	end := 0
	for end < len(rest) && (isLetter(rest[end]) || isDigit(rest[end]) || rest[end] == '-' || rest[end] == '.') {
		end++
	}
	labels := strings.Split(strings.Trim(rest[:end], "."), ".")
	last := labels[len(labels)-1]
	if len(labels) == 1 {
		return slices.Contains(mailProviders, last)
	}
	for i := range len(last) {
		if !isLetter(last[i]) {
			return false
		}
	}
	return len(last) >= 2 && labels[0] != ""
}
