package session

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go"
)

// Rules are those of passwords.
type Rules string

// The rules. ByLength asks for length and refuses what is guessed first (OWASP
// ASVS 5.0, 6.2.4 and 6.2.5); AmazonDPP asks for all classes of characters too,
// as Amazon's data protection policy does.
const (
	ByLength  Rules = "length"
	AmazonDPP Rules = "amazon-dpp"
)

const (
	shortestWord  = 12
	longestInByte = 72 // bcrypt reads no more
	easiestScore  = 3  // of 0..4: more than 10^8 guesses
)

// Check says what is wrong with a password for the person, in a sentence; empty
// if nothing is.
func (r Rules) Check(password string, about ...string) string {
	switch {
	case utf8.RuneCountInString(password) < shortestWord || len(password) > longestInByte:
		return fmt.Sprintf("A password has at least %d characters and at most %d bytes.", shortestWord, longestInByte)
	case r == AmazonDPP && !allClasses(password):
		return "A password needs a lower-case and an upper-case letter, a digit and another character here."
	}
	var known []string
	for _, a := range append(about, "halotrack", "amazon") {
		known = append(known, strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	if zxcvbn.PasswordStrength(password, known).Score < easiestScore {
		return "This password is one of those that are guessed first. Take several words that do not belong together."
	}
	return ""
}

func allClasses(s string) bool {
	var lower, upper, digit, other bool
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			lower = true
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsDigit(r):
			digit = true
		default:
			other = true
		}
	}
	return lower && upper && digit && other
}
