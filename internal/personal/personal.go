// Package personal tells a search term that looks like somebody's personal
// data (an e-mail address, a phone number, a postal address that somebody
// pasted into the search field) from the millions that do not. It leans
// towards shopping: part numbers, sizes, prices and barcodes are no phone
// numbers, and a street alone is no address. What it holds back wrongly an
// owner can release.
package personal

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a text looks like.
type Kind string

// The kinds.
const (
	None    Kind = ""
	Email   Kind = "email"
	Phone   Kind = "phone"
	Address Kind = "address"
)

// Detect says what personal data the text looks like, None for most. Texts
// without a digit and without a sign of an e-mail address, which are nearly
// all, cost one look at each byte.
func Detect(text string) Kind {
	signs, digits := look(text)
	if signs&(hasAt|hasOther) == 0 && digits == 0 {
		return None
	}
	if signs&hasOther != 0 {
		text = strings.Map(asciiDigit, norm.NFKC.String(text))
	}
	if signs&(hasUpper|hasForeign) != 0 {
		text = strings.ToLower(text)
		var now sign
		now, digits = look(text)
		signs = signs&hasForeign | now
	}
	switch {
	case signs&hasAt != 0 && hasEmail(text):
		return Email
	case digits == 0:
		return None
	case digits >= fewestPhoneDigits && hasPhone(text):
		return Phone
	case hasAddress(text, signs&hasForeign != 0):
		return Address
	}
	return None
}

// sign is what a look at the bytes of a text has found.
type sign uint8

const (
	hasAt      sign = 1 << iota // what an e-mail address needs
	hasUpper                    // ASCII capitals
	hasForeign                  // beyond ASCII
	hasOther                    // a first byte of other forms of letters and digits, full-width ones among them
)

func look(text string) (signs sign, digits int) {
	for i := range len(text) {
		switch b := text[i]; {
		case b-'a' < 26, b == ' ':
		case isDigit(b):
			digits++
		case b == '@', b == '(', b == '[':
			signs |= hasAt
		case b >= 0x80:
			signs |= hasForeign
			switch b {
			case 0xc2, 0xcc, 0xcd, 0xd9, 0xdb, 0xe2, 0xef, 0xf0:
				signs |= hasOther
			}
		case b-'A' < 26:
			signs |= hasUpper
		}
	}
	return signs, digits
}

func isDigit(b byte) bool  { return b-'0' < 10 }
func isLetter(b byte) bool { return b-'a' < 26 || b >= 0x80 }

// asciiDigit turns Arabic and Persian digits, which NFKC keeps, into ours.
func asciiDigit(r rune) rune {
	switch {
	case r >= '٠' && r <= '٩':
		return '0' + r - '٠'
	case r >= '۰' && r <= '۹':
		return '0' + r - '۰'
	}
	return r
}
