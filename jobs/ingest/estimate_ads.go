package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// usualAdsTime is how long an ads report takes until more is known (adsapi.md
// §1.2: 2 to 12 minutes as a rule, 15 for ninety-nine of a hundred).
const usualAdsTime = 15 * time.Minute

// adsExtent counts the days of profiles and report types that Amazon answers,
// and those of them that are there.
type adsExtent struct {
	Done, Total int
	behind      bool // some profile's yesterday was never answered
}

// add counts the days of one report type of one profile.
func (e *adsExtent) add(today clock.Day, keep retention, since clock.Day, days map[clock.Day]adDay) {
	for date := max(today-clock.Day(keep.answered)+1, since); date < today; date++ {
		d := days[date]
		_, again := d.Failures.retryAt()
		e.Total++
		if !d.Fetched.IsZero() || !d.Open && !again {
			e.Done++
		} else if date == today-1 {
			e.behind = true
		}
	}
}

// estimate records how much there is to do and when that is expected to be
// done: Amazon makes ads reports side by side, so that the last takes as long
// as any, counted from when it may be asked for.
func (f *adsFlow) estimate(ctx context.Context, due, allowed int, more time.Time) error {
	open, err := f.open(ctx)
	if err != nil {
		return err
	}
	now := f.now()
	p := history.Progress{Connection: f.conn.ID, At: now, Waiting: due - allowed, Expected: due, Done: f.extent.Done, Total: f.extent.Total}
	if due+len(open) > 0 {
		took, err := f.took(ctx)
		if err != nil {
			return err
		}
		var last time.Time // when the last of them is asked for
		for _, r := range open {
			last = later(last, r.Requested)
		}
		if due > 0 {
			last = later(now, more)
		}
		p.AllDone = later(last.Add(took), now.Add(firstPoll))
		if f.extent.behind {
			p.NewestDone = p.AllDone
		}
	}
	if !f.in.memory.progressed(p) {
		return nil
	}
	if err := f.facts.SaveProgress(ctx, p); err != nil {
		return fmt.Errorf("save the estimate: %w", err)
	}
	return nil
}

// took returns how long a report takes from request to store: the median of
// those that came last.
func (f *adsFlow) took(ctx context.Context) (time.Duration, error) {
	reports, err := f.facts.Reports(ctx, history.ReportFilter{
		API: history.Ads, States: []history.ReportState{history.ReportDone, history.ReportEmpty}, Limit: paceReports,
	})
	if err != nil {
		return 0, fmt.Errorf("read the last reports: %w", err)
	}
	var times []time.Duration
	for _, r := range reports {
		if !r.Requested.IsZero() && r.Finished.After(r.Requested) {
			times = append(times, r.Finished.Sub(r.Requested))
		}
	}
	if len(times) < 5 {
		return usualAdsTime, nil
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}
