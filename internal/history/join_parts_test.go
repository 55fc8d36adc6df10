package history

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

func TestApportioningLosesNothing(t *testing.T) {
	for _, c := range []struct {
		v       int64
		weights []int64
		want    []int64
	}{
		{10, []int64{1, 1, 1}, []int64{4, 3, 3}}, // equal remainders: the first
		{1, []int64{3, 5, 2}, []int64{0, 1, 0}},
		{7, []int64{0, 0}, []int64{4, 3}}, // no weight at all: equal
		{0, []int64{3, 5}, []int64{0, 0}},
		{5, []int64{0, 9, 0}, []int64{0, 5, 0}},
		{-3, []int64{2, 1}, []int64{-2, -1}},
		{9_000_000_000_000_000_000, []int64{1 << 62, 1 << 62}, []int64{4_500_000_000_000_000_000, 4_500_000_000_000_000_000}},
	} {
		if got := apportion(c.v, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%d over %v: %v, want %v", c.v, c.weights, got, c.want)
		}
	}
	rng := random(3)
	for range 5000 {
		weights := make([]int64, 1+rng.IntN(9))
		var total float64
		for i := range weights {
			weights[i] = rng.Int64N(1 << rng.IntN(40))
			total += float64(weights[i])
		}
		v := rng.Int64N(1 << 40)
		var sum int64
		for i, p := range apportion(v, weights) {
			sum += p
			if quota := float64(v) * float64(weights[i]) / total; total > 0 && (float64(p) < quota-1.001 || float64(p) > quota+1.001) {
				t.Fatalf("%d over %v gives place %d %d, quota %.3f", v, weights, i, p, quota)
			}
		}
		if sum != v {
			t.Fatalf("%d over %v adds up to %d", v, weights, sum)
		}
	}
}

