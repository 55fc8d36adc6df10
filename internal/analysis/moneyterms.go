package analysis

import (
	"cmp"
	"slices"
)

// money applies the money rules to the settled weeks.
func (m *Market) money(terms []*term) (found []MoneyFinding, refused []Refused) {
	if len(m.SettledWeeks) == 0 {
		return nil, nil
	}
	list := make([]MoneyTerm, 0, len(terms))
	for _, t := range terms {
		if len(t.settled) > 0 {
			list = append(list, m.moneyTerm(t))
		}
	}
	a := Appraise(list, MoneyOptions{Currency: m.Currency, Weeks: m.SettledWeeks})
	for _, rule := range []func() ([]MoneyFinding, []Refused){
		a.Waste, a.Harvest, a.Scale, a.FixListing, a.BrandDefence, a.Opportunity, a.OwnOverlap,
	} {
		f, r := rule()
		found, refused = append(found, f...), append(refused, r...)
	}
	return found, refused
}

func (m *Market) moneyTerm(t *term) MoneyTerm {
	lead := t.lead()
	p := m.product(lead)
	out := MoneyTerm{Term: t.name, ASIN: lead, Class: t.class, Cluster: t.cluster.Key, Economics: p.Economics, Weeks: t.settled}
	slices.SortFunc(out.Weeks, func(a, b TermWeek) int { return cmp.Compare(a.Week, b.Week) })
	o := m.offers[t.name].Now
	out.OwnPrice, out.MarketPrice, out.OwnFast, out.MarketFast = o.OwnMicros, o.MarketMicros, o.OwnFast, o.MarketFast
	for _, w := range m.SettledWeeks {
		if m.Out[Absence{lead, w}] {
			out.StockOut++
		}
	}
	out.Exact = t.exact
	return out
}
