package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	maxOverlapHHI       = .90        // above it one product has practically all impressions
	minShiftedLead      = .10        // the least change of the leader's part that is named
	minOverlapPurchases = 20         // own purchases, for flat to mean something
	widestFlat          = .405465108 // ln 1.5: a flat share may have changed by no more
)

// OwnOverlap returns the terms on which own products take impressions from each
// other: at least two are seen, the split between them is proven to have moved
// by 10 percentage points or more from the earlier to the later half of the
// weeks, and the purchase share did not move with it: no change is proven, and
// one of more than half is ruled out. Value is the change of the part of own
// impressions that the earlier leader had. Money is not known: that purchases
// moved between own products neither earns nor costs anything by itself. It
// ranks by the own purchases a week that surely moved.
func (a *Appraisal) OwnOverlap() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	moved := map[string]float64{}
	refused := refusing(OwnOverlap)
	for _, t := range a.terms {
		lead, hhi, ok := t.overlap()
		if !ok || hhi > maxOverlapHHI {
			continue
		}
		shift, enough := laterLessEarlier(lead.parts)
		flat, counts := laterLessEarlier(logits(t.Weeks, Purchase))
		switch {
		case !enough || !counts || t.own[Purchase].Own < minOverlapPurchases:
			refused.add("several own products are seen, but weeks or purchases are too few to compare")
			continue
		case math.Abs(shift.Mid) < minShiftedLead || shift.Low <= 0 && shift.High >= 0:
			continue // they share it as they did
		case flat.Low > 0 || flat.High < 0:
			refused.add("the split between own products moved, and the purchase share with it")
			continue
		case max(-flat.Low, flat.High) > widestFlat:
			refused.add("the split between own products moved, but whether the purchase share did is not known well enough")
			continue
		}
		f := a.finding(OwnOverlap, t)
		f.ASIN = lead.asin
		f.Figure, f.Value, f.N = "lead_share_change", Interval{shift.Low, shift.Mid, shift.High}, t.own[Impression].Own
		surelyMoved := min(math.Abs(shift.Low), math.Abs(shift.High))
		moved[t.Term] = surelyMoved * float64(t.own[Purchase].Own) / a.weeks()
		f.Text = fmt.Sprintf("On “%s” your own products show up beside each other (concentration %s of 1). From the earlier to the later half of %s, %s's part of your impressions changed by %s (%s to %s), while your purchase share stayed as it was: they take turns rather than add up. Check which one the ads should lead with.",
			t.Term, factor(hhi), a.during(), lead.asin, points(shift.Mid), points(shift.Low), points(shift.High))
		found = append(found, f)
	}
	slices.SortFunc(found, func(x, y MoneyFinding) int {
		return cmp.Or(cmp.Compare(moved[y.Term], moved[x.Term]), cmp.Compare(x.Term, y.Term))
	})
	return found, refused.list()
}

// leader is the own product with most impressions in the earlier half, and its
// part of them week by week.
type leader struct {
	asin  string
	parts []float64
}

// overlap follows the leader through the weeks; hhi is the concentration of own
// impressions, weighted by them. ok is false where fewer than two own products
// are seen in most weeks.
func (t *appraised) overlap() (l leader, hhi float64, ok bool) {
	var weeks []TermWeek
	several := 0
	var weight float64
	for _, w := range t.Weeks {
		own := w.Funnel[Impression].Own
		if w.Lead == "" || w.HHI <= 0 || !own.Valid || own.V <= 0 {
			continue
		}
		weeks = append(weeks, w)
		hhi += w.HHI * float64(own.V)
		weight += float64(own.V)
		if w.ASINs > 1 {
			several++
		}
	}
	if 2*several <= len(weeks) || weight <= 0 {
		return l, 0, false
	}
	led := map[string]int{}
	for _, w := range weeks[:(len(weeks)+1)/2] {
		led[w.Lead]++
		if led[w.Lead] > led[l.asin] || led[w.Lead] == led[l.asin] && w.Lead < l.asin {
			l.asin = w.Lead
		}
	}
	for _, w := range weeks {
		part := w.LeadShare
		if w.Lead != l.asin {
			// Of a product that does not lead only the most it can have is
			// known; the change that is claimed is the least there was.
			part = min(part, 1-part)
		}
		l.parts = append(l.parts, part)
	}
	return l, hhi / weight, true
}
