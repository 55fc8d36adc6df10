package sim

import (
	"fmt"
	"strings"
)

func (m *market) makeCampaigns() {
	brand := m.account.brand
	add := func(product Product, name string, pauses bool, unseen float64) {
		seed := mix(m.seed, 4, uint64(len(m.campaigns)))
		m.campaigns = append(m.campaigns, campaign{
			// Beyond 2^53, so that a float loses the last digits.
			id:      int64(9_007_199_254_740_993 + seed%500_000_000_000_000_000),
			name:    brand + " | " + name,
			product: product, pauses: pauses, unseen: unseen, seed: seed,
			budget: int64(20+seed%12*10) * 1_000_000,
		})
		c := &m.campaigns[len(m.campaigns)-1]
		if seed%3 == 0 {
			c.portfolio = int64(100_000_000_000_000 + seed%900_000_000_000_000)
		}
		if seed%5 == 0 {
			c.formerly = brand + " - old - " + name
		}
	}
	for g := range 3 {
		add(SponsoredProducts, fmt.Sprintf("SP Auto %d", g+1), true, 2.5)
		add(SponsoredProducts, fmt.Sprintf("SP Broad %d", g+1), false, 1.8)
		add(SponsoredProducts, fmt.Sprintf("SP Exact %d", g+1), false, .6)
	}
	add(SponsoredProducts, "SP Brand", false, .3)
	add(SponsoredProducts, "SP Product Targeting", true, 3)
	add(SponsoredBrands, "SB Brand Store", false, .5)
	add(SponsoredBrands, "SB Category", true, 2)
	add(SponsoredBrands, "SB Video", true, 2.5)
	add(SponsoredDisplay, "SD Audiences", false, 0)
	add(SponsoredDisplay, "SD Retargeting", true, 0)
}

// Campaign numbers by their order in makeCampaigns; auto, broad and exact are
// followed by those of the next group three further on.
const (
	autoCampaign = iota
	broadCampaign
	exactCampaign
	brandCampaign    = 9
	productsCampaign = 10
	storeCampaign    = 11
	categoryCampaign = 12
)

var brandMatch = []struct {
	campaign             int
	keywordType, matched string
}{
	{autoCampaign, "TARGETING_EXPRESSION_PREDEFINED", "TARGETING_EXPRESSION_PREDEFINED"},
	{broadCampaign, "BROAD", "BROAD"},
	{broadCampaign, "PHRASE", "PHRASE"},
	{exactCampaign, "EXACT", "EXACT"},
}

func (m *market) makeTargets(rate float64) {
	d := newDice().seed(m.seed, 5)
	// A seller's budget is split over its marketplaces.
	density := .52 / float64(len(m.account.spec.Countries))
	add := func(t int, campaign int, kind, match, keyword string, rate float64) {
		x := &m.terms[t]
		c := m.campaigns[campaign]
		seed := mix(x.seed, c.seed, hashString(match))
		group := mix(c.seed, uint64(x.family+1))
		g := target{
			term: t, campaign: campaign, product: c.product, asin: x.who[0].product,
			adGroupID: int64(200_000_000_000_000 + group%9_000_000_000_000_000), adGroup: "Ad group " + m.account.niche.families[max(0, x.family)].name,
			keywordID: int64(300_000_000_000_000 + mix(group, hashString(keyword), hashString(match))%9_000_000_000_000_000), keyword: keyword,
			keywordType: kind, matchType: match, rate: rate,
			clickRate: d.between(.004, .02), displaced: d.between(.05, .3), seed: seed,
		}
		// A click of a term that sells costs a tenth to a fifth of what it brings.
		g.cpc = x.price / 40 * int64(60+seed%80) / 100
		if pays := float64(m.prices[g.asin]) * m.adConversion(&g); pays > 0 {
			g.cpc = int64(pays * (.1 + float64(seed%100)/1000))
		}
		if m.place.Currency == "JPY" {
			g.cpc = max(1_000_000, g.cpc/1_000_000*1_000_000)
		}
		m.targets = append(m.targets, g)
		x.targets = append(x.targets, len(m.targets)-1)
	}
	expressions := []string{"close-match", "loose-match", "substitutes", "complements"}
	for i := range m.terms {
		t := &m.terms[i]
		clicks := t.volume * t.ctr
		head := strings.Join(strings.Fields(strings.ToLower(t.text)), " ")
		switch t.class {
		case ownBrand:
			if d.Float64() < .6 {
				add(i, brandCampaign, "EXACT", "EXACT", head, d.between(.04, .1))
				m.targets[len(m.targets)-1].displaced, m.targets[len(m.targets)-1].clickRate = .8, .09
			}
			if d.Float64() < .2 {
				add(i, storeCampaign, "EXACT", "EXACT", head, d.between(.01, .03))
			}
		case competing:
			if d.Float64() < .25*density {
				add(i, productsCampaign, "TARGETING_EXPRESSION", "TARGETING_EXPRESSION", `category="`+m.account.niche.families[t.family].name+`"`, d.between(.002, .006))
			}
		case worthless:
			add(i, broadCampaign+3*(t.family%3), "BROAD", "BROAD", m.account.niche.families[t.family].words["en"][0], min(.25, d.between(18, 34)/clicks))
			m.targets[len(m.targets)-1].clickRate = .05
		case generic:
			if d.Float64() > density {
				continue
			}
			pick := brandMatch[d.IntN(len(brandMatch))]
			keyword := head
			switch pick.keywordType {
			case "TARGETING_EXPRESSION_PREDEFINED":
				keyword = expressions[d.IntN(len(expressions))]
			case "BROAD", "PHRASE":
				if f := strings.Fields(head); len(f) > 2 {
					keyword = strings.Join(f[:2], " ")
				}
			}
			campaign := pick.campaign + 3*(t.family%3)
			add(i, campaign, pick.keywordType, pick.matched, keyword, d.between(.003, .016))
			if d.Float64() < .12 && pick.keywordType == "EXACT" {
				add(i, autoCampaign+3*(t.family%3), "TARGETING_EXPRESSION_PREDEFINED", "TARGETING_EXPRESSION_PREDEFINED", "close-match", d.between(.001, .004))
			}
			if d.Float64() < .25 {
				add(i, categoryCampaign+int(t.seed%2), "BROAD", "BROAD", head, d.between(.003, .009))
			}
		}
	}
	for _, i := range m.defended {
		m.terms[i].targets = nil
		add(i, brandCampaign, "EXACT", "EXACT", m.terms[i].text, .36)
		g := &m.targets[len(m.targets)-1]
		g.displaced, g.clickRate = .9, .12
	}
	for k := range 16 {
		text, kind, campaign, keyword := "*", "TARGETING_EXPRESSION_PREDEFINED", autoCampaign+3*(k%3), expressions[2+k%2]
		if k >= 3 {
			text = strings.ToLower(asinFrom(mix(m.seed, 6, uint64(k))))
			if k%2 == 0 {
				kind, campaign, keyword = "TARGETING_EXPRESSION", productsCampaign, `asin="`+strings.ToUpper(text)+`"`
			}
		}
		t := m.makeTerm(d, draft{text: text, class: offSearch, family: k % len(m.account.niche.families)}, rate)
		t.seed = mix(t.seed, uint64(k))
		m.terms = append(m.terms, t)
		add(len(m.terms)-1, campaign, kind, kind, keyword, d.between(2, 9)*density)
	}
}
