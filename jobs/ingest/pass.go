package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
	"golang.org/x/sync/errgroup"

	"halotrack.ai/halotrack/internal/history"
)

// parallelDownloads is how many documents of one connection are fetched at a
// time; everything else on a connection happens one after the other.
const parallelDownloads = 3

// failedPause is how long a connection that does not work is left alone.
const failedPause = time.Hour

// syncNoted is how often a connection's last exchange with Amazon is recorded
// while nothing new comes.
const syncNoted = 15 * time.Minute

// pass is one run over one connection.
type pass struct {
	in    *Ingest
	conn  *Connection
	facts *history.Facts
	api   flow
	log   *slog.Logger

	mu        sync.Mutex // of what follows: downloads overlap
	out       Outcome
	planUntil time.Time // when the plan being made may find more
	halted    bool      // nothing more is asked on this connection
	unknown   bool      // what the connection reaches could not be asked for yet
	answered  bool      // Amazon answered at least one request as it should
}

// flow is what differs between the two APIs. Every step either moves its
// report to another state or puts its NextAt into the future, and commits that.
type flow interface {
	// discover finds what the connection reaches, where that is not known yet.
	discover(ctx context.Context) error
	// owns reports whether an open report is this connection's to work on.
	owns(r history.Report) bool
	// due returns the reports that are due now, most wanted first, none of
	// which is open, and how many of them may be asked for now.
	due(ctx context.Context) (reports []history.Report, allowed int, err error)
	// create asks for a planned report.
	create(ctx context.Context, r history.Report) error
	// resolve finds out what became of a request without an answer.
	resolve(ctx context.Context, r history.Report) error
	// poll looks at a report that Amazon has accepted.
	poll(ctx context.Context, r history.Report) error
	// fetch downloads and stores a finished report; it runs beside others.
	fetch(ctx context.Context, r history.Report) error
}

// runConnection does what can be done now on one connection.
func (in *Ingest) runConnection(ctx context.Context, facts *history.Facts, c *Connection) (Outcome, error) {
	p := &pass{in: in, conn: c, facts: facts, log: in.log.With("account", c.Account, "connection", c.ID, "api", c.API)}
	if until, err := p.pausedUntil(ctx); err != nil || !until.IsZero() {
		return Outcome{Next: until}, err
	}
	var err error
	switch c.API {
	case APISeller:
		p.api, err = newSeller(p)
	case APIAds:
		p.api, err = newAds(p)
	default:
		err = fmt.Errorf("unknown api %q", c.API)
	}
	if err != nil {
		return Outcome{}, err
	}
	if err := p.run(ctx); err != nil {
		return p.out, err
	}
	return p.finish(ctx)
}

// now is the present instant in the resolution of the ledger.
func (p *pass) now() time.Time { return p.in.cfg.Clock.Now().Truncate(time.Millisecond) }

// run works on what is open, plans what is due and works on that, until
// nothing more can be done at the present instant.
func (p *pass) run(ctx context.Context) error {
	if err := p.api.discover(ctx); err != nil || p.stopped(ctx) {
		return err
	}
	for {
		if err := p.workOpen(ctx); err != nil || p.stopped(ctx) {
			return err
		}
		if known, ok := p.in.memory.planFor(p.conn, p.now()); ok {
			p.wake(known.until)
			p.count(func(o *Outcome) { o.Waiting = known.waiting })
			return nil
		}
		p.planUntil = time.Time{}
		due, allowed, err := p.api.due(ctx)
		if err != nil || p.stopped(ctx) {
			return err
		}
		if allowed == 0 {
			p.wake(p.planUntil)
			p.count(func(o *Outcome) { o.Waiting = len(due) })
			p.in.memory.keepPlan(p.conn, p.planUntil, len(due))
			return nil
		}
		if err := p.facts.Plan(ctx, due[:allowed]); err != nil {
			return fmt.Errorf("plan reports: %w", err)
		}
		if err := p.in.failpoint("planned"); err != nil {
			return err
		}
	}
}

// stopped reports whether the pass is over.
func (p *pass) stopped(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halted || ctx.Err() != nil
}

// open lists the connection's open reports, oldest first.
func (p *pass) open(ctx context.Context) ([]history.Report, error) {
	all, err := p.facts.OpenReports(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the open reports: %w", err)
	}
	return slices.DeleteFunc(all, func(r history.Report) bool { return !p.api.owns(r) }), nil
}

// workOpen moves every open report on until each waits for its next instant:
// first what may have been accepted without our knowing, then what runs at
// Amazon, then documents, then what is to be asked for.
func (p *pass) workOpen(ctx context.Context) error {
	type place struct {
		state history.ReportState
		next  time.Time
	}
	seen := map[int64]place{}
	for {
		reports, err := p.open(ctx)
		if err != nil {
			return err
		}
		now := p.now()
		reports = slices.DeleteFunc(reports, func(r history.Report) bool { return r.NextAt.After(now) })
		if len(reports) == 0 {
			return nil
		}
		for _, r := range reports {
			at := place{r.State, r.NextAt}
			if was, ok := seen[r.ID]; ok && was == at {
				return fmt.Errorf("report %d did not move on from state %q", r.ID, r.State)
			}
			seen[r.ID] = at
		}
		for _, step := range []struct {
			state    history.ReportState
			do       func(context.Context, history.Report) error
			parallel int
		}{
			{history.Requesting, p.api.resolve, 1},
			{history.Waiting, p.api.poll, 1},
			{history.Ready, p.api.fetch, parallelDownloads},
			{history.Planned, p.api.create, 1},
		} {
			if err := p.each(ctx, reports, step.state, step.parallel, step.do); err != nil || p.stopped(ctx) {
				return err
			}
		}
	}
}

