package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const testWeek = "2026-11-15"

// funnel makes one row's counts: own and market of impressions, clicks, cart
// adds and purchases.
func funnel(counts ...int64) (f Funnel) {
	for _, step := range Steps {
		f[step] = Cell{Known(counts[2*step]), Known(counts[2*step+1])}
	}
	return f
}

// usual is an ordinary week: every share 10 %.
func usual(market int64) Funnel {
	return funnel(market*10, market*100, market*2, market*20, market/2, market*5, market/10, market)
}

// history adds the same row to n baseline weeks.
func history(m *Market, n int, r Row) {
	for len(m.Baseline) < BaselineWeeks {
		m.Baseline = append(m.Baseline, fmt.Sprintf("week %d", len(m.Baseline)))
	}
	for range n {
		m.AddBefore(r)
	}
}

func market() *Market {
	return &Market{Marketplace: "ATVPDKIKX0DER", Currency: "USD", AdsDays: 7, AdsDaysWanted: 7, State: Settled}
}

func section(m *Market) MarketAudit { return m.Audit() }

func TestShareChangesAreNamedOnlyWhereTheDataCarryThem(t *testing.T) {
	for _, c := range []struct {
		name   string
		weeks  int
		before Funnel
		now    *Funnel
		kind   Kind
		text   string // part of the finding's sentence
		hidden string // part of a hidden entry
	}{
		{name: "drop of the purchase share", weeks: 13, before: usual(200), now: ptr(funnel(1000, 20000, 200, 4000, 50, 1000, 10, 200)),
			kind: ShareDrop, text: "purchase share for “garlic press” fell from 10.00% to 5.00% (−5.00 pp): 10 of the market's 200 purchases this week. It was higher in all 13 stored weeks before."},
		{name: "gain of the purchase share", weeks: 13, before: usual(200), now: ptr(funnel(4000, 20000, 800, 4000, 200, 1000, 40, 200)),
			kind: ShareGain, text: "rose from 10.0% to 20.0% (+10.0 pp): "},
		{name: "clicks where purchases are thin", weeks: 13, before: usual(10), now: ptr(funnel(500, 1000, 10, 200, 1, 50, 0, 10)),
			kind: ShareDrop, text: "click share for “garlic press” fell from 10.00% to 5.00%"},
		{name: "clicks where few own purchases are expected", weeks: 13, before: usual(50), now: ptr(funnel(500, 5000, 50, 1000, 12, 250, 3, 50)),
			kind: ShareDrop, text: "click share"},
		{name: "enough weeks", weeks: 8, before: usual(200), now: ptr(funnel(1000, 20000, 200, 4000, 50, 1000, 10, 200)), kind: ShareDrop},
		{name: "too few weeks", weeks: 7, before: usual(200), now: ptr(funnel(1000, 20000, 200, 4000, 50, 1000, 10, 200)), hidden: "listed in fewer than 8 of the last 13"},
		{name: "too small a change", weeks: 13, before: usual(200), now: ptr(funnel(2000, 20000, 400, 4000, 100, 1000, 17, 200)), hidden: "less than 20% of itself"},
		{name: "too small a market", weeks: 13, before: usual(10), now: ptr(funnel(1, 19, 0, 19, 0, 19, 0, 19)), hidden: "fewer than 20 purchases and clicks in the whole market"},
		{name: "too few own events expected", weeks: 13, before: funnel(1, 1000, 1, 1000, 1, 1000, 1, 1000), now: ptr(funnel(0, 1000, 0, 1000, 0, 1000, 0, 1000)), hidden: "chance would drown any change"},
		{name: "not listed this week is not a count of 0", weeks: 13, before: usual(200), hidden: "a missing term is not a count of 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := market()
			history(m, c.weeks, Row{Term: "garlic press", Funnel: c.before})
			if c.now != nil {
				m.AddNow(Row{Term: "garlic press", Funnel: *c.now})
			}
			got := section(m)
			if c.kind == "" {
				if len(got.Findings) != 0 {
					t.Fatalf("findings: %+v", got.Findings)
				}
				if !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return strings.Contains(h.Why, c.hidden) }) {
					t.Fatalf("nothing hidden because %q: %v", c.hidden, got.Hidden)
				}
				return
			}
			if len(got.Findings) != 1 {
				t.Fatalf("findings: %+v", got.Findings)
			}
			f := got.Findings[0]
			if f.Kind != c.kind || !strings.Contains(f.Text, c.text) {
				t.Fatalf("%s: %s\nwant %s with %q", f.Kind, f.Text, c.kind, c.text)
			}
			if f.P != nil || f.Low != nil || f.High != nil {
				t.Error("an observation states a test or an interval")
			}
			if strings.Contains(strings.ToLower(f.Text), "confirmed") {
				t.Errorf("an observation is called confirmed: %s", f.Text)
			}
			if f.N == nil || f.ShareBefore == nil || f.ShareNow == nil {
				t.Error("a finding without its figures")
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// A share that has been as low in earlier weeks is no news; one such week is
// allowed, so that a drop is still named in its second week.
func TestSharesThatHaveBeenThereAreNotNamed(t *testing.T) {
	low := funnel(1000, 20000, 200, 4000, 50, 1000, 10, 200)
	for lows, want := range []int{1, 1, 0, 0} {
		m := market()
		history(m, 13-lows, Row{Term: "a", Funnel: usual(200)})
		history(m, lows, Row{Term: "a", Funnel: low})
		m.AddNow(Row{Term: "a", Funnel: low})
		got := section(m)
		if len(got.Findings) != want {
			t.Errorf("%d earlier weeks as low: %d findings", lows, len(got.Findings))
		}
		if lows == 1 && !strings.Contains(got.Findings[0].Text, "It was higher in 12 of 13 stored weeks before.") {
			t.Error(got.Findings[0].Text)
		}
		if want == 0 && !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return strings.Contains(h.Why, "has been there") }) {
			t.Errorf("%d earlier weeks as low: hidden without a reason: %v", lows, got.Hidden)
		}
	}
}

