package analysis

import "testing"

func TestBreakEven(t *testing.T) {
	e := Economics{PriceMicros: 20_000_000, Margin: .25}
	if roas, ok := e.BreakEvenROAS(); !ok || roas != 4 || e.BreakEvenACOS() != .25 {
		t.Errorf("ROAS %v, ACOS %v", roas, e.BreakEvenACOS())
	}
	// A sale earns 5.00; a click for 0.50 must sell every tenth time.
	if got := e.BreakEvenCPC(.1); !near(got, 500_000, 1e-6) {
		t.Errorf("CPC %v", got)
	}
	if got, ok := e.BreakEvenCVR(500_000); !ok || !near(got, .1, 1e-12) {
		t.Errorf("CVR %v", got)
	}
	if got := e.TargetBid(.2, .1); !near(got, 400_000, 1e-6) {
		t.Errorf("bid %v", got)
	}
	for _, e := range []Economics{{}, {PriceMicros: 1}, {Margin: .3}} {
		if _, ok := e.BreakEvenCVR(500_000); ok || e.Known() {
			t.Errorf("%+v has a break-even", e)
		}
	}
}

func TestAdFigures(t *testing.T) {
	f := AdFiguresOf(Ads{Clicks: Known(50), CostMicros: Known(25_000_000), Orders7d: Known(5), Sales7dMicros: Known(100_000_000)})
	want := AdFigures{ACOS: Rate{.25, true}, ROAS: Rate{4, true}, CPC: Rate{500_000, true}, CVR: Rate{.1, true}}
	if f != want {
		t.Errorf("%+v", f)
	}
	f = AdFiguresOf(Ads{Clicks: Known(50), CostMicros: Known(25_000_000), Orders7d: Known(5), Sales7dMicros: Known(100_000_000), OrdersPartial: true})
	if f.ACOS.Valid || f.ROAS.Valid || f.CVR.Valid || !f.CPC.Valid {
		t.Errorf("rates of half the orders: %+v", f)
	}
	if f := AdFiguresOf(Ads{Clicks: Known(0), CostMicros: Known(0), Orders7d: Known(0), Sales7dMicros: Known(0)}); f != (AdFigures{}) {
		t.Errorf("rates of nothing: %+v", f)
	}
}

func TestOtherProductAdSales(t *testing.T) {
	if got := OtherProductAdSales(Known(100), Known(60)); got != Known(40) {
		t.Errorf("%v", got)
	}
	for _, c := range [][2]Count{{Known(10), {}}, {{}, Known(10)}, {Known(10), Known(11)}} {
		if got := OtherProductAdSales(c[0], c[1]); got.Valid {
			t.Errorf("%v: %v", c, got)
		}
	}
}

func TestPriceGapAndSearchRates(t *testing.T) {
	if g := PriceGap(Known(22), Known(20)); !g.Valid || !near(g.V, .1, 1e-12) {
		t.Errorf("%v", g)
	}
	if PriceGap(Count{}, Known(20)).Valid || PriceGap(Known(20), Known(0)).Valid || PriceGap(Known(0), Known(20)).Valid {
		t.Error("a gap without two prices")
	}
	f := Funnel{{Known(300), Known(3000)}, {Known(6), Known(50)}, {Known(2), Known(20)}, {Known(1), Known(8)}}
	p := PerSearchOf(Known(100), f)
	market, own := CTR(f)
	if p.Market[Impression].V != 30 || p.Market[Click].V != .5 || p.Own[Purchase].V != .01 {
		t.Errorf("%+v", p)
	}
	if !near(market.V, 50./3000, 1e-12) || own.V != .02 || market == p.Market[Click] {
		t.Errorf("CTR %v, %v", market, own)
	}
	if PerSearchOf(Count{}, f).Market[Click].Valid {
		t.Error("a rate per unknown searches")
	}
}
