package join

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/internal/history"
)

// classify makes a term of class brand if it contains one of the words as
// whole words.
func classify(words []string) func(key string) history.Class {
	keys := make([]string, 0, len(words))
	for _, w := range words {
		if key := history.NormaliseKey(w); key != "" {
			keys = append(keys, key)
		}
	}
	return func(key string) history.Class {
		if slices.ContainsFunc(keys, func(w string) bool { return containsWords(key, w) }) {
			return history.BrandTerm
		}
		return history.GenericTerm
	}
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
