package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// Version is that of the audit's schema, docs/audit.schema.json.
const Version = 2

// Compose makes the audit of an account's week of its marketplaces' sections,
// which it lists by marketplace. state is that of the least settled one.
func Compose(account, week string, state State, sections []MarketAudit) *Audit {
	a := &Audit{Version: Version, Account: account, Week: week, State: state, Marketplaces: append([]MarketAudit{}, sections...)}
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

// mostOf is how many findings of a kind a section shows: few enough to act on.
var mostOf = map[Kind]int{
	Vanished: 3, Drifting: 5, Waste: 5, Harvest: 3, Scale: 3, FixListing: 3, BrandDefence: 3, Opportunity: 5, OwnOverlap: 3,
}

// Audit audits the marketplace's week from the rows that were added, in two
// steps, because what may have caused a change is looked up for the few terms
// that are named alone: explain is asked for their offers between them and may
// be nil.
func (m *Market) Audit(explain func(terms []string) (map[string]Offers, error)) (audit MarketAudit, scores []Score, err error) {
	terms := m.sorted()
	m.cluster(terms)
	var judged judgement
	var work sync.WaitGroup
	work.Go(func() { judged = m.money(terms) })
	found := m.detect(terms)
	work.Wait()
	money, refused := judged.all()
	named := found.named(WasteFloorMicros(m.Currency))
	weak := 0
	for _, f := range money {
		if f.Kind == FixListing && weak < mostOf[FixListing] {
			named = append(named, f.Term)
			weak++
		}
	}
	if explain != nil && len(named) > 0 {
		if m.offers, err = explain(named); err != nil {
			return MarketAudit{}, nil, fmt.Errorf("look up prices and delivery: %w", err)
		}
		judged.explain(m.offers) // the listing's rule names price and delivery as causes
		money, refused = judged.all()
	}
	out := MarketAudit{
		Marketplace: m.Marketplace, Currency: m.Currency,
		Status: m.status(), Shares: m.shares(), Demand: m.demand(), Spend: m.spend(terms),
		Findings: []Finding{}, AlsoConfirmed: []Unlisted{}, Decisions: []Decision{},
	}
	if m.SpendMicros.Valid {
		spend := m.SpendMicros.V
		out.SpendMicros = &spend
	}
	shown := map[Kind]int{}
	more := map[Kind]int{}
	add := func(f Finding) {
		if most, limited := mostOf[f.Kind]; limited && shown[f.Kind] >= most {
			more[f.Kind]++
			if f.Kind == Vanished || f.Kind == Drifting {
				out.AlsoConfirmed = append(out.AlsoConfirmed, Unlisted{f.Kind, f.Level, f.Group, f.Term})
			}
			return
		}
		shown[f.Kind]++
		out.Findings = append(out.Findings, f)
	}
	if f, ok := m.shiftFinding(found); ok {
		add(f)
	}
	fold := func(c *change) { out.AlsoConfirmed = append(out.AlsoConfirmed, c.unlisted()) }
	for i, c := range found.groups {
		if i < maxGroups {
			add(m.finding(c))
		} else {
			fold(c)
		}
	}
	small, drops, gains := 0, 0, 0
	for _, c := range found.drops {
		switch {
		case c.small(WasteFloorMicros(m.Currency)):
			small++
			fold(c)
		case drops == maxDrops:
			more[ShareDrop]++
			fold(c)
		default:
			drops++
			add(m.finding(c))
		}
	}
	for _, c := range found.gains {
		switch {
		case c.small(WasteFloorMicros(m.Currency)):
			small++
			fold(c)
		case gains == maxGains:
			more[ShareGain]++
			fold(c)
		default:
			gains++
			add(m.finding(c))
		}
	}
	for _, f := range m.drifts() {
		add(f)
	}
	for _, f := range money {
		add(f.Finding())
	}
	out.Verdict = m.verdict(found, out.Findings)
	out.Decisions = decide(out.Findings)
	out.Tested = found.reach()
	out.Hidden = m.hidden(terms, found, more, small, refused)
	return out, found.scores, nil
}

// named lists the terms whose changes are shown, and so to be explained.
func (c changes) named(floor int64) (names []string) {
	for _, list := range []struct {
		of   []*change
		most int
	}{{c.drops, maxDrops}, {c.gains, maxGains}} {
		left := list.most
		for _, c := range list.of {
			if left > 0 && !c.small(floor) {
				names = append(names, c.name)
				left--
			}
		}
	}
	return names
}

// cluster puts every term into its cluster.
func (m *Market) cluster(terms []*term) {
	for _, t := range terms {
		parent := ""
		if lead := t.lead(); lead != "" {
			parent = m.product(lead).Parent
		}
		t.cluster = ClusterOf(ClusterTerm{Term: t.name, Class: t.class, Parent: parent, Chosen: m.Moved[t.name]}, m.BrandWord)
	}
}
