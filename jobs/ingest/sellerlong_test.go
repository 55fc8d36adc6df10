package ingest

import (
	"slices"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Months and quarters are fetched as data sets of their own: complete, from
// their first to their last day, after the newest week, and without a trace in
// the weeks (spapi.md trap 20 and §1.7).
func TestMonthsAndQuartersAreDataSetsOfTheirOwn(t *testing.T) {
	all := func(c *Config) {
		c.Periods = []spapi.Period{spapi.Week, spapi.Month, spapi.Quarter}
		c.Since = clock.Date(2026, 6, 28)
	}
	r := newRig(t, sim.Config{}, all)
	r.untilIdle()
	r.wantWhole(velmora)
	market := r.amazon.World().Marketplaces(velmora)[0]
	want := map[string][]string{
		spapi.Month:   {"2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"},
		spapi.Quarter: {"2026-07-01"},
	}
	r.use(velmora, func(f *history.Facts) error {
		for period, starts := range want {
			cal := calendarOf("na", period)
			cells, err := f.SQPCoverage(t.Context(), market, period, 0, 1<<30)
			if err != nil {
				return err
			}
			rows, ends := map[string]map[string]int64{}, map[string]clock.Day{}
			fetched := map[string]time.Time{}
			for _, c := range cells {
				if rows[c.Start.String()] == nil {
					rows[c.Start.String()] = map[string]int64{}
				}
				rows[c.Start.String()][c.ASIN], ends[c.Start.String()] = c.Rows, c.End
				fetched[c.Start.String()] = later(fetched[c.Start.String()], c.FetchedAt)
			}
			if len(rows) != len(starts) {
				t.Errorf("%s: %d periods stored, want %v", period, len(rows), starts)
			}
			for _, s := range starts {
				start := day(t, s)
				if ends[s] != cal.end(start) {
					t.Errorf("%s %s ends on %s", period, s, ends[s])
				}
				served := map[string]int64{}
				for _, row := range r.amazon.World().SQPRowsOf(velmora, market, start, cal.end(start), fetched[s]) {
					served[row.ASIN]++
				}
				for asin, n := range served {
					if got := rows[s][asin]; got != n {
						t.Errorf("%s %s %s: %d rows stored, %d at Amazon", period, s, asin, got, n)
					}
				}
				if len(served) == 0 {
					t.Errorf("%s %s: nothing at Amazon", period, s)
				}
			}
		}
		return nil
	})
	// The newest week has precedence, the newest month comes before the weeks of
	// the past.
	var order []string
	for _, l := range r.ledger(velmora) {
		if l.API == history.SPAPI && l.Type == string(spapi.SQP) {
			if key := l.Period + " " + l.Start.String(); !slices.Contains(order, key) {
				order = append(order, key)
			}
		}
	}
	at := func(key string) int { return slices.Index(order, key) }
	if at("WEEK 2026-11-15") != 0 {
		t.Errorf("asked for in the order %v", order)
	}
	oldWeek := at("WEEK 2026-06-28")
	if oldWeek < 0 || at("MONTH 2026-10-01") > oldWeek || at("MONTH 2026-07-01") < oldWeek {
		t.Errorf("asked for in the order %v", order)
	}

	// What the weeks say is what a product says that never heard of months.
	plain := newRig(t, sim.Config{}, func(c *Config) { c.Since = clock.Date(2026, 6, 28) })
	plain.untilIdle()
	if got, want := r.weeklyRows(market), plain.weeklyRows(market); got != want || got == 0 {
		t.Errorf("%d rows of weeks beside months, %d without", got, want)
	}
	if n := len(reportsOf(plain, day(t, "2026-10-01"), spapi.SQP)); n != 0 {
		t.Errorf("%d reports of months without the setting", n)
	}
}

func (r *rig) weeklyRows(market string) (n int64) {
	r.use(velmora, func(f *history.Facts) error {
		cells, err := f.SQPCoverage(r.t.Context(), market, history.Week, 0, 1<<30)
		for _, c := range cells {
			n += c.Rows
		}
		return err
	})
	return n
}

// Under a small budget the newest week is whole before any month begins.
func TestWeeksHaveTheDailyBudgetBeforeMonths(t *testing.T) {
	r := newRig(t, sim.Config{ASINs: 60}, func(c *Config) {
		c.Periods = []spapi.Period{spapi.Week, spapi.Month}
		c.SQPDailyRequests = 2
	})
	r.untilIdle()
	r.wantWhole(velmora)
	var week, month time.Time
	for _, l := range r.ledger(velmora) {
		if l.Type != string(spapi.SQP) {
			continue
		}
		if l.Start == day(t, "2026-11-15") && l.Attempts == 1 && l.Period == spapi.Week && l.Created.Before(wednesday.Add(20*time.Hour)) {
			week = later(week, l.Requested)
		}
		if l.Period == spapi.Month && (month.IsZero() || l.Requested.Before(month)) {
			month = l.Requested
		}
	}
	if week.IsZero() || month.IsZero() || month.Before(week) {
		t.Errorf("the newest week was asked for until %s, the first month at %s", week, month)
	}
}

// Two periods of other kinds may begin on the same day: neither is taken for
// the other.
func TestPeriodsThatBeginOnOneDayAreKeptApart(t *testing.T) {
	o := newOrder(nil)
	s := &seller{pass: &pass{conn: &Connection{SellerID: "A", Region: "na"}, in: &Ingest{}}}
	s.in.cfg.Clock = clock.NewManual(wednesday)
	start := day(t, "2026-02-01") // a Sunday, and the first of a month
	past := &past{cells: map[string]cell{}}
	for _, period := range []spapi.Period{spapi.Week, spapi.Month} {
		cal := calendarOf("na", period)
		n := s.needOf("ATVPDKIKX0DER", cal, start, past, o)
		if len(n.wanted) != 1 || n.wanted[0].Period != period || n.wanted[0].Start != start || n.wanted[0].End != cal.end(start) {
			t.Errorf("%s: %+v", period, n.wanted)
		}
	}
}
