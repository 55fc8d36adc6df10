package spapi

import "database/sql"

// votes find out in which unit a document states its shares and rates: the
// schema says fractions, live documents hold percents with two decimals, and
// either may change (spapi.md §1.5). The counts decide; a rule by size alone
// ("above 1 means percent") would read 0.32 % as 32 %.
type votes struct {
	percents, fractions, neither int
}

// check compares a stated figure with part/whole. A zero part says nothing
// about the unit; where there is no whole there is no ratio.
func (v *votes) check(stated sql.Null[float64], part, whole Count) {
	if !stated.Valid || !part.Valid || !whole.Valid || whole.V <= 0 {
		return
	}
	ratio := float64(part.V) / float64(whole.V)
	percent := within(stated.V, 100*ratio, 0.006)
	fraction := within(stated.V, ratio, 0.000_06)
	switch {
	case !percent && !fraction:
		v.neither++
	case part.V == 0 || percent && fraction:
	case percent:
		v.percents++
	default:
		v.fractions++
	}
}

func within(a, b, tolerance float64) bool { return a-b <= tolerance && b-a <= tolerance }

// unit returns what the majority says; a minority that chance cannot explain
// makes the document mixed.
func (v *votes) unit() Unit {
	minority, all := min(v.percents, v.fractions), v.percents+v.fractions
	switch {
	case all == 0:
		return UnitUnknown
	case minority > 0 && minority*50 >= all:
		return UnitMixed
	case v.percents > v.fractions:
		return UnitPercent
	}
	return UnitFraction
}