// Deleting weeks never makes a share change appear.
func TestMissingWeeksNeverMakeAFinding(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		m := market()
		for i := range 40 {
			row := Row{Term: fmt.Sprintf("term %02d", i), Funnel: usual(100 + int64(i)*10)}
			history(m, r.IntN(14), row)
			if r.IntN(4) > 0 {
				m.AddNow(row)
			}
		}
		if got := section(m).Findings; len(got) != 0 {
			t.Fatalf("findings on unchanged terms: %+v", got)
		}
	}
}

func TestFewStoredWeeksAreNoBaseline(t *testing.T) {
	m := market()
	m.Baseline = []string{"2026-11-01", "2026-11-08"}
	m.AddBefore(Row{Term: "a", Funnel: usual(500)})
	m.AddNow(Row{Term: "a", Funnel: funnel(0, 50000, 0, 10000, 0, 2500, 0, 500)})
	got := section(m)
	if len(got.Findings) != 0 || !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return h.Why == "2 weeks are stored before this one; a comparison needs 8" }) {
		t.Errorf("%+v", got)
	}
	if got.Shares.Purchase.Before == nil || *got.Shares.Purchase.Before != .1 {
		t.Errorf("before = %v, want .1 from the weeks there are", got.Shares.Purchase.Before)
	}
}

