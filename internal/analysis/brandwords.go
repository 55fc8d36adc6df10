package analysis

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Vocabulary counts, for each word, the distinct search terms of a marketplace
// that hold it.
type Vocabulary map[string]int

// Add counts the words of a normalised term.
func (v Vocabulary) Add(term string) {
	words := wordsOf(term)
	for i, w := range words {
		if !slices.Contains(words[:i], w) {
			v[w]++
		}
	}
}

// BrandWords decides the class of terms by the words they hold. The zero value
// knows no brand: every term is generic.
type BrandWords struct {
	own, competitor phrases
	misspelt        map[string]string // misspelling → the own brand word that is meant
}

// phrases are brand names by their first word; one of several words must stand
// in a term word by word, or written as one.
type phrases struct {
	byFirst map[string][][]string
	joined  map[string]bool
}

func newPhrases(names []string) phrases {
	p := phrases{byFirst: map[string][][]string{}, joined: map[string]bool{}}
	for _, name := range names {
		words := wordsOf(strings.ToLower(name))
		if len(words) > 0 {
			p.byFirst[words[0]] = append(p.byFirst[words[0]], words)
			p.joined[strings.Join(words, "")] = true
		}
	}
	return p
}

// in reports whether the words hold one of the phrases, also where a space was
// set or left out: “quill brook”, “nordhainoutdoor”.
func (p phrases) in(words []string) bool {
	for i, w := range words {
		for _, phrase := range p.byFirst[w] {
			if len(words)-i >= len(phrase) && slices.Equal(words[i:i+len(phrase)], phrase) {
				return true
			}
		}
		if p.joined[w] || i > 0 && p.joined[words[i-1]+w] {
			return true
		}
	}
	return false
}

// NewBrandWords prepares the classes of a marketplace's terms. own and
// competitor are brand names, of one or more words. Of the own names that are
// one word, misspellings are known too, where vocabulary holds them and a
// person would take them for one:
//
//   - one change (a letter added, dropped, replaced or two swapped) from a word
//     of at least 5 letters, two from one of at least 8;
//   - not a competitor's word, nor a stop word;
//   - rare: in at most half as many distinct terms as the brand word itself and
//     in fewer than commonWord. What many terms hold is a word of the language
//     that happens to look like the brand (“bottlo” and “bottle”).
//
// Without a vocabulary names count as written.
func NewBrandWords(own, competitor []string, vocabulary Vocabulary) *BrandWords {
	b := &BrandWords{own: newPhrases(own), competitor: newPhrases(competitor), misspelt: map[string]string{}}
	for _, brand := range slices.Sorted(maps.Keys(b.own.joined)) {
		letters := utf8.RuneCountInString(brand)
		if letters < 5 {
			continue
		}
		changes := 1
		if letters >= 8 {
			changes = 2
		}
		for word, n := range vocabulary {
			if n >= commonWord || 2*n > vocabulary[brand] || b.own.joined[word] || b.competitorWord(word) || !isContent(word) {
				continue
			}
			if d := utf8.RuneCountInString(word) - letters; d > changes || d < -changes {
				continue
			}
			if distance(word, brand, changes) <= changes {
				if meant, taken := b.misspelt[word]; !taken || brand < meant {
					b.misspelt[word] = brand
				}
			}
		}
	}
	return b
}

// commonWord is the number of distinct terms from which on a word is one of
// the language.
const commonWord = 25

func (b *BrandWords) competitorWord(word string) bool {
	return b.competitor.joined[word] || b.competitor.byFirst[word] != nil
}

// Class is the class of a normalised term. A term with both an own and a
// competitor's brand word is an own-brand term: the shopper named you.
func (b *BrandWords) Class(term string) Class {
	if b == nil {
		return GenericTerm
	}
	words := wordsOf(term)
	if b.own.in(words) || slices.ContainsFunc(words, func(w string) bool { return b.misspelt[w] != "" }) {
		return OwnBrandTerm
	}
	if b.competitor.in(words) {
		return CompetitorTerm
	}
	return GenericTerm
}

// Misspelt returns the misspellings that count as own brand words, with the
// word that is meant.
func (b *BrandWords) Misspelt() map[string]string { return maps.Clone(b.misspelt) }

// Names reports whether a word is a brand's name or a misspelling of one, own
// or a competitor's; clusters skip it.
func (b *BrandWords) Names(word string) bool {
	return b != nil && (b.own.joined[word] || b.own.byFirst[word] != nil || b.misspelt[word] != "" || b.competitorWord(word))
}

// distance is the Damerau–Levenshtein distance in its restricted form (a
// letter added, dropped or replaced, or two neighbours swapped once), counted
// in letters; any number above limit where it is more than limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	var before, last, row []int
	for i := range len(x) + 1 {
		before, last, row = last, row, make([]int, len(y)+1)
		least := limit + 1
		for j := range row {
			switch {
			case i == 0:
				row[j] = j
			case j == 0:
				row[j] = i
			default:
				cost := 1
				if x[i-1] == y[j-1] {
					cost = 0
				}
				row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
				if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
					row[j] = min(row[j], before[j-2]+1)
				}
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
	}
	return row[len(y)]
}
