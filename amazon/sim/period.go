package sim

import (
	"cmp"
	"math"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
)

// cell is one ASIN on one query in one period.
type cell struct {
	term       int32
	product    int32
	rank       int32
	i, c, a, p int64
}

// total is a query's market in one period: volume and the four counts.
type total struct {
	volume, i, c, a, p int64
	price              [3]int64 // median: click, cart add, purchase
	ship               [3]float64
}

// clickCell is what one target did on one day before anything is restated.
type clickCell struct {
	target int32
	clicks int32 // 0: clicks that Amazon later found invalid
	seed   uint64
}

// period is everything about a market in one week, month or quarter.
type period struct {
	start  clock.Day
	days   int
	cells  []cell // by product, then rank
	first  []int  // first[p]..first[p+1] are product p's cells
	totals []total
	scp    []SCPRow
	ads    [7][]clickCell // weeks only
}

const (
	rowsPerASIN   = 100 // live cap, spapi.md §1.7
	periodsCached = 8
)

var dayWeight = [7]float64{1.1, 1.06, 1, .97, .95, .93, .99}

// period returns the market's period of days from start, from the cache or
// generated.
func (m *market) period(start clock.Day, days int) *period {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range m.cached {
		if p.start == start && p.days == days {
			m.cached = append(slices.Delete(m.cached, i, i+1), p)
			return p
		}
	}
	p := m.generate(start, days)
	if len(m.cached) >= periodsCached {
		m.cached = slices.Delete(m.cached, 0, 1)
	}
	m.cached = append(m.cached, p)
	return p
}

func (m *market) generate(start clock.Day, days int) *period {
	products := m.account.products
	p := &period{start: start, days: days, totals: make([]total, len(m.terms)), first: make([]int, len(products)+1)}
	in, demand := m.influenceOf(start), m.demand(start)
	paused := m.pausedCampaigns(start)
	by := make([][]cell, len(products))
	scp := make([][4]int64, len(products))
	d, ad := newDice(), newDice()
	var g gathering
	for i := range m.terms {
		t := &m.terms[i]
		d.seed(t.seed, 13, uint64(start), uint64(days))
		g.reset(len(t.who))
		n := m.drawMarket(d, t, demand, start, days)
		m.drawAds(ad, p, i, n, paused, in.out, &g)
		if t.class == offSearch {
			continue
		}
		shift, moved := in.within[i]
		if !moved {
			shift.product = -1
		}
		m.drawOwn(d, t, &n, in.shock+in.share[i], in.out, shift, &g)
		p.totals[i] = n
		for k, w := range t.who {
			c := cell{term: int32(i), product: int32(w.product), i: g.i[k], c: g.c[k], a: g.a[k], p: g.p[k]}
			if c.i == 0 || products[w.product].dormant && mix(m.seed, uint64(start), uint64(w.product))%3 != 0 {
				continue
			}
			by[w.product] = append(by[w.product], c)
			s := &scp[w.product]
			s[0], s[1], s[2], s[3] = s[0]+c.i, s[1]+c.c, s[2]+c.a, s[3]+c.p
		}
	}
	for a, cells := range by {
		slices.SortFunc(cells, func(x, y cell) int {
			return cmp.Or(cmp.Compare(y.i+30*y.c, x.i+30*x.c), cmp.Compare(x.term, y.term))
		})
		p.first[a] = len(p.cells)
		for r := range cells[:min(len(cells), rowsPerASIN)] {
			cells[r].rank = int32(r + 1)
			p.cells = append(p.cells, cells[r])
		}
		if len(cells) > 0 {
			p.scp = append(p.scp, m.catalogue(d, a, start, scp[a]))
		}
	}
	p.first[len(products)] = len(p.cells)
	return p
}

// gathering collects one term's figures by the products in term.who.
type gathering struct {
	i, c, a, p         []int64
	adI, adC, adA, adP []int64
	displaced          float64
	weight             []float64
}

func (g *gathering) reset(n int) {
	for _, s := range []*[]int64{&g.i, &g.c, &g.a, &g.p, &g.adI, &g.adC, &g.adA, &g.adP} {
		if cap(*s) < n {
			*s = make([]int64, n, n+8)
		}
		*s = (*s)[:n]
		clear(*s)
	}
	g.displaced, g.weight = 0, g.weight[:0]
}

