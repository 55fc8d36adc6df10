package analysis

import "slices"

// UsualOffer is the median of several weeks' offers, figure by figure; a
// figure that no week states stays unknown.
func UsualOffer(weeks []Offer) (o Offer) {
	o.OwnMicros, o.MarketMicros = medianCount(weeks, func(o Offer) Count { return o.OwnMicros }), medianCount(weeks, func(o Offer) Count { return o.MarketMicros })
	o.OwnFast, o.MarketFast = medianRate(weeks, func(o Offer) Rate { return o.OwnFast }), medianRate(weeks, func(o Offer) Rate { return o.MarketFast })
	return o
}

func medianCount(weeks []Offer, of func(Offer) Count) Count {
	var all []int64
	for _, w := range weeks {
		if c := of(w); c.Valid {
			all = append(all, c.V)
		}
	}
	if len(all) == 0 {
		return Count{}
	}
	slices.Sort(all)
	return Known(all[len(all)/2])
}

func medianRate(weeks []Offer, of func(Offer) Rate) Rate {
	var all []float64
	for _, w := range weeks {
		if r := of(w); r.Valid {
			all = append(all, r.V)
		}
	}
	if len(all) == 0 {
		return Rate{}
	}
	slices.Sort(all)
	return Rate{all[len(all)/2], true}
}
