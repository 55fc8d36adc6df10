package analysis_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	. "halotrack.ai/halotrack/internal/analysis"
)

// adTerm draws a term's ads over 8 weeks with a true conversion rate.
func adTerm(r *rand.Rand, name string, class Class, clicks, cvr, cpc, price, margin float64) MoneyTerm {
	t := MoneyTerm{Term: name, Class: class, Economics: Economics{PriceMicros: int64(price * 1e6), Margin: margin}}
	for w := range 8 {
		n := int64(distuv.Poisson{Lambda: clicks / 8, Src: r}.Rand())
		orders := int64(distuv.Binomial{N: float64(n), P: cvr, Src: r}.Rand())
		t.Weeks = append(t.Weeks, TermWeek{Week: w, Ads: Ads{
			Impressions: Known(n * 100), Clicks: Known(n), CostMicros: Known(int64(float64(n) * cpc * 1e6)),
			Orders7d: Known(orders), Sales7dMicros: Known(int64(float64(orders) * price * 1e6)),
		}, OrganicPurchases: Known(0)})
	}
	return t
}

var eightWeeks = MoneyOptions{Currency: "USD", Weeks: []string{"1", "2", "3", "4", "5", "6", "7", "8"}}

// Acceptance 13: terms whose true conversion rate is twice break-even are
// called waste in at most 5 % of the cases, in classes that convert well, badly
// and in between; terms at a fifth of it are found, and the practitioners' rule
// of 15 clicks without a sale fails on the same terms.
func TestGoodTermsAreNotCalledWaste(t *testing.T) {
	runs := 6
	if *full {
		runs = 100
	}
	const breakEven = .05 // CPC .50, price 40, margin .25
	for _, c := range []struct {
		name       string
		mean, size float64 // Beta of the rest of the class
	}{{"converts well", .12, 20}, {"at break-even", .05, 30}, {"converts badly", .008, 50}, {"badly and alike", .01, 2000}} {
		var good, goodWaste, goodNaive, poor, poorWaste int
		for seed := range runs {
			r := rand.New(rand.NewPCG(uint64(seed), 13))
			truth := map[string]float64{}
			var terms []MoneyTerm
			for i := range 600 {
				cvr := distuv.Beta{Alpha: c.mean * c.size, Beta: (1 - c.mean) * c.size, Src: r}.Rand()
				switch {
				case i%10 == 0:
					cvr = 2 * breakEven
				case i%10 == 1:
					cvr = breakEven / 5
				}
				name := fmt.Sprint("term ", i)
				truth[name] = cvr
				terms = append(terms, adTerm(r, name, GenericTerm, 90*math.Exp(.7*r.NormFloat64()), cvr, .5, 40, .25))
			}
			found, _ := Appraise(terms, eightWeeks).Waste()
			waste := map[string]bool{}
			for _, f := range found {
				waste[f.Term] = true
			}
			for _, x := range terms {
				var clicks, orders int64
				for _, w := range x.Weeks {
					clicks, orders = clicks+w.Ads.Clicks.V, orders+w.Ads.Orders7d.V
				}
				switch truth[x.Term] {
				case 2 * breakEven:
					if clicks >= 15 {
						good++
						if waste[x.Term] {
							goodWaste++
						}
						if naively(x) {
							goodNaive++
						}
					}
				case breakEven / 5:
					if clicks >= 100 {
						poor++
						if waste[x.Term] {
							poorWaste++
						}
					}
				}
			}
		}
		falsely, naive, power := float64(goodWaste)/float64(good), float64(goodNaive)/float64(good), float64(poorWaste)/float64(poor)
		t.Logf("class %s: good terms called waste %.4f (practitioners' rule %.3f), poor ones found %.3f", c.name, falsely, naive, power)
		if falsely > .05 {
			t.Errorf("class %s: %.3f of the good terms are called waste", c.name, falsely)
		}
		if naive < 2*falsely || naive < .05 {
			t.Errorf("class %s: the practitioners' rule errs on %.3f only: this world proves nothing", c.name, naive)
		}
		if power < .6 {
			t.Errorf("class %s: only %.2f of the wasteful terms are found", c.name, power)
		}
	}
}

// naively is the practitioners' rule: 15 clicks in a row without a sale, looked
// at week by week.
func naively(t MoneyTerm) bool {
	var since int64
	for _, w := range t.Weeks {
		if w.Ads.Orders7d.V > 0 {
			since = 0
			continue
		}
		since += w.Ads.Clicks.V
		if since >= 15 {
			return true
		}
	}
	return false
}

