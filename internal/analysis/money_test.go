package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

var weeksOfTest = []string{"2026-08-30", "2026-09-06", "2026-09-13", "2026-09-20", "2026-09-27", "2026-10-04", "2026-10-11", "2026-10-18"}

func testOptions() MoneyOptions {
	return MoneyOptions{Currency: "USD", Weeks: weeksOfTest, FloorMicros: 1_000_000}
}

// advertised is a term with ads in one of the weeks: price 20.00, margin 25 %,
// so that a sale earns 5.00, and clicks for 0.50: break-even is one in ten.
func advertised(name string, clicks, orders int64) MoneyTerm {
	return MoneyTerm{Term: name, Class: GenericTerm, Economics: Economics{PriceMicros: 20_000_000, Margin: .25}, Weeks: []TermWeek{{
		Ads:           Ads{Clicks: Known(clicks), CostMicros: Known(clicks * 500_000), Orders7d: Known(orders), Sales7dMicros: Known(orders * 20_000_000)},
		OrganicClicks: Known(0), OrganicPurchases: Known(0),
	}}}
}

// alike are terms of a class that converts so many of 100 clicks.
func alike(n int, clicks, orders int64) (list []MoneyTerm) {
	for i := range n {
		list = append(list, advertised(fmt.Sprintf("alike %02d", i), clicks, orders))
	}
	return list
}

func namesOf(found []MoneyFinding) (names []string) {
	for _, f := range found {
		names = append(names, f.Term)
	}
	return names
}

func refusedFor(list []Refused, why string) int {
	for _, r := range list {
		if strings.Contains(r.Why, why) {
			return r.Terms
		}
	}
	return 0
}

func TestWasteByHand(t *testing.T) {
	found, _ := Appraise([]MoneyTerm{advertised("egg timer", 60, 0)}, testOptions()).Waste()
	if len(found) != 1 {
		t.Fatal("not found")
	}
	// Flat prior, 60 clicks without an order: Beta(1, 61).
	f := found[0]
	losing := 1 - math.Pow(.9, 61)
	bound := 1 - math.Pow(.2, 1./61)
	if !near(f.Probability, losing, 1e-9) || !near(f.Money.High, 3_750_000, 1e-6) || !near(f.Money.Mid, 3_750_000*losing, 1e-3) || !near(f.Money.Low, 3_750_000*(1-bound/.1), 1e-3) {
		t.Errorf("%+v", f)
	}
	if !near(f.Value.Low, 1-math.Pow(.975, 1./61), 1e-9) || !near(f.Value.High, 1-math.Pow(.025, 1./61), 1e-9) || f.N != 60 || f.Figure != "ad_cvr" {
		t.Errorf("%+v", f)
	}
	const text = "Ads on “egg timer” cost USD 30.00 for 60 clicks over 8 settled weeks (2026-08-30 to 2026-10-18) and brought 0 orders within 7 days. " +
		"10.0% of clicks must end in an order to pay for them; here it is 0.04% to 5.87%, and the ads lose money with a probability of over 99%. " +
		"Likely wasted: USD 3.74 a week, at least USD 2.77. Nor did the search bring you a purchase without an ad click."
	if f.Text != text {
		t.Errorf("%s\nwant\n%s", f.Text, text)
	}
	g := f.Finding()
	if g.Kind != Waste || *g.Weeks != [2]string{"2026-08-30", "2026-10-18"} || *g.N != 60 || *g.MoneyLowMicros != int64(math.Round(3_750_000*(1-bound/.1))) || g.P != nil {
		t.Errorf("%+v", g)
	}
}

