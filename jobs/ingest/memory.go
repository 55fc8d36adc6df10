package ingest

import (
	"fmt"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// memory is what an Ingest remembers between passes to spare itself work; it
// decides nothing that the fact files do not say, and starts empty.
type memory struct {
	mu      sync.Mutex
	plans   map[string]planned        // by connection
	buckets map[string]history.Bucket // by account and key, of operations that refill in seconds
	swept   map[string]time.Time      // spool folders, by account
}

// planned is the result of a plan: nothing to ask for before until.
type planned struct {
	reach   string    // what the connection reached then
	until   time.Time // when a plan may find something
	waiting int       // due reports that wait for a quota
}

// reach says what a connection reaches: a plan is good for that alone.
func reach(c *Connection) string {
	return fmt.Sprint(c.SellerID, c.Region, c.GrantedAt.UnixNano(), c.Markets, c.Profiles)
}

// planFor returns the last plan of a connection, if it still holds at now.
func (m *memory) planFor(c *Connection, now time.Time) (planned, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.plans[c.ID]
	return p, ok && now.Before(p.until) && p.reach == reach(c)
}

// keepPlan remembers a plan; one without an end is not kept.
func (m *memory) keepPlan(c *Connection, until time.Time, waiting int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.plans, c.ID)
	if !until.IsZero() {
		m.plans[c.ID] = planned{reach(c), until, waiting}
	}
}

// forgetPlan makes the next pass plan anew, because something was answered.
func (m *memory) forgetPlan(connection string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.plans, connection)
}

func (m *memory) bucket(account, key string) (history.Bucket, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.buckets[account+" "+key]
	return b, ok
}

func (m *memory) keepBucket(account string, b history.Bucket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buckets[account+" "+b.Key] = b
}

// sweepEvery is how often a spool folder is looked through.
const sweepEvery = time.Hour

// sweepDue reports whether an account's spool is to be looked through, and
// notes that it is.
func (m *memory) sweepDue(account string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	last, ok := m.swept[account]
	if ok && now.Sub(last) < sweepEvery {
		return false
	}
	m.swept[account] = now
	return true
}
