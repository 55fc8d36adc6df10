package sim

import (
	"math"

	"halotrack.ai/halotrack/internal/clock"
)

// Planted effects are laid out in epochs of six weeks (drifts: twelve), so that
// those of any week are known without the weeks before it.
const (
	epochWeeks = 6
	driftWeeks = 12
)

// planted is one effect in weeks from..to, counted by weekNumber.
type planted struct {
	kind     string
	term     int // -1: none
	product  int // -1: none
	from, to int
	delta    float64 // of the own share, logit
	perWeek  float64 // added for each week since from
}

func weekNumber(d clock.Day) int { return floorDiv(int(d)-3, 7) } // 1970-01-04 was a Sunday

func weekDay(n int) clock.Day { return clock.Day(n*7 + 3) }

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// plan lists the effects of an epoch.
func (m *market) plan(epoch int) []planted {
	d := newDice().seed(m.seed, 10, uint64(epoch))
	var out []planted
	first := epoch * epochWeeks
	reachable := min(200, len(m.notable))
	taken := map[int]bool{}
	for _, i := range m.unloved {
		taken[i] = true
	}
	if reachable > 20 {
		for k := range 10 {
			i := m.notable[d.IntN(reachable)]
			if taken[i] {
				continue
			}
			taken[i] = true
			p := planted{kind: "share_drop", term: i, product: -1, from: first + d.IntN(5), to: first + epochWeeks - 1, delta: -d.between(1.2, 2.2)}
			if k >= 6 {
				p.kind, p.delta = "share_gain", d.between(.9, 1.5)
			}
			out = append(out, p)
		}
	}
	if n := len(m.account.products); n > 1 {
		week := first + d.IntN(epochWeeks)
		out = append(out, planted{kind: "share_drop", term: -1, product: d.IntN((n + 1) / 2), from: week, to: week})
	}
	if d.IntN(6) == 0 {
		week := first + d.IntN(epochWeeks)
		out = append(out, planted{kind: "account_shift", term: -1, product: -1, from: week, to: week, delta: -.4})
	}
	if epoch := floorDiv(first, driftWeeks); reachable > 20 {
		d.seed(m.seed, 11, uint64(epoch))
		i := m.notable[d.IntN(reachable)]
		start := epoch * driftWeeks
		out = append(out, planted{kind: "drift", term: i, product: -1, from: start, to: start + driftWeeks - 1, perWeek: -.08})
	}
	return out
}

// influence is the sum of what is planted in one week.
type influence struct {
	share map[int]float64 // by term
	out   int             // product out of stock, -1 for none
	shock float64
}

func (m *market) influenceOf(start clock.Day) influence {
	n := weekNumber(start)
	in := influence{share: map[int]float64{}, out: -1}
	for _, p := range m.plan(floorDiv(n, epochWeeks)) {
		if n < p.from || n > p.to {
			continue
		}
		switch {
		case p.product >= 0:
			in.out = p.product
		case p.term >= 0:
			in.share[p.term] += p.delta + p.perWeek*float64(n-p.from+1)
		default:
			in.shock += p.delta
		}
	}
	return in
}

// demand is how much more or less is searched in a week than on average, in
// logs, by family: the year's course, events and chance.
func (m *market) demand(start clock.Day) []float64 {
	n := weekNumber(start)
	year := float64(start.Time().YearDay())
	common := .3*math.Exp(-math.Pow((year-345)/18, 2)) + .25*math.Exp(-math.Pow((year-196)/5, 2))
	d := newDice()
	out := make([]float64, len(m.account.niche.families))
	for f := range out {
		d.seed(m.seed, 12, uint64(n), uint64(f))
		out[f] = common + .08*d.NormFloat64()
		if d.IntN(25) == 0 {
			out[f] += d.between(-.4, .5)
		}
	}
	return out
}

func (m *market) truth(from, to clock.Day) []Truth {
	var out []Truth
	add := func(kind string, p planted, always bool) {
		t := Truth{Account: m.account.spec.Name, Marketplace: m.place.ID, Kind: kind, Week: from}
		if p.term >= 0 {
			t.Term = m.terms[p.term].text
		}
		if p.product >= 0 {
			t.ASIN, t.Cause = m.account.products[p.product].info.ASIN, "stock"
		}
		if !always {
			t.From, t.To = weekDay(p.from), weekDay(p.to)
			t.Week = max(from, t.From)
		}
		out = append(out, t)
	}
	lo, hi := weekNumber(from), weekNumber(to)
	type key struct {
		kind          string
		term, product int
		from          int
	}
	seen := map[key]bool{}
	for e := floorDiv(lo, epochWeeks); e <= floorDiv(hi, epochWeeks); e++ {
		for _, p := range m.plan(e) {
			k := key{p.kind, p.term, p.product, p.from}
			if p.to >= lo && p.from <= hi && !seen[k] {
				seen[k] = true
				add(p.kind, p, false)
			}
		}
	}
	for _, list := range []struct {
		kind  string
		terms []int
	}{{"waste", m.wasted}, {"brand_defence", m.defended}, {"fix_listing", m.unloved}} {
		for _, i := range list.terms {
			add(list.kind, planted{term: i, product: -1}, true)
		}
	}
	return out
}
