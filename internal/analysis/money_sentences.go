package analysis

import (
	"fmt"
	"math"
)

// finding starts a finding about a term.
func (a *Appraisal) finding(kind Kind, t *appraised) MoneyFinding {
	return MoneyFinding{Kind: kind, Term: t.Term, ASIN: t.ASIN, Class: t.Class, Cluster: t.Cluster, Weeks: a.span(), MarginAssumed: t.Assumed}
}

// cvr is the conversion rate of ads with its 95 % interval.
func (s stake) cvr() Interval {
	return Interval{s.posterior.Quantile(.025), s.posterior.Mean(), s.posterior.Quantile(.975)}
}

// during names the settled weeks.
func (a *Appraisal) during() string {
	weeks := counted(int64(len(a.options.Weeks)), "settled week", "settled weeks")
	if span := a.span(); span != nil {
		return fmt.Sprintf("%s (%s to %s)", weeks, span[0], span[1])
	}
	return weeks
}

func (a *Appraisal) amount(micros float64) string {
	return money(int64(math.Round(micros)), a.options.Currency)
}

// factor prints an index: "0.62".
func factor(v float64) string { return fmt.Sprintf("%.2f", v) }

// assumed says on what a sum of money rests where nobody has stated it.
func (t *appraised) assumed() string {
	if t.Assumed {
		return fmt.Sprintf(" The margin of %.0f%% is assumed: set yours.", t.Margin*100)
	}
	return ""
}