// partsOf reads the rows of a term below brand level, by key.
func partsOf(t testing.TB, f *Facts, level Level, term string) map[string]JoinedRow {
	t.Helper()
	read := f.JoinedASINs
	if level == Parent {
		read = f.JoinedParents
	}
	rows := map[string]JoinedRow{}
	err := read(t.Context(), us, week, func(r JoinedRow) error {
		if r.Level != level {
			t.Errorf("level %s, want %s", r.Level, level)
		}
		if r.Term == term {
			rows[r.Key] = r
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// adGroupRow is a row of ads of one ad group.
func adGroupRow(group int64, term string, clicks int64) ads.TermRow {
	r := termRow(week, term, clicks)
	r.AdGroupID, r.KeywordID = group, group*10
	return r
}

func shownIn(group int64, asin string, clicks int64) ads.ProductRow {
	r := productRow(week, group*100+int64(asin[len(asin)-1]), asin, "", clicks)
	r.AdGroupID = group
	return r
}

// family makes B000000001 and B000000002 one parent's.
var family = JoinRules{Parent: func(asin string) string {
	if asin <= "B000000002" {
		return "PARENT"
	}
	return ""
}}

func TestClicksGoToTheProductThatWasAdvertised(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002", "B000000003"),
		sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5), sqpRow("B000000002", "bottle", 8000, 300, 40, 6, 4),
		sqpRow("B000000003", "bottle", 8000, 100, 30, 3, 3), sqpRow("B000000002", "cup", 900, 100, 8, 2, 1))
	// Group 1 shows one product, group 2 two of one parent.
	one := adGroupRow(2, "cup", 1)
	one.Impressions = n(1)
	adWeek(t, f, now, adGroupRow(1, "bottle", 10), adGroupRow(2, "bottle", 9), one)
	replaceTerms(t, f, adSlice(ads.SBSearchTerm, now))
	replaceProducts(t, f, adSlice(ads.SPAdvertisedProduct, now),
		shownIn(1, "B000000001", 20), shownIn(2, "B000000001", 20), shownIn(2, "B000000002", 10))
	rebuildBy(t, f, family)

	brand := joinedTerm(t, f, "bottle")
	if brand.Ads.Clicks != n(19) || brand.OrganicClicks != n(120-19) || brand.Split != Measured || brand.SPOnly {
		t.Errorf("brand %+v", brand)
	}
	if brand.Lead != "B000000001" || brand.LeadImpressions != n(900) || brand.Concentration != n((900*900+300*300+100*100)*1_000_000/(1300*1300)) {
		t.Errorf("lead %s with %v, concentration %v", brand.Lead, brand.LeadImpressions, brand.Concentration)
	}
	asins := partsOf(t, f, ASIN, "bottle")
	for key, want := range map[string]struct {
		clicks, organic int64
		split           Split
	}{
		"B000000001": {16, 34, Modelled}, // 10 of its own group, 6 of the 9 of the shared one
		"B000000002": {3, 37, Modelled},
		"B000000003": {0, 30, Measured}, // no ad of it could be clicked
	} {
		got := asins[key]
		if got.Ads.Clicks != n(want.clicks) || got.OrganicClicks != n(want.organic) || got.Split != want.split {
			t.Errorf("%s: %v ad clicks, %v organic, %s; want %+v", key, got.Ads.Clicks, got.OrganicClicks, got.Split, want)
		}
		if got.Impressions.N != brand.Impressions.N || got.Volume != brand.Volume || got.Class != brand.Class {
			t.Errorf("%s: the market's figures %+v", key, got)
		}
	}
	// Both groups are of one parent: how its products share does not matter.
	parents := partsOf(t, f, Parent, "bottle")
	if p := parents["PARENT"]; len(parents) != 2 || p.Ads.Clicks != n(19) || p.OrganicClicks != n(71) || p.Split != Measured || p.Impressions.X != n(1200) {
		t.Errorf("parent %+v", p)
	}
	if p := parents["B000000003"]; p.Ads.Clicks != n(0) || p.Split != Measured || p.Impressions.X != n(100) {
		t.Errorf("an ASIN without a parent %+v", p)
	}
	// Who might have had the one click, and was not given it, had none.
	if c := partsOf(t, f, ASIN, "cup"); c["B000000001"].Ads.Clicks != n(1) || c["B000000002"].Ads.Clicks != n(0) || c["B000000002"].OrganicClicks != n(8) || c["B000000002"].Split != Modelled {
		t.Errorf("a single click %+v", c)
	}
	// Cost follows the clicks.
	if c := asins["B000000002"].Ads.Cost; c != n(3*500_000) {
		t.Errorf("cost %v", c)
	}
}

func TestWhatNoReportNamesAProductForIsNobodys(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5), sqpRow("B000000001", "flask", 8000, 900, 50, 9, 5))
	adWeek(t, f, now, adGroupRow(1, "bottle", 10), adGroupRow(1, "flask", 4), adGroupRow(9, "never seen", 2))
	replaceTerms(t, f, adSlice(ads.SBSearchTerm, now), adGroupRow(5, "bottle", 6))
	replaceProducts(t, f, adSlice(ads.SPAdvertisedProduct, now), shownIn(1, "B000000001", 14))
	rebuild(t, f)
	rows := partsOf(t, f, ASIN, "bottle")
	if r := rows[""]; r.Ads.Clicks != n(6) || r.Ads.SBClicks != n(6) || r.Split != Unknown || r.Impressions.X.Valid {
		t.Errorf("sponsored brands' part %+v", r)
	}
	// Some of their clicks may have been on it.
	if r := rows["B000000001"]; r.Ads.Clicks != n(10) || r.Split != Unknown || r.OrganicClicks.Valid {
		t.Errorf("the product beside them %+v", r)
	}
	if r := partsOf(t, f, ASIN, "flask")["B000000001"]; r.Ads.Clicks != n(4) || r.Split != Measured || r.OrganicClicks != n(46) {
		t.Errorf("a term without them %+v", r)
	}
	if r := partsOf(t, f, ASIN, "never seen")[""]; r.Ads.Clicks != n(2) {
		t.Errorf("a group without advertised products %+v", r)
	}
	if parents := partsOf(t, f, Parent, "bottle"); len(parents) != 0 {
		t.Errorf("parents without a product table: %v", parents)
	}
	// With a day of them missing nobody knows whom the others showed.
	f = testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5), sqpRow("B000000001", "flask", 8000, 900, 50, 9, 5))
	adWeek(t, f, now, adGroupRow(1, "bottle", 10))
	six := adSlice(ads.SPAdvertisedProduct, now)
	six.To--
	replaceProducts(t, f, six, shownIn(1, "B000000001", 14))
	rebuild(t, f)
	if r := partsOf(t, f, ASIN, "bottle")["B000000001"]; r.Ads.Clicks != n(10) || r.Split != Unknown {
		t.Errorf("with six of seven days %+v", r)
	}
	if r := partsOf(t, f, ASIN, "flask")["B000000001"]; r.Ads.Clicks != n(0) || r.Split != Measured || r.OrganicClicks != n(50) {
		t.Errorf("a term that nobody advertised on %+v", r)
	}
}

