package analysis_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "halotrack.ai/halotrack/internal/analysis"
)

// BenchmarkMoney appraises one marketplace of a large seller: 50,000 terms over
// 8 weeks, a fifth of them advertised.
func BenchmarkMoney(b *testing.B) {
	r := rand.New(rand.NewPCG(17, 17))
	terms := make([]MoneyTerm, 0, 50_000)
	for i := range cap(terms) {
		x := funnelTerm(r, fmt.Sprintf("term %05d", i), 40*math.Exp(1.5*r.NormFloat64()), .05, .2, 1, 1, 1)
		if i%5 == 0 {
			ads := adTerm(r, "", GenericTerm, 40*math.Exp(r.NormFloat64()), .08*r.Float64(), .5, 40, .25)
			for w := range x.Weeks {
				x.Weeks[w].Ads, x.Weeks[w].OrganicClicks = ads.Weeks[w].Ads, x.Weeks[w].Funnel[Click].Own
			}
		}
		x.Cluster = fmt.Sprint(i % 2000)
		terms = append(terms, x)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		a := Appraise(terms, eightWeeks)
		for _, rule := range []func() ([]MoneyFinding, []Refused){a.Waste, a.Harvest, a.Scale, a.FixListing, a.BrandDefence, a.Opportunity, a.OwnOverlap} {
			rule()
		}
	}
}
