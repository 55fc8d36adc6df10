package sim

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"halotrack.ai/halotrack/internal/clock"
)

func day(t testing.TB, s string) clock.Day {
	t.Helper()
	d, err := clock.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var long = time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)

func TestWorldIsTheSameInAnyOrder(t *testing.T) {
	cfg := Config{Seed: 7, ASINs: 15, Terms: 500}
	a, b := NewWorld(cfg), NewWorld(cfg)
	weeks := []clock.Day{day(t, "2026-11-08"), day(t, "2025-12-28"), day(t, "2031-01-05"), day(t, "1999-06-06")}
	type key struct {
		account, place string
		week           clock.Day
	}
	type value struct {
		sqp   []SQPRow
		scp   []SCPRow
		terms []AdTermRow
	}
	read := func(w *World, weeks []clock.Day) map[key]value {
		out := map[key]value{}
		for _, account := range w.Accounts() {
			for _, place := range w.Marketplaces(account) {
				for _, week := range weeks {
					at := (week + 40).Time()
					out[key{account, place, week}] = value{
						w.SQPRows(account, place, week, at), w.SCPRows(account, place, week, at),
						w.AdTermRows(w.ProfileID(account, place), SponsoredProducts, week+3, at),
					}
				}
			}
		}
		return out
	}
	first := read(a, weeks)
	slices.Reverse(weeks)
	if !reflect.DeepEqual(first, read(b, weeks)) {
		t.Fatal("two worlds of one seed differ, or depend on the order in which they are asked")
	}
	cfg.Seed = 8
	if reflect.DeepEqual(first, read(NewWorld(cfg), weeks)) {
		t.Fatal("two seeds make the same world")
	}
	for k, v := range first {
		if len(v.sqp) == 0 || len(v.scp) == 0 || len(v.terms) == 0 {
			t.Errorf("%v is empty: %d SQP, %d SCP, %d ads rows", k, len(v.sqp), len(v.scp), len(v.terms))
		}
	}
}

// spapi.md trap 11
func TestFunnelsAreCoherent(t *testing.T) {
	for seed := range int64(4) {
		w := NewWorld(Config{Seed: seed, ASINs: 20, Terms: 800, Accounts: []AccountSpec{{Name: "A", Countries: []string{"US", "JP"}}, {Name: "B", Countries: []string{"DE", "FR", "IT", "ES"}}}})
		r := rand.New(rand.NewSource(seed))
		for _, account := range w.Accounts() {
			for _, place := range w.Marketplaces(account) {
				week := clock.Day(7*r.Intn(3000) + 3)
				checkWeek(t, w.SQPRows(account, place, week, (week+60).Time()))
			}
		}
	}
}

func checkWeek(t *testing.T, rows []SQPRow) {
	t.Helper()
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	type market struct{ volume, i, c, a, p, price int64 }
	totals := map[string]market{}
	own := map[string][4]int64{}
	perASIN := map[string]int{}
	seen := map[string]bool{}
	for _, r := range rows {
		key := r.ASIN + "|" + r.Query
		if seen[key] {
			t.Fatalf("%s twice", key)
		}
		seen[key] = true
		perASIN[r.ASIN]++
		m := market{r.Volume, r.Impressions.Total, r.Clicks.Total, r.CartAdds.Total, r.Purchases.Total, r.Clicks.TotalPrice}
		if have, ok := totals[r.Query]; ok && have != m {
			t.Fatalf("%q has two market totals: %v and %v", r.Query, have, m)
		}
		totals[r.Query] = m
		o := own[r.Query]
		for k, s := range []Stage{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
			o[k] += s.Own
			if s.Own < 0 || s.Own > s.Total || k > 0 && (s.Total == 0) != (s.TotalPrice == 0) || k > 0 && (s.Own == 0) != (s.OwnPrice == 0) ||
				s.SameDay > s.Total || s.OneDay > s.Total || s.TwoDay > s.Total {
				t.Fatalf("%s stage %d: %+v", key, k, s)
			}
		}
		own[r.Query] = o
		if r.Rank < 1 || r.Rank > rowsPerASIN || r.Volume < 1 || r.Purchases.Own > r.CartAdds.Own || r.CartAdds.Own > r.Clicks.Own || r.Clicks.Own > r.Impressions.Own ||
			m.p > m.a || m.a > m.c || m.c > m.i {
			t.Fatalf("incoherent funnel: %+v", r)
		}
	}
	for q, o := range own {
		if m := totals[q]; o[0] > m.i || o[1] > m.c || o[2] > m.a || o[3] > m.p {
			t.Fatalf("%q: own sum %v above market %v", q, o, m)
		}
	}
	for asin, n := range perASIN {
		if n > rowsPerASIN {
			t.Fatalf("%s has %d rows", asin, n)
		}
	}
}

