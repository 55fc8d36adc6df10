package analysis

import (
	"cmp"
	"slices"
)

// Weekly audits the week of an account. Markets are listed by their id.
func Weekly(account, week string, state State, markets []*Market) *Audit {
	a := &Audit{Account: account, Week: week, State: state, Marketplaces: []MarketAudit{}}
	markets = slices.Clone(markets)
	slices.SortFunc(markets, func(x, y *Market) int { return cmp.Compare(x.Marketplace, y.Marketplace) })
	for _, m := range markets {
		a.Marketplaces = append(a.Marketplaces, m.audit(state))
	}
	return a
}

func (m *Market) audit(state State) MarketAudit {
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
	if state == Provisional && m.AdsDays > 0 {
		out.Hidden = slices.Insert(out.Hidden, 0, Hidden{
			What: "the week's money findings",
			Why:  "its ads are provisional: Amazon still corrects them for 14 days after the week's end",
		})
	}
	return out
}
