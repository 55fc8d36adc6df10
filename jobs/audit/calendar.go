package audit

import (
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

// saleNames are the built-in sales as a reader knows them.
var saleNames = map[string]string{
	analysis.PrimeDay: "Prime Day", analysis.BigDealDays: "Amazon's October sale", analysis.BlackFriday: "Black Friday to Cyber Monday",
}

// events are those of the marketplace that touch the stored weeks.
func events(id string, p *portfolio.Portfolio, totals []history.WeekTotal) []analysis.Event {
	if len(totals) == 0 {
		return nil
	}
	return p.Sales(id, totals[0].Week, totals[len(totals)-1].Week.WeekEnd())
}

// event names the sale of a week, empty for none.
func (w *window) event(week clock.Day) string {
	for _, e := range analysis.EventsOf(w.events, analysis.Day(week)) {
		if name := saleNames[e.Key]; name != "" {
			return name
		}
		if e.Held {
			return e.Key
		}
	}
	return ""
}

// calendar names the sales of the stored weeks. The audited week is held back
// from tests unless its baseline knows an earlier one of the kind.
func (w *window) calendar(m *analysis.Market, s span) {
	baseline := make([]analysis.Day, len(s.baseline))
	for i, week := range s.baseline {
		baseline[i] = analysis.Day(week)
	}
	if analysis.HeldWeek(w.events, analysis.Day(s.now.Week), baseline) {
		m.Event = w.event(s.now.Week)
	}
	m.EventWeeks = map[string]string{}
	for _, t := range w.totals {
		if name := w.event(t.Week); name != "" {
			m.EventWeeks[t.Week.String()] = name
		}
	}
}

// lastYear adds the sums of the week of last year that the week is compared
// with.
func (w *window) lastYear(m *analysis.Market, week clock.Day) {
	aligned, _ := analysis.LastYear(w.events, analysis.Day(week))
	for _, t := range w.totals {
		if t.Week == clock.Day(aligned) && searched(t) {
			m.LastYear = &analysis.Sums{}
			for i, s := range [...]history.Step{t.Impressions, t.Clicks, t.CartAdds, t.Purchases} {
				m.LastYear[i].Add(analysis.Cell{Own: s.X, Market: s.N})
			}
		}
	}
}
