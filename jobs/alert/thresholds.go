package alert

import (
	"context"
	"fmt"
	"math"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

// thresholds holds the newest figures to the lines that people drew: shares of
// the newest audited week, spend of the newest complete week, and the ACOS of
// the newest settled one, because orders come in late.
func (s *scan) thresholds(ctx context.Context, app core.App, account string) error {
	// Whatever is not judged below was taken away, turned off or moved to
	// another marketplace.
	var rows []struct {
		Key string `db:"key"`
	}
	err := app.DB().Select("key").From(alerts.Collection).Where(dbx.HashExp{"account": account, "kind": string(alerts.Threshold)}).All(&rows)
	if err != nil {
		return fmt.Errorf("read the alerts of thresholds: %w", err)
	}
	for _, r := range rows {
		s.subjects[r.Key] = "The threshold was taken away or turned off."
	}
	for i := range s.weeks {
		m := &s.weeks[i]
		for _, t := range s.portfolio.Thresholds(m.ID) {
			key := alerts.NewKey(alerts.Threshold, m.ID, t.ID)
			week, figure, err := s.figure(ctx, app, account, m, t.Metric)
			if err != nil {
				return err
			}
			line := analysis.Line{Metric: string(t.Metric), Above: t.Direction == portfolio.Above, Value: t.Value}
			notice, judgement := analysis.Crossed(line, m.Currency, week.String(), figure)
			switch judgement {
			case analysis.NotJudged:
				s.standing = append(s.standing, key)
			case analysis.Clear:
				s.subjects[key] = fmt.Sprintf("The week of %s is on the right side of the threshold.", week)
			case analysis.Raised:
				s.raise(alerts.Cause{
					Key: key, Kind: alerts.Threshold, Marketplace: m.ID, Week: week, Severity: alerts.Warning,
					Text: notice.Text, Meaning: notice.Meaning, ToDo: notice.ToDo, Currency: m.Currency,
				})
			}
		}
	}
	return nil
}

// figure is the newest value of a metric, NaN where there is none.
func (s *scan) figure(ctx context.Context, app core.App, account string, m *market, metric portfolio.Metric) (clock.Day, float64, error) {
	switch metric {
	case portfolio.Spend:
		if at := m.newestComplete(); at >= 0 {
			return m.totals[at].Week, float64(m.totals[at].Spend.Cost.V) / 1e6, nil
		}
		return 0, math.NaN(), nil
	case portfolio.ACOS:
		at := m.settled()
		if at < 0 {
			return 0, math.NaN(), nil
		}
		p, err := s.facts.ProductSpend(ctx, m.ID, m.totals[at].Week)
		if err != nil || !p.Cost.Valid || !p.Sales7d.Valid || p.Sales7d.V <= 0 {
			return 0, math.NaN(), err
		}
		return m.totals[at].Week, float64(p.Cost.V) / float64(p.Sales7d.V), nil
	}
	// Only weeks that were audited are published in full.
	var newest []string
	err := app.DB().Select("week").From("rollups").Where(dbx.HashExp{"account": account, "marketplace": m.ID}).OrderBy("week DESC").Limit(1).Column(&newest)
	if err != nil || len(newest) == 0 {
		return 0, math.NaN(), err
	}
	for i := len(m.totals) - 1; i >= 0; i-- {
		t := m.totals[i]
		if t.Week.String() > newest[0] {
			continue
		}
		step := map[portfolio.Metric]history.Step{
			portfolio.ImpressionShare: t.Impressions, portfolio.ClickShare: t.Clicks,
			portfolio.CartAddShare: t.CartAdds, portfolio.PurchaseShare: t.Purchases,
		}[metric]
		if step.N.Valid && step.X.Valid && step.N.V > 0 {
			return t.Week, float64(step.X.V) / float64(step.N.V), nil
		}
	}
	return 0, math.NaN(), nil
}
