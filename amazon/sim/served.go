package sim

import (
	"fmt"
	"strconv"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// makeHostile prepares what the scenario does to the market's data.
func (m *market) makeHostile() {
	s := m.world.cfg.Scenario
	if s == nil {
		return
	}
	m.personal = map[string]bool{}
	for i := range s.Behaviours {
		m.removals = m.removals || s.Behaviours[i].Kind == RemovedRows
	}
	for i := range m.terms {
		t := &m.terms[i]
		if t.class != generic {
			continue
		}
		o := occasion{account: m.account.spec.Name, market: m.place.ID, key: t.text}
		b, h := s.fixed(PersonalData, o)
		if b == nil {
			continue
		}
		t.text = personalText(i, h)
		t.quoted = appendQuoted(nil, t.text)
		m.personal[t.text] = true
	}
}

// personalText invents something that somebody pasted into the search field;
// i keeps them apart.
func personalText(i int, h uint64) string {
	names := []string{"john.smith", "maria_garcia", "k.nowak", "anne-marie.dubois"}
	name := names[h/8%uint64(len(names))]
	switch h % 6 {
	case 0:
		return fmt.Sprintf("%s%d@example.com", name, i)
	case 1:
		return fmt.Sprintf("order for %s+shop%d@mail.example.org please", name, i)
	case 2:
		return fmt.Sprintf("+1 (555) 010-%04d", i%10_000)
	case 3:
		return fmt.Sprintf("+49 170 5550%04d", i%10_000)
	case 4:
		return fmt.Sprintf("%d maple street springfield il 62704", 100+i)
	default:
		return fmt.Sprintf("lindenstraße %d 10115 berlin", 1+i)
	}
}

// takenBack reports whether a row of an ads report is gone by now.
func (m *market) takenBack(c clickCell, day clock.Day, age int) bool {
	if !m.removals || age < 5 {
		return false
	}
	key := day.String() + "|" + strconv.FormatUint(c.seed, 16)
	b, h := m.world.cfg.Scenario.fixed(RemovedRows, occasion{op: OpAdsCreate, account: m.account.spec.Name, market: m.place.ID, key: key, at: day.Time()})
	return b != nil && age >= 5+int(h%9)
}

// Personal reports whether a search term of a market was made to look like
// personal data.
func (w *World) Personal(account, marketplace, term string) bool {
	m := w.market(account, marketplace)
	return m != nil && m.personal[term]
}

// ServedSQP returns what a document of a week generated at asOf holds, as
// SQPRows does, apart by whether the term looks like personal data.
func (w *World) ServedSQP(account, marketplace string, week clock.Day, asOf time.Time) (rows, personal []SQPRow) {
	m := w.market(account, marketplace)
	for _, r := range w.SQPRows(account, marketplace, week, asOf) {
		if m.personal[r.Query] {
			personal = append(personal, r)
		} else {
			rows = append(rows, r)
		}
	}
	return rows, personal
}

// ServedAdTerms returns what a report of a day generated at asOf holds, as
// AdTermRows does, apart by whether the term looks like personal data.
func (w *World) ServedAdTerms(profile int64, product Product, day clock.Day, asOf time.Time) (rows, personal []AdTermRow) {
	m := w.marketOf(profile)
	for _, r := range w.AdTermRows(profile, product, day, asOf) {
		if m.personal[r.Term] {
			personal = append(personal, r)
		} else {
			rows = append(rows, r)
		}
	}
	return rows, personal
}
