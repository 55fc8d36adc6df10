// Package ingest fetches what is missing from Amazon: it decides what to ask,
// asks, polls, downloads and stores, one report at a time and every step
// committed before the next request. It never sleeps: a pass does all that can
// be done at the present instant and says when there is more to do.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"golang.org/x/sync/errgroup"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/vault"
)

// Name is the job's name in the inventory.
const Name = "ingest"

// Config is what an Ingest works with.
type Config struct {
	App       core.App // collections connections and accounts
	Store     *history.Store
	Vault     *vault.Vault
	Transport *readonly.Transport
	Endpoints readonly.Endpoints
	Clock     clock.Clock

	// SellerApp and AdsApp are the applications of connections that bring none
	// of their own; their RefreshToken is not used.
	SellerApp, AdsApp lwa.Credentials

	// SQPDailyRequests caps the Search Query Performance reports asked for per
	// seller and UTC day; 0: 20 (spapi.md §1.9).
	SQPDailyRequests int
	// Periods are the kinds of period that are fetched, each a data set of its
	// own; empty: weeks. Weeks are always fetched.
	Periods []spapi.Period
	// BackfillWeeks is how many weeks of history are fetched; 0: 104, or what
	// Amazon gives.
	BackfillWeeks int
	// Since is the first day that history is fetched of, weeks and ads days
	// alike; 0: as far back as BackfillWeeks and Amazon allow.
	Since clock.Day

	// SpoolDir holds sealed documents between download and commit; empty: spool
	// in the app's data folder.
	SpoolDir string
	// Seed makes the jitter of waits reproducible.
	Seed uint64
	// Logger receives what happened, without secrets, terms or addresses; nil:
	// the app's.
	Logger *slog.Logger
	// Notify is told once when a connection stops working, with the text for
	// its owner. It may be called from several goroutines. May be nil.
	Notify func(c Connection, reason string)
	// NotifyMarket is told once when one marketplace of a connection that works
	// stops giving reports, with the text for its owner. May be nil.
	NotifyMarket func(c Connection, reason string)
}

// Defaults of Config.
const (
	DefaultSQPDailyRequests = 20
	DefaultBackfillWeeks    = 104
)

// keepBadDocuments is how long a document that could not be read is kept.
const keepBadDocuments = 30 * 24 * time.Hour

// Ingest fetches reports. It is safe for concurrent use; passes over one
// account wait for each other.
type Ingest struct {
	cfg    Config
	log    *slog.Logger
	spool  spool
	tokens tokens
	memory memory
	stall  time.Duration // downloadStall; tests shorten it

	mu     sync.Mutex
	passes map[string]*sync.Mutex // by account

	// failpoint is called with the name of each step that a crash could
	// follow; tests replace it.
	failpoint func(point string) error
}

// New returns an Ingest. It makes no request.
func New(cfg Config) *Ingest {
	if cfg.SQPDailyRequests <= 0 {
		cfg.SQPDailyRequests = DefaultSQPDailyRequests
	}
	if cfg.BackfillWeeks <= 0 {
		cfg.BackfillWeeks = DefaultBackfillWeeks
	}
	if cfg.SpoolDir == "" {
		cfg.SpoolDir = filepath.Join(cfg.App.DataDir(), "spool")
	}
	if cfg.Logger == nil {
		cfg.Logger = cfg.App.Logger()
	}
	in := &Ingest{
		cfg:       cfg,
		log:       cfg.Logger.With("job", "ingest"),
		spool:     spool{cfg.SpoolDir, cfg.Vault},
		stall:     downloadStall,
		passes:    map[string]*sync.Mutex{},
		failpoint: func(string) error { return nil },
	}
	in.memory = memory{plans: map[string]planned{}, buckets: map[string]history.Bucket{}, swept: map[string]time.Time{}, told: map[string]history.Progress{}, turns: map[string]uint64{}, naps: map[string]nap{}}
	in.tokens.sources = map[string]*lwa.Source{}
	return in
}

