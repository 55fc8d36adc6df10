package audit

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

// window reads the stored weeks of one marketplace for the audits of some of
// them, and keeps the rows that the next audit reads again as long as they are
// few.
type window struct {
	facts       *history.Facts
	marketplace string
	portfolio   *portfolio.Portfolio
	totals      []history.WeekTotal // of the stored weeks, oldest first
	events      []analysis.Event    // that touch them

	keep  bool // more than one week is audited
	rows  map[clock.Day][]history.WindowRow
	kept  int
	texts map[int64]string
	ids   map[string]int64
}

// maxKept is how many rows are kept between two audits: a hundred thousand of
// them are some 40 MB.
const maxKept = 100_000

func newWindow(ctx context.Context, f *history.Facts, p *portfolio.Portfolio, id string, stored []clock.Day) (*window, error) {
	w := &window{facts: f, marketplace: id, portfolio: p, rows: map[clock.Day][]history.WindowRow{}, texts: map[int64]string{}, ids: map[string]int64{}}
	if len(stored) == 0 {
		return w, nil
	}
	totals, err := f.WeekTotals(ctx, id, stored[0], stored[len(stored)-1])
	if err != nil {
		return nil, fmt.Errorf("read the weeks of %s: %w", id, err)
	}
	w.totals, w.events = totals, events(id, p, totals)
	return w, nil
}

// span is which stored weeks an audit rests on.
type span struct {
	now      history.WeekTotal
	baseline []clock.Day // with search data, oldest first
	settled  []clock.Day // with settled ads, oldest first
}

func (w *window) span(week clock.Day) (s span, ok bool) {
	at, ok := slices.BinarySearchFunc(w.totals, week, func(t history.WeekTotal, week clock.Day) int { return int(t.Week - week) })
	if !ok {
		return s, false
	}
	s.now = w.totals[at]
	for i := at; i >= max(0, at-lookBack); i-- {
		t := w.totals[i]
		if i < at && len(s.baseline) < analysis.BaselineWeeks && searched(t) {
			s.baseline = append(s.baseline, t.Week)
		}
		if len(s.settled) < analysis.WasteWeeks && t.Ads.Clicks.Valid && t.State != "" && t.State != history.Provisional {
			s.settled = append(s.settled, t.Week)
		}
	}
	slices.Reverse(s.baseline)
	slices.Reverse(s.settled)
	return s, true
}

// searched tells whether the week has search data.
func searched(t history.WeekTotal) bool { return t.Impressions.N.Valid || t.Clicks.N.Valid }

// market collects what the audit of a week needs; ok is false where nothing
// is stored for it.
func (w *window) market(ctx context.Context, week, today clock.Day) (m *analysis.Market, ok bool, err error) {
	s, ok := w.span(week)
	if !ok {
		return nil, false, nil
	}
	m = &analysis.Market{
		Marketplace: w.marketplace, Week: week.String(), Currency: s.now.Currency, State: stateByAge(week, today),
		Baseline: names(s.baseline), SettledWeeks: names(s.settled),
		Product: w.product, Moved: w.moved(), BrandWord: analysis.NewBrandWords(w.portfolio.Words.Brand, w.portfolio.Words.Competitor, nil).Names,
	}
	if known, ok := marketplace.ByID(w.marketplace); ok {
		m.Currency = known.Currency
	}
	if s.now.Ads.Clicks.Valid && s.now.State != "" {
		m.State = analysis.Least(m.State, analysis.State(s.now.State))
	}
	for _, read := range []func() error{
		func() error { return w.fill(ctx, m, s) },
		func() error { return w.status(ctx, m, s.now) },
		func() error { return w.stock(ctx, m, s) },
		func() error { return w.missing(ctx, m, s) },
		func() error { return w.watch(ctx, m, week) },
	} {
		if err := read(); err != nil {
			return nil, false, err
		}
	}
	w.calendar(m, s)
	w.lastYear(m, week)
	return m, true, nil
}

func names(weeks []clock.Day) []string {
	out := make([]string, len(weeks))
	for i, week := range weeks {
		out[i] = week.String()
	}
	return out
}

