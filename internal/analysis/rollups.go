package analysis

import (
	"cmp"
	"maps"
	"slices"
)

// Level is what a share change is about.
type Level string

// The levels, from the whole to the part. Each is a family of tests of its
// own, and none of them decides what another one tests.
const (
	LevelAccount Level = "account"
	LevelClass   Level = "class"
	LevelCluster Level = "cluster"
	LevelTerm    Level = "term"
)

// group is the terms that one roll-up adds up. Each term's market is counted
// once, because the members are distinct terms.
type group struct {
	level Level
	name  string
	terms []*term
}

// groups returns the roll-ups of a level, by name.
func (m *Market) groups(level Level, terms []*term) []group {
	members := map[string][]*term{}
	for _, t := range terms {
		switch level {
		case LevelAccount:
			members[""] = append(members[""], t)
		case LevelClass:
			members[string(t.class)] = append(members[string(t.class)], t)
		case LevelCluster:
			if name := t.cluster.Key; name != "" {
				members[name] = append(members[name], t)
			}
		}
	}
	out := make([]group, 0, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		// A group of one is its term, and one of all is the account.
		if list := members[name]; len(list) > 1 && (level == LevelAccount || len(list) < len(terms)) {
			out = append(out, group{level, name, list})
		}
	}
	return out
}

// title is how a cluster is called.
func (g group) title() string {
	if c := g.terms[0].cluster; !c.Chosen {
		return c.Word
	}
	return g.name
}

// groupTrial adds the group's terms up, week by week. A term of which a week is
// missing takes no part in that week: which terms are listed is what a week
// looked like to shoppers too.
func (m *Market) groupTrial(g group, step Step) Trial {
	now := Sum{}
	weeks := make([]Sum, len(m.Baseline))
	for _, t := range g.terms {
		if t.now != nil {
			now.Add(t.now.Funnel[step])
		}
		for i := range t.past {
			weeks[t.past[i].week].Add(t.past[i].counts.cell(step))
		}
	}
	trial := Trial{Now: now.cell(), Held: m.Event != ""}
	first := Segment(m.Counting, step)
	for i, w := range weeks {
		if i >= first && w.Cells > 0 && m.EventWeeks[m.Baseline[i]] == "" {
			trial.Before = append(trial.Before, w.cell())
		}
	}
	return trial
}

// cell is the sum as one cell, unknown where nothing was added.
func (s Sum) cell() Cell {
	return Cell{Own: Count{V: s.Own, Valid: s.Cells > 0}, Market: Count{V: s.Market, Valid: s.Cells > 0}}
}

// termTrial is a term at one step. Weeks in which its leading product was
// probably out of stock, and those of retail events, are no baseline.
func (m *Market) termTrial(t *term, step Step) Trial {
	lead := t.lead()
	trial := Trial{Held: m.Event != "" || m.Out[Absence{lead, m.Week}]}
	if t.now != nil {
		trial.Now = t.now.Funnel[step]
	}
	first := Segment(m.Counting, step)
	for i := range t.past {
		week := m.Baseline[t.past[i].week]
		if t.past[i].week < first {
			continue
		}
		if cell := t.past[i].counts.cell(step); cell.Known() && m.EventWeeks[week] == "" && !m.Out[Absence{lead, week}] {
			trial.Before = append(trial.Before, cell)
		}
	}
	if !trial.Now.Known() {
		trial.Cut = m.cut(t, step)
	}
	trial.Value = m.weeklyValue(t)
	return trial
}

// weeklyValue is the term's own baseline purchases a week at the price of its
// leading product, in micros; 0 where the price is not known.
func (m *Market) weeklyValue(t *term) float64 {
	price := m.product(t.lead()).PriceMicros
	sum := t.before()[Purchase]
	if sum.Cells == 0 {
		return 0
	}
	return float64(sum.Own) / float64(sum.Cells) * float64(price)
}

// cut is the most own events that a term may have had although no product lists
// it: each product that did list it may have had as many as its list still
// shows. Unknown where Amazon has not answered for one of them.
func (m *Market) cut(t *term, step Step) (most Count) {
	sellers := m.Sellers[t.name]
	if len(sellers) == 0 {
		return Count{}
	}
	most.Valid = true
	for _, asin := range sellers {
		c := m.Cuts[asin]
		if !c.Known {
			return Count{}
		}
		if c.Least[step].Valid {
			most.V += c.Least[step].V
		}
	}
	return most
}

// Missing lists the terms that were listed in enough weeks of the baseline and
// are not now: their Sellers must be told before the audit.
func (m *Market) Missing() (names []string) {
	for name, t := range m.terms {
		if (t.now == nil || !t.now.listed()) && len(t.past) >= minBaselineWeeks {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}
