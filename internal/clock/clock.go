// Package clock holds the injected clock and calendar days. It is the only
// caller of time.Now in the product: retention, deadlines, quotas and
// schedules are tested by moving a clock, never by waiting.
package clock

import (
	"context"
	"time"
)

// A Clock tells the time and waits for it. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now returns the present instant in UTC.
	Now() time.Time
	// WaitUntil blocks until the clock has reached t, or ctx ends, whose
	// error it then returns.
	WaitUntil(ctx context.Context, t time.Time) error
}

// System returns the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

func (system) WaitUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
