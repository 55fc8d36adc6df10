package analysis

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	minDefendedOrganic = .60 // own part of the clicks that no own ad brought
	minDefendedAds     = .30 // ads' part of the own clicks
)

// BrandDefence returns the own-brand terms on which ads may buy clicks that
// would have come anyway: at least 60 % of the clicks that no own ad brought
// are yours, ads make up at least 30 % of your clicks, and nobody is proven to
// be pushing you out of view. What a test would find is not known, so it is
// never a cut that is proposed but a switchback test, and no money is promised:
// Money is the span between nothing and the whole spend a week. Value is the
// ads' part of the own clicks.
func (a *Appraisal) BrandDefence() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	refused := refusing(BrandDefence)
	for _, t := range a.terms {
		if t.Class != OwnBrandTerm || t.clicks == 0 {
			continue
		}
		organic, own := t.organicShare(), t.own[Click].Own
		if !organic.Valid || own <= 0 {
			refused.add("the split into ads and organic is not known for all weeks")
			continue
		}
		if t.cost < a.options.FloorMicros {
			refused.add(fmt.Sprintf("ads cost less than %s over the settled weeks", money(a.options.FloorMicros, a.options.Currency)))
			continue
		}
		ads := min(1, float64(t.clicks)/float64(own))
		if organic.V < minDefendedOrganic || ads < minDefendedAds {
			continue
		}
		seen, ok := laterLessEarlier(logits(t.Weeks, Impression))
		switch {
		case !ok:
			refused.add("too few weeks to see whether competitors press")
			continue
		case seen.High < 0:
			refused.add("your part of the impressions is falling: competitors may press")
			continue
		}
		f := a.finding(BrandDefence, t)
		low, high := scoreInterval(ads, float64(own), normal95)
		f.Figure, f.Value, f.N = "ad_click_share", Interval{low, ads, high}, own
		f.Money = Interval{High: float64(t.cost) / a.weeks()}
		paid, free := percents(ads, organic.V)
		f.Text = fmt.Sprintf("Ads bring %s of your clicks on “%s”, your own brand, for %s a week, while you have %s of the clicks that no ad of yours brought. Whether the ads add sales or only replace free clicks cannot be told from this: plan a switchback test (ads on and off by turns of two weeks, for 8 to 12 weeks) before changing anything.",
			paid, t.Term, a.amount(f.Money.High), free)
		found = append(found, f)
	}
	slices.SortFunc(found, func(x, y MoneyFinding) int {
		return cmp.Or(cmp.Compare(y.Money.High, x.Money.High), cmp.Compare(x.Term, y.Term))
	})
	return found, refused.list()
}
