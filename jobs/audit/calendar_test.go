package audit

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

func TestSalesHoldTheirWeeksBack(t *testing.T) {
	friday := clock.Date(2025, time.November, 23) // the week of Black Friday
	w := &window{marketplace: us, portfolio: &portfolio.Portfolio{}}
	own := history.Step{N: history.Count{V: 100, Valid: true}, X: history.Count{V: 7, Valid: true}}
	for week := friday - 60*7; week <= friday+14; week += 7 {
		total := history.WeekTotal{Week: week, Impressions: own, Clicks: own, CartAdds: own, Purchases: own}
		total.Purchases.X.V = int64(week)
		w.totals = append(w.totals, total)
	}
	w.events = events(us, w.portfolio, w.totals)
	audited := func(week clock.Day) *analysis.Market {
		s, ok := w.span(week)
		if !ok {
			t.Fatalf("week %s is not stored", week)
		}
		m := &analysis.Market{}
		w.calendar(m, s)
		w.lastYear(m, week)
		return m
	}
	for week, name := range map[clock.Day]string{friday - 7: "", friday: saleNames[analysis.BlackFriday], friday + 7: saleNames[analysis.BlackFriday], friday + 14: ""} {
		m := audited(week)
		if m.Event != name || name == "" && m.EventWeeks[friday.String()] == "" {
			t.Errorf("week of %s: %q, of Black Friday %q", week, m.Event, m.EventWeeks[friday.String()])
		}
	}
	// Thanksgiving was a day later the year before: 364 days back it is the week
	// of Black Friday as well; the week before had no sale in either year.
	if m := audited(friday); m.LastYear == nil || m.LastYear[analysis.Purchase].Own != int64(friday-364) {
		t.Errorf("last year's Black Friday: %+v", m.LastYear)
	}
	prime := clock.Date(2025, time.July, 6)
	if m := audited(prime); m.LastYear != nil || m.Event != "Prime Day" {
		t.Errorf("Prime Day: %q against %+v, whose week is not stored", m.Event, m.LastYear)
	}
}
