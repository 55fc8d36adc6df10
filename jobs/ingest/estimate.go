package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// usualPace is how long Amazon takes for one report of a seller after the other
// until more is known: 40 took 14.6 hours (spapi.md §1.9).
const usualPace = 22 * time.Minute

// paceReports is how many finished reports the pace is learned from.
const paceReports = 40

// finishOf estimates when n reports will be stored: the first of them within
// what is left of today's allowance, the others over the days to come, on each
// of them one after the other.
func finishOf(now time.Time, n, left, daily int, reset time.Time, pace time.Duration) time.Time {
	if n <= 0 || daily <= 0 {
		return time.Time{}
	}
	if n <= left {
		return now.Add(time.Duration(n) * pace)
	}
	rest := n - left - 1
	start := clock.DayOf(reset, time.UTC) + clock.Day(rest/daily)
	at := start.Time()
	if reset.After(at) {
		at = reset
	}
	return at.Add(min(time.Duration(rest%daily+1)*pace, 24*time.Hour))
}

// pace returns how long one report takes after the other, by those that came
// last.
func (s *seller) pace(ctx context.Context) (time.Duration, error) {
	reports, err := s.facts.Reports(ctx, history.ReportFilter{
		API: history.SPAPI, Type: string(spapi.SQP), States: []history.ReportState{history.ReportDone, history.ReportEmpty}, Limit: paceReports,
	})
	if err != nil {
		return 0, fmt.Errorf("read the last reports: %w", err)
	}
	return paceOf(reports), nil
}

// paceOf is the median time between two reports that came within a busy spell.
func paceOf(reports []history.Report) time.Duration {
	var ends []time.Time
	for _, r := range reports {
		ends = append(ends, r.Finished)
	}
	slices.SortFunc(ends, time.Time.Compare)
	var gaps []time.Duration
	for i := 1; i < len(ends); i++ {
		if gap := ends[i].Sub(ends[i-1]); gap < 2*time.Hour {
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) < 5 {
		return usualPace
	}
	slices.Sort(gaps)
	return max(gaps[len(gaps)/2], time.Minute) // createReport allows one a minute
}

// estimate records how much there is to do and when that is expected to be
// done. A week without its catalogue counts as long as the newest one.
func (s *seller) estimate(ctx context.Context, all []wanted, a allowance, used int) error {
	now := s.now()
	groups := map[string]int{} // of the newest list, by marketplace
	var newest, total, waiting int
	for _, w := range all {
		if w.Type == string(spapi.SQP) {
			waiting, total = waiting+1, total+1
			if w.rank == rankNewest {
				newest++
			}
			continue
		}
		waiting++
		n, known := groups[w.Marketplace]
		if !known {
			asins, err := s.facts.ASINs(ctx, s.conn.SellerID, w.Marketplace)
			if err != nil {
				return fmt.Errorf("list the ASINs: %w", err)
			}
			n = len(spapi.PackASINs(asins))
			groups[w.Marketplace] = n
		}
		total += n
		if w.rank <= rankNewest {
			newest += n
		}
	}
	pace, err := s.pace(ctx)
	if err != nil {
		return err
	}
	left, reset := a.left(now, used)
	running, runningNewest, err := s.running(ctx)
	if err != nil {
		return err
	}
	// Amazon makes them one after the other, those that were asked for first.
	begin := now.Add(time.Duration(running) * pace)
	p := history.Progress{
		Connection: s.conn.ID, At: now, Waiting: waiting, Expected: total, SQPUsed: used, SQPLimit: a.Limit,
		Done: s.extent.Done, Total: s.extent.Total,
		NewestDone: finishOf(begin, newest, left, a.Limit, reset, pace),
		AllDone:    finishOf(begin, total, left, a.Limit, reset, pace),
	}
	if newest == 0 && runningNewest {
		p.NewestDone = begin
	}
	if total == 0 && running > 0 {
		p.AllDone = begin
	}
	if a.Halted.After(now) {
		p.HaltedUntil = a.Halted
	}
	if !s.in.memory.progressed(p) {
		return nil
	}
	if err := s.facts.SaveProgress(ctx, p); err != nil {
		return fmt.Errorf("save the estimate: %w", err)
	}
	return nil
}

// running counts the seller's search reports that are open, and tells whether
// any of them is of the newest week and was not answered before.
func (s *seller) running(ctx context.Context) (n int, newest bool, err error) {
	reports, err := s.facts.OpenReports(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("list the open reports: %w", err)
	}
	week := s.calendar(spapi.Week).newest(s.now())
	for _, r := range reports {
		if !s.owns(r) {
			continue
		}
		if r.Type == string(spapi.SQP) {
			n++
		}
		newest = newest || r.Start == week && !s.extent.newestWhole
	}
	return n, newest, nil
}

// extent counts the weeks of marketplaces that are to be fetched, and those of
// them that are there.
type extent struct {
	Done, Total int
	newestWhole bool // in every marketplace
	counted     bool
}

// add counts the weeks of one marketplace, newest first, down to the end of
// what Amazon keeps.
func (e *extent) add(weeks []clock.Day, end clock.Day, needs map[clock.Day]*need) {
	for i, week := range weeks {
		if week <= end {
			break
		}
		n := needs[week]
		if i == 0 && !n.answered && !n.asked && n.catalogue != catalogueAsked && len(n.wanted) == 0 {
			e.newestWhole = e.newestWhole || !e.counted // not published yet
			e.counted = true
			continue
		}
		e.Total++
		if n.whole {
			e.Done++
		}
		if i == 0 {
			e.newestWhole = n.whole && (e.newestWhole || !e.counted)
			e.counted = true
		}
	}
}

// isWhole reports whether every product of a period was answered, or is not asked
// for any more.
func isWhole(cal calendar, start clock.Day, asins []string, cells map[string]cell) bool {
	for _, asin := range asins {
		c := cells[asin]
		if _, again := c.dueAt(cal, start); c.First.IsZero() && (c.Open || again) {
			return false
		}
	}
	return true
}