// A term found wasteful is wasteful: of those listed in a mixed class, few are
// above break-even.
func TestListedWasteIsWaste(t *testing.T) {
	runs := 10
	if *full {
		runs = 200
	}
	listed, wrong := 0, 0
	for seed := range runs {
		r := rand.New(rand.NewPCG(uint64(seed), 131))
		truth := map[string]float64{}
		var terms []MoneyTerm
		for i := range 500 {
			name := fmt.Sprint(i)
			truth[name] = distuv.Beta{Alpha: 1.5, Beta: 25, Src: r}.Rand()
			terms = append(terms, adTerm(r, name, GenericTerm, 120*math.Exp(.8*r.NormFloat64()), truth[name], .5, 40, .25))
		}
		found, _ := Appraise(terms, eightWeeks).Waste()
		for _, f := range found {
			listed++
			if truth[f.Term] > .05 {
				wrong++
			}
		}
	}
	t.Logf("%d listed, %.4f of them above break-even", listed, float64(wrong)/float64(listed))
	if listed < 20*runs || float64(wrong) > .05*float64(listed) {
		t.Errorf("%d listed, %d wrongly", listed, wrong)
	}
}

// funnelTerm draws a term's funnel over weeks with true indices, the logits of
// its shares moving from week to week by noise at every step.
func funnelTerm(r *rand.Rand, name string, market, share, noise float64, ctr, cart, closing float64) MoneyTerm {
	t := MoneyTerm{Term: name, Class: GenericTerm, Economics: Economics{PriceMicros: 20_000_000, Margin: .3}}
	binomial := func(n int64, p float64) int64 {
		if n <= 0 || p <= 0 {
			return 0
		}
		return int64(distuv.Binomial{N: float64(n), P: min(1, p), Src: r}.Rand())
	}
	for w := range 8 {
		n := int64(market * 40 * math.Exp(.2*r.NormFloat64()))
		own := binomial(n, 1/(1+math.Exp(math.Log(1/share-1)-noise*r.NormFloat64())))
		f := Funnel{Impression: {Own: Known(own), Market: Known(n)}}
		for step, index := range []float64{ctr, cart, closing} {
			// Own shoppers go on at index times the market's rate; the others'
			// rate is what makes that the market's.
			rate := []float64{.02, .2, .4}[step]
			part := float64(own) / float64(max(1, n))
			passed := binomial(own, rate*index*math.Exp(noise*r.NormFloat64()))
			n = passed + binomial(n-own, rate*(1-part*index)/(1-part))
			own = passed
			f[step+1] = Cell{Own: Known(own), Market: Known(n)}
		}
		t.Weeks = append(t.Weeks, TermWeek{Week: w, Funnel: f})
	}
	return t
}

// The 95 % intervals of indices hold the truth in 93 to 98 % of the cases,
// whether weeks differ by chance alone or by noise of .20.
func TestIndexIntervalsHold(t *testing.T) {
	runs := 1200
	if *full {
		runs = 20_000
	}
	for _, c := range []struct{ market, share, noise, index float64 }{
		{2000, .05, .2, .7}, {2000, .05, 0, .7}, {10_000, .1, .2, 1}, {10_000, .1, .2, 1.4}, {40_000, .1, .2, .8},
	} {
		covered, tests := [4]int{}, [4]int{}
		r := rand.New(rand.NewPCG(6, uint64(c.market)))
		truth := [4]float64{c.index, 1, 1, 1}
		for range runs {
			x := funnelTerm(r, "t", c.market, c.share, c.noise, c.index, 1, 1)
			for _, i := range []Index{CTRIndex, CartIndex, CVRIndex} {
				e := EstimateIndex(x.Weeks, i, max(.0025, c.noise*c.noise*map[Index]float64{CTRIndex: 1, CartIndex: 1, CVRIndex: 2}[i]))
				if !e.OK || e.Expected < 10 {
					continue
				}
				tests[i]++
				if e.Low <= truth[i] && truth[i] <= e.High {
					covered[i]++
				}
			}
		}
		for _, i := range []Index{CTRIndex, CartIndex, CVRIndex} {
			if tests[i] < runs/2 {
				continue
			}
			got := float64(covered[i]) / float64(tests[i])
			t.Logf("%+v %s: coverage %.3f of %d", c, i, got, tests[i])
			if got < .93 || got > .985 {
				t.Errorf("%+v: %s holds in %.3f", c, i, got)
			}
		}
	}
}

