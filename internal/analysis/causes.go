package analysis

import "fmt"

// Offer is what shoppers who clicked on a term were offered: medians of
// different baskets, so signs and trends count, cents do not.
type Offer struct {
	OwnMicros, MarketMicros Count // median price of the clicked offers
	OwnFast, MarketFast     Rate  // part of the clicks on offers delivered within two days
}

// gap is the price gap; invalid where a price is not known.
func (o Offer) gap() Rate { return PriceGap(o.OwnMicros, o.MarketMicros) }

// Offers is a term's offers over the last weeks of the baseline and now.
type Offers struct{ Before, Now Offer }

// CausePause is the likely cause of a share change that came with one's own
// ads: they were paused, or begun.
const CausePause = "ad_pause"

const (
	dearer       = .05 // a price gap grown by this much is named
	slower       = .15 // so is a part of fast deliveries fallen by this much against the market
	pausedTo     = .20 // ads are called paused below this part of their usual clicks
	minAdsShare  = .20 // of own clicks, for ads to matter to the share
	minAdsClicks = 10  // a week
)

// cause names what changed beside the share, if something did: it may be the
// reason, and is worth a look first. Gains and drops are asked in their own
// direction.
func (m *Market) cause(c *change) (cause, sentence string) {
	t := c.term
	if t == nil {
		return "", ""
	}
	worse := c.drop()
	against := -sign(c)
	offers := m.offers[t.name]
	if now, before := offers.Now.gap(), offers.Before.gap(); now.Valid && before.Valid && against*(now.V-before.V) >= dearer {
		return CausePrice, fmt.Sprintf("Likely cause: your price against the market's went from %s to %s.", signedPercent(before.V), signedPercent(now.V))
	}
	if o := offers; o.Now.OwnFast.Valid && o.Before.OwnFast.Valid && o.Now.MarketFast.Valid && o.Before.MarketFast.Valid {
		change := (o.Now.OwnFast.V - o.Now.MarketFast.V) - (o.Before.OwnFast.V - o.Before.MarketFast.V)
		if against*change <= -slower {
			was, is := percents(o.Before.OwnFast.V, o.Now.OwnFast.V)
			return CauseDelivery, fmt.Sprintf("Likely cause: offers delivered within two days went from %s to %s of your clicks.", was, is)
		}
	}
	if before, now, ok := m.adClicks(t); ok {
		switch {
		case worse && now <= pausedTo*before:
			return CausePause, fmt.Sprintf("Likely cause: your ads on it went from %s a week to %s.", counted(int64(before+.5), "click", "clicks"), thousands(int64(now)))
		case !worse && before <= pausedTo*now:
			return CausePause, fmt.Sprintf("Likely cause: your ads on it went from %s a week to %s.", counted(int64(before+.5), "click", "clicks"), thousands(int64(now)))
		}
	}
	return "", ""
}

// adClicks is the ad clicks of a usual week and of this one; ok is false where
// ads matter too little or are not known.
func (m *Market) adClicks(t *term) (before, now float64, ok bool) {
	if t.now == nil || !t.now.Ads.Clicks.Valid || len(t.past) == 0 {
		return 0, 0, false
	}
	var ads, own int64
	for i := range t.past {
		ads += t.past[i].clicks
		own += t.past[i].counts.cell(Click).Own.V
	}
	weeks := float64(len(t.past))
	before, now = float64(ads)/weeks, float64(t.now.Ads.Clicks.V)
	usual := max(before, now)
	mostOwn := max(float64(own)/weeks, float64(t.now.Funnel[Click].Own.V))
	return before, now, usual >= minAdsClicks && usual >= minAdsShare*mostOwn
}

// where names the step of the funnel that did most of a purchase or click
// share's change, if one did at least half of it in the change's own direction.
func (c *change) where() string {
	if c.term == nil || c.gone {
		return ""
	}
	var now Sums
	now.Add(c.term.now.Funnel)
	d, ok := Decompose(c.term.before(), now)
	if !ok {
		return ""
	}
	parts := []struct {
		value      float64
		down, more string
	}{
		{d.Impression, "Most of it: you were shown less often in the search results.", "Most of it: you were shown more often in the search results."},
		{d.CTR, "Most of it: shoppers who saw you clicked less often, against the market.", "Most of it: shoppers who saw you clicked more often, against the market."},
		{d.Cart, "Most of it: fewer clicks led to the cart, against the market.", "Most of it: more clicks led to the cart, against the market."},
		{d.Close, "Most of it: fewer carts were bought, against the market.", "Most of it: more carts were bought, against the market."},
	}[:c.step+1]
	total := 0.
	best := 0
	for i, p := range parts {
		total += p.value
		if p.value*sign(c) > parts[best].value*sign(c) {
			best = i
		}
	}
	if total*sign(c) <= 0 || parts[best].value/total < .5 || c.step == Impression {
		return ""
	}
	if c.drop() {
		return parts[best].down
	}
	return parts[best].more
}

func sign(c *change) float64 {
	if c.drop() {
		return -1
	}
	return 1
}
