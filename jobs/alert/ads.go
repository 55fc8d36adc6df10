package alert

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// ads judges the spend of each marketplace.
func (s *scan) ads(ctx context.Context) error {
	for i := range s.weeks {
		m := &s.weeks[i]
		s.spend(m)
		if err := s.breakEven(ctx, m); err != nil {
			return fmt.Errorf("judge the ads of %s: %w", m.ID, err)
		}
	}
	return nil
}

// complete tells whether all campaign reports of the week are stored.
func complete(t history.WeekTotal) bool {
	return t.Spend.Days > 0 && t.Spend.Days >= t.Spend.WantDays && t.Spend.Cost.Valid
}

// newestComplete is the index of the newest week whose spend is complete, -1
// for none.
func (m *market) newestComplete() int {
	for i, t := range slices.Backward(m.totals) {
		if complete(t) {
			return i
		}
	}
	return -1
}

// sale tells whether a retail event falls into the week.
func (s *scan) sale(m *market, week clock.Day) bool {
	events := s.portfolio.Sales(m.ID, week, week.WeekEnd())
	return slices.ContainsFunc(analysis.EventsOf(events, analysis.Day(week)), func(e analysis.Event) bool { return e.Held })
}

// spend judges the newest complete week's spend by the complete weeks before
// it.
func (s *scan) spend(m *market) {
	at := m.newestComplete()
	if at < 0 || s.sale(m, m.totals[at].Week) {
		return
	}
	now := m.totals[at]
	var before []int64
	for i := at - 1; i >= 0 && len(before) < analysis.BaselineWeeks; i-- {
		if complete(m.totals[i]) && !s.sale(m, m.totals[i].Week) {
			before = append(before, m.totals[i].Spend.Cost.V)
		}
	}
	notice, judgement := analysis.SpendSpike(m.Currency, now.Week.String(), now.Spend.Cost.V, before)
	s.adsVerdict(m, alerts.SpendSpike, now.Week, notice, judgement, fmt.Sprintf("Spend of the week of %s is within what is usual.", now.Week))
}

func (s *scan) adsVerdict(m *market, kind alerts.Kind, week clock.Day, n analysis.Notice, judgement analysis.Judgement, clear string) {
	switch judgement {
	case analysis.Clear:
		s.judged(kind, m.ID, clear)
	case analysis.Raised:
		s.raise(alerts.Cause{
			Key: alerts.NewKey(kind, m.ID), Kind: kind, Marketplace: m.ID, Week: week, Text: n.Text, Meaning: n.Meaning, ToDo: n.ToDo,
			Severity: severity(n.Severe), MoneyLow: n.MoneyLowMicros, Currency: m.Currency,
		})
	}
}

// settled is the index of the newest week whose ads are settled and complete,
// -1 for none.
func (m *market) settled() int {
	for i, t := range slices.Backward(m.totals) {
		if complete(t) && (t.Spend.State == history.Settled || t.Spend.State == history.Final) {
			return i
		}
	}
	return -1
}

// breakEven judges the two newest settled weeks.
func (s *scan) breakEven(ctx context.Context, m *market) error {
	at := m.settled()
	if at < 1 || !complete(m.totals[at-1]) || m.totals[at-1].Week != m.totals[at].Week-7 {
		return nil
	}
	var weeks [2]analysis.AdWeek
	for i := range weeks {
		week := m.totals[at-1+i].Week
		p, err := s.facts.ProductSpend(ctx, m.ID, week)
		if err != nil {
			return err
		}
		if !p.Cost.Valid || !p.Sales7d.Valid {
			return nil
		}
		weeks[i] = analysis.AdWeek{Week: week.String(), Cost: p.Cost.V, Sales: p.Sales7d.V}
	}
	margin, assumed, err := s.margin(ctx, m.ID, m.totals[at-1].Week, m.totals[at].Week)
	if err != nil {
		return err
	}
	n, judgement := analysis.AboveBreakEven(m.Currency, weeks, margin, assumed)
	week := m.totals[at].Week
	s.adsVerdict(m, alerts.ACOS, week, n, judgement, fmt.Sprintf("The ACOS of the settled weeks of %s and %s is not above break-even in both.", weeks[0].Week, weeks[1].Week))
	return nil
}

// margin is that of what the weeks' ads sold: the products' margins, weighted
// by the sales that Amazon books to each one's ads; the account's where none is
// booked.
func (s *scan) margin(ctx context.Context, market string, weeks ...clock.Day) (margin float64, assumed bool, err error) {
	var sales, left, guessed float64
	for _, week := range weeks {
		err := s.facts.AdProducts(ctx, market, week, func(d history.AdProductDay) error {
			if !d.Sales7d.Valid || d.Sales7d.V <= 0 {
				return nil
			}
			m, assumed := s.portfolio.Margin(market, d.ASIN)
			v := float64(d.Sales7d.V)
			sales, left = sales+v, left+m*v
			if assumed {
				guessed += v
			}
			return nil
		})
		if err != nil {
			return 0, false, err
		}
	}
	if sales == 0 {
		margin, assumed = s.portfolio.Margin(market, "")
		return margin, assumed, nil
	}
	return left / sales, guessed > sales/2, nil
}
