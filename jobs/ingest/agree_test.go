package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// spapi.md §1.7: a week's first answers are fetched again until two agree, once
// more when the week is four weeks old, and then never.
func TestAWeekSettlesAndIsLeftAlone(t *testing.T) {
	r := newRig(t, sim.Config{}, func(c *Config) { c.Since = clock.DayOf(wednesday, time.UTC).Week() - 7 })
	week := clock.DayOf(wednesday, time.UTC).Week() - 7
	asked := map[time.Time]bool{}
	for r.now.Now().Before(wednesday.Add(45 * 24 * time.Hour)) {
		r.untilIdle()
		r.use(velmora, func(f *history.Facts) error {
			for _, m := range r.connection(velmora, APISeller).Markets {
				cells, err := f.SQPCoverage(t.Context(), m.ID, history.Week, week, week)
				if err != nil {
					return err
				}
				for _, c := range cells {
					asked[c.FetchedAt] = true
					if c.SameSince.After(c.FetchedAt) {
						t.Fatalf("%s agrees since %s, fetched %s", c.ASIN, c.SameSince, c.FetchedAt)
					}
				}
			}
			return nil
		})
		r.now.Advance(12 * time.Hour)
	}
	r.untilIdle()
	r.wantWhole(velmora)
	r.use(velmora, func(f *history.Facts) error {
		for _, m := range r.connection(velmora, APISeller).Markets {
			cells, err := f.SQPCoverage(t.Context(), m.ID, history.Week, week, week)
			if err != nil {
				return err
			}
			for _, c := range cells {
				if age := weekAge(week, c.FetchedAt); age < finalAge || age > finalAge+48*time.Hour {
					t.Errorf("%s was last fetched when the week was %s old", c.ASIN, age)
				}
			}
		}
		return nil
	})
	days := map[clock.Day]bool{}
	for at := range asked {
		days[clock.DayOf(at, time.UTC)] = true
	}
	if len(days) < 3 || len(days) > 12 {
		t.Errorf("fetched on %d days", len(days))
	}
}