func TestMoversRankByEventsAndAreCapped(t *testing.T) {
	m := market()
	for i := range 9 {
		size := int64(200 * (i + 1))
		term := fmt.Sprintf("term %d", i)
		history(m, 13, Row{Term: term, Funnel: usual(size)})
		m.AddNow(Row{Term: term, Funnel: funnel(size*5, size*100, size, size*20, size/4, size*5, size/20, size)})
	}
	got := section(m)
	var terms []string
	for _, f := range got.Findings {
		terms = append(terms, f.Term)
	}
	if want := []string{"term 8", "term 7", "term 6", "term 5", "term 4"}; !slices.Equal(terms, want) {
		t.Errorf("named %v, want %v", terms, want)
	}
	if !slices.Contains(got.Hidden, Hidden{"4 more drops", "only the 5 largest are shown"}) {
		t.Errorf("hidden: %v", got.Hidden)
	}
}

// A click is worth as many purchases as the brand's clicks brought.
func TestLostPurchasesRankBeforeAsManyClicks(t *testing.T) {
	m := market()
	history(m, 13, Row{Term: "purchases", Funnel: usual(200)})
	m.AddNow(Row{Term: "purchases", Funnel: funnel(2000, 20000, 400, 4000, 100, 1000, 10, 200)}) // 10 purchases lost
	history(m, 13, Row{Term: "clicks", Funnel: usual(15)})
	m.AddNow(Row{Term: "clicks", Funnel: funnel(150, 1500, 10, 300, 7, 75, 1, 15)}) // 20 clicks lost, worth 1 purchase
	if got := section(m).Findings; len(got) != 2 || got[0].Term != "purchases" {
		t.Errorf("%+v", got)
	}
}

func TestDemandIsToldFromShare(t *testing.T) {
	m := market()
	history(m, 13, Row{Term: "a", Funnel: usual(200)})
	// Half the market, half the share: 20 purchases became 5; 7.5 by each.
	m.AddNow(Row{Term: "a", Funnel: funnel(500, 10000, 100, 2000, 25, 500, 5, 100)})
	text := section(m).Findings[0].Text
	if !strings.Contains(text, "about 8 purchases fewer a week than at the earlier share; shoppers' demand took away about 8.") {
		t.Error(text)
	}
	if !strings.Contains(text, "you were shown less often") {
		t.Errorf("the step is not named: %s", text)
	}
}

func TestWaste(t *testing.T) {
	usd := func(n int64) Count { return Known(n * 1_000_000) }
	for _, c := range []struct {
		name   string
		rows   []Row
		waste  bool
		text   string
		hidden string
	}{
		{name: "clicks and spend without an order", rows: []Row{
			{Ads: Ads{Clicks: Known(20), CostMicros: usd(20), Orders7d: Known(0)}, OrganicPurchases: Known(0)},
			{Ads: Ads{Clicks: Known(10), CostMicros: usd(15), Orders7d: Known(0)}, OrganicPurchases: Known(0)}},
			waste: true, text: "cost USD 35.00 for 30 clicks and brought no order within 7 days, over 2 settled weeks (2026-10-25 to 2026-11-01). Nor did the search bring you a purchase"},
		{name: "organic purchases are said", rows: []Row{{Ads: Ads{Clicks: Known(40), CostMicros: usd(40), Orders7d: Known(0)}, OrganicPurchases: Known(12)}},
			waste: true, text: "12 purchases without an ad click, so cutting"},
		{name: "unknown organic purchases are said", rows: []Row{{Ads: Ads{Clicks: Known(40), CostMicros: usd(40), Orders7d: Known(0)}}},
			waste: true, text: "look before you cut"},
		{name: "one order", rows: []Row{{Ads: Ads{Clicks: Known(90), CostMicros: usd(90), Orders7d: Known(1)}}}},
		{name: "29 clicks", rows: []Row{{Ads: Ads{Clicks: Known(29), CostMicros: usd(90), Orders7d: Known(0)}}}},
		{name: "below the floor", rows: []Row{{Ads: Ads{Clicks: Known(90), CostMicros: usd(24), Orders7d: Known(0)}}}},
		{name: "orders not counted", rows: []Row{{Ads: Ads{Clicks: Known(90), CostMicros: usd(90)}}}, hidden: "sponsored brands took part"},
		{name: "orders counted in part", rows: []Row{{Ads: Ads{Clicks: Known(90), CostMicros: usd(90), Orders7d: Known(0), OrdersPartial: true}}}, hidden: "sponsored brands took part"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := market()
			m.SettledWeeks = []string{"2026-10-25", "2026-11-01"}
			for _, r := range c.rows {
				r.Term = "egg timer"
				m.AddSettled(r)
			}
			got := section(m)
			if (len(got.Findings) == 1) != c.waste {
				t.Fatalf("findings: %+v", got.Findings)
			}
			if c.waste {
				f := got.Findings[0]
				if f.Kind != Waste || *f.Weeks != [2]string{"2026-10-25", "2026-11-01"} || *f.N < 30 || *f.MoneyLowMicros < 25_000_000 || !strings.Contains(f.Text, c.text) {
					t.Errorf("%+v", f)
				}
			}
			if c.hidden != "" && !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return strings.Contains(h.Why, c.hidden) }) {
				t.Errorf("hidden: %v", got.Hidden)
			}
		})
	}
}