// Where every index is 1 and weeks only differ by noise, hardly a week's list
// names a weak step; planted ones are found at the step at which they are.
func TestWeakStepsAreNamedOnlyWhereTheyAre(t *testing.T) {
	runs := 12
	if *full {
		runs = 200
	}
	alarmed, found, planted, right := 0, 0, 0, 0
	for seed := range runs {
		r := rand.New(rand.NewPCG(uint64(seed), 14))
		var null, mixed []MoneyTerm
		for i := range 250 {
			market := 3000 * math.Exp(.9*r.NormFloat64())
			name := fmt.Sprint("term ", i)
			null = append(null, funnelTerm(r, name, market, .06, .2, 1, 1, 1))
			if i%20 == 0 {
				mixed = append(mixed, funnelTerm(r, "weak "+name, 8000, .08, .2, .4, 1, 1))
			} else {
				mixed = append(mixed, null[i])
			}
		}
		if list, _ := Appraise(null, eightWeeks).FixListing(); len(list) > 0 {
			alarmed++
		}
		list, _ := Appraise(mixed, eightWeeks).FixListing()
		planted += 13
		for _, f := range list {
			found++
			if f.Term[:4] == "weak" && f.Figure == "ctr_index" {
				right++
			}
		}
	}
	t.Logf("null accounts with any: %d of %d; listed %d of %d planted, %d of them right", alarmed, runs, found, planted, right)
	if float64(alarmed) > .05*float64(runs)+1 {
		t.Errorf("%d of %d accounts without a weak step are told of one", alarmed, runs)
	}
	if float64(right) < .9*float64(planted) || float64(found-right) > .05*float64(found) {
		t.Errorf("%d listed, %d right, %d planted", found, right, planted)
	}
}

// What is said to be within reach is: on terms of a cluster that differ by
// chance alone there is nothing to gain, on one that lags there is.
func TestOpportunitiesAreReal(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 15))
	var terms []MoneyTerm
	for i := range 40 {
		x := funnelTerm(r, fmt.Sprintf("term %02d", i), 6000, .1, .1, 1, 1, 1)
		if i == 7 {
			x = funnelTerm(r, "lagging", 20000, .01, .1, 1, 1, 1)
		}
		x.Cluster, x.ASIN = fmt.Sprint("cluster ", i%4), "B0"
		terms = append(terms, x)
	}
	found, _ := Appraise(terms, eightWeeks).Opportunity()
	if len(found) == 0 || found[0].Term != "lagging" {
		t.Fatalf("%+v", found)
	}
	for _, f := range found[1:] {
		if f.Money.Low > found[0].Money.Low/4 {
			t.Errorf("%s has as much to gain as the term that lags: %+v", f.Term, f.Money)
		}
	}
	// The truth: 160 market purchases per 10,000 × 20000·40·.02·.2·.4 = 1280 a
	// week; from 1 % to 10 % is some 115 more.
	if v := found[0].Value; v.Low > 115 || v.High < 100 {
		t.Errorf("%+v", v)
	}
}

// The same terms in another order give the same findings.
func TestMoneyFindingsDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 16))
	var terms []MoneyTerm
	for i := range 120 {
		x := funnelTerm(r, fmt.Sprintf("term %03d", i), 5000, .08, .2, .8, 1, 1.1)
		ads := adTerm(r, "", GenericTerm, 90, .02+.1*r.Float64(), .5, 40, .25)
		for w := range x.Weeks {
			x.Weeks[w].Ads = ads.Weeks[w].Ads
			x.Weeks[w].OrganicClicks, x.Weeks[w].OrganicPurchases = x.Weeks[w].Funnel[Click].Own, Known(1)
		}
		x.Cluster = fmt.Sprint(i % 5)
		x.Class = Classes[i%3]
		terms = append(terms, x)
	}
	all := func() (s string) {
		a := Appraise(terms, eightWeeks)
		for _, rule := range []func() ([]MoneyFinding, []Refused){a.Waste, a.Harvest, a.Scale, a.FixListing, a.BrandDefence, a.Opportunity, a.OwnOverlap} {
			found, refused := rule()
			for _, f := range found {
				s += fmt.Sprintf("%v %v\n", f.Finding().Text, f.Money)
			}
			s += fmt.Sprintln(refused)
		}
		return s
	}
	want := all()
	for range 5 {
		r.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
		if got := all(); got != want {
			t.Fatalf("%s\n\n%s", got, want)
		}
	}
	if !slices.Contains([]byte(want), byte('\n')) {
		t.Error("nothing was found")
	}
}
