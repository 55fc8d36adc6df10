package analysis

import "fmt"

// Revision is one difference between two audits of the same week: Amazon
// restates ads for weeks, and what a finding rested on may change with them.
type Revision struct {
	Marketplace string `json:"marketplace"`
	What        string `json:"what"` // state, spend, added, gone or changed
	Kind        Kind   `json:"kind,omitempty"`
	Term        string `json:"term,omitempty"`
	ASIN        string `json:"asin,omitempty"`
	Group       string `json:"group,omitempty"`
	Text        string `json:"text"`
}

// Revisions lists what changed from an earlier audit of a week to a later one,
// in the order of the later one, what is gone last.
func Revisions(before, now *Audit) []Revision {
	list := []Revision{}
	if before.State != now.State {
		list = append(list, Revision{What: "state", Text: fmt.Sprintf("The week's ads went from %s to %s.", before.State, now.State)})
	}
	earlier := map[string]MarketAudit{}
	for _, m := range before.Marketplaces {
		earlier[m.Marketplace] = m
	}
	for _, m := range now.Marketplaces {
		old, ok := earlier[m.Marketplace]
		if !ok {
			list = append(list, Revision{Marketplace: m.Marketplace, What: "added", Text: "The marketplace is part of the audit now."})
			continue
		}
		list = append(list, revisedSpend(old, m)...)
		list = append(list, revisedFindings(old, m)...)
	}
	return list
}

func revisedSpend(old, m MarketAudit) []Revision {
	if old.SpendMicros == nil || m.SpendMicros == nil || *old.SpendMicros == *m.SpendMicros {
		return nil
	}
	return []Revision{{Marketplace: m.Marketplace, What: "spend",
		Text: fmt.Sprintf("Spend was restated from %s to %s.", money(*old.SpendMicros, m.Currency), money(*m.SpendMicros, m.Currency))}}
}

// subject tells findings apart: two about the same thing are one that changed.
type subject struct {
	kind              Kind
	level             Level
	group, term, asin string
}

func subjectOf(f Finding) subject { return subject{f.Kind, f.Level, f.Group, f.Term, f.ASIN} }

func revisedFindings(old, m MarketAudit) (list []Revision) {
	were := map[subject]Finding{}
	for _, f := range old.Findings {
		were[subjectOf(f)] = f
	}
	say := func(what string, f Finding) {
		list = append(list, Revision{Marketplace: m.Marketplace, What: what, Kind: f.Kind, Term: f.Term, ASIN: f.ASIN, Group: f.Group, Text: f.Text})
	}
	for _, f := range m.Findings {
		was, ok := were[subjectOf(f)]
		delete(were, subjectOf(f))
		switch {
		case !ok:
			say("added", f)
		case was.Text != f.Text:
			say("changed", f)
		}
	}
	for _, f := range old.Findings {
		if _, left := were[subjectOf(f)]; left {
			say("gone", f)
		}
	}
	return list
}
