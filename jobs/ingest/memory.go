package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// memory is what an Ingest remembers between passes to spare itself work; it
// decides nothing that the fact files do not say, and starts empty.
type memory struct {
	mu      sync.Mutex
	plans   map[string]planned          // by connection
	buckets map[string]history.Bucket   // by account and key, of operations that refill in seconds
	swept   map[string]time.Time        // spool folders, by account
	told    map[string]history.Progress // last recorded, by connection
	boards  boards
	naps    map[string]nap    // by account
	turns   map[string]uint64 // when an account had its last turn, in turns
	turn    uint64
}

// planned is the result of a plan: nothing to ask for before until.
type planned struct {
	reach   string    // what the connection reached then
	until   time.Time // when a plan may find something
	waiting int       // due reports that wait for a quota
}

// reach says what a connection reaches, and which part of it is its own: a plan
// is good for that alone.
func reach(c *Connection, shared string) string {
	return fmt.Sprint(shared, c.SellerID, c.Region, c.GrantedAt.UnixNano(), c.Markets, c.Profiles)
}

// planFor returns the last plan of a connection, if it still holds at now.
func (m *memory) planFor(c *Connection, shared string, now time.Time) (planned, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.plans[c.ID]
	return p, ok && now.Before(p.until) && p.reach == reach(c, shared)
}

// keepPlan remembers a plan; one without an end is not kept.
func (m *memory) keepPlan(c *Connection, shared string, until time.Time, waiting int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.plans, c.ID)
	if !until.IsZero() {
		m.plans[c.ID] = planned{reach(c, shared), until, waiting}
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

// progressNoted is how often a connection's progress is recorded while nothing
// but time changes.
const progressNoted = 15 * time.Minute

// progressed reports whether p says something new, and notes that it is said.
func (m *memory) progressed(p history.Progress) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, ok := m.told[p.Connection]
	same := was.Waiting == p.Waiting && was.Expected == p.Expected && was.SQPUsed == p.SQPUsed &&
		was.SQPLimit == p.SQPLimit && was.HaltedUntil.Equal(p.HaltedUntil) && was.Done == p.Done && was.Total == p.Total &&
		was.AllDone.IsZero() == p.AllDone.IsZero() && was.NewestDone.IsZero() == p.NewestDone.IsZero()
	if ok && same && p.At.Sub(was.At) < progressNoted {
		return false
	}
	m.told[p.Connection] = p
	return true
}

// changed makes the next pass plan anew what a report covers.
func (m *memory) changed(connection string, r history.Report) {
	m.forgetPlan(connection)
	m.boards.forget(connection, r)
}

// byTurn sorts accounts: who has waited longest comes first.
func (m *memory) byTurn(accounts []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortStableFunc(accounts, func(a, b string) int { return cmp.Compare(m.turns[a], m.turns[b]) })
}

// hadTurn notes that an account was worked on.
func (m *memory) hadTurn(account string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	m.turns[account] = m.turn
}
