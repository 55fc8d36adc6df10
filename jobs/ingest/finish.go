package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

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
	if status == StatusRevoked {
		return p.in.revoked(context.WithoutCancel(ctx), p.conn, text)
	}
	return p.in.setStatus(p.conn, status, text)
}

// revoked marks a connection whose grant Amazon has ended and destroys the
// credential, which is good for nothing any more. A grant that came meanwhile
// stays.
func (in *Ingest) revoked(ctx context.Context, c *Connection, text string) error {
	r, err := in.cfg.App.FindRecordById("connections", c.ID)
	if err != nil {
		return fmt.Errorf("find connection %s: %w", c.ID, err)
	}
	if !r.GetDateTime("granted_at").Time().Equal(c.GrantedAt) {
		return nil
	}
	if err := in.setStatus(c, StatusRevoked, text); err != nil {
		return err
	}
	in.Forget(c.ID)
	if err := in.cfg.Vault.Destroy(ctx, grants.RefreshToken(c.Account, c.ID), actor, "withdrawn at Amazon"); err != nil {
		return fmt.Errorf("destroy the credential of connection %s: %w", c.ID, err)
	}
	return nil
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
	if err := p.api.settle(ctx); err != nil {
		return p.out, err
	}
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
	if p.now().After(p.ends) { // there is more to do
		p.out.Waiting++
		p.out.Next = earliest(p.out.Next, p.now().Add(time.Second))
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
	if !p.answered || p.conn.Status == StatusActive && !fresh || p.conn.Status == StatusFailed && troubled(p.conn) {
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
		return true, p.halt(ctx, StatusRevoked, explain(err, p.conn, p.now()))
	case verdictOperator:
		return true, p.halt(ctx, StatusFailed, explain(err, p.conn, p.now()))
	}
	return false, nil
}
