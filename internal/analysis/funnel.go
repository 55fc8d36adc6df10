package analysis

import "math"

// Indices compares the entity with the market from step to step: above 1 is
// better than the market. An index whose divisor is 0 is NaN.
type Indices struct {
	CTR   float64 // click share over impression share
	Cart  float64 // cart-add share over click share
	Close float64 // purchase share over cart-add share
	CVR   float64 // purchase share over click share
}

// IndicesOf computes the indices of summed counts.
func IndicesOf(s Sums) Indices {
	share := func(step Step) float64 {
		if p, ok := s[step].Share(); ok {
			return p
		}
		return math.NaN()
	}
	ratio := func(a, b float64) float64 {
		if b == 0 {
			return math.NaN()
		}
		return a / b
	}
	i, c, a, p := share(Impression), share(Click), share(CartAdd), share(Purchase)
	return Indices{CTR: ratio(c, i), Cart: ratio(a, c), Close: ratio(p, a), CVR: ratio(p, c)}
}

// Contributions says which step moved the purchase share between two periods,
// in logarithms: the four add up to Total, the change of ln(purchase share).
type Contributions struct {
	Impression, CTR, Cart, Close, Total float64
	// Smoothed is set where a count was 0: then every share of both periods is
	// (own+½)/(market+1).
	Smoothed bool
}

// Decompose splits the change of the purchase share by the funnel identity
// ln PS = ln IS + ln CTRi + ln Carti + ln Closei. ok is false where a step is
// not known in one of the periods.
func Decompose(before, now Sums) (c Contributions, ok bool) {
	for _, step := range Steps {
		for _, s := range []Sum{before[step], now[step]} {
			if s.Cells == 0 || s.Market < 0 || s.Own < 0 {
				return Contributions{}, false
			}
			c.Smoothed = c.Smoothed || s.Own == 0 || s.Market == 0
		}
	}
	ln := func(s Sum) float64 {
		if c.Smoothed {
			return math.Log(float64(s.Own)+.5) - math.Log(float64(s.Market)+1)
		}
		return math.Log(float64(s.Own)) - math.Log(float64(s.Market))
	}
	var d [4]float64
	for _, step := range Steps {
		d[step] = ln(now[step]) - ln(before[step])
	}
	c.Impression = d[Impression]
	c.CTR = d[Click] - d[Impression]
	c.Cart = d[CartAdd] - d[Click]
	c.Close = d[Purchase] - d[CartAdd]
	c.Total = d[Purchase]
	return c, true
}

// Split divides the change of an own count into what the market's demand did
// and what the share did: Demand + Share is the change exactly.
type Split struct {
	Demand float64 // mean share × change of the market
	Share  float64 // mean market × change of the share
}

// SplitChange splits the change from own0 of market0 to own1 of market1 at the
// midpoint. The counts may be averages per week. ok is false where a market is
// not positive.
func SplitChange(own0, market0, own1, market1 float64) (s Split, ok bool) {
	if !(market0 > 0) || !(market1 > 0) {
		return Split{}, false
	}
	p0, p1 := own0/market0, own1/market1
	return Split{
		Demand: (p0 + p1) / 2 * (market1 - market0),
		Share:  (market0 + market1) / 2 * (p1 - p0),
	}, true
}
