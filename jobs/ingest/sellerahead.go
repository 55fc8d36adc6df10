package ingest

import (
	"context"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// aheadFor is how long after its publication a week keeps confirmations and
// back-fill from being asked for while its own reports cannot be yet: Amazon
// works on one report of a seller after the other (spapi.md §1.9), so that what
// is asked for first holds up all that follows.
const aheadFor = 6 * time.Hour

// heldBack tells until when a report gives way to a newest week whose catalogue
// or first batch is still under way; zero: it need not.
func (s *seller) heldBack(w wanted) time.Time {
	if w.Type != string(spapi.SQP) || w.rank <= rankNewest || s.coming == 0 {
		return time.Time{}
	}
	until := s.calendar(spapi.Week).publishedAt(s.coming).Add(aheadFor)
	if !until.After(s.now()) {
		return time.Time{}
	}
	return until
}

// comes notes that reports of a newest week cannot be asked for yet.
func (s *seller) comes(week clock.Day) { s.coming = week }

// frontPoll is how often the report that Amazon works on is looked at, and
// frontAge until when.
const (
	frontPoll = time.Minute
	frontAge  = 6 * time.Hour
)

// pollAgain returns when a running report is looked at again. Amazon works on
// one report of a seller and kind after the other, so that it is the oldest
// alone that is worth a look every minute.
func (s *seller) pollAgain(ctx context.Context, r history.Report) (time.Time, error) {
	at := nextPoll(r.Requested, s.now())
	if s.now().Sub(r.Requested) > frontAge {
		return at, nil
	}
	oldest, err := s.oldestRunning(ctx, r)
	if err != nil || oldest.ID > 0 && oldest.ID < r.ID {
		return at, err
	}
	return earliest(at, s.now().Add(frontPoll)), nil
}

// beckon has the report behind a finished one looked at: it is its turn.
func (s *seller) beckon(ctx context.Context, r history.Report) error {
	next, err := s.oldestRunning(ctx, r)
	if err != nil || next.ID == 0 {
		return err
	}
	at := later(s.now().Add(frontPoll/2), next.Requested.Add(firstPoll))
	if !next.NextAt.After(at) {
		return nil
	}
	next.NextAt = at
	return s.save(ctx, next)
}

// oldestRunning returns the oldest report of the same kind as r, r apart, that
// runs at Amazon; its ID is 0 where there is none.
func (s *seller) oldestRunning(ctx context.Context, r history.Report) (oldest history.Report, err error) {
	open, err := s.open(ctx)
	if err != nil {
		return oldest, err
	}
	for _, o := range open {
		if o.State == history.Waiting && o.Type == r.Type && o.ID != r.ID {
			return o, nil
		}
	}
	return oldest, nil
}
