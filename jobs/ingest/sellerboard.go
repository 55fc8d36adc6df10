package ingest

import (
	"context"
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// board remembers what each period of one marketplace needs, so that a plan
// reads the coverage and ledger of those alone that have changed: a seller of
// 900 ASINs has 94,000 cells in each marketplace. Like all memory it decides
// nothing: it is a reading of the fact file, kept for a day at most.
type board struct {
	asins uint64 // hash of the ASINs, in order, that the needs are for
	made  time.Time
	needs map[clock.Day]*need
}

// need is what one period of one marketplace needs.
type need struct {
	wanted            []wanted
	next              time.Time // when more falls due; zero: nothing will
	answered, refused bool      // see past
	asked             bool
	late              bool // it was asked for before it was published
	failed            int
	whole             bool // every product is answered, or given up
	catalogue         catalogue
}

// catalogue says where a period's list of ASINs stands.
type catalogue int

const (
	catalogueMissing catalogue = iota
	catalogueAsked             // a report is under way
	catalogueWanted            // a report is due
	catalogueKnown
)

// boardLife is how long a board is kept.
const boardLife = 24 * time.Hour

// readAtOnce is how many days' periods are read from the fact file at a time.
const readAtOnce = 8 * 7

// boards are the boards of an Ingest, by connection and marketplace.
type boards struct {
	mu sync.Mutex
	m  map[string]map[string]*board // by connection; then seller, marketplace and kind of period
}

func boardKey(seller, market, period string) string { return seller + " " + market + " " + period }

// get returns the board for a list of ASINs; one for another list starts empty.
func (b *boards) get(connection, key string, asins uint64, now time.Time) *board {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string]map[string]*board{}
	}
	if b.m[connection] == nil {
		b.m[connection] = map[string]*board{}
	}
	have := b.m[connection][key]
	if have == nil || have.asins != asins || now.Sub(have.made) >= boardLife || now.Before(have.made) {
		have = &board{asins, now, map[clock.Day]*need{}}
		b.m[connection][key] = have
	}
	return have
}

// forget drops what is known of a period, because its ledger or coverage
// changed.
func (b *boards) forget(connection string, r history.Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if have := b.m[connection][boardKey(r.Seller, r.Marketplace, r.Period)]; have != nil {
		delete(have.needs, r.Start)
	}
}

// fresh returns what is known of a period, if that still holds at now.
func (b *boards) fresh(have *board, start clock.Day, now time.Time) *need {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := have.needs[start]
	if n == nil || !n.next.IsZero() && !n.next.After(now) {
		return nil
	}
	return n
}

func (b *boards) put(have *board, start clock.Day, n *need) {
	b.mu.Lock()
	defer b.mu.Unlock()
	have.needs[start] = n
}

func hashOf(weights []history.Weight) uint64 {
	h := fnv.New64a()
	for _, w := range weights {
		_, _ = h.Write([]byte(w.ASIN))
		_, _ = h.Write(strconv.AppendInt(nil, w.Impressions, 10))
	}
	return h.Sum64()
}

// needs returns what the given periods, newest first, need, reading only those
// that are not on the board.
func (s *seller) needs(ctx context.Context, market string, cal calendar, starts []clock.Day, products []history.Weight) (map[clock.Day]*need, error) {
	now, period := s.now(), cal.period
	have := s.in.memory.boards.get(s.conn.ID, boardKey(s.conn.SellerID, market, period), hashOf(products)+uint64(s.packed), now)
	all, missing := map[clock.Day]*need{}, []clock.Day(nil)
	for _, start := range starts {
		if n := s.in.memory.boards.fresh(have, start, now); n != nil {
			all[start] = n
		} else {
			missing = append(missing, start)
		}
	}
	order := newOrder(products)
	for len(missing) > 0 {
		to, n := missing[0], 1
		for n < len(missing) && to-missing[n] < readAtOnce {
			n++
		}
		read, err := s.pasts(ctx, market, period, missing[n-1], to)
		if err != nil {
			return nil, err
		}
		for _, start := range missing[:n] {
			p := read[start]
			if p == nil {
				p = &past{}
			}
			all[start] = s.needOf(market, cal, start, p, order)
			s.in.memory.boards.put(have, start, all[start])
		}
		missing = missing[n:]
	}
	return all, nil
}
