package halo

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// gateLeads asks whether spend of the two weeks to come explains today's share:
// then spend follows share, or both follow something else.
func (l *liftFit) gateLeads(g *gates) {
	p := l.leadTest()
	g.add("leads", p > leadLevel, p, leadLevel,
		fmt.Sprintf("spend of the next %d weeks does not explain this week's organic share (p of the test; shown if above the limit)", leads),
		"spend that is not set by last week's sales: a planned test decides by lot when ads run")
}

// leadTest returns the p-value of the leads' coefficients all being 0.
func (l *liftFit) leadTest() float64 {
	p := l.panel
	m := *l
	m.sample, m.at = p.rows(func(q, t int) bool { return p.adsStored(t-Lags, t+leads) && p.Terms[q].Weeks[t].Clicks.usable() }, enoughOrganic, marketClicks)
	s := m.sample
	if s.rows() == 0 {
		return math.NaN()
	}
	y, controls := m.outcome()
	x := m.columns(nil, -leads, Lags)
	fit := s.nuisance(controls).regress(y, x...)
	if fit.dead {
		return math.NaN()
	}
	c := p.cluster(s.query)
	c.moving = l.clusters.moving
	contrasts := make([][]float64, leads)
	b := make([]float64, leads)
	for j := range contrasts {
		contrasts[j] = make([]float64, len(x))
		contrasts[j][j] = 1
		b[j] = fit.b[j]
	}
	return waldP(b, fit.covariance(contrasts, c), c.moving)
}

// waldP tests all of b being 0: Hotelling's reference for a covariance estimated
// from g groups.
func waldP(b []float64, covariance [][]float64, g int) float64 {
	q := len(b)
	m := make([]float64, 0, q*q)
	for _, row := range covariance {
		m = append(m, row...)
	}
	z := append([]float64(nil), b...)
	factor(m, q).solve(z)
	wald := dot(b, z)
	f := wald * float64(g-q) / float64(q*(g-1))
	return 1 - distuv.F{D1: float64(q), D2: float64(g - q)}.CDF(f)
}

// gatePlacebo asks whether whole paths of spend, dealt to other terms at random,
// explain shares as well as each term's own.
func (l *liftFit) gatePlacebo(g *gates, rng *rand.Rand) {
	p := l.placebo(rng)
	g.add("placebo", p < level, p, level,
		fmt.Sprintf("spend dealt to other terms at random, %d times, explains shares less than each term's own (share of deals that do as well)", placebos),
		"more terms or weeks, or larger changes of spend: what effect there is does not stand out from chance")
}

func (l *liftFit) placebo(rng *rand.Rand) float64 {
	s := l.sample
	each := clusters{of: make([]int, len(l.panel.Terms)), n: s.groups(), moving: s.groups(), terms: true}
	for i, q := range s.query {
		each.of[q] = i
	}
	sum := ones(Lags + 1)
	statistic := func(r *regression) float64 {
		return math.Abs(r.sum(sum)) / math.Sqrt(dot(r.influences(r.direction(sum), r.resid, each), nil))
	}
	own := statistic(l.fit)
	deal := make([]int, s.groups())
	for i := range deal {
		deal[i] = i
	}
	n := 1
	for range placebos {
		shuffle(rng, deal)
		r := l.fit.refit(l.fit.y, l.columns(deal, 0, Lags)...)
		if r.dead || statistic(r) >= own {
			n++
		}
	}
	return float64(n) / (placebos + 1)
}

// gateProducts asks whether the sign stays when any one product is left out.
func (l *liftFit) gateProducts(g *gates) {
	turned, n := l.turned()
	g.add("products", turned == 0, float64(turned), 0,
		fmt.Sprintf("products of %d whose leaving out turns the sign", n),
		"ads that vary on more products, so that no single one decides")
}

// turned counts the products without which the estimate changes its sign.
func (l *liftFit) turned() (turned, n int) {
	r := l.fit
	of, n := l.panel.products(l.sample.query)
	members := make([][]int, n)
	for g, q := range l.sample.query {
		members[of[q]] = append(members[of[q]], g)
	}
	k := len(r.x)
	size := r.moments.n + k
	whole, right := make([]float64, size*size), make([]float64, size)
	for g := range r.groups() {
		r.addMoments(g, whole, right, 1)
	}
	m, b := make([]float64, size*size), make([]float64, size)
	for _, groups := range members {
		copy(m, whole)
		copy(b, right)
		for _, g := range groups {
			r.addMoments(g, m, b, -1)
		}
		factor(m, size).solve(b)
		sum := 0.0
		for _, v := range b[r.moments.n:] {
			sum += v
		}
		if !(sum*l.estimate.Value > 0) {
			turned++
		}
	}
	return turned, n
}

// addMoments adds a group's part of the normal equations over weeks, controls
// and x, which the estimate without it lacks.
func (r *regression) addMoments(g int, m, right []float64, sign float64) {
	z := r.moments.n
	size := z + len(r.x)
	r.weekMoments(g, m, size, sign)
	from, to := r.start[g], r.start[g+1]
	cols := append(append([][]float64{}, r.controls...), r.x...)
	for i := from; i < to; i++ {
		w := sign * r.weight[i]
		right[r.week[i]] += w * r.y[i]
		for a, x := range cols {
			row := m[(r.weeks+a)*size:]
			wv := w * x[i]
			row[r.week[i]] += wv
			right[r.weeks+a] += wv * r.y[i]
			for b := 0; b <= a; b++ {
				row[r.weeks+b] += wv * cols[b][i]
			}
		}
	}
}

// gateDifferences asks whether changes from week to week tell the same as levels.
func (l *liftFit) gateDifferences(g *gates) {
	apart := l.differences()
	g.add("differences", apart <= 2, apart, 2,
		"distance from an estimate of week-to-week changes, in standard errors of the difference",
		"a longer history: slow changes of the market beside slow changes of spend look like an effect")
}

// differences fits the model in first differences and returns how far its sum
// lies from that in levels, in standard errors of the difference.
func (l *liftFit) differences() float64 {
	s, at := l.sample, l.at
	y, controls := l.outcome()
	cols := append(append([][]float64{y}, controls...), l.columns(nil, 0, Lags)...)
	d := &sample{query: s.query, weeks: s.weeks}
	changes := make([][]float64, len(cols))
	for g := range s.groups() {
		d.start = append(d.start, len(d.week))
		for i := s.start[g] + 1; i < s.start[g+1]; i++ {
			if at[i] != at[i-1]+1 {
				continue
			}
			a, b := s.weight[i-1], s.weight[i]
			d.week = append(d.week, s.week[i])
			d.weight = append(d.weight, a*b/(a+b))
			for j, col := range cols {
				changes[j] = append(changes[j], col[i]-col[i-1])
			}
		}
	}
	d.start = append(d.start, len(d.week))
	if d.rows() == 0 {
		return math.NaN()
	}
	k := 1 + len(controls)
	fit := d.nuisance(changes[1:k]).regress(changes[0], changes[k:]...)
	if fit.dead {
		return math.NaN()
	}
	sum := ones(Lags + 1)
	levels := l.fit.influences(l.fit.direction(sum), l.fit.resid, l.clusters)
	for i, v := range fit.influences(fit.direction(sum), fit.resid, l.clusters) {
		levels[i] -= v
	}
	return math.Abs(fit.sum(sum)-l.fit.sum(sum)) / math.Sqrt(l.fit.finite(l.clusters)*dot(levels, nil))
}
