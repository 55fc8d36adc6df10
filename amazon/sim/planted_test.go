package sim

import (
	"math"
	"slices"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

// halfYear is a span in which every kind is planted.
func halfYear(t *testing.T) (from, to clock.Day) { return day(t, "2026-05-03"), day(t, "2026-11-15") }

// An out-of-stock week looks as the inference of stock wants it: the ads fall
// silent while their campaigns serve, and search nearly does.
func TestAnOutOfStockWeekIsSilent(t *testing.T) {
	w := NewWorld(Config{Seed: 2})
	from, to := halfYear(t)
	weeks := 0
	for _, x := range w.Truth(from, to) {
		if x.Cause != "stock" || x.From <= from+7 {
			continue
		}
		if x.ASIN == "" || x.Kind != "share_drop" || x.To != x.From {
			t.Fatalf("%+v", x)
		}
		weeks++
		now, before := catalogued(w, x, x.From), catalogued(w, x, x.From-7)
		if 5*now > before || before < 200 {
			t.Errorf("%+v: %d impressions in search after %d", x, now, before)
		}
		seen, serving := 0, 0
		campaigns := map[int64]bool{}
		for d := x.From - 7; d < x.From; d++ {
			for _, r := range advertised(w, x, d) {
				if r.AdvertisedASIN == x.ASIN {
					campaigns[r.CampaignID] = true
					seen++
					break
				}
			}
		}
		for d := x.From; d < x.From+7; d++ {
			for _, r := range advertised(w, x, d) {
				if r.AdvertisedASIN == x.ASIN {
					t.Fatalf("%+v is advertised on %s: %+v", x, d, r)
				}
			}
			profile := w.ProfileID(x.Account, x.Marketplace)
			if slices.ContainsFunc(w.CampaignRows(profile, SponsoredProducts, d, (d+50).Time()), func(r CampaignRow) bool { return campaigns[r.CampaignID] && r.Impressions > 0 }) {
				serving++
			}
		}
		if seen < 6 || serving < 3 {
			t.Errorf("%+v: advertised on %d days of the week before, its campaigns serve on %d of its own", x, seen, serving)
		}
	}
	if weeks < 8 {
		t.Errorf("%d weeks out of stock", weeks)
	}
}

func advertised(w *World, x Truth, d clock.Day) []AdTermRow {
	return w.AdvertisedRows(w.ProfileID(x.Account, x.Marketplace), d, (d + 50).Time())
}

func catalogued(w *World, x Truth, week clock.Day) int64 {
	for _, r := range w.SCPRows(x.Account, x.Marketplace, week, long) {
		if r.ASIN == x.ASIN {
			return r.Impressions.Count
		}
	}
	return 0
}

// planted sums of a term's rows over weeks, of one ASIN and of all.
type termSums struct {
	asinImpressions, impressions, market int64
	clicks, marketClicks                 int64
	purchases, marketPurchases           int64
	price, marketPrice                   float64 // weighted by clicks
}

func sumsOf(w *World, x Truth, from, to clock.Day) (s termSums) {
	for week := from; week <= to; week += 7 {
		first := true
		for _, r := range w.SQPRows(x.Account, x.Marketplace, week, long) {
			if r.Query != x.Term {
				continue
			}
			if r.ASIN == x.ASIN {
				s.asinImpressions += r.Impressions.Own
			}
			s.impressions += r.Impressions.Own
			s.clicks += r.Clicks.Own
			s.purchases += r.Purchases.Own
			s.price += float64(r.Clicks.OwnPrice) * float64(r.Clicks.Own)
			if first {
				s.market += r.Impressions.Total
				s.marketClicks += r.Clicks.Total
				s.marketPurchases += r.Purchases.Total
				s.marketPrice += float64(r.Clicks.TotalPrice) * float64(r.Clicks.Total)
			}
			first = false
		}
	}
	return s
}

func TestPlantedCausesShowInTheRows(t *testing.T) {
	w := NewWorld(Config{Seed: 1})
	from, to := halfYear(t)
	overlaps, shifted, dear, rested, fewer := 0, 0, 0, 0, 0
	for _, x := range w.Truth(from, to) {
		switch {
		case x.Kind == "own_overlap" && x.From > from+35:
			overlaps++
			before, now := sumsOf(w, x, x.From-28, x.From-7), sumsOf(w, x, x.From, x.To)
			part := func(s termSums) float64 { return float64(s.asinImpressions) / float64(s.impressions) }
			share := func(s termSums) float64 { return float64(s.impressions) / float64(s.market) }
			odds := part(now) / (1 - part(now)) / (part(before) / (1 - part(before)))
			// Ads stay with their product, so less than all of it shows.
			if odds > 3 && math.Abs(math.Log(share(now)/share(before))) < .45 {
				shifted++
			} else {
				t.Logf("%+v: of own impressions %.2f, then %.2f; share %.4f, then %.4f", x, part(before), part(now), share(before), share(now))
			}
		case x.Kind == "fix_listing" && x.Cause == "price":
			dear++
			s := sumsOf(w, x, from, to)
			gap := s.price / float64(s.clicks) / (s.marketPrice / float64(s.marketClicks))
			sells := float64(s.purchases) / float64(s.clicks) / (float64(s.marketPurchases) / float64(s.marketClicks))
			if gap < 1.25 || sells > .7 || s.clicks < 200 {
				t.Errorf("%+v: %.2f times the market's price, %.2f times its conversion on %d clicks", x, gap, sells, s.clicks)
			}
		case x.Cause == "ads" && x.Odds < .72 && x.From > from+35 && x.To <= to:
			before, now := sumsOf(w, x, x.From-28, x.From-7), sumsOf(w, x, x.From, x.To)
			if before.clicks < 40 {
				continue
			}
			rested++
			if float64(now.clicks)/float64(now.marketClicks) < .9*float64(before.clicks)/float64(before.marketClicks) {
				fewer++
			}
		}
	}
	if overlaps < 5 || shifted < overlaps*3/4 {
		t.Errorf("%d of %d overlaps show", shifted, overlaps)
	}
	if dear < 4 {
		t.Errorf("%d listings cost too much", dear)
	}
	if rested < 5 || fewer < rested*3/4 {
		t.Errorf("%d of %d terms lose clicks while their campaign rests", fewer, rested)
	}
}

func TestAQuietWorldHasNothingPlanted(t *testing.T) {
	w := NewWorld(Config{Seed: 1, Quiet: true, ASINs: 20, Terms: 800})
	from, to := halfYear(t)
	if truth := w.Truth(from, to); len(truth) > 0 {
		t.Errorf("%d planted, such as %+v", len(truth), truth[0])
	}
	for _, a := range w.accounts {
		for _, m := range a.markets {
			for i := range m.terms {
				if x := &m.terms[i]; x.class == worthless || x.class != offSearch && (x.sells != 0 || x.class != ownBrand && x.appeal != 0) {
					t.Fatalf("%s: %+v", m.place.Country, x)
				}
			}
			for week := from; week <= to; week += 7 {
				if slices.Contains(m.pausedCampaigns(week), true) {
					t.Fatalf("a campaign rests in the week of %s", week)
				}
			}
			for k := range m.targets {
				if x := &m.targets[k]; m.place.Currency != "JPY" && float64(x.cpc) > .25*float64(m.prices[x.asin])*m.adConversion(x) {
					t.Errorf("a click for %d does not pay: %+v", x.cpc, x)
				}
			}
		}
	}
	checkWeek(t, w.SQPRows(w.Accounts()[0], "ATVPDKIKX0DER", from, long))
}

// adsapi.md trap 29
func TestProductsAreASplitOfTheirCampaigns(t *testing.T) {
	w := NewWorld(Config{Seed: 4, ASINs: 24, Terms: 600})
	profile := w.ProfileID(w.Accounts()[0], "ATVPDKIKX0DER")
	for d := day(t, "2026-08-02"); d < day(t, "2026-08-30"); d++ {
		at := (d + 30).Time()
		left := map[int64]int64{}
		for _, r := range w.CampaignRows(profile, SponsoredProducts, d, at) {
			left[r.CampaignID] = r.Impressions
		}
		for _, r := range w.AdvertisedRows(profile, d, at) {
			if r.Impressions < max(1, r.Clicks) {
				t.Fatalf("%+v", r)
			}
			if left[r.CampaignID] -= r.Impressions; left[r.CampaignID] < 0 {
				t.Fatalf("%s: products of %s are seen more often than it", d, r.Campaign)
			}
		}
	}
}

// A cannibalised brand term is what the advice to test its ads is for: most
// clicks that no ad brought are the brand's, and ads bring a third of its own.
func TestDefendedTermsAreMostlyOnesOwn(t *testing.T) {
	w := NewWorld(Config{Seed: 1})
	_, last := halfYear(t)
	from, to := last-7*7, last
	terms := 0
	for _, x := range w.Truth(from, to) {
		if x.Kind != "brand_defence" {
			continue
		}
		terms++
		var ads int64
		profile := w.ProfileID(x.Account, x.Marketplace)
		for _, product := range []Product{SponsoredProducts, SponsoredBrands} {
			for d := from; d < to+7; d++ {
				for _, r := range w.AdTermRows(profile, product, d, (d + 60).Time()) {
					if r.Term == x.Term {
						ads += r.Clicks
					}
				}
			}
		}
		s := sumsOf(w, x, from, to)
		free := float64(s.clicks-ads) / float64(s.marketClicks-ads)
		if paid := float64(ads) / float64(s.clicks); free < .6 || paid < .3 {
			t.Errorf("%+v: %.2f of the clicks without ads, %.2f of its own by ads", x, free, paid)
		}
	}
	if terms < 6 {
		t.Errorf("%d terms", terms)
	}
}