func TestTheWeekSaysWhetherSponsoredBrandsAreIn(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5))
	spOnly := func() bool {
		t.Helper()
		rebuild(t, f)
		totals, err := f.WeekTotals(t.Context(), us, week, week)
		if err != nil || len(totals) != 1 || totals[0].SPOnly != joinedTerm(t, f, "bottle").SPOnly {
			t.Fatalf("totals %+v, %v", totals, err)
		}
		return totals[0].SPOnly
	}
	if spOnly() {
		t.Error("a week without ads speaks of sponsored products only")
	}
	adWeek(t, f, now, termRow(week, "bottle", 20))
	if row := joinedTerm(t, f, "bottle"); !spOnly() {
		t.Error("without any day of sponsored brands")
	} else if row = joinedTerm(t, f, "bottle"); row.Split != Measured || row.OrganicClicks != n(30) {
		t.Errorf("sponsored products alone %+v", row)
	}
	six := adSlice(ads.SBSearchTerm, now)
	six.To--
	replaceTerms(t, f, six, termRow(week, "bottle", 5))
	if !spOnly() {
		t.Error("with six of seven days of sponsored brands")
	}
	replaceTerms(t, f, adSlice(ads.SBSearchTerm, now.Add(time.Hour)), termRow(week, "bottle", 5))
	if spOnly() {
		t.Error("with all days of sponsored brands")
	}
}

func TestWhereCountsLeaveAdsOutAllIsOrganic(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "bottle", 8000, 900, 50, 9, 5))
	adWeek(t, f, now, termRow(week, "bottle", 400))
	scope := func(result string) bool {
		t.Helper()
		changed, err := f.SaveScope(t.Context(), Scope{Marketplace: us, Week: week, Weeks: 26, Terms: 40, Result: result, Slope: sql.Null[float64]{V: .1, Valid: true}})
		if err != nil {
			t.Fatal(err)
		}
		rebuild(t, f)
		return changed
	}
	rebuild(t, f)
	if row := joinedTerm(t, f, "bottle"); row.Split != Unknown {
		t.Errorf("ads exceed search: %+v", row)
	}
	if scope(ScopeUndecided) || !scope(ScopeExcluded) || scope(ScopeExcluded) || scope(ScopeUndecided) {
		t.Error("a decided result alone changes the split")
	}
	if list, err := f.Scopes(t.Context()); err != nil || len(list) != 1 || !list[0].Apart || list[0].Result != ScopeUndecided || list[0].Slope.V != .1 || list[0].Low.Valid {
		t.Errorf("scopes %+v, %v", list, err)
	}
	if row := joinedTerm(t, f, "bottle"); row.Split != Measured || row.OrganicClicks != n(50) || row.OrganicPurchases != n(5) || row.Ads.Clicks != n(400) {
		t.Errorf("%+v", row)
	}
	if row := partsOf(t, f, ASIN, "bottle")["B000000001"]; row.Split != Measured || row.OrganicClicks != n(50) {
		t.Errorf("ASIN %+v", row)
	}
	if !scope(ScopeIncluded) || joinedTerm(t, f, "bottle").Split != Unknown {
		t.Error("found to hold ads after all")
	}
}

// design ruling 10
func TestExactTermsAreKnown(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	exact := func(id int64, keyword, term string) ads.TermRow {
		r := termRow(week, term, 3)
		r.MatchType, r.KeywordID, r.Keyword = "EXACT", id, keyword
		return r
	}
	adWeek(t, f, now, termRow(week, "bottle", 3), exact(51, "Steel  Flask", "steel flasks"), termRow(week+1, "steel flask", 2))
	brands := exact(52, "cup", "cup")
	replaceTerms(t, f, adSlice(ads.SBSearchTerm, now), brands)
	rebuild(t, f)
	for term, want := range map[string]bool{"bottle": false, "steel flasks": true, "steel flask": true, "cup": false} {
		if got := joinedTerm(t, f, term).Exact; got != want {
			t.Errorf("%q exact %v, want %v", term, got, want)
		}
	}
}

