package analysis

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	minOnTarget      = .80 // posterior probability that ACOS meets the target
	minHarvestOrders = 2
)

// Harvest returns the terms worth a keyword of their own: at least 2 orders,
// ACOS within the target with a probability of at least 80 %, and not yet
// advertised by a keyword that matches exactly. Value is the conversion rate,
// Money what the ads earned a week after their cost. Equal bounds are ordered
// by the market's purchases and what is missing of them.
func (a *Appraisal) Harvest() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	missed := map[string]float64{}
	refused := refusing(Harvest)
	for _, t := range a.terms {
		if t.clicks == 0 || t.orders < minHarvestOrders && !t.ordersUnknown {
			continue
		}
		s, onTarget, why := a.onTarget(t, a.targetOf(t))
		switch {
		case t.Exact:
			refused.add("a keyword matches it exactly already")
			continue
		case why != "":
			refused.add(why)
			continue
		case onTarget < minOnTarget:
			refused.add("ACOS is within the target with a probability below 80%")
			continue
		}
		f := a.finding(Harvest, t)
		f.Figure, f.Value, f.Probability, f.N = "ad_cvr", s.cvr(), onTarget, t.clicks
		f.Money, f.MoneyOK = a.earned(t, s), true
		low, high := percents(s.cpc/(s.value*f.Value.High), s.cpc/(s.value*f.Value.Low))
		target, _ := percents(a.targetOf(t), a.targetOf(t))
		f.Text = fmt.Sprintf("“%s” brought %s for %s of ads over %s without a keyword that matches it exactly. Its ACOS is %s to %s; it is within %s with a probability of %s. After ads it earned %s a week or more.%s",
			t.Term, counted(t.orders, "order", "orders"), money(t.cost, a.options.Currency), a.during(), low, high, target, certainty(onTarget), a.amount(f.Money.Low), t.assumed())
		found = append(found, f)
		share, _ := t.own[Purchase].Share()
		missed[t.Term] = float64(t.own[Purchase].Market) * (1 - share)
	}
	ranked(found)
	slices.SortStableFunc(found, func(x, y MoneyFinding) int {
		return cmp.Or(cmp.Compare(y.Money.Low, x.Money.Low), cmp.Compare(missed[y.Term], missed[x.Term]))
	})
	return found, refused.list()
}

// targetOf is the ACOS that a term must meet.
func (a *Appraisal) targetOf(t *appraised) float64 {
	if a.options.TargetACOS > 0 {
		return a.options.TargetACOS
	}
	return t.BreakEvenACOS()
}

// onTarget is the posterior probability that ACOS is at most the target. What
// the term itself brought must be within it too: the good name of its class
// alone is no reason to bid more on it.
func (a *Appraisal) onTarget(t *appraised, target float64) (s stake, probability float64, why string) {
	s, why = a.stakeOf(t)
	switch {
	case why != "":
	case !s.fitted:
		why = "too few advertised terms of its class to say what is usual for it"
	case float64(t.cost) > target*float64(t.sales):
		why = "its own orders over the settled weeks do not keep ACOS within what is asked"
	}
	if why != "" {
		return s, 0, why
	}
	return s, 1 - s.posterior.Below(s.cpc/(s.value*target)), ""
}

// earned is what a term's ads earned a week after their cost.
func (a *Appraisal) earned(t *appraised, s stake) Interval {
	at := func(cvr float64) float64 {
		return (float64(t.clicks)*cvr*s.value*t.Margin - float64(t.cost)) / a.weeks()
	}
	return Interval{at(s.posterior.Quantile(short)), at(s.posterior.Mean()), at(s.posterior.Quantile(surely))}
}