func TestNoSettledWeekNoMoneyFinding(t *testing.T) {
	m := market()
	m.AddSettled(Row{Term: "a", Ads: Ads{Clicks: Known(500), CostMicros: Known(1 << 40), Orders7d: Known(0)}})
	m.State = Provisional
	if got := section(m); len(got.Findings) != 0 ||
		got.Hidden[0].What != "the week's money findings" || !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return h.What == "wasted spend" }) {
		t.Errorf("%+v", got)
	}
}

func TestGapsOfTheDataAreHiddenWithTheirReason(t *testing.T) {
	m := market()
	m.AdsDays, m.AdsDaysWanted, m.UntermedMicros = 10, 14, 7_000_000
	m.Cells = Cells{Stored: 40, Empty: 1, Truncated: 3, Unavailable: 2}
	m.AddNow(Row{Term: "only ads", Ads: Ads{Clicks: Known(3), CostMicros: Known(4_500_000)}})
	m.AddNow(Row{Term: "odd", Funnel: usual(100), SplitUnknown: true})
	got := section(m).Hidden
	for _, want := range []Hidden{
		{"part of the week's ads", "only 10 of its 14 daily reports are stored"},
		{"USD 7.00 of ad spend", "Amazon names no search term for it: product targeting and the like"},
		{"1 advertised search term", "no search query performance for them this week: USD 4.50 of ads without a share"},
		{"1 term's split into ads and organic", "the ads report counts more clicks than the search data"},
		{"3 products", "Amazon's list of search terms ends at 100 rows for them: your own totals are a lower bound"},
		{"1 product", "Amazon has no search terms for them this week"},
		{"2 products", "Amazon did not publish this week's search terms for them"},
	} {
		if !slices.Contains(got, want) {
			t.Errorf("not hidden: %v\nin %v", want, got)
		}
	}
}

