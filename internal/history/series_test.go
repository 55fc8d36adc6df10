package history

import (
	"reflect"
	"slices"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
)

// inWeek moves a slice by whole weeks.
func inWeek(s SQPSlice, w clock.Day) SQPSlice {
	s.Start, s.End = w, w+6
	return s
}

func series(t *testing.T, f *Facts, ids []int64, from, to clock.Day) (list []TermWeek) {
	t.Helper()
	if err := f.TermSeries(t.Context(), us, ids, from, to, func(r TermWeek) error { list = append(list, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestASeriesIsWhatTheJoinedWeeksSay(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	at := now.AddDate(0, 0, 60)
	for k := range clock.Day(3) {
		w := week + 7*k
		rows := []string{"steel bottle", "Steel  Bottle", "flask"}
		if k == 1 {
			rows = rows[2:] // listed in two of the three weeks
		}
		for i, query := range rows {
			slice := inWeek(sqpSlice(at, "B00000000"+string(rune('1'+i))), w)
			replaceSQP(t, f, slice, sqpRow(slice.ASINs[0], query, 600+100*int64(i)+10*int64(k), 40, 6, 2, 1))
		}
		s := adSlice(ads.SPSearchTerm, at)
		s.From, s.To = w, w+6
		replaceTerms(t, f, s, termRow(w, "steel bottle", 3), termRow(w+2, "new words", 2))
		if err := f.RebuildWeek(t.Context(), us, w, JoinRules{}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[int64][]TermWeek{}
	var ids []int64
	for k := range clock.Day(3) {
		err := f.JoinedWeek(t.Context(), us, week+7*k, func(r JoinedRow) error {
			want[r.TermID] = append(want[r.TermID], TermWeek{
				r.TermID, r.Week, r.Volume, r.Impressions, r.Clicks, r.CartAdds, r.Purchases,
				r.Ads, r.OrganicClicks, r.OrganicPurchases, r.Split, r.State,
			})
			if !slices.Contains(ids, r.TermID) {
				ids = append(ids, r.TermID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) != 3 {
		t.Fatalf("%d terms, want steel bottle, flask and new words", len(ids))
	}
	got := map[int64][]TermWeek{}
	for _, r := range series(t, f, ids, week, week+14) {
		got[r.TermID] = append(got[r.TermID], r)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("series\n%+v\nwant\n%+v", got, want)
	}
	for _, id := range ids {
		if one := series(t, f, []int64{id}, week+7, week+7); len(one) > 0 && (len(one) != 1 || !reflect.DeepEqual(one[0], want[id][slices.IndexFunc(want[id], func(r TermWeek) bool { return r.Week == week+7 })])) {
			t.Errorf("the middle week of %d is %+v", id, one)
		}
	}
	if none := series(t, f, nil, week, week+14); none != nil {
		t.Errorf("no terms have %+v", none)
	}
	all, err := f.AdvertisedTerms(t.Context(), us, week, week+14, 1)
	if err != nil || len(all) != 2 {
		t.Errorf("advertised terms %v, %v", all, err)
	}
	if often, err := f.AdvertisedTerms(t.Context(), us, week, week+14, 4); err != nil || often != nil {
		t.Errorf("in four of three weeks %v, %v", often, err)
	}
}

// analytics.md §4.5: the instrument is whether the campaign served, not
// whether the term was clicked.
func TestServingDaysAreThoseOfTheCampaign(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	at := now.AddDate(0, 0, 60)
	other := termRow(week+7, "flask", 2) // of another campaign, in the second week
	other.CampaignID, other.AdGroupID, other.KeywordID = 99, 98, 97
	product := termRow(week, "bottle", 1)
	product.KeywordID, product.MatchType = 55, productTargeting
	s := adSlice(ads.SPSearchTerm, at)
	s.To = week + 13
	replaceTerms(t, f, s, termRow(week, "Flask", 5), termRow(week, "*", 3), termRow(week, "b000000001", 3), product, other)
	campaign := func(day clock.Day, id, impressions int64) ads.CampaignRow {
		return ads.CampaignRow{Date: day, CampaignID: id, Campaign: "C", Currency: "USD", Impressions: n(impressions), Clicks: n(0), Cost: n(0)}
	}
	c := adSlice(ads.SPCampaigns, at)
	c.To = week + 11 // two days of the second week are not stored
	replaceCampaigns(t, f, c,
		campaign(week, 550669026247354, 10), campaign(week+1, 550669026247354, 0), campaign(week+2, 550669026247354, 4),
		campaign(week+2, 99, 4), campaign(week+6, 99, 1), campaign(week+6, 1234, 9))
	list, err := f.ServingDays(t.Context(), us, week, week+13)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Week != week || list[0].Served != 3 || list[0].Days != 7 || list[1].Served != 0 || list[1].Days != 5 {
		t.Fatalf("serving %+v", list)
	}
	if list[0].TermID != list[1].TermID || list[0].Share() != 3./7 {
		t.Errorf("serving %+v", list)
	}
	if first, err := f.ServingDays(t.Context(), us, week, week+6); err != nil || len(first) != 1 || first[0].Served != 2 {
		t.Errorf("without the other campaign's week %+v, %v", first, err)
	}
	if none, err := f.ServingDays(t.Context(), germany, week, week+6); err != nil || none != nil {
		t.Errorf("elsewhere %+v, %v", none, err)
	}
}
