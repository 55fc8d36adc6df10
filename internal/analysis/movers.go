package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The gates of a share change; docs/method.md says where each comes from.
const (
	minMarketEvents   = 20  // this week, and over the baseline
	minBaselineWeeks  = 8   // of BaselineWeeks in which the term was listed
	minExpectedEvents = 10  // own events this week at the baseline's share
	minRelativeChange = .20 // of the share
	maxWeeksAsFar     = 1   // baseline weeks whose share was as low, or as high
	maxDrops          = 5
	maxGains          = 3
)

// A mover is a term whose share changed enough to be named.
type mover struct {
	term          *term
	step          Step // purchases, or clicks where purchases are thin
	before, now   float64
	asFar, weeks  int   // baseline weeks with a share as low (as high), and all
	split         Split // of the own events against the baseline's average week
	contributions Contributions
	explained     bool
}

// movers returns the terms whose share fell and rose, the largest effect on
// own purchases first, and counts the terms that were left out.
func (m *Market) movers(terms []*term) (drops, gains []mover, left leftOut) {
	if len(m.Baseline) < minBaselineWeeks {
		return nil, nil, leftOut{noBaseline: true}
	}
	for _, t := range terms {
		v, ok := m.mover(t, &left)
		switch {
		case !ok:
		case v.now < v.before:
			drops = append(drops, v)
		default:
			gains = append(gains, v)
		}
	}
	perClick := m.purchasesPerClick()
	purchases := func(v mover) float64 {
		if v.step == Click {
			return math.Abs(v.split.Share) * perClick
		}
		return math.Abs(v.split.Share)
	}
	order := func(a, b mover) int {
		return cmp.Or(cmp.Compare(purchases(b), purchases(a)), cmp.Compare(math.Abs(b.split.Share), math.Abs(a.split.Share)), cmp.Compare(a.term.name, b.term.name))
	}
	slices.SortFunc(drops, order)
	slices.SortFunc(gains, order)
	return drops, gains, left
}

// purchasesPerClick is the brand's own rate over the baseline: it makes clicks
// and purchases comparable in the ranking, and is used for nothing else.
func (m *Market) purchasesPerClick() float64 {
	clicks := m.before[Click].Own
	if clicks <= 0 {
		return 0
	}
	return float64(m.before[Purchase].Own) / float64(clicks)
}

// leftOut counts, per reason, the terms that could not be compared.
type leftOut struct {
	noBaseline bool
	thin       int // too few market events at purchases and clicks alike
	fewWeeks   int // listed in too few baseline weeks
	fewOwn     int // too few own events to be expected
	gone       int // listed often enough before, not listed now
	small      int // compared, changed by less than is named
	seen       int // compared, but the share has been there in earlier weeks
}

func (m *Market) mover(t *term, left *leftOut) (mover, bool) {
	if t.now == nil || !t.now.Funnel[Click].Known() && !t.now.Funnel[Purchase].Known() {
		if t.weeks >= minBaselineWeeks {
			left.gone++
		}
		return mover{}, false
	}
	if t.weeks < minBaselineWeeks {
		left.fewWeeks++
		return mover{}, false
	}
	enough := false
	for _, step := range [...]Step{Purchase, Click} {
		cell, before := t.now.Funnel[step], t.before[step]
		if !cell.Known() || cell.Market.V < minMarketEvents || before.Market < minMarketEvents {
			continue
		}
		enough = true
		p0, _ := before.Share()
		if p0*float64(cell.Market.V) < minExpectedEvents {
			continue
		}
		p1 := float64(cell.Own.V) / float64(cell.Market.V)
		if math.Abs(p1/p0-1) < minRelativeChange {
			left.small++
			return mover{}, false
		}
		v := mover{term: t, step: step, before: p0, now: p1}
		v.asFar, v.weeks = t.asFar(step, p0, p1)
		if v.asFar > maxWeeksAsFar {
			left.seen++
			return mover{}, false
		}
		weeks := float64(before.Cells)
		v.split, _ = SplitChange(float64(before.Own)/weeks, float64(before.Market)/weeks, float64(cell.Own.V), float64(cell.Market.V))
		var now Sums
		now.Add(t.now.Funnel)
		v.contributions, v.explained = Decompose(t.before, now)
		return v, true
	}
	if enough {
		left.fewOwn++
	} else {
		left.thin++
	}
	return mover{}, false
}

