package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"halotrack.ai/halotrack/internal/history"
)

// parallelDownloads is how many documents of one connection are fetched at a
// time; everything else on a connection happens one after the other.
const parallelDownloads = 3

// failedPause is how long a connection that does not work is left alone.
const failedPause = time.Hour

// turn is how long one connection is worked on before the next one has its
// turn; what is left waits for the next pass.
const turn = 5 * time.Minute

// syncNoted is how often a connection's last exchange with Amazon is recorded
// while nothing new comes.
const syncNoted = 15 * time.Minute

// pass is one run over one connection.
type pass struct {
	in    *Ingest
	conn  *Connection
	peers []*Connection // all of the account, oldest first; conn is one of them
	facts *history.Facts
	api   flow
	log   *slog.Logger

	shared string // of what the account's connections reach together, this one's part

	mu        sync.Mutex // of what follows: downloads overlap
	out       Outcome
	ends      time.Time // of the connection's turn
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
	// settle records what a pass learned beside reports, at its end.
	settle(ctx context.Context) error
}

// runConnection does what can be done now on one connection.
func (in *Ingest) runConnection(ctx context.Context, facts *history.Facts, c *Connection, peers []*Connection) (Outcome, error) {
	p := &pass{in: in, conn: c, peers: peers, facts: facts, log: in.log.With("account", c.Account, "connection", c.ID, "api", c.API)}
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
	p.ends = p.now().Add(turn)
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
		if known, ok := p.in.memory.planFor(p.conn, p.shared, p.now()); ok {
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
			p.in.memory.keepPlan(p.conn, p.shared, p.planUntil, len(due))
			return nil
		}
		if err := p.facts.Plan(ctx, due[:allowed]); err != nil {
			return fmt.Errorf("plan reports: %w", err)
		}
		for _, r := range due[:allowed] {
			p.in.memory.boards.forget(p.conn.ID, r)
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
	return p.halted || ctx.Err() != nil || p.now().After(p.ends)
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
