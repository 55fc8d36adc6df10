package sim

import (
	"slices"
	"strings"
)

// adReportType is one report type of the Ads API, with the columns that may be
// asked for (adsapi.md §1.7).
type adReportType struct {
	adProduct, groupBy string
	product            Product
	retention          int
	filter             string
	columns            []string
}

func list(parts ...string) []string {
	var out []string
	for _, p := range parts {
		for _, name := range strings.Fields(p) {
			if base, many := strings.CutSuffix(name, "{N}"); many {
				for _, n := range []string{"1d", "7d", "14d", "30d"} {
					out = append(out, base+n)
				}
				continue
			}
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const (
	columnsKB    = "addToList qualifiedBorrows royaltyQualifiedBorrows"
	columnsKBc   = columnsKB + " addToListFromClicks qualifiedBorrowsFromClicks royaltyQualifiedBorrowsFromClicks"
	columnsKENP  = "kindleEditionNormalizedPagesRead14d kindleEditionNormalizedPagesRoyalties14d"
	columnsDates = "date startDate endDate"
	columnsSP6   = "purchases{N} purchasesSameSku{N} unitsSoldClicks{N} sales{N} attributedSalesSameSku{N} unitsSoldSameSku{N}"
	columnsCB    = "campaignBudgetAmount campaignBudgetCurrencyCode campaignBudgetType"
	columnsVideo = "video5SecondViewRate video5SecondViews videoCompleteViews videoFirstQuartileViews videoMidpointViews videoThirdQuartileViews videoUnmutes"
	columnsNTB   = "newToBrandPurchases newToBrandPurchasesClicks newToBrandPurchasesPercentage newToBrandPurchasesRate newToBrandSales newToBrandSalesClicks newToBrandSalesPercentage newToBrandUnitsSold newToBrandUnitsSoldClicks newToBrandUnitsSoldPercentage newToBrandDetailPageViewRate newToBrandDetailPageViews newToBrandDetailPageViewsClicks newToBrandECPDetailPageView"
	columnsSBEng = "addToCart addToCartClicks addToCartRate eCPAddToCart brandedSearches brandedSearchesClicks detailPageViews detailPageViewsClicks"
)

var adReportTypes = map[string]*adReportType{
	"spSearchTerm": {"SPONSORED_PRODUCTS", "searchTerm", SponsoredProducts, spRetention, "keywordType", list(
		"impressions clicks cost costPerClick clickThroughRate", columnsKB, columnsSP6, columnsKENP, columnsDates, columnsCB,
		"salesOtherSku7d unitsSoldOtherSku7d acosClicks7d acosClicks14d roasClicks7d roasClicks14d keywordId keyword keywordType matchType targeting keywordBid portfolioId campaignName campaignId campaignStatus adGroupName adGroupId searchTerm adKeywordStatus")},
	"sbSearchTerm": {"SPONSORED_BRANDS", "searchTerm", SponsoredBrands, sbRetention, "keywordType", list(
		columnsKBc, columnsKENP, columnsCB, columnsDates, columnsVideo,
		"adGroupId adGroupName campaignId campaignName campaignStatus clicks cost costType impressions viewableImpressions viewabilityRate viewClickThroughRate keywordBid keywordId keywordText matchType purchases purchasesClicks sales salesClicks searchTerm unitsSold adKeywordStatus")},
	"spCampaigns": {"SPONSORED_PRODUCTS", "campaign", SponsoredProducts, spRetention, "campaignStatus", list(
		"impressions clicks cost spend costPerClick clickThroughRate campaignBiddingStrategy", columnsKB, columnsSP6, columnsKENP, columnsDates, columnsCB,
		"campaignName campaignId campaignStatus campaignRuleBasedBudgetAmount campaignApplicableBudgetRuleId campaignApplicableBudgetRuleName topOfSearchImpressionShare")},
	"sbCampaigns": {"SPONSORED_BRANDS", "campaign", SponsoredBrands, sbRetention, "campaignStatus", list(
		columnsSBEng, columnsKBc, columnsCB, columnsDates, columnsKENP, columnsNTB, columnsVideo,
		"campaignId campaignName campaignStatus clicks cost costType impressions purchases purchasesClicks purchasesPromoted sales salesClicks salesPromoted topOfSearchImpressionShare unitsSold unitsSoldClicks viewabilityRate viewableImpressions viewClickThroughRate longTermSales longTermROAS")},
	"sdCampaigns": {"SPONSORED_DISPLAY", "campaign", SponsoredDisplay, sdRetention, "campaignStatus", list(
		columnsKBc, columnsDates, "addToListFromViews qualifiedBorrowsFromViews royaltyQualifiedBorrowsFromViews",
		"addToCart addToCartClicks addToCartRate addToCartViews brandedSearches brandedSearchesClicks brandedSearchesViews brandedSearchRate campaignBudgetCurrencyCode campaignId campaignName clicks cost detailPageViews detailPageViewsClicks eCPAddToCart eCPBrandSearch impressions impressionsViews newToBrandPurchases newToBrandPurchasesClicks newToBrandSalesClicks newToBrandUnitsSold newToBrandUnitsSoldClicks purchases purchasesClicks purchasesPromotedClicks sales salesClicks salesPromotedClicks unitsSold unitsSoldClicks videoCompleteViews videoFirstQuartileViews videoMidpointViews videoThirdQuartileViews videoUnmutes viewabilityRate viewClickThroughRate",
		"campaignBudgetAmount campaignStatus costType cumulativeReach impressionsFrequencyAverage longTermROAS longTermSales newToBrandDetailPageViewClicks newToBrandDetailPageViewRate newToBrandDetailPageViewViews newToBrandDetailPageViews newToBrandECPDetailPageView newToBrandSales")},
	"spAdvertisedProduct": {"SPONSORED_PRODUCTS", "advertiser", SponsoredProducts, spRetention, "adCreativeStatus", list(
		columnsDates, columnsKB, columnsSP6, columnsKENP, columnsCB,
		"campaignName campaignId adGroupName adGroupId adId portfolioId impressions clicks costPerClick clickThroughRate cost spend campaignStatus advertisedAsin advertisedSku salesOtherSku7d unitsSoldOtherSku7d acosClicks7d acosClicks14d roasClicks7d roasClicks14d")},
}

// adFigures are what term and campaign rows share.
type adFigures struct {
	term                *AdTermRow // nil in campaign reports
	date                []byte     // quoted
	campaignID          int64
	campaign, status    string
	currency            string
	impressions, clicks int64
	cost, budget        int64
	d1, d7, d14, d30    *Attributed
	view                *Attributed
}

// adColumn writes one column's value; it returns false where the live service
// leaves the key out.
type adColumn func(p *pen, f *adFigures) bool

func count(get func(*adFigures) int64) adColumn {
	return func(p *pen, f *adFigures) bool { p.number(get(f)); return true }
}

func money(get func(*adFigures) int64) adColumn {
	return func(p *pen, f *adFigures) bool {
		v := get(f)
		if v == 0 && f.clicks%2 == 1 { // seen both ways in one column
			p.text("0")
			return true
		}
		p.b = appendMoney(p.b, v)
		return true
	}
}

func words(get func(*adFigures) string) adColumn {
	return func(p *pen, f *adFigures) bool { p.quoted(get(f)); return true }
}

// ratio writes scale*part/whole, null for a whole of 0.
func ratio(scale, places int, get func(*adFigures) (part, whole int64)) adColumn {
	return func(p *pen, f *adFigures) bool {
		part, whole := get(f)
		p.b = appendRatio(p.b, part, whole, scale, places)
		return true
	}
}

func null(p *pen, _ *adFigures) bool { p.text("null"); return true }
func zero(p *pen, _ *adFigures) bool { p.text("0"); return true }

func ofTerm(get func(*AdTermRow) string) adColumn {
	return words(func(f *adFigures) string { return get(f.term) })
}

// adColumns are the columns with a value; the others are 0.
var adColumns = func() map[string]adColumn {
	m := map[string]adColumn{
		"date":        func(p *pen, f *adFigures) bool { p.b = append(p.b, f.date...); return true },
		"campaignId":  count(func(f *adFigures) int64 { return f.campaignID }),
		"impressions": count(func(f *adFigures) int64 { return f.impressions }), "viewableImpressions": count(func(f *adFigures) int64 { return f.impressions * 7 / 10 }),
		"clicks": count(func(f *adFigures) int64 { return f.clicks }), "cost": money(func(f *adFigures) int64 { return f.cost }), "spend": money(func(f *adFigures) int64 { return f.cost }),
		"costPerClick":     ratio(1, 4, func(f *adFigures) (int64, int64) { return f.cost / 1000, f.clicks * 1000 }),
		"clickThroughRate": ratio(100, 6, func(f *adFigures) (int64, int64) { return f.clicks, f.impressions }),
		"campaignName":     words(func(f *adFigures) string { return f.campaign }), "campaignStatus": words(func(f *adFigures) string { return f.status }),
		"campaignBudgetAmount":       money(func(f *adFigures) int64 { return f.budget }),
		"campaignBudgetCurrencyCode": words(func(f *adFigures) string { return f.currency }),
		"campaignBudgetType":         words(func(*adFigures) string { return "DAILY_BUDGET" }), "costType": words(func(*adFigures) string { return "CPC" }),
		"campaignBiddingStrategy": words(func(*adFigures) string { return "legacy" }),
		"searchTerm":              ofTerm(func(r *AdTermRow) string { return r.Term }),
		"adGroupName":             ofTerm(func(r *AdTermRow) string { return r.AdGroup }),
		"keyword":                 ofTerm(func(r *AdTermRow) string { return r.Keyword }), "keywordText": ofTerm(func(r *AdTermRow) string { return r.Keyword }),
		"targeting":   ofTerm(func(r *AdTermRow) string { return r.Targeting }),
		"keywordType": ofTerm(func(r *AdTermRow) string { return r.KeywordType }), "matchType": ofTerm(func(r *AdTermRow) string { return r.MatchType }),
		"advertisedAsin": ofTerm(func(r *AdTermRow) string { return r.AdvertisedASIN }),
		"advertisedSku":  ofTerm(func(r *AdTermRow) string { return r.AdvertisedSKU }),
		"adId":           count(func(f *adFigures) int64 { return f.term.AdID }),
		"adGroupId":      count(func(f *adFigures) int64 { return f.term.AdGroupID }),
		"keywordId":      count(func(f *adFigures) int64 { return f.term.KeywordID }),
		"keywordBid":     money(func(f *adFigures) int64 { return f.term.BidMicros }),
		"portfolioId": func(p *pen, f *adFigures) bool {
			if f.term.PortfolioID == 0 {
				return null(p, f)
			}
			p.number(f.term.PortfolioID)
			return true
		},
		"adKeywordStatus": func(p *pen, f *adFigures) bool {
			if strings.HasPrefix(f.term.KeywordType, "TARGETING") {
				return false
			}
			p.text(`"ENABLED"`)
			return true
		},
		"topOfSearchImpressionShare": null, "campaignRuleBasedBudgetAmount": null, "campaignApplicableBudgetRuleId": null,
		"campaignApplicableBudgetRuleName": null, "longTermSales": null, "longTermROAS": null, "newToBrandPurchasesPercentage": null,
		"newToBrandSalesPercentage": null, "newToBrandUnitsSoldPercentage": null,
		"salesOtherSku7d":         money(func(f *adFigures) int64 { return f.d7.Sales - f.d7.SameSKUSales }),
		"unitsSoldOtherSku7d":     count(func(f *adFigures) int64 { return f.d7.Units - f.d7.SameSKUUnits }),
		"acosClicks7d":            ratio(100, 6, func(f *adFigures) (int64, int64) { return f.cost / 10_000, f.d7.Sales / 10_000 }),
		"acosClicks14d":           ratio(100, 6, func(f *adFigures) (int64, int64) { return f.cost / 10_000, f.d14.Sales / 10_000 }),
		"roasClicks7d":            ratio(1, 6, func(f *adFigures) (int64, int64) { return f.d7.Sales / 10_000, f.cost / 10_000 }),
		"roasClicks14d":           ratio(1, 6, func(f *adFigures) (int64, int64) { return f.d14.Sales / 10_000, f.cost / 10_000 }),
		"purchases":               count(func(f *adFigures) int64 { return f.d14.Orders }),
		"purchasesClicks":         count(func(f *adFigures) int64 { return f.d14.Orders - f.view.Orders }),
		"purchasesPromoted":       count(func(f *adFigures) int64 { return f.d14.SameSKU }),
		"purchasesPromotedClicks": count(func(f *adFigures) int64 { return f.d14.SameSKU - f.view.SameSKU }),
		"salesPromotedClicks":     money(func(f *adFigures) int64 { return f.d14.SameSKUSales - f.view.SameSKUSales }),
		"impressionsViews":        count(func(f *adFigures) int64 { return f.impressions * 7 / 10 }),
		"sales":                   money(func(f *adFigures) int64 { return f.d14.Sales }),
		"salesClicks":             money(func(f *adFigures) int64 { return f.d14.Sales - f.view.Sales }),
		"salesPromoted":           money(func(f *adFigures) int64 { return f.d14.SameSKUSales }),
		"unitsSold":               count(func(f *adFigures) int64 { return f.d14.Units }),
		"unitsSoldClicks":         count(func(f *adFigures) int64 { return f.d14.Units - f.view.Units }),
		"newToBrandPurchases":     count(func(f *adFigures) int64 { return f.d14.Orders / 2 }), "newToBrandSales": money(func(f *adFigures) int64 { return f.d14.Sales / 20_000 * 10_000 }),
	}
	for n, of := range map[string]func(*adFigures) *Attributed{
		"1d": func(f *adFigures) *Attributed { return f.d1 }, "7d": func(f *adFigures) *Attributed { return f.d7 },
		"14d": func(f *adFigures) *Attributed { return f.d14 }, "30d": func(f *adFigures) *Attributed { return f.d30 },
	} {
		m["purchases"+n] = count(func(f *adFigures) int64 { return of(f).Orders })
		m["purchasesSameSku"+n] = count(func(f *adFigures) int64 { return of(f).SameSKU })
		m["unitsSoldClicks"+n] = count(func(f *adFigures) int64 { return of(f).Units })
		m["unitsSoldSameSku"+n] = count(func(f *adFigures) int64 { return of(f).SameSKUUnits })
		m["sales"+n] = money(func(f *adFigures) int64 { return of(f).Sales })
		m["attributedSalesSameSku"+n] = money(func(f *adFigures) int64 { return of(f).SameSKUSales })
	}
	return m
}()

func columnOf(name string) adColumn {
	if c := adColumns[name]; c != nil {
		return c
	}
	return zero
}
