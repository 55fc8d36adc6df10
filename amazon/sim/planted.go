package sim

import (
	"cmp"
	"math"
	"slices"

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

// plantAlways makes some terms what they are in every week: seen a lot and
// clicked little, too dear, or cannibalised by ads.
func (m *market) plantAlways() {
	for k := 0; k < 3 && 40+k*17 < len(m.notable); k++ {
		i := m.notable[40+k*17]
		m.terms[i].share += .8
		m.terms[i].appeal = -1.2
		m.unloved = append(m.unloved, i)
	}
	for k := 0; k < 2 && 12+k*11 < len(m.notable); k++ {
		i := m.notable[12+k*11]
		t := &m.terms[i]
		own, weight := 0.0, 0.0
		for _, w := range t.who {
			own, weight = own+float64(m.prices[w.product])*w.weight, weight+w.weight
		}
		// The own offers cost 45 % more than the market's, and a third sell.
		t.price = micros(own/weight/1.45/1e6, m.place.Currency)
		t.sells = -1.1
		m.dear = append(m.dear, i)
	}
	for i, t := range m.terms {
		if t.class == ownBrand && t.family >= 0 && len(m.defended) < 3 {
			// Nobody else is seen much on it: with or without ads most clicks
			// are the brand's.
			m.terms[i].share += .7
			m.defended = append(m.defended, i)
		}
	}
	for _, i := range m.notable {
		if w := m.terms[i].who; len(w) > 1 && len(m.shared) < 40 && !slices.Contains(m.dear, i) && !slices.Contains(m.unloved, i) {
			m.shared = append(m.shared, i)
		}
	}
}

// findStockable lists the products of the popular half that sponsored products
// show every day, beside others of the same campaign: whose silence tells.
func (m *market) findStockable() {
	clicks := make([]float64, len(m.account.products)) // of ads in a week
	perCampaign := make([]map[int]bool, len(m.campaigns))
	for _, x := range m.targets {
		if x.product != SponsoredProducts {
			continue
		}
		if t := &m.terms[x.term]; t.class != offSearch {
			clicks[x.asin] += x.rate * t.volume * t.ctr
		} else {
			clicks[x.asin] += x.rate
		}
		if perCampaign[x.campaign] == nil {
			perCampaign[x.campaign] = map[int]bool{}
		}
		perCampaign[x.campaign][x.asin] = true
	}
	for p := range (len(clicks) + 1) / 2 {
		beside := slices.ContainsFunc(perCampaign, func(c map[int]bool) bool { return c[p] && len(c) > 2 })
		if clicks[p] >= 14 && beside {
			m.stockable = append(m.stockable, p)
		}
	}
}

// plan lists the effects of an epoch.
func (m *market) plan(epoch int) []planted {
	if m.world.cfg.Quiet {
		return nil
	}
	d := newDice().seed(m.seed, 10, uint64(epoch))
	var out []planted
	first := epoch * epochWeeks
	reachable := min(200, len(m.notable))
	taken := map[int]bool{}
	for _, i := range slices.Concat(m.unloved, m.dear) {
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
	if n := len(m.stockable); n > 0 {
		week := first + d.IntN(epochWeeks)
		out = append(out, planted{kind: "share_drop", term: -1, product: m.stockable[d.IntN(n)], from: week, to: week})
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
	if len(m.shared) > 0 {
		d.seed(m.seed, 17, uint64(epoch))
		i := m.shared[d.IntN(len(m.shared))]
		if !taken[i] {
			from, gains := first+d.IntN(3), m.second(i)
			out = append(out, planted{kind: "own_overlap", term: i, product: gains, from: from, to: first + epochWeeks - 1, delta: 2.5})
		}
	}
	return out
}

// second is the product that comes after a term's leading one.
func (m *market) second(term int) int {
	who := slices.Clone(m.terms[term].who)
	slices.SortStableFunc(who, func(a, b reach) int { return cmp.Compare(b.weight, a.weight) })
	return who[1].product
}

// influence is the sum of what is planted in one week.
type influence struct {
	share  map[int]float64 // by term
	within map[int]reach   // by term: a product's weight among the own, logs
	out    int             // product out of stock, -1 for none
	shock  float64
}

func (m *market) influenceOf(start clock.Day) influence {
	n := weekNumber(start)
	in := influence{share: map[int]float64{}, within: map[int]reach{}, out: -1}
	for _, p := range m.plan(floorDiv(n, epochWeeks)) {
		if n < p.from || n > p.to {
			continue
		}
		switch {
		case p.product >= 0 && p.term >= 0:
			in.within[p.term] = reach{p.product, p.delta}
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
	add := func(p planted, cause string, always bool) {
		t := Truth{Account: m.account.spec.Name, Marketplace: m.place.ID, Kind: p.kind, Week: from, Cause: cause}
		if p.term >= 0 {
			t.Term = m.terms[p.term].text
		}
		if p.product >= 0 {
			t.ASIN = m.account.products[p.product].info.ASIN
		}
		if effect := p.delta + p.perWeek*float64(p.to-p.from+1); effect != 0 {
			t.Odds = math.Round(1000*math.Exp(effect)) / 1000
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
				cause := ""
				if p.kind == "share_drop" && p.product >= 0 {
					cause = "stock"
				}
				add(p, cause, false)
			}
		}
	}
	for block := floorDiv(lo, pauseWeeks); block <= floorDiv(hi, pauseWeeks); block++ {
		for _, p := range m.rested(block) {
			add(p, "ads", false)
		}
	}
	for _, list := range []struct {
		kind, cause string
		terms       []int
	}{{"waste", "", m.wasted}, {"brand_defence", "", m.defended}, {"fix_listing", "", m.unloved}, {"fix_listing", "price", m.dear}} {
		for _, i := range list.terms {
			add(planted{kind: list.kind, term: i, product: -1}, list.cause, true)
		}
	}
	return out
}

// restedLoss is the part of a term's own clicks whose loss by a resting
// campaign counts as planted.
const restedLoss = .2

// rested lists the terms that lose a good part of their clicks in a block of
// weeks because their campaigns rest.
func (m *market) rested(block int) (out []planted) {
	first := block * pauseWeeks
	paused := m.pausedCampaigns(weekDay(first))
	if !slices.Contains(paused, true) {
		return nil
	}
	for i := range m.terms {
		t := &m.terms[i]
		if t.class == offSearch {
			continue
		}
		organic, bought, lost := logistic(t.share+t.appeal), 0.0, 0.0 // of the market's clicks
		for _, k := range t.targets {
			x := &m.targets[k]
			gain := x.rate * (1 - x.displaced)
			if bought += gain; paused[x.campaign] {
				lost += gain
			}
		}
		if all := organic + bought; lost >= restedLoss*all {
			out = append(out, planted{kind: "share_drop", term: i, product: -1, from: first, to: first + pauseWeeks - 1, delta: math.Log1p(-lost / all)})
		}
	}
	return out
}