// The same data give the same bytes, in whatever order they were read.
func TestSameDataSameBytes(t *testing.T) {
	build := func(seed uint64) []byte {
		r := rand.New(rand.NewPCG(seed, 1))
		var markets []MarketAudit
		for _, id := range []string{"ATVPDKIKX0DER", "A1PA6795UKMFR9"} {
			m := &Market{Marketplace: id, Currency: "EUR", AdsDays: 7, AdsDaysWanted: 7, SettledWeeks: []string{"2026-10-25"}, SpendMicros: Known(5)}
			for _, i := range r.Perm(60) {
				size := int64(200 + 7*i)
				row := Row{Term: fmt.Sprintf("term %02d", i), Funnel: usual(size)}
				history(m, 13, row)
				row.Funnel = funnel(size*5, size*100, size, size*20, size/4, size*5, size/20, size)
				if i%2 == 0 {
					row.Funnel[Purchase] = Cell{Known(size / 3), Known(size)}
				}
				m.AddNow(row)
				m.AddSettled(Row{Term: row.Term, Ads: Ads{Clicks: Known(40), CostMicros: Known(30_000_000), Orders7d: Known(int64(i % 3))}})
			}
			markets = append(markets, m.Audit())
		}
		r.Shuffle(len(markets), func(i, j int) { markets[i], markets[j] = markets[j], markets[i] })
		b, err := json.Marshal(Compose("a", testWeek, Settled, markets))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := build(1)
	for seed := range uint64(20) {
		if got := build(seed); !bytes.Equal(first, got) {
			t.Fatalf("seed %d:\n%s\n%s", seed, first, got)
		}
	}
}

func TestAuditJSON(t *testing.T) {
	m := market()
	m.SpendMicros = Known(12_000_000)
	m.SettledWeeks = []string{"2026-10-25"}
	m.AddNow(Row{Term: "a", Funnel: usual(100)})
	m.AddSettled(Row{Term: "b", Ads: Ads{Clicks: Known(30), CostMicros: Known(30_000_000), Orders7d: Known(0)}})
	b, err := json.MarshalIndent(Compose("acc", testWeek, Settled, []MarketAudit{section(m)}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "account": "acc",
 "week": "2026-11-15",
 "state": "settled",
 "marketplaces": [
  {
   "marketplace": "ATVPDKIKX0DER",
   "currency": "USD",
   "shares": {
    "impression": {
     "own": 1000,
     "market": 10000,
     "share": 0.1,
     "low": null,
     "high": null,
     "before": null
    },`
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("%s", b)
	}
	for _, part := range []string{`"spend_micros": 12000000`, `"weeks": [
      "2026-10-25",
      "2026-10-25"
     ]`, `"money_low_micros": 30000000`, `"hidden": [`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("no %s in\n%s", part, b)
		}
	}
	for _, absent := range []string{`"p"`, `"asin"`, `"cause"`, `"share_now"`} {
		if strings.Contains(string(b), absent) {
			t.Errorf("%s is stated although it is not known", absent)
		}
	}
	empty, _ := json.Marshal(Compose("acc", testWeek, Final, nil))
	if got, want := string(empty), `{"account":"acc","week":"2026-11-15","state":"final","marketplaces":[]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRollupAddsWhatIsKnown(t *testing.T) {
	m := market()
	m.AddNow(Row{Term: "a", Funnel: usual(100), Ads: Ads{Clicks: Known(4), Orders7d: Known(1)}, OrganicClicks: Known(196)})
	m.AddNow(Row{Term: "b", Funnel: usual(50)})
	m.AddNow(Row{Term: "ads only", Ads: Ads{Clicks: Known(6), CostMicros: Known(9)}})
	r := m.Rollup()
	if r.Terms != 2 || r.AdClicks != Known(10) || r.AdOrders7d != Known(1) || r.OrganicClicks != Known(196) ||
		r.OrganicPurchases.Valid || r.AdSales7dMicros.Valid || r.Funnel[Click] != (Sum{300, 3000, 2}) {
		t.Errorf("%+v", r)
	}
}

// BenchmarkAudit is one marketplace of a large seller: 20,000 terms and 13
// weeks before.
func BenchmarkAudit(b *testing.B) {
	terms := make([]Row, 20_000)
	for i := range terms {
		size := int64(i%500 + 1)
		terms[i] = Row{Term: fmt.Sprintf("term %05d", i), Funnel: usual(size), Ads: Ads{Clicks: Known(size), CostMicros: Known(size * 1_000_000), Orders7d: Known(int64(i % 2))}}
	}
	b.ReportAllocs()
	for b.Loop() {
		m := market()
		m.SettledWeeks = []string{"2026-10-25"}
		for range BaselineWeeks {
			m.Baseline = append(m.Baseline, testWeek)
			for _, r := range terms {
				m.AddBefore(r)
			}
		}
		for _, r := range terms {
			m.AddNow(r)
			m.AddSettled(r)
		}
		m.Audit()
	}
}
