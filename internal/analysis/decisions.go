package analysis

import (
	"cmp"
	"slices"
)

const maxDecisions = 5

// decide picks the few findings to act on first: those with most money at
// stake by their conservative bound, and at most two of a kind, so that one
// kind does not fill the list. Findings whose money is not known come last, in
// the order in which they are listed.
func decide(findings []Finding) []Decision {
	order := make([]int, 0, len(findings))
	for i, f := range findings {
		if todo(f) != "" {
			order = append(order, i)
		}
	}
	money := func(i int) int64 {
		if low := findings[i].MoneyLowMicros; low != nil {
			return *low
		}
		return -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(money(b), money(a)) })
	out := []Decision{}
	kinds, terms := map[Kind]int{}, map[string]bool{}
	for _, i := range order {
		f := findings[i]
		if len(out) == maxDecisions || kinds[f.Kind] == 2 || f.Term != "" && terms[f.Term] {
			continue
		}
		kinds[f.Kind]++
		terms[f.Term] = true
		out = append(out, Decision{Finding: i, Do: todo(f)})
	}
	return out
}

// todo says what a finding asks for; empty for those that only inform.
func todo(f Finding) string {
	on := " on “" + f.Term + "”"
	switch f.Kind {
	case ShareDrop, Vanished:
		if f.Level != LevelTerm && f.Level != "" {
			return ""
		}
		switch f.Cause {
		case CausePrice:
			return "Look at your price" + on + " against the market's before anything else."
		case CauseDelivery:
			return "Look at the delivery promise shown" + on + "."
		case CausePause:
			return "Decide whether the ads" + on + " were meant to stop."
		}
		return "Look at the search results for “" + f.Term + "” and find what changed."
	case Drifting:
		return "Watch “" + f.Term + "”: look for what changed since then."
	case Waste:
		return "Lower the bid or exclude “" + f.Term + "” where it loses money."
	case Harvest:
		return "Bid on “" + f.Term + "” as an exact keyword of its own."
	case Scale:
		return "Raise the bid" + on + " step by step, up to break-even."
	case FixListing:
		switch f.Cause {
		case CausePrice:
			return "Check your price" + on + ": it is the likely reason why shoppers choose others."
		case CauseDelivery:
			return "Get your offers" + on + " delivered faster before paying for more clicks."
		case CauseStock:
			return "Keep the product behind “" + f.Term + "” in stock."
		}
		return "Work on the listing that shoppers see" + on + " before paying for more clicks."
	case BrandDefence:
		return "Plan a switchback test" + on + " before cutting anything."
	case Opportunity:
		return "Try to win more of “" + f.Term + "”."
	}
	return ""
}
