// Package throttle counts what strangers ask for, so that nobody gets more than
// their part. It keeps no addresses, only numbers that cannot be turned back
// into them, and never more of them than it was told.
package throttle

import (
	"hash/maphash"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Limit lets each key do Burst things at once and as many again in every Per.
// It is safe for concurrent use.
type Limit struct {
	clock clock.Clock
	burst float64
	per   time.Duration
	keys  int
	seed  maphash.Seed

	mu      sync.Mutex
	buckets map[uint64]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// New returns a limit that remembers at most so many keys: of more than that
// some are forgotten, who then start afresh.
func New(c clock.Clock, burst int, per time.Duration, keys int) *Limit {
	return &Limit{clock: c, burst: float64(burst), per: per, keys: keys, seed: maphash.MakeSeed(), buckets: map[uint64]bucket{}}
}

// Take counts one thing that the key asks for. It returns 0 if the key may do
// it, and otherwise how long it has to wait.
func (l *Limit) Take(key string) (wait time.Duration) {
	hash, now := maphash.String(l.seed, key), l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[hash]
	if !known {
		b = bucket{l.burst, now}
		for old := range l.buckets { // any one
			if len(l.buckets) < l.keys {
				break
			}
			delete(l.buckets, old)
		}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(l.burst, b.left+l.burst*float64(passed)/float64(l.per))
	}
	b.at = now
	if b.left < 1 {
		wait = max(time.Duration((1-b.left)/l.burst*float64(l.per)), time.Nanosecond)
	} else {
		b.left--
	}
	l.buckets[hash] = b
	return wait
}

// Len is how many keys are remembered.
func (l *Limit) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.buckets)
}
