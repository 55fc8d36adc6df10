package audit

import (
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// counting collects what the market did on each term in the weeks of the
// baseline and the audited one, to tell whether Amazon counts as it did. Weeks
// of sales are left out: they do change how much is bought for each search.
type counting struct {
	w     *window
	weeks map[clock.Day]int
	terms map[int64][]analysis.MarketTerm
}

func newCounting(w *window, s span) *counting {
	c := &counting{w: w, weeks: map[clock.Day]int{s.now.Week: len(s.baseline)}, terms: map[int64][]analysis.MarketTerm{}}
	for i, week := range s.baseline {
		c.weeks[week] = i
	}
	for week := range c.weeks {
		if w.event(week) != "" {
			c.weeks[week] = -1
		}
	}
	return c
}

// leastSearches a week leave a term's rates to chance.
const leastSearches = 400

func (c *counting) add(r *history.WindowRow) {
	at, ok := c.weeks[r.Week]
	if !ok || at < 0 || r.Volume.V < leastSearches {
		return
	}
	weeks := c.terms[r.Term]
	if weeks == nil {
		weeks = make([]analysis.MarketTerm, len(c.weeks))
		c.terms[r.Term] = weeks
	}
	weeks[at] = analysis.MarketTerm{Volume: r.Volume, Totals: [4]analysis.Count{r.Impressions.N, r.Clicks.N, r.CartAdds.N, r.Purchases.N}}
}

func (c *counting) changes() []analysis.Regime {
	terms := make([][]analysis.MarketTerm, 0, len(c.terms))
	for _, weeks := range c.terms {
		terms = append(terms, weeks)
	}
	return analysis.Regimes(terms)
}
