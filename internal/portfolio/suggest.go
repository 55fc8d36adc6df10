package portfolio

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// suggestionWeeks is how many of the newest weeks suggestions rest on.
const suggestionWeeks = 8

// Suggestion is a word that is probably one of the brand's own.
type Suggestion struct {
	Word   string
	Source string // products, titles, shares or spelling
	Terms  int    // distinct terms of the last weeks that hold it
	Why    string // a half-sentence
}

// Suggest reads an account's last weeks of a marketplace for words that are
// probably its brand's, and for misspellings of those it has. A person decides.
func (p *Portfolio) Suggest(ctx context.Context, f *history.Facts, market string) ([]Suggestion, error) {
	weeks, err := f.Weeks(ctx, market)
	if err != nil {
		return nil, err
	}
	weeks = weeks[:min(len(weeks), suggestionWeeks)]
	slices.Sort(weeks)
	terms, err := termClicks(ctx, f, market, weeks)
	if err != nil {
		return nil, err
	}
	evidence := analysis.BrandEvidence{Terms: terms, Known: slices.Concat(p.Words.Brand, p.Words.Competitor)}
	for _, product := range p.Products(market) {
		if product.Brand != "" {
			evidence.Brands = append(evidence.Brands, product.Brand)
		}
		if product.Title != "" {
			evidence.Titles = append(evidence.Titles, product.Title)
		}
	}
	vocabulary := analysis.Vocabulary{}
	for _, t := range terms {
		vocabulary.Add(t.Term)
	}
	list := []Suggestion{}
	for _, s := range analysis.SuggestBrandWords(evidence) {
		list = append(list, Suggestion{history.NormaliseKey(s.Word), s.Source, s.Terms, s.Explanation})
	}
	misspelt := analysis.NewBrandWords(p.Words.Brand, p.Words.Competitor, vocabulary).Misspelt()
	for _, word := range slices.Sorted(maps.Keys(misspelt)) {
		i := slices.IndexFunc(list, func(s Suggestion) bool { return s.Word == word })
		if i < 0 {
			list = append(list, Suggestion{})
			i = len(list) - 1
		}
		list[i] = Suggestion{word, "spelling", vocabulary[word], fmt.Sprintf("shoppers mean %q by it", misspelt[word])}
	}
	return list, nil
}

// termClicks adds up each term's own and market clicks. Clicks and not
// purchases: there are enough of them on the rare terms, such as misspellings.
func termClicks(ctx context.Context, f *history.Facts, market string, weeks []clock.Day) ([]analysis.TermPurchases, error) {
	sums := map[int64]analysis.Sum{}
	err := f.Window(ctx, market, weeks, func(r history.WindowRow) error {
		if r.Clicks.N.Valid && r.Clicks.X.Valid {
			s := sums[r.Term]
			s.Own, s.Market, s.Cells = s.Own+r.Clicks.X.V, s.Market+r.Clicks.N.V, s.Cells+1
			sums[r.Term] = s
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the weeks for suggestions: %w", err)
	}
	texts, err := f.TermTexts(ctx, slices.Collect(maps.Keys(sums)))
	if err != nil {
		return nil, err
	}
	list := make([]analysis.TermPurchases, 0, len(sums))
	for id, sum := range sums {
		if text, ok := texts[id]; ok {
			list = append(list, analysis.TermPurchases{Term: text, Sum: sum})
		}
	}
	slices.SortFunc(list, func(a, b analysis.TermPurchases) int { return cmp.Compare(a.Term, b.Term) })
	return list, nil
}
