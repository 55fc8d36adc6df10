package analysis

import (
	"cmp"
	"slices"
)

// Compose makes the audit of an account's week of its marketplaces' sections,
// which it lists by marketplace. state is that of the least settled one.
func Compose(account, week string, state State, sections []MarketAudit) *Audit {
	a := &Audit{Account: account, Week: week, State: state, Marketplaces: append([]MarketAudit{}, sections...)}
	slices.SortFunc(a.Marketplaces, func(x, y MarketAudit) int { return cmp.Compare(x.Marketplace, y.Marketplace) })
	return a
}

// Least returns the state of the two in which Amazon corrects more.
func Least(a, b State) State {
	order := []State{Provisional, Settled, Final}
	if slices.Index(order, a) <= slices.Index(order, b) {
		return a
	}
	return b
}

// Audit audits the marketplace's week from the rows that were added.
func (m *Market) Audit() MarketAudit {
	terms := m.sorted()
	drops, gains, left := m.movers(terms)
	var wasted []*term
	uncounted := 0
	if len(m.SettledWeeks) > 0 {
		wasted, uncounted = m.wasted(terms)
	}
	out := MarketAudit{
		Marketplace: m.Marketplace,
		Currency:    m.Currency,
		Shares:      sharesOf(m.now, m.before),
		Findings:    []Finding{},
	}
	if m.SpendMicros.Valid {
		spend := m.SpendMicros.V
		out.SpendMicros = &spend
	}
	for _, v := range drops[:min(len(drops), maxDrops)] {
		out.Findings = append(out.Findings, v.finding())
	}
	for _, v := range gains[:min(len(gains), maxGains)] {
		out.Findings = append(out.Findings, v.finding())
	}
	for _, t := range wasted[:min(len(wasted), maxWaste)] {
		out.Findings = append(out.Findings, m.wasteFinding(t))
	}
	out.Hidden = m.hidden(terms, left, max(0, len(drops)-maxDrops), max(0, len(gains)-maxGains), max(0, len(wasted)-maxWaste), uncounted)
	return out
}
