package clock

import (
	"context"
	"sync"
	"time"
)

// Manual is a clock that stands still until it is moved. The demo and the
// tests run on it.
type Manual struct {
	mu     sync.Mutex
	now    time.Time
	live   bool          // follow the machine's clock from now on
	offset time.Duration // live: added to the machine's clock
	moved  chan struct{} // closed and replaced on every move
}

// NewManual returns a clock that stands at t.
func NewManual(t time.Time) *Manual {
	return &Manual{now: t.UTC(), moved: make(chan struct{})}
}

// Now implements Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read()
}

func (m *Manual) read() time.Time {
	if m.live {
		return time.Now().UTC().Add(m.offset)
	}
	return m.now
}

// Set moves the clock to t; an earlier instant than the present is ignored, so
// that time never runs backwards.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.After(m.read()) {
		m.now, m.offset = t.UTC(), time.Until(t)
		close(m.moved)
		m.moved = make(chan struct{})
	}
}

// Advance moves the clock forward by d.
func (m *Manual) Advance(d time.Duration) { m.Set(m.Now().Add(d)) }

// CatchUp lets the clock go on as the machine's own. One that is ahead of it goes
// on from where it stands: time never runs backwards.
func (m *Manual) CatchUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live, m.offset = true, max(time.Until(m.read()), 0)
	close(m.moved)
	m.moved = make(chan struct{})
}

// WaitUntil implements Clock.
func (m *Manual) WaitUntil(ctx context.Context, t time.Time) error {
	for {
		m.mu.Lock()
		left, live, moved := t.Sub(m.read()), m.live, m.moved
		m.mu.Unlock()
		if left <= 0 {
			return nil
		}
		var fire <-chan time.Time
		if live {
			timer := time.NewTimer(left)
			defer timer.Stop()
			fire = timer.C
		}
		select {
		case <-fire:
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