func TestUnpublishedWeekHasNoRows(t *testing.T) {
	w := NewWorld(Config{Seed: 1, ASINs: 12, Terms: 300})
	a := w.Accounts()[0]
	p := w.Marketplaces(a)[0]
	week := day(t, "2026-11-15") // Saturday is the 21st
	if rows := w.SQPRows(a, p, week, time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)); rows != nil {
		t.Fatalf("%d rows before publication", len(rows))
	}
	if rows := w.SQPRows(a, p, week, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)); rows == nil {
		t.Fatal("no rows at publication")
	}
}

// spapi.md trap 37
func TestFirstPublicationMayLackRowsUntilItSettles(t *testing.T) {
	w := NewWorld(Config{Seed: 1, ASINs: 12, Terms: 300})
	a := w.Accounts()[0]
	p := w.Marketplaces(a)[0]
	partial, weeks := 0, 52
	for k := range weeks {
		week := day(t, "2026-01-04") + clock.Day(7*k)
		first := w.SQPRows(a, p, week, (week + 9).Time())
		settled := w.SQPRows(a, p, week, (week + 16).Time())
		if len(first) > len(settled) {
			t.Fatal("rows vanished")
		}
		if len(first) < len(settled) {
			partial++
		}
		if !reflect.DeepEqual(settled, w.SQPRows(a, p, week, long)) {
			t.Fatal("a settled week changed")
		}
	}
	if partial == 0 || partial > weeks/3 {
		t.Fatalf("%d of %d weeks were partial at first", partial, weeks)
	}
}

// adsapi.md traps 23 and 24
func TestAdDaysMature(t *testing.T) {
	w := NewWorld(Config{Seed: 3})
	a := w.Accounts()[0]
	profile := w.ProfileID(a, w.Marketplaces(a)[0])
	d := day(t, "2026-09-02")
	sum := func(age int) (rows int, clicks, orders7, orders14 int64) {
		for k := range clock.Day(5) {
			for _, r := range w.AdTermRows(profile, SponsoredProducts, d+k, (d + k + clock.Day(age)).Time().Add(20*time.Hour)) {
				rows++
				clicks += r.Clicks
				orders7 += r.D7.Orders
				orders14 += r.D14.Orders
				if r.D1.Orders > r.D7.Orders || r.D7.Orders > r.D14.Orders || r.D14.Orders > r.D30.Orders || r.D1.SameSKU > r.D1.Orders || r.Impressions < r.Clicks || r.CostMicros <= 0 {
					t.Fatalf("incoherent row %+v", r)
				}
			}
		}
		return
	}
	rows1, clicks1, orders1, _ := sum(1)
	_, clicks3, orders3, _ := sum(3)
	rows42, clicks42, orders42, o14 := sum(42)
	_, clicks60, _, o14late := sum(60)
	if clicks1 <= clicks3 || clicks3 != clicks42 || clicks42 != clicks60 || rows1 <= rows42 {
		t.Errorf("clicks %d (%d rows), %d, %d (%d rows), %d: they shrink within three days and then stand", clicks1, rows1, clicks3, clicks42, rows42, clicks60)
	}
	if orders1 >= orders3 || orders3 >= orders42 || o14 != o14late {
		t.Errorf("orders %d, %d, %d; after 42 days %d and %d", orders1, orders3, orders42, o14, o14late)
	}
	if perDay := rows42 / 5; perDay < 100 || perDay > 220 {
		t.Errorf("%d search term rows a day", perDay)
	}
	if rows := w.AdTermRows(profile, SponsoredProducts, d, (d + 70).Time()); rows != nil {
		t.Error("rows beyond 65 days")
	}
}

