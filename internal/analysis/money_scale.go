package analysis

import (
	"fmt"
	"math"
)

// minTypicalTerms is how many terms of a class say what is low for it.
const minTypicalTerms = 10

// Scale returns the terms on which more ads would pay: shoppers click and buy
// you more readily than the market (the lower bounds of CTR and CVR index are
// above 1), you are seen less than on the class's middle term, also without
// ads, and ACOS is within break-even with a probability of at least 80 %.
// Value is the CVR index; Money is what as many ad clicks again would earn a
// week after their cost, if they convert and cost as the present ones.
func (a *Appraisal) Scale() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	refused := refusing(Scale)
	typical := a.typical()
	for _, t := range a.terms {
		if t.clicks == 0 {
			continue
		}
		middle := typical[t.Class]
		seen, known := t.own[Impression].Share()
		organic := t.organicShare()
		switch {
		case !middle.known:
			refused.add("too few terms of its class to say what a low share is")
			continue
		case !known || !organic.Valid:
			refused.add("the search data or the split into ads and organic is not known for all weeks")
			continue
		case seen >= middle.seen || organic.V >= middle.organic:
			continue
		}
		ctr := EstimateIndex(t.Weeks, CTRIndex, a.noise[t.Class][CTRIndex])
		cvr := EstimateIndex(t.Weeks, CVRIndex, a.noise[t.Class][CVRIndex])
		if !ctr.OK || !cvr.OK || ctr.Low <= 1 || cvr.Low <= 1 {
			refused.add("shoppers' clicks and purchases are not proven to be above the market's")
			continue
		}
		s, pays, why := a.onTarget(t, t.BreakEvenACOS())
		if why != "" {
			refused.add(why)
			continue
		}
		if pays < minOnTarget {
			refused.add("ACOS is within break-even with a probability below 80%")
			continue
		}
		f := a.finding(Scale, t)
		f.Figure, f.Value, f.Probability, f.N = "cvr_index", Interval{cvr.Low, cvr.Value, cvr.High}, pays, cvr.Market
		// As many clicks again, but no more than the market has left.
		room := math.Min(1, float64(t.own[Click].Market-t.own[Click].Own)/float64(t.clicks))
		e := a.earned(t, s)
		f.Money, f.MoneyOK = Interval{e.Low * room, e.Mid * room, e.High * room}, true
		is, usual := percents(seen, middle.seen)
		f.Text = fmt.Sprintf("On “%s” shoppers click you %s and buy %s times as readily as the market (at least %s and %s), but you have only %s of the impressions; %s is the middle for such terms. Ads pay for themselves with a probability of %s: as many clicks again would earn %s a week or more, if they convert and cost like the present ones.%s",
			t.Term, factor(ctr.Value), factor(cvr.Value), factor(ctr.Low), factor(cvr.Low), is, usual, certainty(pays), a.amount(f.Money.Low), t.assumed())
		found = append(found, f)
	}
	return ranked(found), refused.list()
}

// organicShare is the own part of the clicks that no own ad brought.
func (t *appraised) organicShare() Rate {
	if !t.organicClicks.Valid || t.own[Click].Cells == 0 {
		return Rate{}
	}
	rest := t.own[Click].Market - t.clicks
	if rest <= 0 {
		return Rate{}
	}
	return Rate{float64(t.organicClicks.V) / float64(rest), true}
}

// midTerm is the middle term of a class.
type midTerm struct {
	seen, organic float64 // impression share, organic click share
	known         bool
}

func (a *Appraisal) typical() map[Class]midTerm {
	out := map[Class]midTerm{}
	for _, class := range Classes {
		var seen, organic []float64
		for _, t := range a.terms {
			share, ok := t.own[Impression].Share()
			o := t.organicShare()
			if t.Class == class && ok && o.Valid {
				seen, organic = append(seen, share), append(organic, o.V)
			}
		}
		if len(seen) >= minTypicalTerms {
			out[class] = midTerm{middle(seen), middle(organic), true}
		}
	}
	return out
}