func TestOrganicPurchasesHaveBounds(t *testing.T) {
	for _, c := range []struct {
		name            string
		own, all1d, sb  Count
		low, high       Count
		shownAsAnyRange bool
	}{
		{"close", n(50), n(8), n(0), n(42), n(50), false},
		{"wide", n(50), n(11), n(0), n(39), n(50), true},
		{"more orders than purchases", n(5), n(9), n(0), n(0), n(5), true},
		{"no purchases", n(0), n(0), n(0), n(0), n(0), false},
		{"orders of sponsored brands are not stated", n(50), n(1), n(2), Count{}, n(50), false},
		{"no ads report", n(50), Count{}, Count{}, Count{}, n(50), false},
		{"no search row", Count{}, n(3), n(0), Count{}, Count{}, false},
	} {
		low, high, wide := AdFigures{Orders1d: c.all1d, SBClicks: c.sb}.OrganicBounds(c.own)
		if low != c.low || high != c.high || wide != c.shownAsAnyRange {
			t.Errorf("%s: %v to %v, %v", c.name, low, high, wide)
		}
	}
}

// randomWeek stores a week of made-up rows: spellings, sellers' ASINs, ad
// groups with one and several products, with and without sponsored brands.
func randomWeek(t testing.TB, f *Facts, rng *rand.Rand) {
	withProfile(t, f)
	var asins []string
	for i := range 3 + rng.IntN(6) {
		asins = append(asins, fmt.Sprintf("B00000000%d", i+1))
	}
	terms := []string{"bottle", "Bottle", "flask", "steel cup", "Steel  Cup", "straw lid"}
	var rows []spapi.SQPRow
	for _, asin := range asins {
		for i, term := range terms {
			if rng.IntN(3) > 0 {
				volume := int64(1000 * (i + 1))
				rows = append(rows, sqpRow(asin, term, volume, rng.Int64N(volume), rng.Int64N(volume/3), rng.Int64N(volume/8), rng.Int64N(volume/40)))
			}
		}
	}
	replaceSQP(t, f, sqpSlice(now, asins...), rows...)
	var clicks []ads.TermRow
	var shown []ads.ProductRow
	for group := range int64(1 + rng.IntN(5)) {
		for _, term := range append(terms, "only advertised") {
			if rng.IntN(2) == 0 {
				r := adGroupRow(group+1, term, 1+rng.Int64N(60))
				r.Cost, r.Orders1d = n(rng.Int64N(90_000_000)), n(rng.Int64N(9))
				r.Orders1dSameSKU, r.Sales7d = n(rng.Int64N(r.Orders1d.V+1)), n(rng.Int64N(400_000_000))
				clicks = append(clicks, r)
			}
		}
		for _, asin := range asins {
			if rng.IntN(3) == 0 {
				shown = append(shown, shownIn(group+1, asin, rng.Int64N(12)))
			}
		}
	}
	adWeek(t, f, now, clicks...)
	if rng.IntN(2) == 0 {
		replaceTerms(t, f, adSlice(ads.SBSearchTerm, now), adGroupRow(77, "flask", 3))
	}
	replaceProducts(t, f, adSlice(ads.SPAdvertisedProduct, now), shown...)
}

// adValues are what adds up over products.
func adValues(a AdFigures) [8]int64 {
	return [8]int64{a.Impressions.V, a.Clicks.V, a.Cost.V, a.Orders1dSameSKU.V, a.Orders1d.V, a.Orders7d.V, a.Sales7d.V, a.SBClicks.V}
}

