package ingest

import (
	"context"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// calendar is the calendar of a kind of period in the connection's region.
func (s *seller) calendar(period spapi.Period) calendar { return calendarOf(s.conn.Region, period) }

// longBack is how many periods cover as much history as the weeks that are
// filled back.
func (s *seller) longBack(cal calendar) int {
	return max(1, s.in.cfg.BackfillWeeks*12/(52*cal.months()))
}

// dueLong returns what the months and quarters of one marketplace need, where
// they are asked for. They are data sets of their own: neither is ever derived
// from weeks or joined with them (spapi.md §1.7). known tells whether the
// marketplace has answered at all.
func (s *seller) dueLong(ctx context.Context, market string, products []history.Weight, known bool) ([]wanted, error) {
	var out []wanted
	for _, period := range s.in.cfg.Periods {
		if period == spapi.Week {
			continue
		}
		w, err := s.duePeriods(ctx, market, s.calendar(period), products, known)
		if err != nil {
			return nil, err
		}
		out = append(out, w...)
	}
	return out, nil
}

func (s *seller) duePeriods(ctx context.Context, market string, cal calendar, products []history.Weight, known bool) ([]wanted, error) {
	now := s.now()
	newest := cal.newest(now)
	s.plansAgain(cal.publishedAt(cal.after(newest, 1)))
	starts := cal.back(now, s.longBack(cal), s.in.cfg.Since)
	needs, err := s.needs(ctx, market, cal, starts, products)
	if err != nil {
		return nil, err
	}
	end := endOf(starts, needs)
	probe := prober{known: known}
	var out []wanted
	for _, start := range starts {
		if start <= end {
			break
		}
		n := needs[start]
		s.plansAgain(n.next)
		for _, w := range probe.of(n, cal.young(start, now)) {
			w.rank = longRank(w, start == newest)
			out = append(out, w)
		}
	}
	return out, nil
}

func longRank(w wanted, newest bool) rank {
	switch {
	case w.rank == rankConfirm:
		return rankLongConfirm
	case newest:
		return rankLongNewest
	}
	return rankLongBackfill
}

// longStep places a month or quarter among all that are due. Weeks go first, in
// the newest one and in what is to be confirmed; the newest month and quarter,
// which are a report or two more of each group, come before the weeks of the
// past, for a large seller with its head alone; everything else of them comes
// last.
func (w wanted) longStep(large bool) int {
	switch {
	case w.rank == rankLongNewest && !large:
		return 25
	case w.rank == rankLongNewest && w.tier == head:
		return 4
	case w.rank == rankLongNewest:
		return 49
	case w.rank == rankLongConfirm:
		return 50
	}
	if large {
		return 51 + int(w.tier)
	}
	return 51
}
