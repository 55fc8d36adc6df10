package history

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// leader is the product that stands for a term, and how far it stands alone.
type leader struct {
	asin          int64
	code          string
	impressions   Count
	squares       uint64 // Σ impressions²
	total         uint64
	concentration Count // Herfindahl index over ASINs, parts per million
}

// note takes an ASIN's own impressions into account.
func (l *leader) note(asin int64, code string, impressions Count) {
	v := impressions.V
	if v <= 0 {
		return
	}
	if v > l.impressions.V || v == l.impressions.V && code < l.code {
		l.asin, l.code, l.impressions = asin, code, impressions
	}
	l.squares += uint64(v) * uint64(v)
	l.total += uint64(v)
}

func (l *leader) settle() {
	if l.total == 0 || l.total > math.MaxUint32 { // whose square would not fit
		return
	}
	hi, lo := bits.Mul64(l.squares, 1_000_000)
	quotient, _ := bits.Div64(hi, lo, l.total*l.total)
	l.concentration = known(int64(quotient))
}

// noAds are the figures of what was not paid for: where the reports are
// complete and name no click there was none. Impressions without a click are
// in no report (adsapi.md trap 28).
func noAds() adSums {
	zero := known(0)
	return adSums{clicks: zero, cost: zero, orders1dSame: zero, orders1d: zero, orders7d: zero, sales7d: zero}
}

// decide classifies each term, finds what leads it and splits its clicks and
// purchases.
func (j *join) decide() error {
	for at, p := range j.asinRows {
		code, err := j.code(at.key)
		if err != nil {
			return err
		}
		j.terms[at.term].lead.note(at.key, code, p.x[0])
	}
	for _, t := range j.terms {
		text, err := termText(j.c, t.id)
		if err != nil {
			return err
		}
		t.class = classCode(GenericTerm)
		if j.rules.Classify != nil {
			t.class = classCode(j.rules.Classify(text))
		}
		t.exact = t.exact || j.exact[text]
		t.lead.settle()
		if j.complete && !t.advertised {
			t.ads = noAds()
		}
		t.split, t.organic = splitUnknown, [2]Count{}
		if j.adsApart || j.complete {
			t.split, t.organic = j.organic(t.x, &t.ads, splitMeasured)
		}
		j.order = append(j.order, t)
	}
	slices.SortFunc(j.order, func(a, b *joinTerm) int { return cmp.Compare(a.id, b.id) })
	return nil
}

// divided splits the clicks and purchases of an ASIN or parent. Where some
// click on the term may have been paid for it without any report saying so,
// the split is unknown.
func (j *join) divided(t *joinTerm, key int64, p *partTerm) (split int64, organic [2]Count) {
	named := !t.advertised || j.productsWhole && t.unnamed.clicks.V == 0
	if j.complete && named && key != unnamed {
		p.ads.add(noAds())
	}
	if key == unnamed || !j.adsApart && !(j.complete && named) {
		return splitUnknown, organic
	}
	split = splitMeasured
	if p.modelled {
		split = splitModelled
	}
	return j.organic(p.x, &p.ads, split)
}

// organic is what is left of the own clicks and purchases without those that
// ads caused (analytics.md §3.4); unknown where an input is missing or ads
// claim clearly more than search shows.
func (j *join) organic(x [4]Count, ads *adSums, how int64) (split int64, organic [2]Count) {
	clicks, purchases := x[1], x[3]
	switch {
	case !clicks.Valid:
		return splitUnknown, organic
	case j.adsApart:
		return splitMeasured, [2]Count{clicks, purchases}
	case !ads.clicks.Valid || exceeds(ads.clicks.V, clicks.V):
		return splitUnknown, organic
	}
	organic[0] = known(max(0, clicks.V-ads.clicks.V))
	orders := ads.orders1dSame
	if ads.sbClicks == 0 && purchases.Valid && orders.Valid && !exceeds(orders.V, purchases.V) {
		organic[1] = known(max(0, purchases.V-orders.V))
	}
	return how, organic
}

// exceeds tells whether ads claim more than own > 1.1 × search + 3.
func exceeds(ads, search int64) bool { return 10*ads > 11*search+30 }