// fill adds the rows of all weeks, each week read once.
func (w *window) fill(ctx context.Context, m *analysis.Market, s span) error {
	weeks := slices.Concat(s.baseline, s.settled, []clock.Day{s.now.Week})
	slices.Sort(weeks)
	weeks = slices.Compact(weeks)
	w.forget(weeks[0])
	counted := newCounting(w, s)
	for _, week := range weeks {
		before, isBaseline := slices.BinarySearch(s.baseline, week)
		at, isSettled := slices.BinarySearch(s.settled, week)
		rows, err := w.week(ctx, week)
		if err != nil {
			return err
		}
		for i, r := range rows {
			row := w.row(r)
			counted.add(&rows[i])
			if week == s.now.Week {
				m.AddNow(row)
			}
			if isBaseline {
				m.AddBefore(before, row)
			}
			if isSettled {
				m.AddSettled(at, row)
			}
		}
	}
	m.Counting = counted.changes()
	return nil
}

// forget drops the weeks before the given one, and all where there are too
// many rows to keep.
func (w *window) forget(before clock.Day) {
	for week, rows := range w.rows {
		if week < before || w.kept > maxKept {
			w.kept -= len(rows)
			delete(w.rows, week)
		}
	}
}

// week returns a week's rows, from memory if they were kept, and knows the
// texts of their terms from then on.
func (w *window) week(ctx context.Context, week clock.Day) ([]history.WindowRow, error) {
	if rows, ok := w.rows[week]; ok {
		return rows, nil
	}
	var rows []history.WindowRow
	var unknown []int64
	err := w.facts.Window(ctx, w.marketplace, []clock.Day{week}, func(r history.WindowRow) error {
		rows = append(rows, r)
		if _, ok := w.texts[r.Term]; !ok {
			unknown = append(unknown, r.Term)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.keep && w.kept <= maxKept {
		w.rows[week] = rows
		w.kept += len(rows)
	}
	return rows, w.learn(ctx, unknown)
}

func (w *window) learn(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	texts, err := w.facts.TermTexts(ctx, ids)
	if err != nil {
		return err
	}
	for id, text := range texts {
		text = shown(text)
		w.texts[id], w.ids[text] = text, id
	}
	return nil
}

func (w *window) row(r history.WindowRow) analysis.Row {
	cell := func(s history.Step) analysis.Cell { return analysis.Cell{Own: s.X, Market: s.N} }
	row := analysis.Row{
		Term:   w.texts[r.Term],
		Class:  analysis.Class(r.Class),
		Funnel: analysis.Funnel{cell(r.Impressions), cell(r.Clicks), cell(r.CartAdds), cell(r.Purchases)},
		Ads: analysis.Ads{
			Impressions:     r.Ads.Impressions,
			Clicks:          r.Ads.Clicks,
			CostMicros:      r.Ads.Cost,
			Orders7d:        r.Ads.Orders7d,
			Sales7dMicros:   r.Ads.Sales7d,
			Orders1dSameSKU: r.Ads.Orders1dSameSKU,
			OrdersPartial:   r.Ads.SBClicks.V > 0,
			Exact:           r.Exact,
		},
		OrganicClicks:    r.OrganicClicks,
		OrganicPurchases: r.OrganicPurchases,
		SplitUnknown:     r.Split == history.Unknown && r.Ads.Clicks.V > 0 && r.Clicks.X.Valid,
		Lead:             r.Lead,
		LeadImpressions:  r.LeadImpressions,
		Concentration:    r.Concentration,
	}
	switch {
	case r.Lead == "":
	case r.Concentration.Valid && r.Concentration.V < 1_000_000:
		row.Products = 2 // at least
	default:
		row.Products = 1
	}
	return row
}

// maxTermShown is the most characters of a term that an audit repeats. Amazon's
// search box takes fewer; a report may hold anything, and findings have limits.
const maxTermShown = 300

func shown(term string) string {
	if len(term) <= maxTermShown { // bytes, at least as many as characters
		return term
	}
	if runes := []rune(term); len(runes) > maxTermShown {
		return string(runes[:maxTermShown-1]) + "…"
	}
	return term
}
