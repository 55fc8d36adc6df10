package history

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
)

func rebuild(t testing.TB, f *Facts) { t.Helper(); rebuildBy(t, f, JoinRules{}) }

func rebuildBy(t testing.TB, f *Facts, rules JoinRules) {
	t.Helper()
	dirty, err := f.DirtyWeeks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirty {
		if err := f.RebuildWeek(t.Context(), d.Marketplace, d.Week, rules); err != nil {
			t.Fatal(err)
		}
	}
}

func joinedTerm(t testing.TB, f *Facts, term string) (found JoinedRow) {
	t.Helper()
	ok := false
	err := f.JoinedWeek(t.Context(), us, week, func(r JoinedRow) error {
		if r.Term == term {
			found, ok = r, true
		}
		return nil
	})
	if err != nil || !ok {
		t.Fatalf("joined row of %q: found %v, %v", term, ok, err)
	}
	return found
}

// adWeek stores a complete week of ads with one row per term on Monday.
func adWeek(t testing.TB, f *Facts, at time.Time, rows ...ads.TermRow) {
	t.Helper()
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, at), rows...)
}

func TestOrganicIsWhatAdsLeave(t *testing.T) {
	for _, c := range []struct {
		name               string
		clicks, purchases  int64 // own, of search
		adClicks, adOrders int64
		sbClicks           int64
		split              Split
		organic, bought    Count
	}{
		{"without ads", 50, 5, 0, 0, 0, Measured, n(50), n(5)},
		{"part of the clicks", 50, 5, 20, 2, 0, Measured, n(30), n(3)},
		{"within the tolerance", 50, 5, 58, 2, 0, Measured, n(0), n(3)},
		{"ads exceed search", 50, 5, 59, 2, 0, Unknown, Count{}, Count{}},
		{"brand clicks hide purchases", 50, 5, 20, 2, 5, Measured, n(25), Count{}},
		{"orders exceed purchases", 50, 5, 20, 9, 0, Measured, n(30), Count{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := testFacts(t)
			withProfile(t, f)
			replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, c.clicks, 9, c.purchases))
			var rows []ads.TermRow
			if c.adClicks > 0 {
				row := termRow(week+1, "Bottle", c.adClicks)
				row.Orders1dSameSKU = n(c.adOrders)
				rows = append(rows, row)
			}
			adWeek(t, f, now, rows...)
			if c.sbClicks > 0 {
				replaceTerms(t, f, adSlice(ads.SBSearchTerm, now), termRow(week+1, "bottle", c.sbClicks))
			}
			rebuild(t, f)
			row := joinedTerm(t, f, "bottle")
			if row.Split != c.split || row.OrganicClicks != c.organic || row.OrganicPurchases != c.bought {
				t.Errorf("split %s, organic clicks %v, purchases %v; want %s %v %v",
					row.Split, row.OrganicClicks, row.OrganicPurchases, c.split, c.organic, c.bought)
			}
			if want := n(c.adClicks + c.sbClicks); row.Ads.Clicks != want {
				t.Errorf("ad clicks %v, want %v", row.Ads.Clicks, want)
			}
			if c.sbClicks > 0 && row.Ads.Orders7d != n(1) {
				t.Errorf("orders %v, want those of sponsored products alone", row.Ads.Orders7d)
			}
		})
	}
}

func TestMissingAdsAreNotZero(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5))
	rebuild(t, f)
	if row := joinedTerm(t, f, "bottle"); row.Ads.Clicks.Valid || row.OrganicClicks.Valid || row.Split != Unknown {
		t.Errorf("without any ads report: %+v", row)
	}
	six := adSlice(ads.SPSearchTerm, now)
	six.To--
	replaceTerms(t, f, six, termRow(week, "bottle", 3))
	rebuild(t, f)
	if row := joinedTerm(t, f, "bottle"); row.Ads.Clicks != n(3) || row.Split != Unknown {
		t.Errorf("with six of seven days: %+v", row)
	}
}

