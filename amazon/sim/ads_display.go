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
// ad group and advertised ASIN, with the part of the campaign's impressions for
// which no clicked term accounts: what is in stock is seen every day.
func (m *market) advertisedRows(day clock.Day, asOf time.Time, yield func(*AdTermRow) bool) {
	type key struct {
		campaign, group int64
		asin            string
	}
	sums := map[key]*AdTermRow{}
	var order []*AdTermRow
	row := func(r *AdTermRow) *AdTermRow {
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
		return s
	}
	clicked := map[int64]int64{} // impressions by campaign
	m.termRows(SponsoredProducts, day, asOf, func(r *AdTermRow) bool {
		s := row(r)
		s.Impressions, s.Clicks, s.CostMicros = s.Impressions+r.Impressions, s.Clicks+r.Clicks, s.CostMicros+r.CostMicros
		s.D1.add(r.D1)
		s.D7.add(r.D7)
		s.D14.add(r.D14)
		s.D30.add(r.D30)
		clicked[r.CampaignID] += r.Impressions
		return true
	})
	m.campaignRows(SponsoredProducts, day, asOf, func(c *CampaignRow) bool {
		m.spreadUnseen(c, day, asOf, c.Impressions-clicked[c.CampaignID], row)
		return true
	})
	slices.SortFunc(order, func(a, b *AdTermRow) int {
		return cmp.Or(cmp.Compare(a.CampaignID, b.CampaignID), cmp.Compare(a.AdGroupID, b.AdGroupID), cmp.Compare(a.AdvertisedASIN, b.AdvertisedASIN))
	})
	for _, s := range order {
		if s.Impressions > 0 && !yield(s) {
			return
		}
	}
}

// spreadUnseen gives a campaign's impressions without a clicked term to its ads
// by how much they are clicked, at least one each while there are any. Products
// out of stock get none, nor does anything of a campaign that rests.
func (m *market) spreadUnseen(c *CampaignRow, day clock.Day, asOf time.Time, left int64, row func(*AdTermRow) *AdTermRow) {
	week := day.Week()
	paused, out := m.pausedCampaigns(week), m.influenceOf(week).out
	weights := map[*AdTermRow]float64{}
	var order []*AdTermRow
	total := 0.0
	for k := range m.targets {
		x := &m.targets[k]
		if m.campaigns[x.campaign].id != c.CampaignID || paused[x.campaign] || x.asin == out {
			continue
		}
		weight := x.rate
		if t := &m.terms[x.term]; t.class != offSearch {
			weight *= t.volume * t.ctr
		}
		s := row(m.adOf(x, day, asOf))
		if weights[s] == 0 {
			order = append(order, s)
		}
		weights[s] += weight
		total += weight
	}
	slices.SortStableFunc(order, func(a, b *AdTermRow) int { return cmp.Compare(weights[b], weights[a]) })
	unseen := left
	for _, s := range order {
		n := min(left, max(1, int64(float64(unseen)*weights[s]/total)))
		s.Impressions, left = s.Impressions+n, left-n
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
