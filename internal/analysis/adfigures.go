package analysis

// AdFigures are the rates of ads. A rate whose divisor is 0 or of which a
// count is unknown is invalid.
type AdFigures struct {
	ACOS Rate // cost over ad sales
	ROAS Rate // ad sales over cost
	CPC  Rate // cost per click, micros
	CVR  Rate // orders per click
}

// Rate is a number that may be undefined.
type Rate struct {
	V     float64
	Valid bool
}

// RateOf divides two counts; it is invalid where either is unknown or the
// divisor is not positive.
func RateOf(a, b Count) Rate {
	if !a.Valid || !b.Valid || b.V <= 0 {
		return Rate{}
	}
	return Rate{float64(a.V) / float64(b.V), true}
}

// AdFiguresOf computes the rates of ads that were added up. Where sponsored
// brands took part (OrdersPartial) orders and sales are not all counted, and
// all but the price of a click is unknown.
func AdFiguresOf(a Ads) AdFigures {
	f := AdFigures{CPC: RateOf(a.CostMicros, a.Clicks)}
	if !a.OrdersPartial {
		f.ACOS = RateOf(a.CostMicros, a.Sales7dMicros)
		f.ROAS = RateOf(a.Sales7dMicros, a.CostMicros)
		f.CVR = RateOf(a.Orders7d, a.Clicks)
	}
	return f
}

// OtherProductAdSales are the ad sales, in micros, of other products than the
// one that was clicked. It is attribution, what Amazon books to a click, and
// says nothing of what ads caused: that is OrganicLift's question, of package
// halo, and the two never share a name.
func OtherProductAdSales(sales7d, sameSKU7d Count) Count {
	if !sales7d.Valid || !sameSKU7d.Valid || sameSKU7d.V > sales7d.V {
		return Count{}
	}
	return Known(sales7d.V - sameSKU7d.V)
}

// PriceGap is how much dearer (above 0) or cheaper one's own median clicked
// offer was than the market's: own/market − 1. Both are medians of different
// baskets, so the sign and the trend say something, cents do not.
func PriceGap(ownMicros, marketMicros Count) Rate {
	r := RateOf(ownMicros, marketMicros)
	if !r.Valid || ownMicros.V <= 0 {
		return Rate{}
	}
	return Rate{r.V - 1, true}
}

// PerSearch are Amazon's rates: events per search, of the market and one's
// own. They are not click-through or conversion rates: a search shows some 20
// to 40 offers, so impressions per search are far above 1, and CTR is clicks
// per impression.
type PerSearch struct{ Market, Own [4]Rate } // indexed by Step

// PerSearchOf divides the funnel by the searches of the same term and week.
func PerSearchOf(volume Count, f Funnel) (p PerSearch) {
	for _, step := range Steps {
		p.Market[step] = RateOf(f[step].Market, volume)
		p.Own[step] = RateOf(f[step].Own, volume)
	}
	return p
}

// CTR is clicks per impression, of the market and one's own.
func CTR(f Funnel) (market, own Rate) {
	return RateOf(f[Click].Market, f[Impression].Market), RateOf(f[Click].Own, f[Impression].Own)
}