func TestWasteGates(t *testing.T) {
	change := func(x MoneyTerm, by func(*MoneyTerm)) MoneyTerm { by(&x); return x }
	for _, c := range []struct {
		name    string
		others  []MoneyTerm
		term    MoneyTerm
		waste   bool
		text    string
		refused string
	}{
		{name: "the rule of three: .9^29 = .047", term: advertised("x", 29, 0), waste: true},
		{name: "one click fewer: .9^28 = .052", term: advertised("x", 28, 0), refused: "its own clicks are too few"},
		{name: "two orders of 60, break-even would be six", term: advertised("x", 60, 2)},
		{name: "one order of 60", term: advertised("x", 60, 1), waste: true, text: "brought 1 order within"},
		{name: "a class that converts well speaks for it", others: alike(12, 100, 20), term: advertised("x", 40, 0)},
		{name: "a class that converts badly does not condemn it", others: alike(12, 500, 5), term: advertised("x", 8, 0), refused: "its own clicks are too few"},
		{name: "below the floor", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Weeks[0].Ads.CostMicros = Known(999_999) }), refused: "cost less than USD 1.00"},
		{name: "sponsored brands took part", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Weeks[0].Ads.OrdersPartial = true }), refused: "sponsored brands took part"},
		{name: "orders not stated", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Weeks[0].Ads.Orders7d = Count{} }), refused: "not all orders are counted"},
		{name: "no price", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.PriceMicros = 0 }), refused: "fill the product table"},
		{name: "no price, but orders of its class", others: alike(12, 100, 20), term: change(advertised("x", 600, 0), func(x *MoneyTerm) { x.PriceMicros = 0 }), waste: true},
		{name: "no ads", term: advertised("x", 0, 0)},
		{name: "a click dearer than a sale earns", term: change(advertised("x", 60, 3), func(x *MoneyTerm) { x.Weeks[0].Ads.CostMicros = Known(60 * 6_000_000) }), waste: true, text: "A click costs more than an order earns."},
		{name: "organic purchases are said", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Weeks[0].OrganicPurchases = Known(12) }), waste: true, text: "12 purchases without an ad click"},
		{name: "unknown organic purchases are said", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Weeks[0].OrganicPurchases = Count{} }), waste: true, text: "look before you cut"},
		{name: "an assumed margin is said", term: change(advertised("x", 60, 0), func(x *MoneyTerm) { x.Assumed = true }), waste: true, text: "at an assumed margin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, refused := Appraise(append(c.others, c.term), testOptions()).Waste()
			i := slices.IndexFunc(found, func(f MoneyFinding) bool { return f.Term == "x" })
			if (i >= 0) != c.waste {
				t.Fatalf("found %v, refused %v", namesOf(found), refused)
			}
			if c.waste {
				f := found[i]
				if !strings.Contains(f.Text, c.text) || !(0 < f.Money.Low && f.Money.Low <= f.Money.Mid && f.Money.Mid <= f.Money.High) {
					t.Errorf("%+v", f)
				}
			}
			if c.refused != "" && refusedFor(refused, c.refused) != 1 {
				t.Errorf("refused: %v", refused)
			}
		})
	}
}

// Classes are never averaged together: what own-brand terms convert says
// nothing of generic ones.
func TestClassesHaveTheirOwnPrior(t *testing.T) {
	terms := alike(20, 100, 30)
	for i := range terms {
		terms[i].Class = OwnBrandTerm
	}
	x := advertised("x", 40, 0)
	if found, _ := Appraise(append(slices.Clone(terms), x), testOptions()).Waste(); len(found) != 1 {
		t.Error("own-brand terms speak for a generic one")
	}
	x.Class = OwnBrandTerm
	if found, _ := Appraise(append(terms, x), testOptions()).Waste(); len(found) != 0 {
		t.Error("and do not for their own")
	}
}

