package history

import (
	"reflect"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

const (
	steady  = "B000000001" // sells all the time
	sellout = "B000000002" // is out of stock in the last week
)

// stockWorld stores five weeks before week and week itself, in which sellout's
// impressions fall in search and its ads are silent on so many days.
type stockWorld struct {
	silent      int   // days without an impression of its ads, from Tuesday
	impressions int64 // of sellout in search in the last week
	unlisted    bool  // the last catalogue does not name it
	paused      bool  // the campaign rests on the silent days
	otherAd     bool  // a new campaign shows it on the silent days
	weeksBefore int
}

func (w stockWorld) store(t *testing.T, f *Facts) {
	t.Helper()
	withProfile(t, f)
	at := now.AddDate(0, 0, 60)
	for k := clock.Day(w.weeksBefore); k >= 0; k-- {
		start := week - 7*k
		rows := []spapi.SCPRow{scpRowFor(steady, 900)}
		if k > 0 {
			rows = append(rows, scpRowFor(sellout, 1000+int64(k)))
		} else if !w.unlisted {
			rows = append(rows, scpRowFor(sellout, w.impressions))
		}
		replaceSCP(t, f, SCPSlice(inWeek(sqpSlice(at), start)), rows...)
		var products []ads.ProductRow
		var campaigns []ads.CampaignRow
		for day := start; day < start+7; day++ {
			silent := k == 0 && int(day-start) >= 2 && int(day-start) < 2+w.silent
			if !silent || !w.paused {
				products = append(products, productRow(day, 1, steady, "S", 9))
				campaigns = append(campaigns, ads.CampaignRow{Date: day, CampaignID: 550669026247354, Campaign: "Core", Currency: "USD", Impressions: n(400), Clicks: n(9), Cost: n(1)})
			}
			if !silent {
				products = append(products, productRow(day, 2, sellout, "O", 3))
			} else if w.otherAd {
				other := productRow(day, 3, sellout, "O", 3)
				other.CampaignID, other.AdGroupID = 77, 78
				products = append(products, other)
			}
		}
		s := adSlice(ads.SPAdvertisedProduct, at)
		s.From, s.To = start, start+6
		replaceProducts(t, f, s, products...)
		s.Type = ads.SPCampaigns
		replaceCampaigns(t, f, s, campaigns...)
	}
}

func stockWeeks(t *testing.T, f *Facts, entries ...StockEntry) []StockWeek {
	t.Helper()
	list, err := f.StockWeeks(t.Context(), us, week-35, week+6, entries...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestASelloutIsFoundByItsSilence(t *testing.T) {
	out := StockWeek{ASIN: sellout, Week: week, Kind: analysis.StockInferred, Impressions: n(100), Usual: 1002.5}
	gone := out
	gone.Impressions = n(0)
	for name, c := range map[string]struct {
		world stockWorld
		want  []StockWeek
	}{
		"three silent days":             {stockWorld{silent: 3, impressions: 100, weeksBefore: 5}, []StockWeek{out}},
		"not named by the catalogue":    {stockWorld{silent: 5, unlisted: true, weeksBefore: 5}, []StockWeek{gone}},
		"two silent days":               {stockWorld{silent: 2, impressions: 100, weeksBefore: 5}, nil},
		"it is still found":             {stockWorld{silent: 5, impressions: 400, weeksBefore: 5}, nil},
		"its campaign rests":            {stockWorld{silent: 5, impressions: 100, paused: true, weeksBefore: 5}, nil},
		"another campaign shows it":     {stockWorld{silent: 5, impressions: 100, otherAd: true, weeksBefore: 5}, nil},
		"the first week that is stored": {stockWorld{silent: 7, impressions: 100}, nil},
		"one week before is a baseline": {stockWorld{silent: 4, impressions: 100, weeksBefore: 1}, []StockWeek{{sellout, week, analysis.StockInferred, n(100), 1001}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := testFacts(t)
			c.world.store(t, f)
			if got := stockWeeks(t, f); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAPersonKnowsTheStockBetter(t *testing.T) {
	f := testFacts(t)
	stockWorld{silent: 4, impressions: 100, weeksBefore: 5}.store(t, f)
	if got := stockWeeks(t, f, StockEntry{sellout, week, week + 6, false}); len(got) > 0 {
		t.Errorf("it was there, and yet %+v", got)
	}
	got := stockWeeks(t, f, StockEntry{steady, week - 10, week - 4, true}, StockEntry{sellout, week, week + 2, true})
	want := []StockWeek{
		{ASIN: steady, Week: week - 14, Kind: analysis.StockStatedOut}, // its Thursday to Saturday
		{ASIN: steady, Week: week - 7, Kind: analysis.StockStatedOut},
		{ASIN: sellout, Week: week, Kind: analysis.StockStatedOut, Impressions: n(100), Usual: 1002.5},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if other, err := f.StockWeeks(t.Context(), germany, week, week, StockEntry{steady, week, week + 6, true}); err != nil || len(other) != 1 {
		t.Errorf("a marketplace without facts: %+v, %v", other, err)
	}
}

// What Amazon restates changes the verdict, because none is stored.
func TestARestatedReportChangesTheVerdict(t *testing.T) {
	f := testFacts(t)
	stockWorld{silent: 3, impressions: 100, weeksBefore: 5}.store(t, f)
	if len(stockWeeks(t, f)) != 1 {
		t.Fatal("nothing to take back")
	}
	s := adSlice(ads.SPAdvertisedProduct, now.AddDate(0, 0, 70))
	s.From, s.To = week+2, week+2
	replaceProducts(t, f, s, productRow(week+2, 1, steady, "S", 9), productRow(week+2, 2, sellout, "O", 1))
	if got := stockWeeks(t, f); got != nil {
		t.Errorf("an impression on the third day, and yet %+v", got)
	}
}
