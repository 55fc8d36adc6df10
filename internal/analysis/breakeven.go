package analysis

// AssumedMargin is the margin where a person has named none: what is left of
// the price before ads, as a fraction. What rests on it is marked assumed.
const AssumedMargin = .30

// Economics is what selling one unit is worth.
type Economics struct {
	PriceMicros int64   // 0: not known
	Margin      float64 // fraction of the price left before ads: 1 − (goods, fees, shipping, returns)/price
	Assumed     bool    // the margin is AssumedMargin
}

// Known reports whether a unit's worth is known.
func (e Economics) Known() bool { return e.PriceMicros > 0 && e.Margin > 0 }

// BreakEvenACOS is the ad spend over ad sales at which a sale earns nothing:
// the margin itself.
func (e Economics) BreakEvenACOS() float64 { return e.Margin }

// BreakEvenROAS is ad sales over ad spend at which a sale earns nothing.
func (e Economics) BreakEvenROAS() (roas float64, ok bool) { return over(1, e.Margin) }

// BreakEvenCPC is the price of a click, in micros, at which clicks of which
// the fraction cvr ends in an order earn nothing.
func (e Economics) BreakEvenCPC(cvr float64) float64 { return float64(e.PriceMicros) * e.Margin * cvr }

// BreakEvenCVR is the fraction of clicks that must end in an order for clicks
// of this price, in micros, to earn nothing. It is above 1 where a click costs
// more than an order earns. ok is false where a unit's worth is not known.
func (e Economics) BreakEvenCVR(cpcMicros float64) (cvr float64, ok bool) {
	if !e.Known() {
		return 0, false
	}
	return over(cpcMicros, float64(e.PriceMicros)*e.Margin)
}

// TargetBid is the price of a click, in micros, at which the target ACOS is
// just met.
func (e Economics) TargetBid(targetACOS, cvr float64) float64 {
	return targetACOS * float64(e.PriceMicros) * cvr
}

// over divides; ok is false where that is not defined.
func over(a, b float64) (float64, bool) {
	if b <= 0 {
		return 0, false
	}
	return a / b, true
}