func TestHarvest(t *testing.T) {
	terms := alike(12, 100, 20) // ACOS 50/400 = 12.5 %
	terms[0].Exact = true
	terms[1].Weeks[0].Funnel[Purchase] = Cell{Known(5), Known(900)}
	terms = append(terms, advertised("dear", 100, 3), advertised("once", 5, 1))
	found, refused := Appraise(terms, testOptions()).Harvest()
	if len(found) != 11 || found[0].Term != "alike 01" || slices.Contains(namesOf(found), "alike 00") || slices.Contains(namesOf(found), "dear") {
		t.Fatalf("%v", namesOf(found))
	}
	if refusedFor(refused, "matches it exactly already") != 1 || refusedFor(refused, "its own orders") != 1 {
		t.Errorf("%v", refused)
	}
	f := found[0]
	if f.Probability < .99 || f.Money.Low <= 0 || !(f.Money.Low < f.Money.Mid && f.Money.Mid < f.Money.High) || !strings.Contains(f.Text, "is within 25.0% with a probability of over 99%") {
		t.Errorf("%+v", f)
	}
	// Break-even is at 10 of 100; at a target of 12 % none is within.
	o := testOptions()
	o.TargetACOS = .12
	if found, _ := Appraise(terms, o).Harvest(); len(found) != 0 {
		t.Errorf("%v", namesOf(found))
	}
	if found, refused := Appraise([]MoneyTerm{advertised("alone", 50, 10)}, testOptions()).Harvest(); len(found) != 0 || refusedFor(refused, "too few advertised terms") != 1 {
		t.Errorf("%v, %v", namesOf(found), refused)
	}
}

// steady is a term with the same funnel in every week.
func steady(name string, f Funnel) MoneyTerm {
	t := MoneyTerm{Term: name, ASIN: "B000000001", Class: GenericTerm, Economics: Economics{PriceMicros: 20_000_000, Margin: .25}}
	for w := range weeksOfTest {
		t.Weeks = append(t.Weeks, TermWeek{Week: w, Funnel: f, OrganicClicks: f[Click].Own, OrganicPurchases: f[Purchase].Own})
	}
	return t
}

// The market: 40,000 impressions, 1,000 clicks, 250 cart adds, 100 purchases.
func marketOf(own ...int64) (f Funnel) {
	for i, n := range []int64{40_000, 1000, 250, 100} {
		f[i] = Cell{Known(own[i]), Known(n)}
	}
	return f
}

func withAds(t MoneyTerm, clicks, orders int64) MoneyTerm {
	for w := range t.Weeks {
		t.Weeks[w].Ads = advertised("", clicks, orders).Weeks[0].Ads
		own := t.Weeks[w].Funnel[Click].Own.V
		t.Weeks[w].OrganicClicks = Known(max(0, own-clicks))
	}
	return t
}

