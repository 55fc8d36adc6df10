package sim

import (
	"fmt"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

func TestProbe(t *testing.T) {
	w := NewWorld(Config{Seed: 1})
	wk, _ := clock.ParseDay("2026-11-08")
	asOf := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, a := range w.Accounts() {
		for _, mp := range w.Marketplaces(a) {
			rows := w.SQPRows(a, mp, wk, asOf)
			m := w.market(a, mp)
			fmt.Println(a, mp, len(m.terms), len(m.targets), "rows", len(rows))
			by := map[string]int{}
			var oc, op int64
			for _, r := range rows {
				by[r.ASIN]++
				oc += r.Clicks.Own
				op += r.Purchases.Own
			}
			full := 0
			for _, n := range by {
				if n == 100 {
					full++
				}
			}
			fmt.Println("asins", len(by), "full", full, "own clicks", oc, "purch", op)
			for i := 0; i < len(rows); i += 300 {
				fmt.Printf("%+v\n", rows[i])
			}
			var ac, ao int64
			for d := wk; d < wk+7; d++ {
				sp := w.AdTermRows(m.profile, SponsoredProducts, d, asOf)
				sb := w.AdTermRows(m.profile, SponsoredBrands, d, asOf)
				var cost int64
				for _, r := range sp {
					ac += r.Clicks
					ao += r.D7.Orders
					cost += r.CostMicros
				}
				fmt.Print(d, " sp ", len(sp), " sb ", len(sb), " camp ", len(w.CampaignRows(m.profile, SponsoredProducts, d, asOf)), " cost ", cost/1e6, "; ")
			}
			fmt.Println("\nad clicks", ac, "orders", ao)
		}
	}
	for _, x := range w.Truth(wk, wk) {
		fmt.Println(x)
	}
}
