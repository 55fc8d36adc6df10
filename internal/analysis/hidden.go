package analysis

import "fmt"

// hidden lists what the section does not show, and why, in a fixed order.
func (m *Market) hidden(terms []*term, left leftOut, moreDrops, moreGains, moreWaste, uncounted int) []Hidden {
	list := []Hidden{}
	add := func(what, why string, args ...any) {
		list = append(list, Hidden{What: what, Why: fmt.Sprintf(why, args...)})
	}
	some := func(n int, one, many, why string, args ...any) {
		if n > 0 {
			add(counted(int64(n), one, many), why, args...)
		}
	}
	if m.State == Provisional && m.AdsDays > 0 {
		add("the week's money findings", "its ads are provisional: Amazon still corrects them for 14 days after the week's end")
	}
	if m.now[Impression].Cells == 0 && m.now[Click].Cells == 0 {
		add("search data of the week", "no search query performance is stored for it")
	}
	if left.noBaseline {
		add("share changes per term", "%s stored before this one; a comparison needs %d",
			counted(int64(len(m.Baseline)), "week is", "weeks are"), minBaselineWeeks)
	}
	some(left.thin, "term", "terms", "fewer than %d purchases and clicks in the whole market, this week or over the weeks before", minMarketEvents)
	some(left.fewWeeks, "term", "terms", "listed in fewer than %d of the last %d stored weeks", minBaselineWeeks, BaselineWeeks)
	some(left.fewOwn, "term", "terms", "fewer than %d purchases or clicks of yours to be expected this week: chance would drown any change", minExpectedEvents)
	some(left.small, "term", "terms", "share changed by less than %d%% of itself", int(minRelativeChange*100))
	some(left.seen, "term", "terms", "share moved, but has been there in more than one of the weeks before")
	some(left.gone, "term", "terms", "no longer listed this week: Amazon lists at most 100 terms per product, so a missing term is not a count of 0")
	some(moreDrops, "more drop", "more drops", "only the %d largest are shown", maxDrops)
	some(moreGains, "more gain", "more gains", "only the %d largest are shown", maxGains)
	some(moreWaste, "more term with spend and no order", "more terms with spend and no order", "only the %d most expensive are shown", maxWaste)
	some(uncounted, "term with spend", "terms with spend", "sponsored brands took part, whose orders Amazon does not state at 7 days")
	m.hiddenAds(terms, some, add)
	some(m.Cells.Truncated, "product", "products", "Amazon's list of search terms ends at 100 rows for them: your own totals are a lower bound")
	some(m.Cells.Empty, "product", "products", "Amazon has no search terms for them this week")
	some(m.Cells.Unavailable, "product", "products", "Amazon did not publish this week's search terms for them")
	add("intervals and tests of chance", "not computed in this version: changes of share are observations")
	return list
}

// hiddenAds says what is not known of the ads.
func (m *Market) hiddenAds(terms []*term, some func(int, string, string, string, ...any), add func(string, string, ...any)) {
	switch {
	case m.AdsDays == 0:
		add("ads of the week", "no ads figures are stored for it")
	case m.AdsDays < m.AdsDaysWanted:
		add("part of the week's ads", "only %d of its %d daily reports are stored", m.AdsDays, m.AdsDaysWanted)
	}
	if m.UntermedMicros > 0 {
		add(money(m.UntermedMicros, m.Currency)+" of ad spend", "Amazon names no search term for it: product targeting and the like")
	}
	if len(m.SettledWeeks) == 0 {
		add("wasted spend", "no stored week is settled: Amazon still corrects ads figures for 14 days after a week's end")
	}
	adsOnly, spend, unknown := 0, int64(0), 0
	for _, t := range terms {
		if t.now == nil {
			continue
		}
		if !t.now.Funnel[Impression].Market.Valid && !t.now.Funnel[Click].Market.Valid {
			adsOnly++
			spend += t.now.Ads.CostMicros.V
		}
		if t.now.SplitUnknown {
			unknown++
		}
	}
	some(adsOnly, "advertised search term", "advertised search terms", "no search query performance for them this week: %s of ads without a share", money(spend, m.Currency))
	some(unknown, "term's split into ads and organic", "terms' split into ads and organic", "the ads report counts more clicks than the search data")
}
