package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// seller is the flow of a Selling Partner API connection.
type seller struct {
	*pass
	client *spapi.Client
	rates  rates
	news   map[string]marketNews // by marketplace, under pass.mu
	extent extent                // of the plan being made
	packs  sync.Mutex            // of what is learned about packing
	packed int                   // ASINs in a report that is being planned
	coming clock.Day             // newest week that holds back others in the plan being made; 0: none
}

func newSeller(p *pass) (*seller, error) {
	s := &seller{pass: p}
	client, err := p.in.sellerClient(p.conn, s.rates.note)
	s.client = client
	return s, err
}

// rates collects what answers say about quotas until the pass can store it.
type rates struct {
	mu    sync.Mutex
	noted map[string]float64
}

func (r *rates) note(op string, rps float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noted == nil {
		r.noted = map[string]float64{}
	}
	r.noted[op] = rps
}

func (r *rates) drain() map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	noted := r.noted
	r.noted = nil
	return noted
}

// quota returns the bucket of an operation: per operation, seller and region
// (spapi.md trap 47).
func (s *seller) quota(operation string) quota {
	return quota{"spapi." + operation, s.conn.SellerID + "/" + string(s.conn.Region)}
}

// called settles what every answer of an operation says beside its content.
func (s *seller) called(ctx context.Context, err error) error {
	if err == nil {
		s.wellAnswered()
	}
	for op, rps := range s.rates.drain() {
		if err := s.learned(context.WithoutCancel(ctx), s.quota(op), rps); err != nil {
			return err
		}
	}
	return nil
}

// owns implements flow: a grant may change, the seller does not.
func (s *seller) owns(r history.Report) bool {
	if r.API != history.SPAPI || r.Seller != s.conn.SellerID {
		return false
	}
	m, ok := marketplace.ByID(r.Marketplace)
	return ok && m.Region == s.conn.Region
}

// discover implements flow.
func (s *seller) discover(ctx context.Context) error {
	if len(s.conn.Markets) > 0 {
		return s.lookAgain(ctx)
	}
	q := s.quota(spapi.OpParticipations)
	ok, at, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		s.undiscovered(at)
		return nil
	}
	found, err := s.client.Participations(ctx)
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		return s.discoveryFailed(ctx, q, err)
	}
	if err := s.in.saveMarkets(s.conn, found); err != nil || len(s.conn.Markets) > 0 {
		return err
	}
	return s.rest(ctx, q, 24*time.Hour) // nothing in this region
}

// undiscovered notes that what the connection reaches is not known before at,
// which counts as work that waits.
func (p *pass) undiscovered(at time.Time) {
	p.wake(at)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unknown = true
}

// discoveryFailed decides what an error means that came before any report.
func (p *pass) discoveryFailed(ctx context.Context, q quota, err error) error {
	if handled, err := p.refused(ctx, err); handled {
		return err
	}
	switch judge(err) {
	case verdictThrottled:
		// It takes several requests: a moment is not enough.
		at, err := p.throttled(ctx, q, err)
		p.undiscovered(later(at, p.now().Add(firstPoll)))
		return err
	case verdictForbidden, verdictRefused, verdictGone:
		return p.halt(ctx, StatusFailed, explain(err, p.conn, p.now()))
	}
	p.undiscovered(p.now().Add(firstPoll))
	p.log.Warn("discovery did not work; it is tried again")
	return nil
}

// later returns the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// participationsEvery is how often the seller's marketplaces are asked for once
// they are known: listings are suspended and reinstated.
const participationsEvery = 24 * time.Hour

// lookAgain asks for the seller's marketplaces once a day. It holds nothing up:
// an answer that does not come is asked for an hour later.
func (s *seller) lookAgain(ctx context.Context) error {
	q := s.quota(spapi.OpParticipations)
	due := quota{q.operation + " due", q.holder}
	b, known, err := s.facts.Bucket(ctx, due.key())
	if err != nil {
		return fmt.Errorf("read when the marketplaces were asked for: %w", err)
	}
	next := func(pause time.Duration) error {
		b := history.Bucket{Key: due.key(), Tokens: 1, Rate: 1, Burst: 1, At: s.now().Add(pause)}
		if err := s.facts.SaveBucket(ctx, b); err != nil {
			return fmt.Errorf("note when to ask for the marketplaces: %w", err)
		}
		return nil
	}
	switch {
	case !known: // asked for when the grant came
		return next(participationsEvery)
	case b.At.After(s.now()):
		return nil
	}
	ok, _, err := s.take(ctx, q)
	if err != nil || !ok {
		return err
	}
	if err := next(time.Hour); err != nil {
		return err
	}
	found, err := s.client.Participations(ctx)
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		_, err := s.refused(ctx, err)
		return err
	}
	if len(found) == 0 {
		return nil
	}
	if err := s.in.saveMarkets(s.conn, found); err != nil {
		return err
	}
	return next(participationsEvery)
}