func TestScale(t *testing.T) {
	var terms []MoneyTerm
	for i := range 12 {
		terms = append(terms, withAds(steady(fmt.Sprintf("usual %02d", i), marketOf(4000, 100, 25, 10)), 20, 4))
	}
	ready := withAds(steady("ready", marketOf(800, 60, 36, 18)), 20, 5) // 2 % seen, 6 % clicked, 18 % bought
	terms = append(terms, ready)
	found, refused := Appraise(terms, testOptions()).Scale()
	if len(found) != 1 || found[0].Term != "ready" {
		t.Fatalf("%v, %v", namesOf(found), refused)
	}
	f := found[0]
	if !near(f.Value.Mid, 3, 1e-9) || f.Value.Low <= 1 || f.Probability < .8 || f.Money.Low <= 0 {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(f.Text, "click you 3.00 and buy 3.00 times as readily") || !strings.Contains(f.Text, "only 2.00% of the impressions; 10.00% is the middle") {
		t.Error(f.Text)
	}
	// It does not pay, or is not proven: nothing to scale.
	for name, c := range map[string]struct {
		term MoneyTerm
		why  string
	}{
		"loses":  {withAds(steady("x", marketOf(800, 60, 36, 18)), 20, 0), "its own orders"},
		"thin":   {withAds(steady("x", Funnel{{Known(8), Known(400)}, {Known(1), Known(10)}, {Known(0), Known(2)}, {Known(0), Known(1)}}), 1, 0), "not proven"},
		"no ads": {steady("x", marketOf(800, 60, 36, 18)), ""},
	} {
		found, refused := Appraise(append(slices.Clone(terms[:12]), c.term), testOptions()).Scale()
		if len(found) != 0 || c.why != "" && refusedFor(refused, c.why) != 1 {
			t.Errorf("%s: %v, %v", name, namesOf(found), refused)
		}
	}
}

func TestIndexEstimate(t *testing.T) {
	x := steady("x", marketOf(4000, 50, 10, 6))
	product := 1.
	for _, c := range []struct {
		index Index
		value float64
		own   int64
	}{{CTRIndex, .5, 400}, {CartIndex, .8, 80}, {CloseIndex, 1.5, 48}, {CVRIndex, 1.2, 48}} {
		e := EstimateIndex(x.Weeks, c.index, .0025)
		if !e.OK || !near(e.Value, c.value, 1e-12) || e.Own != c.own || !(e.Low < c.value && c.value < e.High) || !near(e.Bound(.025), e.Low, 0) || e.Bound(.2) <= e.Low {
			t.Errorf("%s: %+v", c.index, e)
		}
		if c.index != CVRIndex {
			product *= e.Value
		}
	}
	// ln PS = ln IS + Σ ln index.
	if ps, is := 6./100, .1; !near(math.Log(ps), math.Log(is)+math.Log(product), 1e-9) {
		t.Errorf("the funnel's identity does not hold: %v", product)
	}
	// The market's 8,000 clicks at a share of 5 %, weeks alike; with the least
	// noise n_eff = 8000/(1 + .05·.95·.0025·σ), 1000 a week.
	e := EstimateIndex(x.Weeks, CTRIndex, .0025)
	if e.Effective > 8000 || e.Effective < 7000 {
		t.Errorf("effective %v", e.Effective)
	}
	low, high := scoreInterval(.05, e.Effective, 1.96)
	if !near(e.Low, low/.1, .005) || !near(e.High, high/.1, .005) {
		t.Errorf("%v to %v, want %v to %v", e.Low, e.High, low/.1, high/.1)
	}
	// Noise widens it, and nothing of one's own is not nothing known.
	if wide := EstimateIndex(x.Weeks, CTRIndex, .09); wide.High-wide.Low <= e.High-e.Low {
		t.Error("noise does not widen the interval")
	}
	if none := EstimateIndex(steady("x", marketOf(4000, 50, 0, 0)).Weeks, CartIndex, .04); !none.OK || none.Value != 0 || none.Low != 0 || none.High <= 0 || none.High >= 1 {
		t.Errorf("%+v", none)
	}
	if unseen := EstimateIndex(steady("x", marketOf(0, 0, 0, 0)).Weeks, CTRIndex, .04); unseen.OK {
		t.Errorf("an index of what was never seen: %+v", unseen)
	}
}

func TestBottleneckIsProvenOrNone(t *testing.T) {
	estimates := func(f Funnel) (list []IndexEstimate) {
		for _, i := range funnelSteps {
			list = append(list, EstimateIndex(steady("x", f).Weeks, i, .0025))
		}
		return list
	}
	if e, proven := Bottleneck(estimates(marketOf(4000, 80, 10, 4))); !proven || e.Index != CartIndex {
		t.Errorf("%+v", e) // CTR .8, cart .5, close 1
	}
	if e, proven := Bottleneck(estimates(marketOf(4000, 101, 25, 10))); proven {
		t.Errorf("%+v", e)
	}
	if e, proven := Bottleneck(estimates(marketOf(4, 0, 0, 0))); proven {
		t.Errorf("of next to nothing: %+v", e)
	}
}

func TestFixListingNamesStepAndCause(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*MoneyTerm)
		cause string
		text  string
	}{
		{"stock before all", func(x *MoneyTerm) { x.StockOut = 2; x.OwnPrice, x.MarketPrice = Known(30), Known(20) }, CauseStock, "out of stock in 2 of these weeks"},
		{"one week without stock explains little", func(x *MoneyTerm) { x.StockOut = 1; x.OwnPrice, x.MarketPrice = Known(25), Known(20) }, CausePrice, "your price"},
		{"price", func(x *MoneyTerm) { x.OwnPrice, x.MarketPrice = Known(25), Known(20) }, CausePrice, "your price, 25% above"},
		{"delivery", func(x *MoneyTerm) { x.OwnFast, x.MarketFast = Rate{.2, true}, Rate{.6, true} }, CauseDelivery, "on 20.0% of your clicks against 60.0%"},
		{"nothing known differs", func(x *MoneyTerm) {
			x.OwnPrice, x.MarketPrice, x.OwnFast, x.MarketFast = Known(20), Known(20), Rate{.5, true}, Rate{.6, true}
		}, "", "main picture"},
	} {
		x := steady("x", marketOf(8000, 80, 20, 8)) // CTR .4
		c.set(&x)
		found, refused := Appraise([]MoneyTerm{x, steady("even", marketOf(4000, 100, 25, 10))}, testOptions()).FixListing()
		if len(found) != 1 {
			t.Fatalf("%s: %v, %v", c.name, namesOf(found), refused)
		}
		f := found[0]
		if f.Term != "x" || f.Figure != "ctr_index" || f.Value.High >= 1 || !near(f.Value.Mid, .4, 1e-12) || f.Cause != c.cause || !strings.Contains(f.Text, c.text) || !(f.P > 0 && f.P < 1e-6) {
			t.Errorf("%s: %+v", c.name, f)
		}
		// 8 purchases a week at .4: 12 more at the market's rate, 5.00 each.
		if !near(f.Money.Mid, 60e6, 10e6) || f.Money.Low >= f.Money.Mid || f.Money.Low <= 0 {
			t.Errorf("%s: money %+v", c.name, f.Money)
		}
		if g := f.Finding(); g.P == nil || *g.P != f.P {
			t.Error("the test's p is lost")
		}
	}
	x := steady("x", marketOf(8000, 80, 20, 8))
	x.PriceMicros = 0
	if found, refused := Appraise([]MoneyTerm{x}, testOptions()).FixListing(); len(found) != 0 || refusedFor(refused, "no price") != 1 {
		t.Errorf("%v, %v", namesOf(found), refused)
	}
	thin := steady("x", Funnel{{Known(9), Known(90)}, {Known(1), Known(9)}, {Known(0), Known(2)}, {Known(0), Known(1)}})
	if found, refused := Appraise([]MoneyTerm{thin}, testOptions()).FixListing(); len(found) != 0 || refusedFor(refused, "too few events") != 1 {
		t.Errorf("%v, %v", namesOf(found), refused)
	}
}