func TestAdsAreWithinSearchAndCampaigns(t *testing.T) {
	w := NewWorld(Config{Seed: 5})
	week := day(t, "2026-08-02")
	at := (week + 50).Time()
	for _, a := range w.Accounts() {
		for _, place := range w.Marketplaces(a) {
			profile := w.ProfileID(a, place)
			ownClicks, ownPurchases := map[string]int64{}, map[string]int64{}
			for _, r := range w.SQPRows(a, place, week, at) {
				ownClicks[r.Query] += r.Clicks.Own
				ownPurchases[r.Query] += r.Purchases.Own
			}
			adClicks, adOrders := map[string]int64{}, map[string]int64{}
			for d := week; d < week+7; d++ {
				for _, product := range []Product{SponsoredProducts, SponsoredBrands} {
					byCampaign := map[int64][3]int64{}
					for _, r := range w.AdTermRows(profile, product, d, at) {
						if r.Clicks < 1 {
							t.Fatal("a row without a click")
						}
						adClicks[r.Term] += r.Clicks
						if product == SponsoredProducts {
							adOrders[r.Term] += r.D1.SameSKU
						}
						c := byCampaign[r.CampaignID]
						byCampaign[r.CampaignID] = [3]int64{c[0] + r.Impressions, c[1] + r.Clicks, c[2] + r.CostMicros}
					}
					for _, c := range w.CampaignRows(profile, product, d, at) {
						if s := byCampaign[c.CampaignID]; c.Impressions < s[0] || c.Clicks < s[1] || c.CostMicros < s[2] {
							t.Fatalf("campaign %+v below its search terms %v", c, s)
						}
						delete(byCampaign, c.CampaignID)
					}
					if len(byCampaign) > 0 {
						t.Fatal("search terms of a campaign that is not reported")
					}
				}
			}
			listed, above := 0, 0
			for term, n := range adClicks {
				if have, ok := ownClicks[term]; ok {
					listed++
					if n > have || adOrders[term] > ownPurchases[term] {
						above++
					}
				}
			}
			if listed < 30 || above > listed/20 {
				t.Errorf("%s %s: %d advertised terms in SQP, %d of them with more ad than own clicks or orders", a, place, listed, above)
			}
		}
	}
}

func TestTruthShowsInTheRows(t *testing.T) {
	w := NewWorld(Config{Seed: 1})
	from, to := day(t, "2026-05-03"), day(t, "2026-11-15")
	kinds := map[string]int{}
	var dropped, total float64
	for _, x := range w.Truth(from, to) {
		kinds[x.Kind]++
		if x.Week < from || x.Week > to || x.Week.Weekday() != time.Sunday {
			t.Fatalf("%+v", x)
		}
		if x.Kind == "share_drop" && x.Term != "" && x.Cause == "" && x.From > from {
			total++
			if share(w, x, x.From+7, x.Term) < .7*share(w, x, x.From-7, x.Term) {
				dropped++
			}
		}
		if x.Kind == "share_drop" && x.ASIN != "" {
			var p, before int64
			for _, r := range w.SQPRows(x.Account, x.Marketplace, x.From, long) {
				if r.ASIN == x.ASIN {
					p += r.Purchases.Own
				}
			}
			for _, r := range w.SQPRows(x.Account, x.Marketplace, x.From-7, long) {
				if r.ASIN == x.ASIN {
					before += r.Purchases.Own
				}
			}
			if p > before/4 {
				t.Errorf("out of stock, yet %d purchases after %d: %+v", p, before, x)
			}
		}
	}
	for _, kind := range []string{"share_drop", "share_gain", "waste", "brand_defence", "drift", "account_shift", "fix_listing", "own_overlap"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among %v", kind, kinds)
		}
	}
	if total < 20 || dropped < .8*total {
		t.Errorf("%v of %v planted drops show", dropped, total)
	}
}

func share(w *World, x Truth, week clock.Day, term string) float64 {
	var own, market int64
	for _, r := range w.SQPRows(x.Account, x.Marketplace, week, long) {
		if r.Query == term {
			own += r.Impressions.Own
			market = r.Impressions.Total
		}
	}
	if market == 0 {
		return 0
	}
	return float64(own) / float64(market)
}

