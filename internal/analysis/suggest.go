package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// BrandEvidence is what own brand words are suggested from, all of one
// marketplace.
type BrandEvidence struct {
	Brands []string // the product table's brands, one for each product
	Titles []string // the product table's titles
	Terms  []TermPurchases
	Known  []string // own and competitor words that a person has named already
}

// TermPurchases is a term's own and market counts over some weeks: purchases,
// or clicks where purchases are thin.
type TermPurchases struct {
	Term string // normalised key
	Sum  Sum
}

// BrandSuggestion is a word that is probably a brand of one's own.
type BrandSuggestion struct {
	Word        string
	Source      string // "products", "titles" or "shares"
	Terms       int    // distinct terms that hold it
	Share       Rate   // own share on these terms, sums over sums
	Low, High   float64
	Elsewhere   float64 // own share on all other terms
	Explanation string
}

const (
	// A word is suggested for its share where the 99 % lower bound of the own
	// share on its terms is at least minBrandShare and brandShareRatio times
	// the share elsewhere: on one's own name one is bought, on “bottle” not.
	minBrandShare   = .30
	brandShareRatio = 4
	minBrandEvents  = 20
	maxSuggestions  = 20
)

// SuggestBrandWords proposes own brand words: the product table's brands, the
// word that most titles begin with, and words on whose terms the own share is
// far above that elsewhere. Sure sources come first, then the higher lower
// bound. A person decides.
func SuggestBrandWords(e BrandEvidence) []BrandSuggestion {
	known := map[string]bool{}
	for _, k := range e.Known {
		known[strings.Join(wordsOf(strings.ToLower(k)), " ")] = true
	}
	var all Sum
	seen := map[string]*BrandSuggestion{}
	sums := map[string]*Sum{}
	for _, t := range e.Terms {
		all.merge(t.Sum)
		words := wordsOf(t.Term)
		for i, w := range words {
			if slices.Contains(words[:i], w) {
				continue
			}
			if sums[w] == nil {
				sums[w], seen[w] = &Sum{}, &BrandSuggestion{Word: w, Source: "shares"}
			}
			sums[w].merge(t.Sum)
			seen[w].Terms++
		}
	}
	var out []BrandSuggestion
	add := func(word, source, why string) {
		if word == "" || known[word] {
			return
		}
		known[word] = true
		s := BrandSuggestion{Word: word, Source: source, Explanation: why}
		if measured := seen[word]; measured != nil {
			s.Terms = measured.Terms
			s.measure(*sums[word], all)
		}
		out = append(out, s)
	}
	for _, b := range mostNamed(e.Brands) {
		add(b.word, "products", fmt.Sprintf("the brand of %s in your product table", counted(int64(b.n), "product", "products")))
	}
	first := make([]string, 0, len(e.Titles))
	for _, t := range e.Titles {
		if words := wordsOf(strings.ToLower(t)); len(words) > 0 && isContent(words[0]) {
			first = append(first, words[0])
		}
	}
	for _, f := range mostNamed(first) {
		if f.n >= 3 && 2*f.n > len(e.Titles) {
			add(f.word, "titles", fmt.Sprintf("%s begin with it", of(f.n, len(e.Titles))+" titles"))
		}
	}
	sure := len(out)
	for w, s := range seen {
		if known[w] || !isContent(w) || sums[w].Market < minBrandEvents {
			continue
		}
		s.measure(*sums[w], all)
		if s.Low >= minBrandShare && s.Low >= brandShareRatio*s.Elsewhere {
			share, elsewhere := percents(s.Share.V, s.Elsewhere)
			s.Explanation = fmt.Sprintf("you get %s of the market on %s with it, %s elsewhere", share, counted(int64(s.Terms), "term", "terms"), elsewhere)
			out = append(out, *s)
		}
	}
	slices.SortFunc(out[sure:], func(a, b BrandSuggestion) int {
		return cmp.Or(cmp.Compare(b.Low, a.Low), cmp.Compare(a.Word, b.Word))
	})
	return out[:min(len(out), maxSuggestions)]
}

// measure fills the shares with and without the word; the interval is 99 %.
func (s *BrandSuggestion) measure(with, all Sum) {
	share, ok := with.Share()
	if !ok {
		return
	}
	s.Share = Rate{share, true}
	s.Low, s.High = scoreInterval(share, float64(with.Market), quantile(.995))
	rest := Sum{Own: all.Own - with.Own, Market: all.Market - with.Market, Cells: 1}
	s.Elsewhere, _ = rest.Share()
}

// merge adds what another sum holds.
func (s *Sum) merge(o Sum) {
	s.Own += o.Own
	s.Market += o.Market
	s.Cells += o.Cells
}

type named struct {
	word string
	n    int
}

// mostNamed counts equal names, lower case and without punctuation around
// words, the most frequent first.
func mostNamed(names []string) (list []named) {
	counts := map[string]int{}
	for _, n := range names {
		counts[strings.Join(wordsOf(strings.ToLower(n)), " ")]++
	}
	for w, n := range counts {
		if w != "" {
			list = append(list, named{w, n})
		}
	}
	slices.SortFunc(list, func(a, b named) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.word, b.word)) })
	return list
}