func TestBrandDefence(t *testing.T) {
	defended := func() MoneyTerm {
		x := withAds(steady("velmora", marketOf(24_000, 800, 200, 80)), 400, 40) // 400 of 600 free clicks
		x.Class = OwnBrandTerm
		return x
	}
	found, _ := Appraise([]MoneyTerm{defended()}, testOptions()).BrandDefence()
	if len(found) != 1 {
		t.Fatal("not found")
	}
	f := found[0]
	if f.MoneyOK || f.Money.High != 200_000_000 || !near(f.Value.Mid, .5, 1e-12) || f.N != 6400 || f.Finding().MoneyLowMicros != nil {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(f.Text, "plan a switchback test") || strings.Contains(f.Text, "cut ") || !strings.Contains(f.Text, "you have 66.7% of the clicks") {
		t.Error(f.Text)
	}
	for name, c := range map[string]struct {
		set func(*MoneyTerm)
		why string
	}{
		"generic": {func(x *MoneyTerm) { x.Class = GenericTerm }, ""},
		"few ads": {func(x *MoneyTerm) { *x = withAds(*x, 100, 10); x.Class = OwnBrandTerm }, ""},
		"not yours": {func(x *MoneyTerm) {
			*x = withAds(steady("velmora", marketOf(9000, 300, 75, 30)), 150, 15)
			x.Class = OwnBrandTerm
		}, ""},
		"competitors press": {func(x *MoneyTerm) {
			for w := range x.Weeks {
				x.Weeks[w].Funnel[Impression].Own = Known(24_000 - 900*int64(w))
			}
		}, "competitors may press"},
		"split unknown": {func(x *MoneyTerm) { x.Weeks[3].OrganicClicks = Count{} }, "split into ads and organic is not known"},
		"few weeks":     {func(x *MoneyTerm) { x.Weeks = x.Weeks[:4] }, "too few weeks"},
	} {
		x := defended()
		c.set(&x)
		found, refused := Appraise([]MoneyTerm{x}, testOptions()).BrandDefence()
		if len(found) != 0 || c.why != "" && refusedFor(refused, c.why) != 1 {
			t.Errorf("%s: %v, %v", name, namesOf(found), refused)
		}
	}
}

// largeMarket is ten times marketOf.
func largeMarket(own ...int64) Funnel {
	f := marketOf(own...)
	for i := range f {
		f[i] = Cell{Known(10 * f[i].Own.V), Known(10 * f[i].Market.V)}
	}
	return f
}

func TestOpportunityGates(t *testing.T) {
	cluster := func(n int, f Funnel) (list []MoneyTerm) {
		for i := range n {
			x := steady(fmt.Sprintf("term %02d", i), f)
			x.Cluster = "generic/B0/bottle"
			list = append(list, x)
		}
		return list
	}
	lagging := steady("lagging", largeMarket(400, 10, 2, 1))
	lagging.Cluster = "generic/B0/bottle"
	found, refused := Appraise(append(cluster(11, largeMarket(4000, 100, 25, 10)), lagging), testOptions()).Opportunity()
	if len(found) != 1 || found[0].Term != "lagging" {
		t.Fatalf("%v, %v", namesOf(found), refused)
	}
	f := found[0]
	// From 10 of 1,000 a week to at most 100: 90 purchases, 5.00 each; shrinking
	// and the bounds keep below that.
	if !(0 < f.Value.Low && f.Value.Low < f.Value.Mid && f.Value.Mid < f.Value.High) || f.Value.Mid > 92 || f.Value.Mid < 75 || !near(f.Money.Mid, f.Value.Mid*5e6, 1) || f.Money.Low <= 0 {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(f.Text, "you have 1.00% of the market's purchases") || !strings.Contains(f.Text, "Relevant because on “term 0") {
		t.Error(f.Text)
	}
	for name, c := range map[string]struct {
		others []MoneyTerm
		set    func(*MoneyTerm)
		why    string
	}{
		"too few alike": {cluster(2, largeMarket(4000, 100, 25, 10)), nil, "fewer than 4 terms like it"},
		"in no cluster": {cluster(11, largeMarket(4000, 100, 25, 10)), func(x *MoneyTerm) { x.Cluster = "" }, "in no cluster"},
		"another class": {cluster(11, largeMarket(4000, 100, 25, 10)), func(x *MoneyTerm) { x.Class = CompetitorTerm }, "fewer than 4 terms like it"},
		"shoppers want another thing": {cluster(11, largeMarket(4000, 100, 5, 2)), func(x *MoneyTerm) {
			*x = steady("lagging", largeMarket(400, 10, 0, 0))
			x.Cluster = "generic/B0/bottle"
		}, "proven to want what you sell"},
		"no price":  {cluster(11, largeMarket(4000, 100, 25, 10)), func(x *MoneyTerm) { x.PriceMicros = 0 }, "no price"},
		"no market": {cluster(11, largeMarket(4000, 100, 25, 10)), func(x *MoneyTerm) { x.Weeks = x.Weeks[:1]; x.Weeks[0].Funnel[Purchase] = Cell{Known(0), Known(9)} }, "fewer than 20 purchases"},
	} {
		x := lagging
		x.Weeks = slices.Clone(lagging.Weeks)
		if c.set != nil {
			c.set(&x)
		}
		found, refused := Appraise(append(c.others, x), testOptions()).Opportunity()
		if slices.Contains(namesOf(found), "lagging") || refusedFor(refused, c.why) == 0 {
			t.Errorf("%s: %v, %v", name, namesOf(found), refused)
		}
	}
}

func TestOwnOverlap(t *testing.T) {
	shared := func(parts ...float64) MoneyTerm {
		x := steady("x", marketOf(4000, 100, 25, 10))
		for w := range x.Weeks {
			week := &x.Weeks[w]
			week.Funnel[Purchase].Own = Known(10 + int64(w%2))
			week.Lead, week.LeadShare, week.ASINs = "B00000000A", parts[w], 2
			if parts[w] < .5 {
				week.Lead, week.LeadShare = "B00000000B", 1-parts[w]
			}
			week.HHI = parts[w]*parts[w] + (1-parts[w])*(1-parts[w])
		}
		return x
	}
	found, refused := Appraise([]MoneyTerm{shared(.8, .82, .79, .81, .3, .28, .31, .29)}, testOptions()).OwnOverlap()
	if len(found) != 1 {
		t.Fatalf("%v", refused)
	}
	f := found[0]
	if f.ASIN != "B00000000A" || !near(f.Value.Mid, -.51, 1e-9) || f.Value.High >= 0 || f.MoneyOK || !strings.Contains(f.Text, "−51.0 pp") {
		t.Errorf("%+v", f)
	}
	for name, c := range map[string]struct {
		term MoneyTerm
		why  string
	}{
		"shared as ever":  {shared(.8, .82, .79, .81, .8, .81, .82, .79), ""},
		"swings, no move": {shared(.8, .6, .9, .55, .7, .9, .6, .75), ""},
		"one product":     {shared(.99, .98, .99, .99, .98, .97, .98, .98), ""},
		"sales moved too": {func() MoneyTerm {
			x := shared(.8, .82, .79, .81, .3, .28, .31, .29)
			for w := 4; w < 8; w++ {
				x.Weeks[w].Funnel[Purchase].Own = Known(40)
			}
			return x
		}(), "the purchase share with it"},
		"too few purchases": {func() MoneyTerm {
			x := shared(.8, .82, .79, .81, .3, .28, .31, .29)
			for w := range x.Weeks {
				x.Weeks[w].Funnel[Purchase].Own = Known(int64(w % 2))
			}
			return x
		}(), "too few to compare"},
	} {
		found, refused := Appraise([]MoneyTerm{c.term}, testOptions()).OwnOverlap()
		if len(found) != 0 || c.why != "" && refusedFor(refused, c.why) != 1 {
			t.Errorf("%s: %+v, %v", name, found, refused)
		}
	}
}

func TestHalvesByHand(t *testing.T) {
	// Means 2 and 5, variances 1 and 1 of three: d = 3, se = √(2/3), df 4.
	d, ok := laterLessEarlier([]float64{1, 2, 3, 99, 4, 5, 6})
	if !ok || !near(d.Mid, 3, 1e-12) || !near(d.High-3, 2.776445*math.Sqrt(2./3), 1e-4) || !near(3-d.Low, d.High-3, 1e-12) {
		t.Errorf("%+v", d)
	}
	if _, ok := laterLessEarlier([]float64{1, 2, 3, 4, 5}); ok {
		t.Error("two weeks a half compared")
	}
	if d, ok := laterLessEarlier([]float64{1, 1, 1, 2, 2, 2}); !ok || d != (Interval{1, 1, 1}) {
		t.Errorf("%+v", d)
	}
}

func TestNothingFromNothing(t *testing.T) {
	a := Appraise(nil, MoneyOptions{Currency: "USD"})
	b := Appraise([]MoneyTerm{{Term: "x", Class: GenericTerm}, {Term: "y", Class: OwnBrandTerm, Weeks: []TermWeek{{}}}}, MoneyOptions{Currency: "USD"})
	for _, rule := range []func() ([]MoneyFinding, []Refused){a.Waste, a.Harvest, a.Scale, a.FixListing, a.BrandDefence, a.Opportunity, a.OwnOverlap, b.Waste, b.Harvest, b.Scale, b.FixListing, b.BrandDefence, b.Opportunity, b.OwnOverlap} {
		if found, _ := rule(); len(found) != 0 {
			t.Errorf("%+v", found)
		}
	}
}
