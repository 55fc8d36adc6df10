package analysis

import (
	"fmt"
	"math"
)

// maxProfitable is the posterior probability that ads on a term earn their
// cost, below which the spend is called waste.
const maxProfitable = .05

// Waste returns the terms whose ads lose money: the posterior probability that
// their conversion rate is above break-even is below 5 %, and so is the
// probability of so few orders at break-even, so that a class that converts
// badly condemns no term whose own clicks do not. Value is the conversion rate;
// Money.Mid is the expected waste (spend × probability that it loses),
// Money.Low what is lost even at the upper bound of the conversion rate.
func (a *Appraisal) Waste() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	refused := refusing(Waste)
	for _, t := range a.terms {
		if t.cost <= 0 {
			continue
		}
		if t.cost < a.options.FloorMicros {
			refused.add(fmt.Sprintf("ads cost less than %s over the settled weeks", money(a.options.FloorMicros, a.options.Currency)))
			continue
		}
		s, why := a.stakeOf(t)
		if why != "" {
			refused.add(why)
			continue
		}
		losing := s.posterior.Below(s.breakEven)
		if 1-losing >= maxProfitable {
			continue
		}
		if soFew(t.conversions(), s.breakEven) >= maxProfitable {
			refused.add("terms like it lose money, but its own clicks are too few to say so of it")
			continue
		}
		found = append(found, a.wasteOf(t, s, losing))
	}
	return ranked(found), refused.list()
}

// soFew is the probability of at most r.X successes in r.N trials of rate p.
func soFew(r Ratio, p float64) float64 {
	if r.X >= r.N {
		return 1
	}
	return 1 - Beta{r.X + 1, r.N - r.X}.Below(p)
}

func (a *Appraisal) wasteOf(t *appraised, s stake, losing float64) MoneyFinding {
	f := a.finding(Waste, t)
	f.Figure, f.Value, f.Probability, f.N = "ad_cvr", s.cvr(), losing, t.clicks
	weekly := float64(t.cost) / a.weeks()
	f.Money = Interval{Mid: weekly * losing, High: weekly}
	f.Money.Low = math.Min(f.Money.Mid, weekly*math.Max(0, 1-s.posterior.Quantile(surely)/s.breakEven))
	f.MoneyOK = true
	f.Text = fmt.Sprintf("Ads on “%s” cost %s for %s over %s and brought %s within 7 days. %s Likely wasted: %s a week, at least %s.",
		t.Term, money(t.cost, a.options.Currency), counted(t.clicks, "click", "clicks"), a.during(), counted(t.orders, "order", "orders"),
		s.sentence(f.Value, losing, t.Assumed), a.amount(f.Money.Mid), a.amount(f.Money.Low))
	f.Text += t.withoutAds()
	return f
}

// sentence compares the conversion rate with break-even.
func (s stake) sentence(cvr Interval, losing float64, assumed bool) string {
	low, high := percents(cvr.Low, cvr.High)
	margin := ""
	if assumed {
		margin = " at an assumed margin"
	}
	if s.breakEven > 1 {
		return fmt.Sprintf("A click costs more than an order earns%s.", margin)
	}
	needed, _ := percents(s.breakEven, s.breakEven)
	return fmt.Sprintf("%s of clicks must end in an order to pay for them%s; here it is %s to %s, and the ads lose money with a probability of %s.",
		needed, margin, low, high, certainty(losing))
}

// certainty prints a probability without ever claiming certainty.
func certainty(p float64) string {
	switch {
	case p >= .995:
		return "over 99%"
	case p < .005:
		return "under 1%"
	}
	return fmt.Sprintf("%.0f%%", p*100)
}

// withoutAds says what the same search brings without ads, which cutting them
// puts at risk.
func (t *appraised) withoutAds() string {
	switch {
	case t.organicPurchases > 0:
		s := fmt.Sprintf(" Careful: the same search brought you %s without an ad click, and cutting the ads may cost some of those.", counted(t.organicPurchases, "purchase", "purchases"))
		if t.organicUnknown {
			s += " In some of these weeks that number is not known."
		}
		return s
	case t.organicKnown && !t.organicUnknown:
		return " Nor did the search bring you a purchase without an ad click."
	}
	return " Whether the search brings you purchases without an ad click is not known for all of these weeks: look before you cut."
}
