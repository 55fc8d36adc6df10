package ingest

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// quota is the token bucket of one operation, shared by everything that calls
// it for one seller or profile region, and persisted with the account's facts.
type quota struct{ operation, holder string }

func (q quota) key() string { return q.operation + "/" + q.holder }

// refillsQuickly is the time in seconds within which a bucket must be full
// again for its use not to be worth storing: a restart takes as long.
const refillsQuickly = 10

// bucket returns the stored bucket of q, or a full one.
func (p *pass) bucket(ctx context.Context, q quota) (history.Bucket, error) {
	if b, ok := p.in.memory.bucket(p.conn.Account, q.key()); ok {
		return b, nil
	}
	b, ok, err := p.facts.Bucket(ctx, q.key())
	if err != nil {
		return b, fmt.Errorf("read quota %s: %w", q.operation, err)
	}
	if !ok {
		use := plans[q.operation]
		b = history.Bucket{Key: q.key(), Tokens: use.burst, Rate: use.rate, Burst: use.burst, At: p.now()}
	}
	return b, nil
}

// take spends a token of q, or says when there will be one. The caller makes
// the request only with a token.
func (p *pass) take(ctx context.Context, q quota) (ok bool, readyAt time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := p.bucket(ctx, q)
	if err != nil {
		return false, time.Time{}, err
	}
	now := p.now()
	b, ok = take(b, now)
	if !ok {
		return false, ready(b, now), nil
	}
	p.in.memory.keepBucket(p.conn.Account, b)
	if b.Rate*refillsQuickly >= b.Burst {
		return true, now, nil
	}
	if err := p.facts.SaveBucket(ctx, b); err != nil {
		return false, time.Time{}, fmt.Errorf("save quota %s: %w", q.operation, err)
	}
	return true, now, nil
}

// tokensLeft returns how many requests q allows now, and when it allows one.
func (p *pass) tokensLeft(ctx context.Context, q quota) (n int, readyAt time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := p.bucket(ctx, q)
	if err != nil {
		return 0, time.Time{}, err
	}
	now := p.now()
	readyAt = ready(b, now)
	if readyAt.After(now) {
		return 0, readyAt, nil
	}
	return int(level(b, now) + tokenRounding), readyAt, nil
}

// throttled empties q after a 429 and returns when to ask again: when the
// answer says so, else one interval later with jitter (spapi.md §0.9,
// adsapi.md §1.4).
func (p *pass) throttled(ctx context.Context, q quota, err error) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, berr := p.bucket(ctx, q)
	if berr != nil {
		return time.Time{}, berr
	}
	now := p.now()
	if after := retryAfter(err); after > 0 {
		b = closeUntil(b, now.Add(min(after, 24*time.Hour)))
	} else {
		b = drain(b, now, p.in.jitter(q.key(), now))
	}
	p.in.memory.keepBucket(p.conn.Account, b)
	if err := p.facts.SaveBucket(ctx, b); err != nil {
		return time.Time{}, fmt.Errorf("save quota %s: %w", q.operation, err)
	}
	return ready(b, now), nil
}

// rest leaves an operation alone whose answer was that there is nothing.
func (p *pass) rest(ctx context.Context, q quota, pause time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := p.bucket(ctx, q)
	if err != nil {
		return err
	}
	b = closeUntil(b, p.now().Add(pause))
	p.out.Next = earliest(p.out.Next, b.At)
	p.in.memory.keepBucket(p.conn.Account, b)
	if err := p.facts.SaveBucket(ctx, b); err != nil {
		return fmt.Errorf("save quota %s: %w", q.operation, err)
	}
	return nil
}

// learned keeps the rate that an answer named.
func (p *pass) learned(ctx context.Context, q quota, rate float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := p.bucket(ctx, q)
	if err != nil {
		return err
	}
	changed := learn(b, rate, p.now())
	if changed == b {
		return nil
	}
	p.in.memory.keepBucket(p.conn.Account, changed)
	if err := p.facts.SaveBucket(ctx, changed); err != nil {
		return fmt.Errorf("save quota %s: %w", q.operation, err)
	}
	return nil
}
