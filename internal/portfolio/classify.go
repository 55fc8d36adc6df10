package portfolio

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/history"
)

// JoinRules returns what the account says of a marketplace's terms and products,
// as the join asks for it.
func (p *Portfolio) JoinRules(marketplace string) history.JoinRules {
	return history.JoinRules{
		Classify: func(key string) history.Class { return p.Class(marketplace, key) },
		Parent:   func(asin string) string { return p.Parent(marketplace, asin) },
	}
}

// Class returns the class of a term, by its normalised key: what a person chose
// for it, else brand or competitor if it holds one of their words as whole
// words, also where a space was set or left out, else generic. A term that names
// both is the brand's: the shopper named you.
func (p *Portfolio) Class(marketplace, termKey string) history.Class {
	if c := p.choices[marketplace][termKey].Class; c != "" {
		return c
	}
	holds := func(word string) bool { return containsWords(termKey, word) }
	read := p.names.Class(termKey)
	switch {
	case read == analysis.OwnBrandTerm || slices.ContainsFunc(p.Words.Brand, holds):
		return history.BrandTerm
	case read == analysis.CompetitorTerm || slices.ContainsFunc(p.Words.Competitor, holds):
		return history.CompetitorTerm
	}
	return history.GenericTerm
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