// Outcome is what a pass did and what is left.
type Outcome struct {
	// Next is when there is something to do again; zero: nothing is known to
	// fall due (no connection).
	Next time.Time
	// InFlight counts reports that were asked for and are not finished,
	// Waiting those that are due and wait for a quota or a pause. While either
	// is above zero the account is not up to date.
	InFlight, Waiting int

	Asked, Stored, Empty, Failed int   // reports, in this pass
	Rows                         int64 // stored in this pass
}

// Idle reports whether nothing is in flight or waiting: what is left falls due
// later.
func (o Outcome) Idle() bool { return o.InFlight == 0 && o.Waiting == 0 }

func (o *Outcome) merge(x Outcome) {
	o.Next = earliest(o.Next, x.Next)
	o.InFlight += x.InFlight
	o.Waiting += x.Waiting
	o.Asked += x.Asked
	o.Stored += x.Stored
	o.Empty += x.Empty
	o.Failed += x.Failed
	o.Rows += x.Rows
}

// Run does everything that can be done now for the connections of an account,
// or of all accounts for "", accounts in parallel. A connection that Amazon
// refuses is marked and is no error; an error is one of ours (database, disk),
// and does not stop the other accounts. For "", accounts whose last pass found
// nothing to do before a later instant are left alone until then. When ctx ends, Run stops between two
// steps or at the next request and returns its error.
func (in *Ingest) Run(ctx context.Context, account string) (Outcome, error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return Outcome{}, err
	}
	connections, err := in.connections(account)
	if err != nil {
		return Outcome{}, err
	}
	byAccount, order := map[string][]*Connection{}, []string(nil)
	for _, c := range connections {
		if byAccount[c.Account] == nil {
			order = append(order, c.Account)
		}
		byAccount[c.Account] = append(byAccount[c.Account], c)
	}
	var (
		mu   sync.Mutex
		out  Outcome
		errs []error
		g    errgroup.Group
	)
	g.SetLimit(runtime.GOMAXPROCS(0))
	in.memory.byTurn(order)
	for _, id := range order {
		if o, asleep := in.memory.asleep(id, byAccount[id], in.cfg.Clock.Now()); asleep && account == "" {
			mu.Lock()
			out.merge(o)
			mu.Unlock()
			continue
		}
		g.Go(func() error {
			in.memory.hadTurn(id)
			o, err := in.runAccount(ctx, id, byAccount[id])
			mu.Lock()
			defer mu.Unlock()
			out.merge(o)
			if err != nil {
				errs = append(errs, fmt.Errorf("account %s: %w", id, err))
			}
			return nil
		})
	}
	_ = g.Wait() // the functions return none
	if err := ctx.Err(); err != nil {
		return out, err
	}
	return out, errors.Join(errs...)
}

// runAccount passes over the connections of one account, one after the other.
func (in *Ingest) runAccount(ctx context.Context, account string, connections []*Connection) (out Outcome, err error) {
	lock := in.passLock(account)
	lock.Lock()
	defer lock.Unlock()
	if err := ctx.Err(); err != nil {
		return out, err
	}
	in.memory.wakeUp(account)
	err = in.cfg.Store.Use(ctx, account, func(facts *history.Facts) error {
		if err := in.sweepSpool(ctx, account, facts); err != nil {
			return err
		}
		var errs []error
		for _, c := range connections {
			o, err := in.runConnection(ctx, facts, c, connections)
			out.merge(o)
			if err != nil {
				errs = append(errs, fmt.Errorf("connection %s: %w", c.ID, err))
			}
			if ctx.Err() != nil {
				break
			}
		}
		return errors.Join(errs...)
	})
	if err == nil && ctx.Err() == nil {
		in.memory.sleep(account, connections, out, in.cfg.Clock.Now())
	}
	return out, err
}

func (in *Ingest) passLock(account string) *sync.Mutex {
	in.mu.Lock()
	defer in.mu.Unlock()
	l := in.passes[account]
	if l == nil {
		l = &sync.Mutex{}
		in.passes[account] = l
	}
	return l
}

// jitter returns a reproducible number in 0..1 for one wait.
func (in *Ingest) jitter(key string, at time.Time) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return rand.New(rand.NewPCG(in.cfg.Seed^h.Sum64(), uint64(at.UnixMilli()))).Float64()
}
