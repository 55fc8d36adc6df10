package history

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/internal/database"
)

// Integers by which joined rows store their words.
const (
	levelBrand int64 = 0
	levelASIN  int64 = 2

	classBrand   int64 = 0
	classGeneric int64 = 2

	splitMeasured int64 = 0
	splitUnknown  int64 = 2
)

var (
	levels  = [...]Level{Brand, Parent, ASIN}
	classes = [...]Class{BrandTerm, CompetitorTerm, GenericTerm}
	splits  = [...]Split{Measured, Modelled, Unknown}
	states  = [...]State{Provisional, Settled, Final, ""}
)

func stateCode(s State) int64 {
	for i, known := range states {
		if s == known {
			return int64(i)
		}
	}
	return int64(len(states) - 1)
}

const selectText = `SELECT text FROM terms WHERE id = ?1`

func termText(c *database.Conn, id int64) (text string, err error) {
	err = c.Query(selectText, func(r database.Row) error { text = r.Text(0); return nil }, id)
	return text, err
}

// containsWords tells whether words occur in key and are neither the end nor
// the beginning of longer words.
func containsWords(key, words string) bool {
	for from := 0; ; {
		at := strings.Index(key[from:], words)
		if at < 0 {
			return false
		}
		start := from + at
		end := start + len(words)
		before, _ := utf8.DecodeLastRuneInString(key[:start])
		after, _ := utf8.DecodeRuneInString(key[end:])
		if (start == 0 || !wordRune(before)) && (end == len(key) || !wordRune(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(key[start:])
		from = start + size
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
