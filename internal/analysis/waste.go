package analysis

import (
	"cmp"
	"fmt"
	"slices"
)

// The gates of wasted spend; docs/method.md says where each comes from.
const (
	// WasteWeeks is how many settled weeks the rule looks at.
	WasteWeeks     = 8
	minWasteClicks = 30
	maxWaste       = 5
)

// wasteFloors is the least spend over the settled weeks worth a seller's
// minute, in whole units of each currency: about 25 US dollars, rounded.
var wasteFloors = map[string]int64{
	"USD": 25, "CAD": 35, "MXN": 450, "BRL": 130, "GBP": 20, "EUR": 25, "SEK": 250, "PLN": 100,
	"TRY": 1000, "SAR": 90, "AED": 90, "INR": 2000, "EGP": 1200, "ZAR": 450, "JPY": 4000, "AUD": 40, "SGD": 35,
}

// WasteFloorMicros is the least spend that is named as waste; an unknown
// currency has the dollar's.
func WasteFloorMicros(currency string) int64 {
	floor, ok := wasteFloors[currency]
	if !ok {
		floor = wasteFloors["USD"]
	}
	return floor * 1_000_000
}

// wasted returns the terms whose ads were clicked and paid for over the
// settled weeks without one order, the most expensive first. uncounted is how
// many of them cannot be judged because not all their orders are counted.
func (m *Market) wasted(terms []*term) (wasted []*term, uncounted int) {
	floor := WasteFloorMicros(m.Currency)
	for _, t := range terms {
		s := t.settled
		switch {
		case s.cost < floor || s.clicks < minWasteClicks || s.orders > 0:
		case s.ordersUnknown:
			uncounted++
		default:
			wasted = append(wasted, t)
		}
	}
	slices.SortFunc(wasted, func(a, b *term) int {
		return cmp.Or(cmp.Compare(b.settled.cost, a.settled.cost), cmp.Compare(a.name, b.name))
	})
	return wasted, uncounted
}

func (m *Market) wasteFinding(t *term) Finding {
	s := t.settled
	span := [2]string{m.SettledWeeks[0], m.SettledWeeks[len(m.SettledWeeks)-1]}
	f := Finding{Kind: Waste, Weeks: &span, Term: t.name, N: &s.clicks, MoneyLowMicros: &s.cost}
	f.Text = fmt.Sprintf("Ads on “%s” cost %s for %s and brought no order within 7 days, over %s (%s to %s).",
		t.name, money(s.cost, m.Currency), counted(s.clicks, "click", "clicks"),
		counted(int64(len(m.SettledWeeks)), "settled week", "settled weeks"), span[0], span[1])
	switch {
	case s.organic > 0:
		f.Text += fmt.Sprintf(" The same search brought you %s without an ad click, so cutting the ads may cost some of those.", counted(s.organic, "purchase", "purchases"))
		if s.organicUnknown {
			f.Text += " In some of these weeks that number is not known."
		}
	case s.organicKnown && !s.organicUnknown:
		f.Text += " Nor did the search bring you a purchase without an ad click."
	default:
		f.Text += " Whether the search brings you purchases without an ad click is not known for all of these weeks: look before you cut."
	}
	return f
}