func (m *market) drawMarket(d *dice, t *term, demand []float64, start clock.Day, days int) total {
	season := t.amplitude * math.Cos(2*math.Pi*(float64(start.Time().YearDay())-t.peak)/365)
	volume := t.volume * float64(days) / 7 * math.Exp(demand[max(0, t.family)]+season+.22*d.NormFloat64())
	n := total{volume: max(1, int64(volume))}
	n.c = min(d.poisson(volume*t.ctr*math.Exp(.05*d.NormFloat64())), 3*n.volume)
	n.i = max(n.c, d.poisson(volume*t.perSearch*math.Exp(.05*d.NormFloat64())))
	n.a = d.binomial(n.c, t.cart)
	n.p = d.binomial(n.a, t.buy)
	for k := range n.price {
		n.price[k] = micros(float64(t.price)/1e6*math.Exp(.03*d.NormFloat64()-.01*float64(k)), m.place.Currency)
		n.ship[k] = d.between(.01, .06) * float64(1+k*k)
	}
	return n
}

// drawOwn decides the own counts and lifts the market's where it is smaller.
// within moves one product's weight among the own ones, in logs.
func (m *market) drawOwn(d *dice, t *term, n *total, shift float64, out int, within reach, g *gathering) {
	level := t.share + shift + t.noise*d.NormFloat64()
	clicks := d.binomial(n.c, logistic(level+t.appeal+.1*d.NormFloat64()))
	clicks = max(0, clicks-int64(math.Round(g.displaced)))
	seen := d.binomial(n.i, logistic(level))
	sum := 0.0
	for _, w := range t.who {
		x := w.weight * math.Exp(.15*d.NormFloat64())
		if w.product == within.product {
			x *= math.Exp(within.weight)
		}
		g.weight = append(g.weight, x)
		sum += x
	}
	var own [4]int64
	cart, buy := min(.9, t.cart*math.Exp(t.sells)), min(.95, t.buy)
	for k, w := range t.who {
		part := g.weight[k] / sum
		sum -= g.weight[k]
		if k == len(t.who)-1 {
			part = 1
		}
		i, c := d.binomial(seen, part), d.binomial(clicks, part)
		seen, clicks = seen-i, clicks-c
		if w.product == out {
			i, c = i/25, c/50
		}
		a := d.binomial(c, cart)
		p := d.binomial(a, buy)
		if w.product == out {
			p = 0
		}
		g.c[k], g.a[k], g.p[k] = c+g.adC[k], a+g.adA[k], p+g.adP[k]
		g.i[k] = max(i+g.adI[k], g.c[k])
		own[0], own[1], own[2], own[3] = own[0]+g.i[k], own[1]+g.c[k], own[2]+g.a[k], own[3]+g.p[k]
	}
	n.p = max(n.p, own[3])
	n.a = max(n.a, own[2], n.p)
	n.c = max(n.c, own[1], n.a)
	n.i = max(n.i, own[0], n.c)
}

// catalogue returns an ASIN's row over all searches: those listed, those below
// the cut and a tail of rarer ones.
func (m *market) catalogue(d *dice, product int, start clock.Day, sum [4]int64) SCPRow {
	d.seed(m.seed, 14, uint64(start), uint64(product))
	price := m.prices[product]
	stage := func(count int64, k int) SCPStage {
		count += d.binomial(count, .22)
		s := SCPStage{Count: count, SameDay: count * int64(2+k) / 100, OneDay: count * int64(30+3*k) / 100, TwoDay: count * int64(20+k) / 100}
		if count > 0 {
			s.Price = price
		}
		return s
	}
	r := SCPRow{ASIN: m.account.products[product].info.ASIN}
	r.Impressions, r.Clicks, r.CartAdds, r.Purchases = stage(sum[0], 0), stage(sum[1], 1), stage(sum[2], 2), stage(sum[3], 3)
	r.Clicks.Count = min(r.Clicks.Count, r.Impressions.Count)
	r.CartAdds.Count = min(r.CartAdds.Count, r.Clicks.Count)
	r.Purchases.Count = min(r.Purchases.Count, r.CartAdds.Count)
	r.SalesMicros = r.Purchases.Count * price
	return r
}
