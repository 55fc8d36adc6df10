package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// whyNot says in words why terms were not tested.
var whyNot = map[Untested]string{
	HeldOut:      "probably out of stock this week, or a retail event's week: their shares say nothing of the search",
	FewWeeks:     "listed in fewer than 8 of the last 13 stored weeks",
	Unexplained:  "no longer listed, and whether Amazon's list was cut off above them is not known: a missing term is not a count of 0",
	Inconsistent: "more events of yours than of the whole market: Amazon's counts contradict each other",
	ThinMarket:   "fewer than 20 events in the whole market this week",
	FewOwn:       "fewer than 10 events of yours to be expected this week: chance would drown any change",
	LowValue:     "too little at stake: their usual purchases are worth less than is looked into",
}

// moreOf are the names of findings beyond those shown.
var moreOf = map[Kind][2]string{
	ShareDrop: {"more confirmed drop", "more confirmed drops"}, ShareGain: {"more confirmed gain", "more confirmed gains"},
	Vanished: {"more vanished term", "more vanished terms"}, Drifting: {"more drift", "more drifts"},
	Waste: {"more term with likely waste", "more terms with likely waste"}, Harvest: {"more term to harvest", "more terms to harvest"},
	Scale: {"more term to scale", "more terms to scale"}, FixListing: {"more listing to work on", "more listings to work on"},
	BrandDefence: {"more brand-defence candidate", "more brand-defence candidates"}, Opportunity: {"more opportunity", "more opportunities"},
	OwnOverlap: {"more own overlap", "more own overlaps"},
}

// hidden lists what the section does not show, and why, in a fixed order.
func (m *Market) hidden(terms []*term, found changes, more map[Kind]int, small int, refused []Refused) []Hidden {
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
		add("the week's money findings", "its ads are provisional: Amazon still corrects them for 14 days after the week's end; money is judged by settled weeks")
	}
	if m.now[Impression].Cells == 0 && m.now[Click].Cells == 0 {
		add("search data of the week", "no search query performance is stored for it")
	}
	switch {
	case m.Event != "":
		add("share changes per term", "%s makes the week unlike the ones before it", m.Event)
	case len(m.Baseline) < minBaselineWeeks:
		add("share changes per term", "%s stored before this one; a comparison needs %d",
			counted(int64(len(m.Baseline)), "week is", "weeks are"), minBaselineWeeks)
	}
	for _, r := range m.Counting {
		week := m.Week
		if r.Week < len(m.Baseline) {
			week = m.Baseline[r.Week]
		}
		add("weeks before "+week+" as a baseline for "+eventNames[r.Step][1], "Amazon changed counting? Of %s, %s have about %.2f times as many for each search since then",
			counted(int64(r.Terms), "term", "terms"), thousands(int64(r.Moved)), r.Ratio)
	}
	for _, w := range slices.Sorted(maps.Keys(found.untested)) {
		some(found.untested[w], "term", "terms", "%s", whyNot[w])
	}
	if reach := found.reach(); reach.SmallestProvableDrop != nil {
		p, _ := percents(*reach.SmallestProvableDrop, *reach.SmallestProvableDrop)
		add("smaller drops", "on half of the %s whose clicks could be tested, one week proves only a drop of %s or more; slow ones show as drifts",
			counted(int64(len(found.provable)), "term", "terms"), p)
	}
	some(small, "confirmed change", "confirmed changes", "folded away: less than %d%% of the share, or less than %s a week at stake", int(smallDrop*100), money(WasteFloorMicros(m.Currency), m.Currency))
	for _, kind := range slices.Sorted(maps.Keys(moreOf)) {
		some(more[kind], moreOf[kind][0], moreOf[kind][1], "only those with most at stake are shown")
	}
	for _, kind := range [...]Kind{Waste, Harvest, Scale, FixListing, BrandDefence, Opportunity, OwnOverlap} {
		n, whys := 0, []string{}
		for _, r := range refused {
			if r.Kind == kind {
				n += r.Terms
				whys = append(whys, fmt.Sprintf("%s (%s)", r.Why, thousands(int64(r.Terms))))
			}
		}
		some(n, "term", "terms", "not judged for %s: %s", kindName(kind), strings.Join(whys, "; "))
	}
	m.hiddenAds(terms, some, add)
	some(m.Cells.Truncated, "product", "products", "Amazon's list of search terms ends at 100 rows for them: your own totals are a lower bound")
	some(m.Cells.Empty, "product", "products", "Amazon has no search terms for them this week")
	some(m.Cells.Unavailable, "product", "products", "Amazon did not publish this week's search terms for them")
	return list
}

// kindName is how a rule is called in a sentence.
func kindName(k Kind) string {
	switch k {
	case FixListing:
		return "listing problems"
	case BrandDefence:
		return "brand defence"
	case OwnOverlap:
		return "own overlap"
	}
	return string(k)
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
