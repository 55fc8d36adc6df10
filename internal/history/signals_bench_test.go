package history

import (
	"fmt"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// BenchmarkSignals measures the reads that an audit makes beside its window on
// one marketplace of a large seller: 900 ASINs, three years of catalogue weeks
// and 14 weeks of ads; prices of 50 terms in a week of 900 ASINs by 55 terms.
func BenchmarkSignals(b *testing.B) {
	const (
		products = 900
		weeks    = 156
		adWeeks  = 14
		listed   = 55
	)
	f := testFacts(b)
	withProfile(b, f)
	rng := random(5)
	code := func(i int) string { return fmt.Sprintf("B0%08d", i) }
	for k := clock.Day(weeks - 1); k >= 0; k-- {
		start := week - 7*k
		rows := make([]spapi.SCPRow, 0, products)
		for i := range products {
			r := spapi.SCPRow{Start: start, End: start + 6, ASIN: code(i)}
			r.Impressions.Count = n(int64(500 + rng.IntN(1000)))
			if rng.IntN(300) == 0 {
				r.Impressions.Count = n(20)
			}
			rows = append(rows, r)
		}
		replaceSCP(b, f, SCPSlice(inWeek(sqpSlice(now), start)), rows...)
		if k >= adWeeks {
			continue
		}
		var shown []ads.ProductRow
		var campaigns []ads.CampaignRow
		for day := start; day < start+7; day++ {
			for i := range products {
				for copies := range int64(2) {
					r := productRow(day, int64(i)*10+copies, code(i), "S", 3)
					r.CampaignID, r.AdGroupID = int64(1000+i%60), int64(5000+i%300)+copies*1000
					shown = append(shown, r)
				}
			}
			for c := range int64(60) {
				campaigns = append(campaigns, ads.CampaignRow{Date: day, CampaignID: 1000 + c, Campaign: "C", Currency: "USD", Impressions: n(9000), Clicks: n(90), Cost: n(1)})
			}
		}
		s := adSlice(ads.SPAdvertisedProduct, now)
		s.From, s.To = start, start+6
		replaceProducts(b, f, s, shown...)
		s.Type = ads.SPCampaigns
		replaceCampaigns(b, f, s, campaigns...)
	}
	for first := 0; first < products; first += 18 {
		var asked []string
		var rows []spapi.SQPRow
		for i := first; i < first+18; i++ {
			asked = append(asked, code(i))
			for k := range listed {
				rows = append(rows, sqpRow(code(i), fmt.Sprintf("steel bottle %d", (i*listed/3+k)%20_000), 900, 40, 9, 2, 1))
			}
		}
		replaceSQP(b, f, sqpSlice(now, asked...), rows...)
	}
	if err := f.RebuildWeek(b.Context(), us, week, JoinRules{}); err != nil {
		b.Fatal(err)
	}
	var ids []int64
	err := f.read(b.Context(), func(c *database.Conn) error {
		return c.Query(`SELECT term FROM joined WHERE level = 0 ORDER BY term % 97, term LIMIT 50`, func(r database.Row) error {
			ids = append(ids, r.Int(0))
			return nil
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("stock-14-weeks", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.StockWeeks(b.Context(), us, week-13*7, week); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stock-156-weeks", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.StockWeeks(b.Context(), us, week-155*7, week); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("prices-50-terms", func(b *testing.B) {
		for b.Loop() {
			if list, err := f.TermPrices(b.Context(), us, week, ids); err != nil || len(list) != 50 {
				b.Fatal(len(list), err)
			}
		}
	})
}
