package audit

import (
	"math"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

func TestTheWeeksTellWhetherAmazonCountsAsItDid(t *testing.T) {
	first := clock.Date(2026, time.February, 1)
	s := span{now: history.WeekTotal{Week: first + 13*7}}
	for k := range clock.Day(13) {
		s.baseline = append(s.baseline, first+7*k)
	}
	regimes := func(changeAt clock.Day, events ...analysis.Event) []analysis.Regime {
		c := newCounting(&window{events: events}, s)
		for week := first; week <= s.now.Week; week += 7 {
			for term := range int64(80) {
				step := func(n int64) history.Step { return history.Step{N: history.Count{V: n, Valid: true}} }
				volume := 1000 + 40*term + 100*int64(week%3)
				row := history.WindowRow{Week: week, Term: term, Volume: history.Count{V: volume, Valid: true}, Impressions: step(20 * volume), Clicks: step(volume / 2)}
				if week >= changeAt {
					row.Impressions = step(32 * volume)
				}
				c.add(&row)
			}
		}
		return c.changes()
	}
	if list := regimes(first + 8*7); len(list) != 1 || list[0].Week != 8 || list[0].Step != analysis.Impression || math.Abs(list[0].Ratio-1.6) > .01 || list[0].Terms != 80 {
		t.Errorf("%+v", list)
	}
	if list := regimes(s.now.Week); len(list) != 1 || list[0].Week != 13 {
		t.Errorf("in the audited week: %+v", list)
	}
	if list := regimes(s.now.Week + 7); len(list) > 0 {
		t.Errorf("nothing changed: %+v", list)
	}
	sale := analysis.Event{Key: "sale", From: analysis.Day(s.now.Week) + 2, To: analysis.Day(s.now.Week) + 3, Held: true}
	if list := regimes(s.now.Week, sale); len(list) > 0 {
		t.Errorf("a week with a sale tells nothing: %+v", list)
	}
}
