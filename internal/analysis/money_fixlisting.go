package analysis

import (
	"fmt"
	"slices"
)

const (
	fixFDR           = .05 // part of the listed that may be false
	minIndexMarket   = 20  // market events at the lower step
	minIndexExpected = 10  // own events at an index of 1
	stockPart        = .25 // of the weeks without stock, from which on that is named as a cause
	dearerBy         = .10 // price above the market's that is named as a cause
	slowerBy         = .15 // part of fast deliveries below the market's, likewise
)

// The likely causes of a weak step. They are what is known to differ, not what
// is proven to matter.
const (
	CauseStock    = "stock"
	CausePrice    = "price_gap"
	CauseDelivery = "delivery_speed"
)

// FixListing returns the terms on which a step of the funnel is proven to be
// weaker than the market's: the bottleneck, whose 95 % interval lies below 1.
// That many indices are looked at is paid for by Benjamini–Hochberg at 5 % over
// all steps and terms of a class. Value is the index; Money is what the
// purchases would be worth a week that the market's rate would add.
func (a *Appraisal) FixListing() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	refused := refusing(FixListing)
	for _, class := range Classes {
		type tested struct {
			t         *appraised
			estimates []IndexEstimate
		}
		var list []tested
		var ps []float64
		for _, t := range a.terms {
			if t.Class != class || t.own[Impression].Cells == 0 {
				continue
			}
			var estimates []IndexEstimate
			for _, step := range funnelSteps {
				if !t.comparable(step) {
					continue
				}
				e := EstimateIndex(t.Weeks, step, a.noise[class][step])
				if e.OK && e.Expected >= minIndexExpected {
					estimates = append(estimates, e)
					ps = append(ps, e.P)
				}
			}
			if len(estimates) == 0 {
				refused.add("too few events to compare its steps with the market's")
				continue
			}
			list = append(list, tested{t, estimates})
		}
		cut := cutOff(ps, fixFDR)
		for _, x := range list {
			weak := slices.DeleteFunc(x.estimates, func(e IndexEstimate) bool { return e.P > cut })
			e, proven := Bottleneck(weak)
			if !proven {
				continue
			}
			f, ok := a.fixOf(x.t, e)
			switch {
			case !ok:
				refused.add("a step is weaker than the market's, but no price says what that costs: fill the product table")
			case f.Money.Low*a.weeks() < float64(a.options.FloorMicros):
				refused.add(fmt.Sprintf("a step is weaker than the market's, but that costs less than %s over the settled weeks", money(a.options.FloorMicros, a.options.Currency)))
			default:
				found = append(found, f)
			}
		}
	}
	return ranked(found), refused.list()
}

// comparable reports whether there is enough to compare a step with the
// market's.
func (t *appraised) comparable(i Index) bool {
	from, to := i.steps()
	given, ok := t.own[from].Share()
	return ok && t.own[to].Market >= minIndexMarket && given*float64(t.own[to].Market) >= minIndexExpected
}

func (a *Appraisal) fixOf(t *appraised, e IndexEstimate) (MoneyFinding, bool) {
	if !t.Known() {
		return MoneyFinding{}, false
	}
	f := a.finding(FixListing, t)
	f.Figure, f.Value, f.P, f.N = e.Index.String(), Interval{e.Low, e.Value, e.High}, e.P, e.Market
	buys := a.share[t.Class][Purchase].With(effectiveShare(t.Weeks, Purchase, a.wander[t.Class][Purchase]))
	// At the market's rate, purchases would be 1/index times as many.
	lost := func(share, index float64) float64 {
		return float64(t.own[Purchase].Market) / a.weeks() * share * max(0, 1/max(index, .01)-1)
	}
	unit := float64(t.PriceMicros) * t.Margin
	f.Money = Interval{
		unit * lost(buys.Quantile(short), e.Bound(surely)),
		unit * lost(buys.Mean(), e.Value),
		unit * lost(buys.Quantile(surely), e.Bound(short)),
	}
	f.MoneyOK = true
	a.because(&f, t)
	return f, true
}

// because names the likely cause in a finding of a weak step, and says it all.
func (a *Appraisal) because(f *MoneyFinding, t *appraised) {
	step := slices.IndexFunc(funnelSteps[:], func(i Index) bool { return i.String() == f.Figure })
	var why string
	f.Cause, why = t.cause(funnelSteps[step])
	f.Text = fmt.Sprintf("On “%s” %s: %s times the market's rate, %s to %s. At the market's rate you would earn %s a week more, or more than that. %s%s",
		t.Term, stepWeakness[funnelSteps[step]], factor(f.Value.Mid), factor(f.Value.Low), factor(f.Value.High), a.amount(f.Money.Low), why, t.assumed())
}

var stepWeakness = map[Index]string{
	CTRIndex:   "shoppers who see you click less often than on others",
	CartIndex:  "fewer of those who look at you put you in the cart than with others",
	CloseIndex: "fewer of your carts are bought than of others'",
}

// cause names what is known to differ from the market's offers.
func (t *appraised) cause(i Index) (cause, sentence string) {
	if t.StockOut > 0 && float64(t.StockOut) >= stockPart*float64(len(t.Weeks)) {
		return CauseStock, fmt.Sprintf("Likely cause: the product was probably out of stock in %s.", counted(int64(t.StockOut), "of these weeks", "of these weeks"))
	}
	if g := PriceGap(t.OwnPrice, t.MarketPrice); g.Valid && g.V >= dearerBy {
		return CausePrice, fmt.Sprintf("Likely cause: your price, %.0f%% above that of the offers that are clicked.", g.V*100)
	}
	if t.OwnFast.Valid && t.MarketFast.Valid && t.MarketFast.V-t.OwnFast.V >= slowerBy {
		own, market := percents(t.OwnFast.V, t.MarketFast.V)
		return CauseDelivery, fmt.Sprintf("Likely cause: delivery within two days, on %s of your clicks against %s in the market.", own, market)
	}
	if i == CTRIndex {
		return "", "Neither stock, price nor delivery explains it: look at the main picture, the title and the reviews."
	}
	return "", "Neither stock, price nor delivery explains it: look at the product page against those of others."
}