func TestTruthLines(t *testing.T) {
	for _, c := range []struct {
		truth Truth
		want  string
	}{
		{Truth{Account: "A", Marketplace: "M", Week: day(t, "2026-11-15"), Kind: "waste", Term: "für x"}, `{"account":"A","marketplace":"M","week":"2026-11-15","kind":"waste","term":"für x"}`},
		{Truth{Account: "A", Marketplace: "M", Week: day(t, "2026-11-15"), Kind: "share_drop", ASIN: "B0", From: day(t, "2026-11-08"), To: day(t, "2026-11-15"), Cause: "stock"},
			`{"account":"A","marketplace":"M","week":"2026-11-15","kind":"share_drop","asin":"B0","from":"2026-11-08","to":"2026-11-15","cause":"stock"}`},
		{Truth{Account: "A", Marketplace: "M", Week: day(t, "2026-11-15"), Kind: "share_gain", Term: "x", From: day(t, "2026-11-08"), To: day(t, "2026-11-15"), Odds: 2.5},
			`{"account":"A","marketplace":"M","week":"2026-11-15","kind":"share_gain","term":"x","from":"2026-11-08","to":"2026-11-15","odds":2.5}`},
	} {
		b, err := json.Marshal(c.truth)
		if err != nil || string(b) != c.want {
			t.Errorf("%s, want %s (%v)", b, c.want, err)
		}
	}
}

func TestWasteHasSpendAndNoOrders(t *testing.T) {
	w := NewWorld(Config{Seed: 1})
	week := day(t, "2026-10-04")
	for _, x := range w.Truth(week, week) {
		if x.Kind != "waste" {
			continue
		}
		var clicks, orders int64
		for d := week; d < week+28; d++ {
			for _, r := range w.AdTermRows(w.ProfileID(x.Account, x.Marketplace), SponsoredProducts, d, (d + 45).Time()) {
				if r.Term == x.Term {
					clicks += r.Clicks
					orders += r.D30.Orders
				}
			}
		}
		if clicks < 20 || orders > 0 {
			t.Errorf("%+v: %d clicks, %d orders in four weeks", x, clicks, orders)
		}
	}
}

// spapi.md trap 43
func TestTermsAreInManyLanguagesWithExactVariants(t *testing.T) {
	w := NewWorld(Config{Seed: 1, Accounts: []AccountSpec{{Name: "A", Countries: []string{"JP", "DE"}}, {Name: "B", Countries: []string{"DE"}}}})
	texts := func(account, place string) (out []string) {
		for _, x := range w.market(account, place).terms {
			out = append(out, x.text)
		}
		return out
	}
	de, ja := texts("B", "A1PA6795UKMFR9"), texts("A", "A1VC38T7YXB528")
	if len(de) < 2300 || !slices.ContainsFunc(de, func(s string) bool { return strings.Contains(s, "für") }) || !slices.ContainsFunc(ja, func(s string) bool { return strings.Contains(s, "水筒") }) {
		t.Fatalf("%d German terms", len(de))
	}
	folded := map[string]int{}
	for _, s := range de {
		folded[strings.Join(strings.Fields(strings.ToLower(s)), " ")]++
	}
	variants := 0
	for _, n := range folded {
		if n > 1 {
			variants++
		}
	}
	if variants < 5 {
		t.Errorf("%d terms have exact variants", variants)
	}
	if !slices.ContainsFunc(de, func(s string) bool { return strings.Contains(s, "u\u0308") || strings.Contains(s, "o\u0308") }) {
		t.Error("no decomposed umlaut")
	}
}

func TestEveryTermIsText(t *testing.T) {
	var specs []AccountSpec
	for i := range 40 {
		specs = append(specs, AccountSpec{Name: fmt.Sprint("Client ", i), Countries: []string{"JP", "DE"}, ASINs: 5})
	}
	for _, a := range NewWorld(Config{Seed: 3, Terms: 60, Accounts: specs}).accounts {
		for _, m := range a.markets {
			for _, x := range m.terms {
				if !utf8.ValidString(x.text) {
					t.Errorf("%s in %s: %q", a.spec.Name, m.place.Country, x.text)
				}
			}
		}
	}
}
