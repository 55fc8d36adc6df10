package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// create implements flow. Amazon itself recognises a request that is already
// under way (adsapi.md §1.3).
func (f *adsFlow) create(ctx context.Context, r history.Report) error {
	client, err := f.client(f.regionOf(r))
	if err != nil {
		return err
	}
	q := f.quota(ads.OpCreateReport, f.regionOf(r), r.Type)
	ok, at, err := f.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		return f.later(ctx, r, at)
	}
	// A request without an answer is simply sent again, at once after a crash.
	now := f.now()
	r.Connection = f.conn.ID // not always whose plan it was, see fetcher
	r.State, r.Requested, r.NextAt, r.Attempts = history.Requesting, now, now, r.Attempts+1
	if err := f.save(ctx, r); err != nil {
		return err
	}
	if err := f.in.failpoint("requesting"); err != nil {
		return err
	}
	id, err := client.CreateReport(ctx, adSpec(r))
	if err := f.in.failpoint("requested"); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	var twin *ads.DuplicateError
	var early *ads.RetentionError
	switch {
	case err == nil:
		f.wellAnswered()
		f.count(func(o *Outcome) { o.Asked++ })
		return f.accepted(ctx, r, id, adsDeadline)
	case errors.As(err, &twin):
		f.wellAnswered()
		return f.adopt(ctx, r, client, twin.ID)
	case errors.As(err, &early):
		f.wellAnswered()
		return f.clamp(ctx, r, early.Earliest)
	}
	return f.notCreated(ctx, r, q, err)
}

// resolve implements flow: asking again either makes the report or names the
// one that was accepted (adsapi.md trap 10).
func (f *adsFlow) resolve(ctx context.Context, r history.Report) error { return f.create(ctx, r) }

// oldestTwin is how much older than our request a report may be that Amazon
// points at: an older one holds the figures of yesterday (adsapi.md §1.3).
const oldestTwin = 6 * time.Hour

// adopt takes over the report that Amazon calls a duplicate, if it is what we
// asked for. One of another configuration is in our way until it is done; what
// cannot be looked at now is looked at again, by asking again.
func (f *adsFlow) adopt(ctx context.Context, r history.Report, client adReporting, id string) error {
	twin, err := client.Report(ctx, r.Profile, id)
	switch {
	case err != nil && judge(err) != verdictGone:
		return f.notCreated(ctx, r, f.quota(ads.OpReport, f.regionOf(r), ""), err)
	case err == nil && twin.Matches(adSpec(r)) && twin.Status != ads.Failed && !twin.Created.Before(r.Requested.Add(-oldestTwin)):
		f.count(func(o *Outcome) { o.Asked++ })
		return f.accepted(ctx, r, id, adsDeadline)
	case r.Attempts >= mostAttempts:
		return f.fail(ctx, r, classAmazon, "Amazon says it already makes this report but points at a different one")
	}
	r.State = history.Planned
	return f.later(ctx, r, f.now().Add(firstPoll))
}

// clamp gives up the days that Amazon no longer keeps; what is left of the
// window is planned anew, once, because those days are covered then
// (adsapi.md trap 20).
func (f *adsFlow) clamp(ctx context.Context, r history.Report, first clock.Day) error {
	if first <= r.Start {
		return f.fail(ctx, r, classOurs, "Amazon refuses the window although it begins late enough")
	}
	gone := history.AdSlice{Profile: r.Profile, Type: ads.ReportType(r.Type), From: r.Start, To: min(first-1, r.End), FetchedAt: f.now()}
	if err := f.facts.MarkUnavailable(ctx, gone); err != nil {
		return fmt.Errorf("mark days as not kept: %w", err)
	}
	f.in.memory.forgetPlan(f.conn.ID)
	r.State, r.ErrorClass, r.Finished = history.Failed, classClamped, f.now()
	r.Error = "Amazon keeps nothing before " + first.String()
	return f.save(ctx, r)
}

// A request without an answer may have been accepted. Amazon recognises a second
// one only while the report is in the making, which can take no more than a
// minute; after that a report would be made twice.
const (
	quickTries = 4
	quickPause = 5 * time.Second // times the number of tries: 50 s in all
)

// notCreated decides what becomes of a request that failed.
func (f *adsFlow) notCreated(ctx context.Context, r history.Report, q quota, err error) error {
	if judge(err) == verdictStopped {
		return nil // the next pass asks again
	}
	again := r
	again.State = history.Planned
	if handled, herr := f.refused(ctx, err); handled {
		return errors.Join(herr, f.later(ctx, again, f.now()))
	}
	switch judge(err) {
	case verdictThrottled:
		at, terr := f.throttled(ctx, q, err)
		return errors.Join(terr, f.later(ctx, again, later(at, f.now().Add(retryPause(r.Attempts)))))
	case verdictForbidden:
		return f.fail(ctx, r, classForbidden, plain("ask for the report", err))
	case verdictRefused, verdictGone:
		return f.fail(ctx, r, classOurs, plain("ask for the report", err))
	}
	if r.Attempts >= mostAttempts {
		return f.fail(ctx, r, classAmazon, plain("ask for the report", err))
	}
	pause := retryPause(r.Attempts)
	if !ads.Uncertain(err) {
		r = again
	} else if r.Attempts <= quickTries {
		pause = time.Duration(r.Attempts) * quickPause
	}
	r.Error = plain("ask for the report", err)
	return f.later(ctx, r, f.now().Add(pause))
}
