package sim

import (
	"math"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// pauseWeeks is how long a campaign rests.
const pauseWeeks = 4

// pausedCampaigns decides for blocks of weeks which campaigns rest.
func (m *market) pausedCampaigns(start clock.Day) []bool {
	out := make([]bool, len(m.campaigns))
	block := uint64(int64(floorDiv(weekNumber(start), pauseWeeks)))
	for i, c := range m.campaigns {
		out[i] = c.pauses && !m.world.cfg.Quiet && mix(c.seed, 20, block)%10 == 0
	}
	return out
}

// drawAds decides the ad clicks of a term day by day and books them, with the
// orders that the same product got within a day, as part of the own funnel.
func (m *market) drawAds(d *dice, p *period, i int, n total, paused []bool, out int, g *gathering) {
	t := &m.terms[i]
	for _, k := range t.targets {
		x := &m.targets[k]
		if paused[x.campaign] || x.asin == out {
			continue
		}
		mean := x.rate
		if t.class != offSearch {
			mean *= float64(n.c)
		} else {
			mean *= float64(p.days) / 7
		}
		var impressions, clicks, orders int64
		if p.days == 7 {
			for w := range dayWeight {
				c := clickCell{target: int32(k), seed: mix(x.seed, 21, uint64(p.start)+uint64(w))}
				d.seed(c.seed)
				c.clicks = int32(d.poisson(mean * dayWeight[w] / 7))
				if c.clicks == 0 && (mean < .3 || c.seed%200 != 0) {
					continue
				}
				p.ads[w] = append(p.ads[w], c)
				clicks += int64(c.clicks)
				impressions += m.adImpressions(c)
				orders += m.outcome(d, c, 1<<20).d1.SameSKU
			}
		} else {
			d.seed(x.seed, 22, uint64(p.start), uint64(p.days))
			clicks = d.poisson(mean)
			impressions = int64(float64(clicks) / x.clickRate)
			orders = d.binomial(clicks, m.adConversion(x)*.6)
		}
		g.displaced += float64(clicks) * x.displaced
		for w, r := range t.who {
			if r.product == x.asin {
				g.adI[w] += impressions
				g.adC[w] += clicks
				g.adP[w] += orders
				g.adP[w] = min(g.adP[w], g.adC[w]) // orders by view have no click
				g.adA[w] = min(g.adC[w], max(g.adP[w], g.adA[w]+orders+d.binomial(clicks-orders, t.cart/2)))
			}
		}
	}
}

func (m *market) adConversion(x *target) float64 {
	t := &m.terms[x.term]
	if t.class == worthless {
		return 0
	}
	return min(.4, .9*t.cart*t.buy*math.Exp(t.sells))
}

func (m *market) adImpressions(c clickCell) int64 {
	x := &m.targets[c.target]
	clicks := max(1, float64(c.clicks))
	return int64(clicks/x.clickRate*(.6+float64(mix(c.seed, 23)%1000)/1250)) + int64(c.clicks)
}

// attribution is what one click cell brought by window; view is the part that
// followed a view instead of a click, in the 14-day window.
type attribution struct{ d1, d7, d14, d30, view Attributed }

func (a *Attributed) add(b Attributed) {
	a.Orders, a.SameSKU, a.Units, a.SameSKUUnits = a.Orders+b.Orders, a.SameSKU+b.SameSKU, a.Units+b.Units, a.SameSKUUnits+b.SameSKUUnits
	a.Sales, a.SameSKUSales = a.Sales+b.Sales, a.SameSKUSales+b.SameSKUSales
}

// outcome returns what is known of a cell's conversions when it is age days
// old. An order falls up to 29 days after its click and is known a day, a week
// or four weeks later still, so that 14-day figures are final after 42 days
// (adsapi.md §1.9).
func (m *market) outcome(d *dice, c clickCell, age int) (out attribution) {
	x := &m.targets[c.target]
	d.seed(c.seed, 24)
	n := d.binomial(int64(c.clicks), m.adConversion(x))
	if x.product == SponsoredBrands {
		n += d.binomial(int64(c.clicks), m.adConversion(x)/8) // by view
	}
	price := m.prices[x.asin]
	for k := range n {
		delay, known := 0, 0
		switch r := d.IntN(100); {
		case r < 68:
		case r < 88:
			delay = 1 + d.IntN(6)
		case r < 96:
			delay = 7 + d.IntN(7)
		default:
			delay = 14 + d.IntN(16)
		}
		switch r := d.IntN(100); {
		case r < 90:
		case r < 93:
			known = 1
		case r < 98:
			known = 7
		default:
			known = 28
		}
		halo, units := d.IntN(9) == 0, int64(1)
		if d.IntN(12) == 0 {
			units = 2
		}
		if delay+known > age {
			continue
		}
		o := Attributed{Orders: 1, Units: units, Sales: units * price}
		if halo {
			o.Sales = units * m.prices[int(c.seed%uint64(len(m.prices)))]
		} else {
			o.SameSKU, o.SameSKUUnits, o.SameSKUSales = 1, units, o.Sales
		}
		if delay == 0 {
			out.d1.add(o)
		}
		if delay < 7 {
			out.d7.add(o)
		}
		if delay < 14 {
			out.d14.add(o)
			if x.product == SponsoredBrands && k%8 == 7 {
				out.view.add(o)
			}
		}
		out.d30.add(o)
	}
	return out
}

// age is how many days old a day is at asOf in the profile's zone.
func (m *market) age(day clock.Day, asOf time.Time) int {
	return int(clock.DayOf(asOf, m.zone) - day)
}

// clicksAt returns the clicks shown at an age: invalid ones are removed within
// three days, and the running day is not complete.
func clicksAt(c clickCell, age int, asOf time.Time) int64 {
	n := int64(c.clicks)
	switch {
	case age > 2:
	case age < 1:
		return n * int64(asOf.Hour()+1) / 25
	case n == 0:
		return 1
	default:
		n += (n*int64(9-3*age) + int64(mix(c.seed, 25)%100)) / 100
	}
	return n
}

// covered says whether a report generated at asOf holds rows of the day.
func (m *market) covered(product Product, age int) bool {
	limit := m.world.cfg.SPDataDays
	switch product {
	case SponsoredBrands:
		limit = sbRetention
	case SponsoredDisplay:
		limit = sdRetention
	}
	return age >= 0 && age <= limit
}

func (m *market) termRows(product Product, day clock.Day, asOf time.Time, yield func(*AdTermRow) bool) {
	age := m.age(day, asOf)
	if !m.covered(product, age) {
		return
	}
	p := m.period(day.Week(), 7)
	d := newDice()
	var row AdTermRow
	for _, c := range p.ads[day.Weekday()] {
		if m.targets[c.target].product != product {
			continue
		}
		clicks := clicksAt(c, age, asOf)
		if clicks == 0 || m.takenBack(c, day, age) {
			continue
		}
		m.fillTermRow(d, &row, c, day, clicks, age, asOf)
		if !yield(&row) {
			return
		}
	}
}

func (m *market) fillTermRow(d *dice, row *AdTermRow, c clickCell, day clock.Day, clicks int64, age int, asOf time.Time) {
	x := &m.targets[c.target]
	o := m.outcome(d, c, age)
	*row = *m.adOf(x, day, asOf)
	row.KeywordID, row.Keyword, row.Targeting = x.keywordID, x.keyword, x.keyword
	row.KeywordType, row.MatchType, row.Term = x.keywordType, x.matchType, m.terms[x.term].text
	row.Impressions, row.Clicks = max(clicks, m.adImpressions(c)), clicks
	row.CostMicros, row.BidMicros = m.cost(c, clicks), x.cpc
	row.D1, row.D7, row.D14, row.D30, row.ViewD14 = o.d1, o.d7, o.d14, o.d30, o.view
}

// adOf names the ad through which a target shows its product, without figures.
func (m *market) adOf(x *target, day clock.Day, asOf time.Time) *AdTermRow {
	k, p := &m.campaigns[x.campaign], &m.account.products[x.asin].info
	return &AdTermRow{
		Date: day, CampaignID: k.id, Campaign: k.nameAt(asOf), Status: "ENABLED", PortfolioID: k.portfolio, BudgetMicros: k.budget,
		AdGroupID: x.adGroupID, AdGroup: x.adGroup, Currency: m.place.Currency,
		AdvertisedASIN: p.ASIN, AdvertisedSKU: p.SKU, AdID: int64(400_000_000_000_000 + mix(uint64(x.adGroupID), uint64(x.asin))%9_000_000_000_000_000),
	}
}

func (m *market) cost(c clickCell, clicks int64) int64 {
	x := &m.targets[c.target]
	per := float64(x.cpc) / 1e6 * (.8 + float64(mix(c.seed, 26)%400)/1000)
	return micros(per*float64(clicks), m.place.Currency)
}

// nameAt returns the campaign's name at report generation: some are renamed
// every eighth week and back.
func (c *campaign) nameAt(asOf time.Time) string {
	if c.formerly != "" && floorDiv(int(asOf.Unix()/86400), 56)%2 == 0 {
		return c.formerly
	}
	return c.name
}

// addUnseen adds the impressions of terms nobody clicked and a few clicks
// without a term.
func (m *market) addUnseen(c *campaign, h uint64, s *CampaignRow) {
	s.Impressions += int64(float64(s.Impressions)*c.unseen) + int64(h%90) + 10
	more := (s.Clicks*2 + int64(h>>8%100)) / 100
	if s.Clicks > 0 {
		s.CostMicros += more * (s.CostMicros / s.Clicks / 10_000 * 10_000)
	}
	s.Clicks += more
}

func (m *market) campaignRows(product Product, day clock.Day, asOf time.Time, yield func(*CampaignRow) bool) {
	age := m.age(day, asOf)
	if !m.covered(product, age) {
		return
	}
	sums := make([]CampaignRow, len(m.campaigns))
	m.termRows(product, day, asOf, func(r *AdTermRow) bool {
		for i := range m.campaigns {
			if m.campaigns[i].id == r.CampaignID {
				s := &sums[i]
				s.Impressions, s.Clicks, s.CostMicros = s.Impressions+r.Impressions, s.Clicks+r.Clicks, s.CostMicros+r.CostMicros
				s.D1.add(r.D1)
				s.D7.add(r.D7)
				s.D14.add(r.D14)
				s.D30.add(r.D30)
				s.ViewD14.add(r.ViewD14)
			}
		}
		return true
	})
	paused := m.pausedCampaigns(day.Week())
	for i := range m.campaigns {
		c := &m.campaigns[i]
		if c.product != product || paused[i] && sums[i].Clicks == 0 {
			continue
		}
		s, h := &sums[i], mix(c.seed, 27, uint64(day))
		if product == SponsoredDisplay {
			m.displayFigures(c, day, age, asOf, s)
		} else {
			m.addUnseen(c, h, s)
		}
		s.Date, s.CampaignID, s.Campaign, s.Status = day, c.id, c.nameAt(asOf), "ENABLED"
		s.Currency, s.BudgetMicros = m.place.Currency, c.budget
		if paused[i] || m.pausedCampaigns(clock.DayOf(asOf, m.zone).Week())[i] {
			s.Status = "PAUSED"
		}
		if !yield(s) {
			return
		}
	}
}
