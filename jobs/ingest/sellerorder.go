package ingest

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// rank orders what is due: the list of ASINs, the newest week, what is to be
// confirmed, then the back-fill.
type rank int

const (
	rankCatalogue rank = iota
	rankNewest
	rankConfirm
	rankBackfill
	rankLongNewest // months and quarters, see longStep
	rankLongConfirm
	rankLongBackfill
)

// wanted is a report that is due.
type wanted struct {
	history.Report
	rank   rank
	tier   tier
	turn   bool    // it is this group's turn in this week, where not all fit
	lot    float64 // its place among those whose turn it is, 0 to 1
	weight int64   // search impressions of its ASINs, in the newest catalogue
}

// tier sorts ASINs by what of the seller's search impressions they make: the
// head makes four fifths, the middle all but a twentieth.
type tier int

const (
	head tier = iota
	middle
	tail
)

// order knows the place of each ASIN in the newest catalogue.
type order struct {
	products []history.Weight
	place    map[string]int
	before   []int64 // impressions of those before it
	total    int64
}

func newOrder(products []history.Weight) *order {
	o := &order{products: products, place: map[string]int{}, before: make([]int64, len(products))}
	for i, p := range products {
		o.place[p.ASIN], o.before[i] = i, o.total
		o.total += p.Impressions
	}
	return o
}

func (o *order) asins() []string {
	list := make([]string, len(o.products))
	for i, p := range o.products {
		list[i] = p.ASIN
	}
	return list
}

// classify fills in where a group of ASINs stands. A group of the middle has
// its turn every second week, one of the tail every fourth.
func (o *order) classify(w *wanted) {
	for _, asin := range w.ASINs {
		if i, ok := o.place[asin]; ok {
			w.weight += o.products[i].Impressions
		}
	}
	i, known := 0, false
	if len(w.ASINs) > 0 {
		i, known = o.place[w.ASINs[0]]
	}
	switch {
	case len(w.ASINs) == 0 || o.total == 0:
		w.tier = head
	case !known || o.before[i]*20 >= o.total*19:
		w.tier = tail
	case o.before[i]*5 >= o.total*4:
		w.tier = middle
	}
	week, group := int(w.Start/7), i/groupSize
	switch w.tier {
	case head:
		w.turn = true
	case middle:
		w.turn = (week+group)%2 == 0
	case tail:
		w.turn = (week+group)%4 == 0
	}
	w.lot = lot(w.Marketplace, group, week/4)
}

// lot is a group's place in a round of turns. Where not even those fit whose turn
// it is, those of the highest lots wait; a step of the golden section from round
// to round spreads a group's lots evenly, so that it never waits for long.
func lot(market string, group, round int) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(market))
	_, whole := math.Modf(float64(h.Sum32())/(1<<32) + float64(group)*math.Sqrt2 + float64(round)*(math.Sqrt(5)-1)/2)
	return whole
}

// groupSize is how many ASINs fit into one report.
const groupSize = 18

// step places a report among all that are due. A seller whose newest week takes
// more than a few days of its allowance is large: the head comes first in every
// week and is confirmed, the others take turns, and what is left goes back in
// time.
func (w wanted) step(large bool) int {
	if w.rank >= rankLongNewest {
		return w.longStep(large)
	}
	if !large || w.rank == rankCatalogue {
		return int(w.rank) * 10
	}
	switch {
	case w.rank == rankNewest && w.tier == head:
		return 1
	case w.rank == rankNewest && w.turn:
		return 2
	case w.rank == rankConfirm && w.tier == head:
		return 3
	case w.rank == rankNewest && w.tier == middle:
		return 4
	case w.rank == rankBackfill && w.tier == head:
		return 5
	case w.rank == rankConfirm:
		return 6
	case w.rank == rankBackfill && w.tier == middle:
		return 7
	}
	return 8
}

// largeDays is how many days of its allowance the newest week of a seller may
// take before it counts as large.
const largeDays = 3

// arrange sorts what is due, most wanted first; daily is how many Search Query
// Performance reports may be asked for in a day.
func arrange(all []wanted, daily int) (large bool) {
	newest := clock.Day(0)
	for _, w := range all {
		if w.rank == rankNewest {
			newest = max(newest, w.Start)
		}
	}
	count := 0
	for _, w := range all {
		if w.rank == rankNewest && w.Start == newest && w.Type == string(spapi.SQP) {
			count++
		}
	}
	large = count > largeDays*daily
	slices.SortStableFunc(all, func(a, b wanted) int {
		byLot := 0
		if large && a.step(large) == 2 {
			byLot = cmp.Compare(a.lot, b.lot)
		}
		return cmp.Or(cmp.Compare(a.step(large), b.step(large)), cmp.Compare(b.Start, a.Start), byLot, cmp.Compare(b.weight, a.weight))
	})
	return large
}
