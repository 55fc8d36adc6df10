package audit

import (
	"context"
	"slices"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// window reads the stored weeks of one marketplace and keeps those that the
// next audits read again.
type window struct {
	facts       *history.Facts
	marketplace string
	stored      []clock.Day // oldest first
	read        map[clock.Day]*weekRows
}

type weekRows struct {
	rows     []analysis.Row
	search   bool           // some term has search data
	state    analysis.State // of the ads; empty without ads
	currency string
}

// market collects what the audit of a week needs; ok is false where nothing
// is stored for it.
func (w *window) market(ctx context.Context, week, today clock.Day) (m *analysis.Market, ok bool, err error) {
	at, ok := slices.BinarySearch(w.stored, week)
	if !ok {
		return nil, false, nil
	}
	first := max(0, at-lookBack)
	w.forget(w.stored[first])
	now, err := w.week(ctx, week)
	if err != nil {
		return nil, false, err
	}
	m = &analysis.Market{Marketplace: w.marketplace, Currency: now.currency, State: stateByAge(week, today)}
	if known, ok := marketplace.ByID(w.marketplace); ok {
		m.Currency = known.Currency
	}
	for _, r := range now.rows {
		m.AddNow(r)
	}
	for i := at; i >= first && (len(m.Baseline) < analysis.BaselineWeeks || i == at); i-- {
		rows, err := w.week(ctx, w.stored[i])
		if err != nil {
			return nil, false, err
		}
		if i < at && rows.search {
			m.Baseline = append(m.Baseline, w.stored[i].String())
			for _, r := range rows.rows {
				m.AddBefore(r)
			}
		}
		if rows.state != "" && rows.state != analysis.Provisional && len(m.SettledWeeks) < analysis.WasteWeeks {
			m.SettledWeeks = append(m.SettledWeeks, w.stored[i].String())
			for _, r := range rows.rows {
				m.AddSettled(r)
			}
		}
	}
	slices.Sort(m.Baseline)
	slices.Sort(m.SettledWeeks)
	if now.state != "" {
		m.State = analysis.Least(m.State, now.state)
	}
	return m, true, w.status(ctx, m, week)
}

// status adds the week's spend and what is known of its coverage.
func (w *window) status(ctx context.Context, m *analysis.Market, week clock.Day) error {
	spend, err := w.facts.Spend(ctx, w.marketplace, week, week.WeekEnd())
	if err != nil {
		return err
	}
	for _, s := range spend {
		if s.Week == week {
			m.SpendMicros = s.Cost
			m.AdsDays, m.AdsDaysWanted = int(s.Days), int(s.WantDays)
			if s.Days > 0 && s.State != "" {
				m.State = analysis.Least(m.State, analysis.State(s.State))
			}
		}
	}
	buckets, err := w.facts.Buckets(ctx, w.marketplace, week)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		m.UntermedMicros += b.Ads.Cost.V
	}
	cells, err := w.facts.SQPCoverage(ctx, w.marketplace, history.Week, week, week.WeekEnd())
	if err != nil {
		return err
	}
	for _, c := range cells {
		if c.Start != week {
			continue
		}
		switch c.State {
		case history.Complete:
			m.Cells.Stored++
		case history.Truncated:
			m.Cells.Truncated++
		case history.Empty:
			m.Cells.Empty++
		case history.NotPublished:
			m.Cells.Unavailable++
		}
	}
	return nil
}

// forget drops the weeks before the given one.
func (w *window) forget(before clock.Day) {
	for week := range w.read {
		if week < before {
			delete(w.read, week)
		}
	}
}

func (w *window) week(ctx context.Context, week clock.Day) (*weekRows, error) {
	if rows := w.read[week]; rows != nil {
		return rows, nil
	}
	out := new(weekRows)
	err := w.facts.JoinedWeek(ctx, w.marketplace, week, func(r history.JoinedRow) error {
		row := rowOf(r)
		out.rows = append(out.rows, row)
		out.search = out.search || row.Funnel[analysis.Impression].Known() || row.Funnel[analysis.Click].Known()
		if r.Currency != "" {
			out.currency = r.Currency
		}
		if (r.Ads.Clicks.Valid || r.Ads.Cost.Valid) && r.State != "" {
			if out.state == "" {
				out.state = analysis.State(r.State)
			}
			out.state = analysis.Least(out.state, analysis.State(r.State))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.read == nil {
		w.read = make(map[clock.Day]*weekRows)
	}
	w.read[week] = out
	return out, nil
}

func rowOf(r history.JoinedRow) analysis.Row {
	cell := func(s history.Step) analysis.Cell { return analysis.Cell{Own: s.X, Market: s.N} }
	return analysis.Row{
		Term:   shown(r.Term),
		Funnel: analysis.Funnel{cell(r.Impressions), cell(r.Clicks), cell(r.CartAdds), cell(r.Purchases)},
		Ads: analysis.Ads{
			Impressions:   r.Ads.Impressions,
			Clicks:        r.Ads.Clicks,
			CostMicros:    r.Ads.Cost,
			Orders7d:      r.Ads.Orders7d,
			Sales7dMicros: r.Ads.Sales7d,
			OrdersPartial: r.Ads.SBClicks.V > 0,
		},
		OrganicClicks:    r.OrganicClicks,
		OrganicPurchases: r.OrganicPurchases,
		SplitUnknown:     r.Split == history.Unknown && r.Ads.Clicks.V > 0 && r.Clicks.X.Valid,
	}
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
