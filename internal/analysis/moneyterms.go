package analysis

import (
	"cmp"
	"slices"
)

// moneyAnswer is what one money rule says.
type moneyAnswer struct {
	found   []MoneyFinding
	refused []Refused
}

// judgement is what the money rules say, in their order. What offers were like
// is known afterwards alone, for the few terms that are named.
type judgement struct {
	appraisal *Appraisal
	answers   []moneyAnswer
}

// rules are the money rules, in the order in which an audit lists them;
// explained is the one that names offers as causes.
var rules = [...]func(*Appraisal) ([]MoneyFinding, []Refused){
	(*Appraisal).Waste, (*Appraisal).Harvest, (*Appraisal).Scale, (*Appraisal).FixListing, (*Appraisal).BrandDefence, (*Appraisal).Opportunity, (*Appraisal).OwnOverlap,
}

const explained = 3

// money applies the money rules to the settled weeks.
func (m *Market) money(terms []*term) (j judgement) {
	if len(m.SettledWeeks) == 0 {
		return j
	}
	list := make([]MoneyTerm, 0, len(terms))
	for _, t := range terms {
		if len(t.settled) > 0 {
			list = append(list, m.moneyTerm(t))
		}
	}
	j.appraisal = Appraise(list, MoneyOptions{Currency: m.Currency, Weeks: m.SettledWeeks})
	for _, rule := range rules {
		f, r := rule(j.appraisal)
		j.answers = append(j.answers, moneyAnswer{f, r})
	}
	return j
}

// explain lets the findings name what is known of the offers: their causes and
// the sentences with them are all that changes.
func (j judgement) explain(offers map[string]Offers) {
	if j.appraisal == nil {
		return
	}
	terms := make(map[string]*appraised, len(offers))
	for _, t := range j.appraisal.terms {
		if o, ok := offers[t.Term]; ok {
			t.offered(o.Now)
			terms[t.Term] = t
		}
	}
	found := j.answers[explained].found
	for i := range found {
		if t := terms[found[i].Term]; t != nil {
			j.appraisal.because(&found[i], t)
		}
	}
}

// all lists what was found and refused.
func (j judgement) all() (found []MoneyFinding, refused []Refused) {
	for _, a := range j.answers {
		found, refused = append(found, a.found...), append(refused, a.refused...)
	}
	return found, refused
}

func (t *MoneyTerm) offered(o Offer) {
	t.OwnPrice, t.MarketPrice, t.OwnFast, t.MarketFast = o.OwnMicros, o.MarketMicros, o.OwnFast, o.MarketFast
}

func (m *Market) moneyTerm(t *term) MoneyTerm {
	lead := t.lead()
	p := m.product(lead)
	out := MoneyTerm{Term: t.name, ASIN: lead, Class: t.class, Cluster: t.cluster.Key, Economics: p.Economics, Weeks: t.settled}
	slices.SortFunc(out.Weeks, func(a, b TermWeek) int { return cmp.Compare(a.Week, b.Week) })
	for _, w := range m.SettledWeeks {
		if m.Out[Absence{lead, w}] {
			out.StockOut++
		}
	}
	out.Exact = t.exact
	return out
}
