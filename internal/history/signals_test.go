package history

import (
	"math"
	"testing"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

func termID(t *testing.T, f *Facts, text string) (id int64) {
	t.Helper()
	err := f.read(t.Context(), func(c *database.Conn) error {
		return c.Query(`SELECT coalesce(key, id) FROM terms WHERE text = ?1`, func(r database.Row) error { id = r.Int(0); return nil }, text)
	})
	if err != nil || id == 0 {
		t.Fatalf("no term %q (%v)", text, err)
	}
	return id
}

func pricedRow(asin, query string, marketClicks, market, ownClicks, own int64) spapi.SQPRow {
	r := sqpRow(asin, query, 900, 40, ownClicks, 1, 0)
	r.Clicks.Total, r.Clicks.TotalPrice = n(marketClicks), usd(market)
	r.Clicks.SameDay, r.Clicks.OneDay, r.Clicks.TwoDay = n(marketClicks/10), n(marketClicks/4), n(marketClicks/2)
	r.Clicks.OwnPrice = spapi.Price{}
	if ownClicks > 0 {
		r.Clicks.OwnPrice = usd(own)
	}
	return r
}

func TestPricesAreWeightedByClicks(t *testing.T) {
	f := testFacts(t)
	slice := sqpSlice(now, "B000000001", "B000000002", "B000000003")
	euro := pricedRow("B000000003", "mug", 100, 9_000_000, 5, 0)
	euro.Clicks.OwnPrice = spapi.Price{Micros: 1, Currency: "EUR", Valid: true}
	euro.Clicks.TotalPrice = spapi.Price{}
	replaceSQP(t, f, slice,
		pricedRow("B000000001", "steel bottle", 300, 20_000_000, 30, 24_000_000),
		pricedRow("B000000001", "Steel Bottle", 100, 16_000_000, 10, 24_000_000), // another spelling of it
		pricedRow("B000000002", "steel bottle", 300, 20_000_000, 10, 14_000_000),
		pricedRow("B000000002", "flask", 200, 10_000_000, 0, 0),
		euro)
	scp := func(asin string, clicks, two int64) spapi.SCPRow {
		r := scpRowFor(asin, 1000)
		r.Clicks = spapi.SCPStage{Count: n(clicks), MedianPrice: usd(24_000_000), SameDay: n(0), OneDay: n(clicks / 10), TwoDay: n(two)}
		return r
	}
	replaceSCP(t, f, SCPSlice(sqpSlice(now)), scp("B000000001", 100, 20), scp("B000000002", 50, 50))
	if err := f.RebuildWeek(t.Context(), us, week, JoinRules{}); err != nil {
		t.Fatal(err)
	}
	bottle, flask, mug := termID(t, f, "steel bottle"), termID(t, f, "flask"), termID(t, f, "mug")
	list, err := f.TermPrices(t.Context(), us, week, []int64{flask, bottle, 4711, mug})
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if p := list[0]; p.TermID != flask || p.Own.Valid || p.Gap().Valid || p.Market != n(10_000_000) || p.Leader != "" || p.OwnDelivery.Known || !p.MarketDelivery.Known {
		t.Errorf("flask %+v", p)
	}
	p := list[1]
	if p.TermID != bottle || p.Currency != "USD" || p.Leader != "B000000001" || p.LeaderPrice != n(24_000_000) ||
		p.Own != n((24*40+14*10)*1_000_000/50) || p.Market != n((20*300+16*100)*1_000_000/400) {
		t.Errorf("bottle %+v", p)
	}
	if g := p.Gap(); !g.Valid || math.Abs(g.V-(22./19-1)) > 1e-9 {
		t.Errorf("gap %v", g)
	}
	// 40 clicks of an ASIN with a fifth in two days, 10 of one with all.
	if d := p.OwnDelivery; !d.Known || math.Abs(d.TwoDay-(40*.2+10*1)/50) > 1e-9 || math.Abs(d.OneDay-.1) > 1e-9 || d.SameDay != 0 {
		t.Errorf("own delivery %+v", d)
	}
	if d := p.MarketDelivery; !d.Known || d.TwoDay != .5 || d.OneDay != .25 || d.SameDay != .1 {
		t.Errorf("market delivery %+v", d)
	}
	if p := list[2]; p.Market.Valid || p.Gap().Valid {
		t.Errorf("a price without a market's is %+v", p)
	}
	if none, err := f.TermPrices(t.Context(), us, week+7, []int64{bottle}); err != nil || none != nil {
		t.Errorf("a week that is not stored has %+v, %v", none, err)
	}
}

func TestTheCataloguesWeeks(t *testing.T) {
	f := testFacts(t)
	for k := range clock.Day(2) {
		replaceSCP(t, f, SCPSlice(inWeek(sqpSlice(now), week-7*k)), scpRowFor("B000000002", 20+int64(k)), scpRowFor("B000000001", 10))
	}
	other := SCPSlice(sqpSlice(now.AddDate(0, 0, 1), "B000000001", "B000000009"))
	other.Seller = otherSeller
	replaceSCP(t, f, other, scpRowFor("B000000001", 12)) // a newer answer about the same ASIN; nothing of the other
	var list []CatalogueWeek
	if err := f.CatalogueWeeks(t.Context(), us, week-7, week, func(w CatalogueWeek) error { list = append(list, w); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(list) != 4 || list[0].ASIN != "B000000001" || list[0].Week != week-7 || list[1].Impressions != n(21) ||
		list[2].ASIN != "B000000001" || list[2].Impressions != n(12) || list[3].Currency != "USD" || list[3].SearchSales != n(5_000_000) {
		t.Errorf("%+v", list)
	}
	if _, _, _, ok := list[0].ClickDelivery.Shares(); ok {
		t.Error("shares of unknown clicks")
	}
}