// adsapi.md trap 30, analytics.md §3.4
func TestRowsWithoutASearchStayOutOfTheJoin(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	product := termRow(week, "category browser", 7)
	product.MatchType, product.KeywordID = "TARGETING_EXPRESSION", 99
	automatic := termRow(week, "thermos", 4)
	automatic.MatchType, automatic.KeywordID = "TARGETING_EXPRESSION_PREDEFINED", 98
	adWeek(t, f, now, termRow(week, "*", 1), termRow(week, "b0abcdefgh", 2), termRow(week, "B0ABCDEFGH", 3), product, automatic)
	rebuild(t, f)
	var terms []string
	if err := f.JoinedWeek(t.Context(), us, week, func(r JoinedRow) error { terms = append(terms, r.Term); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(terms) != 1 || terms[0] != "thermos" {
		t.Errorf("joined terms %q, want thermos", terms)
	}
	if row := joinedTerm(t, f, "thermos"); row.Volume.Valid || row.Impressions.X.Valid || row.OrganicClicks.Valid {
		t.Errorf("a term without search rows: %+v", row)
	}
	buckets, err := f.Buckets(t.Context(), us, week)
	if err != nil || len(buckets) != 3 {
		t.Fatalf("buckets %+v, %v", buckets, err)
	}
	for i, want := range []int64{5, 1, 7} { // asin, none, product
		if buckets[i].Ads.Clicks != n(want) {
			t.Errorf("bucket %s: %v clicks, want %d", buckets[i].Kind, buckets[i].Ads.Clicks, want)
		}
	}
}

// adsapi.md trap 24
func TestStateFollowsTheFetch(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	saturday := (week + 6).Time()
	for _, c := range []struct {
		days int
		want State
	}{{3, Provisional}, {13, Provisional}, {14, Settled}, {41, Settled}, {42, Final}} {
		adWeek(t, f, saturday.AddDate(0, 0, c.days).Add(time.Hour), termRow(week, "bottle", 3))
		rebuild(t, f)
		totals, err := f.WeekTotals(t.Context(), us, week, week)
		if err != nil || len(totals) != 1 || totals[0].State != c.want {
			t.Errorf("%d days after: totals %+v, %v; want %s", c.days, totals, err, c.want)
		}
	}
}

// adsapi.md trap 28, adsapi.md trap 29
func TestSpendComesFromCampaigns(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	adWeek(t, f, now, termRow(week, "bottle", 3))
	campaign := ads.CampaignRow{
		Date: week, CampaignID: 1, Campaign: "Core", Status: "ENABLED", Currency: "USD",
		Impressions: n(5000), Clicks: n(40), Cost: n(21_000_000), Orders7d: n(2), Sales7d: n(50_000_000),
	}
	archived := campaign
	archived.CampaignID, archived.Status, archived.Date = 2, "ARCHIVED", week+3 // adsapi.md trap 38
	replaceCampaigns(t, f, adSlice(ads.SPCampaigns, now), campaign, archived)
	brand := campaign
	brand.CampaignID, brand.Orders7d, brand.Sales7d = 3, Count{}, Count{}
	replaceCampaigns(t, f, adSlice(ads.SBCampaigns, now), brand)
	spendOf := func() Spend {
		t.Helper()
		rebuild(t, f)
		spend, err := f.Spend(t.Context(), us, week, week)
		if err != nil || len(spend) != 1 {
			t.Fatalf("spend %+v, %v", spend, err)
		}
		return spend[0]
	}
	s := spendOf()
	if s.Cost != n(63_000_000) || s.Orders7d != n(4) || s.Days != 14 || s.WantDays != 14 || s.Currency != "USD" {
		t.Errorf("spend %+v", s)
	}
	// Without sponsored display: Amazon answers with nothing, and nothing lacks.
	replaceCampaigns(t, f, adSlice(ads.SDCampaigns, now))
	if s = spendOf(); s.Cost != n(63_000_000) || s.Days != 21 || s.WantDays != 21 {
		t.Errorf("spend of an account without sponsored display %+v", s)
	}
	display := brand
	display.CampaignID, display.Cost, display.Orders14d, display.Sales14d = 4, n(5_500_000), n(3), n(90_000_000)
	replaceCampaigns(t, f, adSlice(ads.SDCampaigns, now.Add(time.Hour)), display)
	if s = spendOf(); s.Cost != n(68_500_000) || s.Clicks != n(160) || s.Orders7d != n(4) || s.Sales7d != n(100_000_000) {
		t.Errorf("spend with sponsored display %+v", s)
	}
	// Only sponsored products report sales of 7 days: theirs are not to be held
	// against the spend of all.
	if sp, err := f.ProductSpend(t.Context(), us, week); err != nil || sp.Cost != n(42_000_000) || sp.Sales7d != n(100_000_000) || sp.Days != 7 {
		t.Errorf("sponsored products %+v, %v", sp, err)
	}
	if none, err := f.ProductSpend(t.Context(), us, week+14); err != nil || none.Cost.Valid || none.Sales7d.Valid {
		t.Errorf("sponsored products of a week that is not stored: %+v, %v", none, err)
	}
	// A day of it that is not stored is missing from the week.
	gone := adSlice(ads.SDCampaigns, now.Add(2*time.Hour))
	gone.From, gone.To = week+7, week+13
	replaceCampaigns(t, f, gone)
	if totals, err := f.Spend(t.Context(), us, week, week+7); err != nil || len(totals) != 1 {
		t.Errorf("totals %+v, %v", totals, err)
	}
	if err := f.RebuildWeek(t.Context(), us, week+7, JoinRules{}); err != nil {
		t.Fatal(err)
	}
	later, err := f.Spend(t.Context(), us, week+7, week+7)
	if err != nil || len(later) != 1 || later[0].Days != 7 || later[0].WantDays != 21 || later[0].Cost != n(0) {
		t.Errorf("a week of which only one product is stored: %+v, %v", later, err)
	}
}

func TestRebuildingMarksTheAudit(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"),
		sqpRow("B000000001", "a", 400, 4), sqpRow("B000000002", "a", 400, 6))
	rebuild(t, f)
	due, err := f.AuditsDue(t.Context())
	if err != nil || len(due) != 1 || due[0] != week {
		t.Fatalf("due %v, %v", due, err)
	}
	if err := f.AuditDone(t.Context(), week); err != nil {
		t.Fatal(err)
	}
	if due, _ = f.AuditsDue(t.Context()); len(due) != 0 {
		t.Errorf("still due: %v", due)
	}
	var own []int64
	err = f.JoinedASINs(t.Context(), us, week, func(r JoinedRow) error {
		if r.Level != ASIN || r.Split != Unknown || r.Ads.Clicks.Valid || r.Volume != n(400) {
			t.Errorf("row of an ASIN %+v", r)
		}
		own = append(own, r.Impressions.X.V)
		return nil
	})
	if err != nil || len(own) != 2 || own[0]+own[1] != 10 {
		t.Errorf("own impressions %v, %v", own, err)
	}
}
