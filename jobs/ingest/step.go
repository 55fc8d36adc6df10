package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// save commits a report's state.
func (p *pass) save(ctx context.Context, r history.Report) error {
	if err := p.facts.SaveReport(ctx, r); err != nil {
		return fmt.Errorf("save report %d: %w", r.ID, err)
	}
	return nil
}

// later puts a report off without changing its state.
func (p *pass) later(ctx context.Context, r history.Report, at time.Time) error {
	if floor := p.now().Add(time.Second); at.Before(floor) {
		at = floor
	}
	r.NextAt = at
	return p.save(ctx, r)
}

// fail ends a report without an answer that can be stored.
func (p *pass) fail(ctx context.Context, r history.Report, class, text string) error {
	p.in.memory.changed(p.conn.ID, r)
	r.State, r.ErrorClass, r.Error, r.Finished = history.Failed, class, text, p.now()
	if err := p.save(ctx, r); err != nil {
		return err
	}
	p.count(func(o *Outcome) { o.Failed++ })
	p.log.Warn("a report failed", "report", r.ID, "type", r.Type, "marketplace", r.Marketplace, "start", r.Start.String(), "class", class)
	return nil
}

// abandon gives up a report that is still running at Amazon.
func (p *pass) abandon(ctx context.Context, r history.Report) error {
	p.in.memory.changed(p.conn.ID, r)
	r.State, r.ErrorClass, r.Finished = history.Abandoned, classDeadline, p.now()
	r.Error = fmt.Sprintf("still running at Amazon %s after it was asked for; asked for again later", r.Deadline.Sub(r.Requested))
	if err := p.save(ctx, r); err != nil {
		return err
	}
	p.count(func(o *Outcome) { o.Failed++ })
	return nil
}

// accepted records that Amazon runs a report.
func (p *pass) accepted(ctx context.Context, r history.Report, id string, deadline time.Duration) error {
	r.State, r.AmazonID = history.Waiting, id
	r.NextAt, r.Deadline = nextPoll(r.Requested, p.now()), r.Requested.Add(deadline)
	return p.save(ctx, r)
}

// notAnswered puts a report off whose state at Amazon could not be learnt.
func (p *pass) notAnswered(ctx context.Context, r history.Report, q quota, doing string, err error) error {
	if judge(err) == verdictStopped && errors.Is(err, context.Canceled) {
		return nil
	}
	if handled, err := p.refused(ctx, err); handled {
		return err
	}
	switch judge(err) {
	case verdictThrottled:
		at, terr := p.throttled(ctx, q, err)
		return errors.Join(terr, p.later(ctx, r, at))
	case verdictForbidden:
		return p.halt(ctx, StatusFailed, explain(err, p.conn, p.now()))
	case verdictGone:
		return p.fail(ctx, r, classAmazon, plain(doing, err))
	}
	if !r.Deadline.IsZero() && p.now().After(r.Deadline) {
		return p.abandon(ctx, r)
	}
	r.Error = plain(doing, err)
	return p.later(ctx, r, p.now().Add(firstPoll))
}