// each does a step for the reports in a state.
func (p *pass) each(ctx context.Context, reports []history.Report, state history.ReportState, parallel int, do func(context.Context, history.Report) error) error {
	var g errgroup.Group
	g.SetLimit(parallel)
	for _, r := range reports {
		if r.State != state {
			continue
		}
		g.Go(func() error {
			if p.stopped(ctx) {
				return nil
			}
			return do(ctx, r)
		})
	}
	return g.Wait()
}

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

// sweepSpool now and then deletes the documents that nobody waits for: what a crash left
// behind after its commit, and bad ones whose time is over.
func (in *Ingest) sweepSpool(ctx context.Context, account string, facts *history.Facts) error {
	if !in.memory.sweepDue(account, in.cfg.Clock.Now()) {
		return nil
	}
	reports, err := facts.Reports(ctx, history.ReportFilter{States: []history.ReportState{history.Ready, history.Failed}})
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	kept := map[int64]bool{}
	for _, r := range reports {
		kept[r.ID] = r.State == history.Ready ||
			r.ErrorClass == classDocument && in.cfg.Clock.Now().Sub(r.Finished) < keepBadDocuments
	}
	return in.spool.sweep(account, func(report int64) bool { return kept[report] })
}

// fail ends a report without an answer that can be stored.
func (p *pass) fail(ctx context.Context, r history.Report, class, text string) error {
	p.in.memory.forgetPlan(p.conn.ID)
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
	p.in.memory.forgetPlan(p.conn.ID)
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

func (p *pass) count(change func(*Outcome)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.out)
}

// wake notes an instant at which there is something to do again.
func (p *pass) wake(at time.Time) {
	p.count(func(o *Outcome) { o.Next = earliest(o.Next, at) })
}

// plansAgain notes an instant at which the plan being made may find more.
func (p *pass) plansAgain(at time.Time) { p.planUntil = earliest(p.planUntil, at) }

func (p *pass) wellAnswered() { p.mu.Lock(); p.answered = true; p.mu.Unlock() }

// halt ends the pass and marks the connection.
func (p *pass) halt(ctx context.Context, status, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.halted {
		return nil
	}
	p.halted = true
	if status == StatusFailed {
		until := p.now().Add(failedPause)
		if err := p.facts.SaveBucket(ctx, history.Bucket{Key: p.pauseKey(), Tokens: 1, Rate: 1, Burst: 1, At: until}); err != nil {
			return fmt.Errorf("pause the connection: %w", err)
		}
	}
	p.log.Warn("the connection stopped working", "status", status)
	return p.in.setStatus(p.conn, status, text)
}

func (p *pass) pauseKey() string { return "pause/" + p.conn.ID }

// pausedUntil returns until when a failed connection is left alone, zero if it
// is not.
func (p *pass) pausedUntil(ctx context.Context) (time.Time, error) {
	if p.conn.Status != StatusFailed {
		return time.Time{}, nil
	}
	b, ok, err := p.facts.Bucket(ctx, p.pauseKey())
	if err != nil {
		return time.Time{}, fmt.Errorf("read the pause of the connection: %w", err)
	}
	if !ok || !b.At.After(p.now()) {
		return time.Time{}, nil
	}
	return b.At, nil
}

// finish sums up a pass and records on the connection that it worked.
func (p *pass) finish(ctx context.Context) (Outcome, error) {
	if p.halted {
		p.out.InFlight, p.out.Waiting, p.out.Next = 0, 0, time.Time{}
		if p.conn.Status == StatusFailed {
			p.out.Next = p.now().Add(failedPause)
		}
		return p.out, nil
	}
	if err := ctx.Err(); err != nil {
		return p.out, err
	}
	reports, err := p.open(ctx)
	if err != nil {
		return p.out, err
	}
	if p.unknown {
		p.out.Waiting++
	}
	for _, r := range reports {
		p.out.Next = earliest(p.out.Next, r.NextAt)
		if r.State == history.Planned {
			p.out.Waiting++
		} else {
			p.out.InFlight++
		}
	}
	now := p.now()
	fresh := p.out.Stored+p.out.Empty > 0 || now.Sub(p.conn.LastSync) >= syncNoted
	if !p.answered || p.conn.Status == StatusActive && !fresh {
		return p.out, nil
	}
	if p.conn.Status != StatusActive {
		if err := p.in.setStatus(p.conn, StatusActive, ""); err != nil {
			return p.out, err
		}
	}
	synced, err := types.ParseDateTime(now)
	if err != nil {
		return p.out, err
	}
	return p.out, p.in.update(p.conn, func(r *core.Record) { r.Set("last_sync", synced) })
}

// refused handles what ends a connection, whatever was being asked; handled is
// false for an error that concerns one request alone.
func (p *pass) refused(ctx context.Context, err error) (handled bool, _ error) {
	switch judge(err) {
	case verdictStopped:
		if errors.Is(err, errKilled) {
			return true, err
		}
		return true, nil // ctx.Err() says it
	case verdictRevoked:
		return true, p.halt(ctx, StatusRevoked, textRevoked)
	case verdictOperator:
		return true, p.halt(ctx, StatusFailed, textOperator(err))
	}
	return false, nil
}
