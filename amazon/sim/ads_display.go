package sim

import (
	"cmp"
	"slices"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// displayFigures fills what a sponsored display campaign did on a day. There
// are no search terms behind it, so it is drawn by itself; orders come later
// and are known later still, as elsewhere.
func (m *market) displayFigures(c *campaign, day clock.Day, age int, asOf time.Time, r *CampaignRow) {
	d := newDice().seed(c.seed, 28, uint64(day))
	clicks := d.poisson(9 * dayWeight[day.Weekday()] / float64(len(m.account.spec.Countries)))
	r.Impressions = 40 + clicks*d.Int64N(60) + d.poisson(400)
	cpc := d.between(.3, .9) * float64(m.prices[0]) / 1e6 / 25
	views := d.poisson(.4)
	for k := range clicks + views {
		x := d.IntN(len(m.prices))
		buys, delay, known := d.Float64() < .07, d.IntN(14), []int{0, 1, 7, 28}[d.IntN(4)]
		if k >= clicks {
			buys = true
		}
		if !buys || delay+known > age {
			continue
		}
		o := Attributed{Orders: 1, Units: 1, Sales: m.prices[x], SameSKU: 1, SameSKUUnits: 1, SameSKUSales: m.prices[x]}
		r.D14.add(o)
		if k >= clicks {
			r.ViewD14.add(o)
		}
	}
	r.Clicks = clicksAt(clickCell{clicks: int32(clicks), seed: mix(c.seed, uint64(day))}, age, asOf)
	r.CostMicros = micros(cpc*float64(r.Clicks), m.place.Currency)
}

// advertisedRows adds a day's search terms of sponsored products up by campaign,
// ad group and advertised ASIN.
func (m *market) advertisedRows(day clock.Day, asOf time.Time, yield func(*AdTermRow) bool) {
	type key struct {
		campaign, group int64
		asin            string
	}
	sums := map[key]*AdTermRow{}
	var order []*AdTermRow
	m.termRows(SponsoredProducts, day, asOf, func(r *AdTermRow) bool {
		k := key{r.CampaignID, r.AdGroupID, r.AdvertisedASIN}
		s := sums[k]
		if s == nil {
			s = &AdTermRow{
				Date: r.Date, CampaignID: r.CampaignID, AdGroupID: r.AdGroupID, Campaign: r.Campaign, Status: r.Status, AdGroup: r.AdGroup,
				Currency: r.Currency, PortfolioID: r.PortfolioID, BudgetMicros: r.BudgetMicros,
				AdvertisedASIN: r.AdvertisedASIN, AdvertisedSKU: r.AdvertisedSKU, AdID: r.AdID,
			}
			sums[k], order = s, append(order, s)
		}
		s.Impressions, s.Clicks, s.CostMicros = s.Impressions+r.Impressions, s.Clicks+r.Clicks, s.CostMicros+r.CostMicros
		s.D1.add(r.D1)
		s.D7.add(r.D7)
		s.D14.add(r.D14)
		s.D30.add(r.D30)
		return true
	})
	slices.SortFunc(order, func(a, b *AdTermRow) int {
		return cmp.Or(cmp.Compare(a.CampaignID, b.CampaignID), cmp.Compare(a.AdGroupID, b.AdGroupID), cmp.Compare(a.AdvertisedASIN, b.AdvertisedASIN))
	})
	for _, s := range order {
		if !yield(s) {
			return
		}
	}
}

// AdvertisedRows returns the rows by advertised ASIN of sponsored products on
// one day as of asOf; their fields about terms and keywords are empty.
func (w *World) AdvertisedRows(profile int64, day clock.Day, asOf time.Time) (rows []AdTermRow) {
	if m := w.marketOf(profile); m != nil {
		m.advertisedRows(day, asOf, func(r *AdTermRow) bool { rows = append(rows, *r); return true })
	}
	return rows
}