// asFar counts the baseline weeks whose share was as far from the baseline's,
// in the direction of the change, as this week's.
func (t *term) asFar(step Step, before, now float64) (asFar, weeks int) {
	shares := t.purchaseShares
	if step == Click {
		shares = t.clickShares
	}
	for _, p := range shares {
		if now < before && p <= now || now > before && p >= now {
			asFar++
		}
	}
	return asFar, len(shares)
}

// finding puts the mover into words. It is an observation: nothing here says
// whether chance alone could have done it.
func (v mover) finding() Finding {
	f := Finding{Kind: ShareGain, Term: v.term.name, ShareBefore: &v.before, ShareNow: &v.now}
	verb, effect, was := "rose", "more", "lower"
	if v.now < v.before {
		f.Kind, verb, effect, was = ShareDrop, "fell", "fewer", "higher"
	}
	cell := v.term.now.Funnel[v.step]
	f.N = &cell.Market.V
	name, one, many := "purchase share", "purchase", "purchases"
	if v.step == Click {
		name, one, many = "click share", "click", "clicks"
	}
	from, to := percents(v.before, v.now)
	f.Text = fmt.Sprintf("Your %s for “%s” %s from %s to %s (%s): %s of the market's %s this week. It was %s in %s stored weeks before.",
		name, v.term.name, verb, from, to, points(v.now-v.before), thousands(cell.Own.V), counted(cell.Market.V, one, many), was, of(v.weeks-v.asFar, v.weeks))
	share := int64(math.Round(math.Abs(v.split.Share)))
	f.Text += fmt.Sprintf(" That is about %s %s a week than at the earlier share; ", counted(share, one, many), effect)
	demand := int64(math.Round(v.split.Demand))
	switch {
	case demand > 0:
		f.Text += fmt.Sprintf("shoppers' demand added about %s.", thousands(demand))
	case demand < 0:
		f.Text += fmt.Sprintf("shoppers' demand took away about %s.", thousands(-demand))
	default:
		f.Text += "shoppers' demand hardly changed."
	}
	if step := v.where(); step != "" {
		f.Text += " " + step
	}
	f.Text += " An observation, not yet tested against chance."
	return f
}

// where names the step of the funnel that did most of the change, if one did
// at least half of it in the change's own direction.
func (v mover) where() string {
	if !v.explained {
		return ""
	}
	c := v.contributions
	total := c.Total
	parts := []struct {
		value      float64
		down, more string
	}{
		{c.Impression, "Most of it: you were shown less often in the search results.", "Most of it: you were shown more often in the search results."},
		{c.CTR, "Most of it: shoppers who saw you clicked less often, against the market.", "Most of it: shoppers who saw you clicked more often, against the market."},
		{c.Cart, "Most of it: fewer clicks led to the cart, against the market.", "Most of it: more clicks led to the cart, against the market."},
		{c.Close, "Most of it: fewer carts were bought, against the market.", "Most of it: more carts were bought, against the market."},
	}
	if v.step == Click {
		parts = parts[:2]
		total = c.Impression + c.CTR
	}
	if total == 0 || (total < 0) != (v.now < v.before) {
		return ""
	}
	best := parts[0]
	for _, p := range parts[1:] {
		if p.value/total > best.value/total {
			best = p
		}
	}
	switch {
	case best.value/total < .5:
		return ""
	case total < 0:
		return best.down
	}
	return best.more
}