func TestLevelsAddUp(t *testing.T) {
	for seed := range uint64(60) {
		f := testFacts(t)
		rng := random(seed)
		randomWeek(t, f, rng)
		rebuildBy(t, f, family)

		// What the market did stands in the brand's row alone, once.
		below := 0
		err := f.read(t.Context(), func(c *database.Conn) error {
			return c.Query(`SELECT count(*) FROM joined WHERE level > 0
AND coalesce(volume, n_impressions, n_clicks, n_cart_adds, n_purchases) IS NOT NULL`, func(r database.Row) error { below = int(r.Int(0)); return nil })
		})
		if err != nil || below != 0 {
			t.Fatalf("seed %d: %d rows below brand level hold market totals, %v", seed, below, err)
		}
		err = f.JoinedWeek(t.Context(), us, week, func(brand JoinedRow) error {
			steps := [4]Step{brand.Impressions, brand.Clicks, brand.CartAdds, brand.Purchases}
			for _, level := range []Level{ASIN, Parent} {
				var figures [8]int64
				var own [4]int64
				rows := partsOf(t, f, level, brand.Term)
				for key, r := range rows {
					if key != "" && rows[""].Ads.Clicks.V == 0 && !r.Ads.Clicks.Valid {
						t.Errorf("seed %d %s %s %q: all clicks have a product, and its are unknown", seed, level, key, brand.Term)
					}
					for i, v := range adValues(r.Ads) {
						figures[i] += v
					}
					for i, s := range [4]Step{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
						own[i] += s.X.V
						if s.N != steps[i].N {
							t.Errorf("seed %d %s %s %q: market %v, the brand's %v", seed, level, key, brand.Term, s.N, steps[i].N)
						}
					}
					if r.OrganicClicks.V < 0 || r.OrganicPurchases.V < 0 || r.OrganicClicks.V > r.Clicks.X.V || r.OrganicPurchases.V > r.Purchases.X.V {
						t.Errorf("seed %d %s %s: organic %+v", seed, level, key, r)
					}
					if (r.Split == Unknown) == r.OrganicClicks.Valid || key == "" && r.Split != Unknown {
						t.Errorf("seed %d %s %s: split %s with %v organic clicks", seed, level, key, r.Split, r.OrganicClicks)
					}
				}
				if figures != adValues(brand.Ads) {
					t.Errorf("seed %d %s %q: ads %v, the brand's %v", seed, level, brand.Term, figures, adValues(brand.Ads))
				}
				if own != [4]int64{steps[0].X.V, steps[1].X.V, steps[2].X.V, steps[3].X.V} {
					t.Errorf("seed %d %s %q: own %v, the brand's %+v", seed, level, brand.Term, own, steps)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// A parent has what its ASINs have.
		type place struct{ term, key string }
		want := map[place][4]int64{}
		err = f.JoinedASINs(t.Context(), us, week, func(r JoinedRow) error {
			at := place{r.Term, cmp.Or(family.Parent(r.Key), r.Key)}
			if r.Key == "" {
				at.key = ""
			}
			own := want[at]
			for i, s := range [4]Step{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
				own[i] += s.X.V
			}
			want[at] = own
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = f.JoinedParents(t.Context(), us, week, func(r JoinedRow) error {
			at := place{r.Term, r.Key}
			if got := [4]int64{r.Impressions.X.V, r.Clicks.X.V, r.CartAdds.X.V, r.Purchases.X.V}; got != want[at] {
				t.Errorf("seed %d: parent %+v has %v, its ASINs %v", seed, at, got, want[at])
			}
			delete(want, at)
			return nil
		})
		if err != nil || len(want) > 0 {
			t.Errorf("seed %d: without a parent's row %v, %v", seed, want, err)
		}
	}
}

// The ids that texts got by what came before change nothing.
func TestTheSameFactsJoinAlike(t *testing.T) {
	for seed := range uint64(10) {
		var joined [2][]string
		for i := range joined {
			f := testFacts(t)
			if i == 1 {
				earlier := sqpSlice(now, "B000000009", "B000000004", "PARENT")
				earlier.Start, earlier.End = week-7, week-1
				row := sqpRow("B000000009", "straw lid", 500, 4)
				row.Start, row.End = earlier.Start, earlier.End
				replaceSQP(t, f, earlier, row)
			}
			randomWeek(t, f, random(seed))
			rebuildBy(t, f, family)
			for _, line := range story(t, f) {
				if strings.HasPrefix(line, fmt.Sprintf("|joined|%d|", int64(week))) {
					joined[i] = append(joined[i], line)
				}
			}
		}
		if len(joined[0]) < 10 || !slices.Equal(joined[0], joined[1]) {
			t.Errorf("seed %d: %d and %d rows differ", seed, len(joined[0]), len(joined[1]))
		}
	}
}
