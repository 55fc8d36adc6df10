package ingest

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// How the daily number of Search Query Performance reports is learned. Amazon
// names no figure and has changed its own (spapi.md §1.9: 20 a day by support's
// word, 138 before and 114 after without a change), so that it begins at the
// configured one, is raised while Amazon goes along, and is never below it.
const (
	fullDaysToRaise = 3   // days on which all of it was used without a refusal
	mostSQPDaily    = 480 // a third of what one request a minute makes
	refusalsToPause = 3   // in a row, each an interval after the other
	refusalPause    = time.Hour
)

// allowance is how many Search Query Performance reports one seller may ask
// for in a UTC day.
type allowance struct {
	Limit    int
	Day      clock.Day // the day that is being used
	FullDays int       // since the last change; -1 after a refusal on Day
	Refusals int       // in a row
	Halted   time.Time // nothing is asked for before
}

// onDay returns the allowance as it stands on the day today: the days since the
// one last used are judged by what was used on them. start is the configured
// number.
func (a allowance) onDay(today clock.Day, start int, used func(clock.Day) int) allowance {
	a.Limit = max(a.Limit, start)
	if a.Day == 0 || a.Day > today {
		a.Day = today
	}
	if a.Day == today {
		return a
	}
	switch {
	case a.FullDays < 0:
		a.FullDays = 0
	case used(a.Day) >= a.Limit:
		a.FullDays++
	}
	if a.FullDays >= fullDaysToRaise {
		a.Limit, a.FullDays = max(a.Limit, min(a.Limit+max(a.Limit/4, 1), mostSQPDaily)), 0
	}
	a.Day, a.Refusals = today, 0
	return a
}

// refused counts a refusal that named no reason. One may be the minute's quota
// (spapi.md trap 45); several in a row, each an interval apart, are a spent day:
// first an hour's pause, then nothing until the day is over (trap 48).
func (a allowance) refused(now time.Time, start, used int) allowance {
	a.Refusals, a.FullDays = a.Refusals+1, -1
	switch {
	case a.Refusals > refusalsToPause:
		a.Halted = (a.Day + 1).Time()
		a.Limit = max(start, min(a.Limit, used))
	case a.Refusals == refusalsToPause:
		a.Halted = now.Add(refusalPause)
	}
	return a
}

// accepted notes that Amazon still goes along.
func (a allowance) accepted() allowance {
	a.Refusals = 0
	return a
}

// left returns how many reports may be asked for at now when used were, and
// when that changes.
func (a allowance) left(now time.Time, used int) (int, time.Time) {
	reset := (a.Day + 1).Time()
	if a.Halted.After(now) {
		return 0, a.Halted
	}
	return max(a.Limit-used, 0), reset
}

// The allowance lies among the account's quotas: the number and the day under
// one key, refusals and halt under another.
func (s *seller) allowanceKeys() (daily, halt string) {
	return s.quota("sqp_daily").key(), s.quota("sqp_halt").key()
}

// allowance reads the allowance as it stands today and what of it is used.
func (s *seller) allowance(ctx context.Context) (a allowance, used int, err error) {
	daily, halt := s.allowanceKeys()
	b, _, err := s.facts.Bucket(ctx, daily)
	if err != nil {
		return a, 0, fmt.Errorf("read the daily allowance: %w", err)
	}
	h, _, err := s.facts.Bucket(ctx, halt)
	if err != nil {
		return a, 0, fmt.Errorf("read the halt: %w", err)
	}
	a = allowance{Limit: int(b.Burst), FullDays: int(b.Tokens), Refusals: int(h.Tokens), Halted: h.At}
	if !b.At.IsZero() {
		a.Day = clock.DayOf(b.At, time.UTC)
	}
	today := clock.DayOf(s.now(), time.UTC)
	since := today
	if a.Day > 0 && a.Day < today {
		since = a.Day
	}
	perDay, err := s.sqpAsked(ctx, since)
	if err != nil {
		return a, 0, err
	}
	was := a
	a = a.onDay(today, s.in.cfg.SQPDailyRequests, func(d clock.Day) int { return perDay[d] })
	if a != was {
		err = s.saveAllowance(ctx, a)
	}
	return a, perDay[today], err
}

func (s *seller) saveAllowance(ctx context.Context, a allowance) error {
	daily, halt := s.allowanceKeys()
	for _, b := range []history.Bucket{
		{Key: daily, Tokens: float64(a.FullDays), Rate: 1, Burst: float64(a.Limit), At: a.Day.Time()},
		{Key: halt, Tokens: float64(a.Refusals), Rate: 1, Burst: 1, At: later(a.Halted, a.Day.Time())},
	} {
		if err := s.facts.SaveBucket(ctx, b); err != nil {
			return fmt.Errorf("save the daily allowance: %w", err)
		}
	}
	return nil
}

// sqpAsked counts the Search Query Performance reports asked for, by UTC day,
// from since on.
func (s *seller) sqpAsked(ctx context.Context, since clock.Day) (map[clock.Day]int, error) {
	// A row may have been planned before the day on which it was asked for.
	reports, err := s.facts.Reports(ctx, history.ReportFilter{
		API: history.SPAPI, Type: string(spapi.SQP), Since: (since - 2).Time(),
	})
	if err != nil {
		return nil, fmt.Errorf("count the reports of a day: %w", err)
	}
	perDay := map[clock.Day]int{}
	for _, r := range reports {
		if r.Seller == s.conn.SellerID && !r.Requested.IsZero() {
			perDay[clock.DayOf(r.Requested, time.UTC)]++
		}
	}
	return perDay, nil
}

// budget returns how many Search Query Performance reports may still be asked
// for today (UTC), and when that changes.
func (s *seller) budget(ctx context.Context) (left int, reset time.Time, err error) {
	a, used, err := s.allowance(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	left, reset = a.left(s.now(), used)
	return left, reset, nil
}

// sqpAnswered notes whether Amazon took a request for a Search Query
// Performance report.
func (s *seller) sqpAnswered(ctx context.Context, r history.Report, accepted bool) error {
	if r.Type != string(spapi.SQP) {
		return nil
	}
	a, used, err := s.allowance(ctx)
	if err != nil {
		return err
	}
	was := a
	if accepted {
		a = a.accepted()
	} else {
		a = a.refused(s.now(), s.in.cfg.SQPDailyRequests, max(used-1, 0)) // this one does not count
	}
	if a == was {
		return nil
	}
	if a.Halted.After(was.Halted) {
		s.log.Info("Amazon takes no more Search Query Performance reports of this seller for now", "until", a.Halted)
	}
	return s.saveAllowance(ctx, a)
}
