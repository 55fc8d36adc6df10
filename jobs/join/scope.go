package join

import (
	"context"
	"database/sql"
	"fmt"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

const (
	// scopeWeeks and scopeTerms bound what a scope test reads; it needs far
	// less to decide.
	scopeWeeks = 26
	scopeTerms = 600
	// A term helps the test only if its ads were on in several weeks.
	scopeActive = 4
)

// testScopes finds out, for each marketplace that has newer or more weeks than
// at its last test, whether search counts hold the clicks on ads. changed says
// that some marketplace is to be joined anew because of it.
func testScopes(ctx context.Context, facts *history.Facts, marketplaces []string) (changed bool, err error) {
	known, err := facts.Scopes(ctx)
	if err != nil {
		return false, err
	}
	before := map[string]history.Scope{}
	for _, s := range known {
		before[s.Marketplace] = s
	}
	for _, id := range marketplaces {
		weeks, err := facts.Weeks(ctx, id)
		if err != nil {
			return changed, fmt.Errorf("list the joined weeks of %s: %w", id, err)
		}
		weeks = weeks[:min(len(weeks), scopeWeeks)]
		if len(weeks) == 0 {
			continue
		}
		if s, tested := before[id]; tested && s.Week == weeks[0] && s.Weeks == len(weeks) {
			continue
		}
		cells, err := scopeCells(ctx, facts, id, weeks[len(weeks)-1], weeks[0])
		if err != nil {
			return changed, fmt.Errorf("read what the scope test of %s rests on: %w", id, err)
		}
		test := analysis.TestScope(cells)
		estimate := func(v float64) sql.Null[float64] {
			return sql.Null[float64]{V: v, Valid: test.Low < test.High}
		}
		moved, err := facts.SaveScope(ctx, history.Scope{
			Marketplace: id, Week: weeks[0], Weeks: len(weeks), Terms: test.Terms, Result: string(test.Scope),
			Slope: estimate(test.Slope), Low: estimate(test.Low), High: estimate(test.High), Why: test.Why,
		})
		if err != nil {
			return changed, err
		}
		changed = changed || moved
	}
	return changed, nil
}

// scopeCells reads the advertised terms of the weeks whose ads are all stored.
func scopeCells(ctx context.Context, facts *history.Facts, id string, from, to clock.Day) (cells []analysis.ScopeCell, err error) {
	totals, err := facts.WeekTotals(ctx, id, from, to)
	if err != nil {
		return nil, err
	}
	complete := map[clock.Day]bool{}
	for _, w := range totals {
		complete[w.Week] = w.AdsComplete
	}
	terms, err := facts.AdvertisedTerms(ctx, id, from, to, scopeActive)
	if err != nil {
		return nil, err
	}
	if every := (len(terms) + scopeTerms - 1) / scopeTerms; every > 1 {
		some := terms[:0]
		for i := 0; i < len(terms); i += every {
			some = append(some, terms[i])
		}
		terms = some
	}
	err = facts.TermSeries(ctx, id, terms, from, to, func(t history.TermWeek) error {
		if complete[t.Week] && t.Clicks.N.Valid && t.Clicks.X.Valid && t.Ads.Clicks.Valid {
			cells = append(cells, analysis.ScopeCell{
				Term: t.TermID, Week: int(t.Week), MarketClicks: t.Clicks.N.V, OwnClicks: t.Clicks.X.V, AdClicks: t.Ads.Clicks.V,
			})
		}
		return nil
	})
	return cells, err
}
