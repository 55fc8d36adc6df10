package waitlist

import (
	"regexp"
	"strings"
	"unicode"
)

// shapes are credentials that tell themselves by their look.
var shapes = []struct {
	what  string
	shape *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{"an Amazon token", regexp.MustCompile(`\b(Atz[ar]|Atc)\|`)},
	{"an Amazon client secret", regexp.MustCompile(`(?i)\bamzn1\.oa2-cs\.`)},
	{"an AWS key", regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a signed token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.`)},
	{"an API key", regexp.MustCompile(`\b(ht|sk|pk|rk|gh[opsu]|glpat|xox[abprs]|key|api)[_-][A-Za-z0-9_-]{16,}`)},
	{"a password", regexp.MustCompile(`(?i)(pass(word|wd|phrase|code|wort)?|pwd|kennwort|contraseña|mot de passe|login)\s*(is|ist|=|:|->|–)\s*\S{4,}`)},
	{"a secret", regexp.MustCompile(`(?i)(secret|token|api[ _-]?key|access[ _-]?key)\s*(is|=|:|->)\s*\S{8,}`)},
}

// LooksSecret says what a text seems to hold that nobody should send in a form
// (a password, an API key), or "" if nothing does. It would rather ask once too
// often than keep one.
func LooksSecret(text string) string {
	for _, s := range shapes {
		if s.shape.MatchString(text) {
			return s.what
		}
	}
	for word := range strings.FieldsSeq(text) {
		if randomLooking(strings.Trim(word, `"'()[]<>.,;:`)) {
			return "a key"
		}
	}
	return ""
}

// randomLooking reports whether a word is long and mixes cases and digits as no
// language does. Addresses of pages are none.
func randomLooking(word string) bool {
	if len(word) < 24 || strings.Contains(word, "://") || strings.HasPrefix(word, "www.") || strings.Contains(word, "@") {
		return false
	}
	var digits, upper, lower, changes int
	var before rune
	kind := func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsUpper(r):
			return 'A'
		case unicode.IsLower(r):
			return 'a'
		}
		return '-'
	}
	for _, r := range word {
		k := kind(r)
		switch k {
		case '0':
			digits++
		case 'A':
			upper++
		case 'a':
			lower++
		}
		if k != before {
			changes++
		}
		before = k
	}
	mixed := digits >= 3 && lower+upper >= 3 || digits >= 1 && lower >= 3 && upper >= 3
	return mixed && changes >= len(word)/4
}
