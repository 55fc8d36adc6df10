package analysis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
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

// account is a seller of 80 terms and 13 stored weeks before the audited one,
// whose shares wander a little from week to week. shift moves a term's share in
// the audited week, in logits; a term that it drops from the list is gone.
type account struct {
	seed    uint64
	class   func(i int) Class
	lead    func(i int) string
	shift   func(i int) (by float64, gone bool)
	arrange func(m *Market)
}

const accountTerms = 80

func termName(i int) string { return fmt.Sprintf("kettle %02d", i) }

func (a account) market() *Market {
	r := rand.New(rand.NewPCG(a.seed, 7))
	m := &Market{Marketplace: "ATVPDKIKX0DER", Week: testWeek, Currency: "USD", AdsDays: 7, AdsDaysWanted: 7, State: Settled}
	for w := range BaselineWeeks {
		m.Baseline = append(m.Baseline, fmt.Sprintf("2026-%02d-%02d", 8+w/4, 2+7*(w%4)))
	}
	m.Product = func(asin string) Product {
		return Product{Parent: asin, Economics: Economics{PriceMicros: 40_000_000, Margin: .25}}
	}
	if a.arrange != nil {
		a.arrange(m)
	}
	for i := range accountTerms {
		row := Row{Term: termName(i), Class: GenericTerm, Lead: "B00000000" + string(rune('A'+i%4)), LeadImpressions: Known(10), Concentration: Known(1_000_000), Products: 1}
		if a.class != nil {
			row.Class = a.class(i)
		}
		if a.lead != nil {
			row.Lead = a.lead(i)
		}
		size := int64(300 + 25*i)
		for w := range BaselineWeeks + 1 {
			by, gone := 0., false
			if w == BaselineWeeks && a.shift != nil {
				by, gone = a.shift(i)
			}
			if gone {
				continue
			}
			row.Funnel = drawn(r, size, math.Log(.12/.88)+.1*r.NormFloat64()+by)
			if w == BaselineWeeks {
				m.AddNow(row)
			} else {
				m.AddBefore(w, row)
			}
		}
	}
	return m
}

// drawn draws a week: the share applies to impressions, and the later steps
// follow the market's rates.
func drawn(r *rand.Rand, purchases int64, logit float64) (f Funnel) {
	p := 1 / (1 + math.Exp(-logit))
	for _, step := range Steps {
		market := purchases * [...]int64{100, 20, 5, 1}[step]
		n := float64(market)
		own := int64(math.Round(n*p + math.Sqrt(n*p*(1-p))*r.NormFloat64()))
		f[step] = Cell{Known(max(0, min(market, own))), Known(market)}
	}
	return f
}

func market() *Market {
	return &Market{Marketplace: "ATVPDKIKX0DER", Week: testWeek, Currency: "USD", AdsDays: 7, AdsDaysWanted: 7, State: Settled}
}

func section(t *testing.T, m *Market) MarketAudit {
	t.Helper()
	out, _, err := m.Audit(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func ofKind(list []Finding, kind Kind, level Level) (out []Finding) {
	for _, f := range list {
		if f.Kind == kind && (level == "" || f.Level == level) {
			out = append(out, f)
		}
	}
	return out
}

// halved loses 60 % of the share of one term.
func halved(which int) func(int) (float64, bool) {
	return func(i int) (float64, bool) {
		if i == which {
			return -1.1, false
		}
		return 0, false
	}
}

func TestAnAccountInWhichNothingChangedSaysSo(t *testing.T) {
	confirmed := 0
	for seed := range uint64(20) {
		got := section(t, account{seed: seed}.market())
		if n := len(ofKind(got.Findings, ShareDrop, "")) + len(ofKind(got.Findings, ShareGain, "")); n > 0 {
			confirmed++
		} else if !strings.Contains(got.Verdict, "nothing changed that chance does not explain") {
			t.Errorf("seed %d: %s", seed, got.Verdict)
		}
		if got.Tested.Terms < 60 || got.Tested.SmallestProvableDrop == nil || !(*got.Tested.SmallestProvableDrop > .1 && *got.Tested.SmallestProvableDrop < .9) {
			t.Errorf("seed %d: reach %+v", seed, got.Tested)
		}
	}
	if confirmed > 2 {
		t.Errorf("%d of 20 accounts in which nothing changed were told of a change", confirmed)
	}
}

func TestAConfirmedDropIsNamedWithWhatItRestsOn(t *testing.T) {
	m := account{seed: 3, shift: halved(60)}.market()
	got := section(t, m)
	drops := ofKind(got.Findings, ShareDrop, LevelTerm)
	if len(drops) != 1 || drops[0].Term != termName(60) {
		t.Fatalf("%+v", got.Findings)
	}
	f := drops[0]
	if f.P == nil || *f.P > .01 || f.Low == nil || !(*f.Low < *f.ShareNow && *f.ShareNow < *f.High && *f.High < *f.ShareBefore) || f.N == nil || f.MoneyLowMicros == nil || *f.MoneyLowMicros <= 0 {
		t.Errorf("%+v", f)
	}
	for _, part := range []string{"“kettle 60” fell from", "95% interval", "Confirmed", "13 weeks before", "lower 80% bound", "margin"} {
		if !strings.Contains(f.Text, part) {
			t.Errorf("no %q in: %s", part, f.Text)
		}
	}
	if !strings.Contains(got.Verdict, "1 confirmed drop, 0 confirmed gains") {
		t.Error(got.Verdict)
	}
	if len(got.Decisions) == 0 || !strings.Contains(got.Decisions[0].Do, "kettle 60") || got.Findings[got.Decisions[0].Finding].Term != f.Term {
		t.Errorf("decisions: %+v", got.Decisions)
	}
}

// A drop at several steps is one finding, at the step with most at stake.
func TestOneFindingPerTerm(t *testing.T) {
	got := section(t, account{seed: 4, shift: halved(70)}.market())
	if n := len(ofKind(got.Findings, ShareDrop, LevelTerm)); n != 1 {
		t.Fatalf("%d findings", n)
	}
	if !strings.Contains(ofKind(got.Findings, ShareDrop, LevelTerm)[0].Text, "The same shows in") {
		t.Error("the other steps are not said")
	}
}

func TestATermBelowTheCutOffVanished(t *testing.T) {
	gone := func(i int) (float64, bool) { return 0, i == 79 }
	for _, c := range []struct {
		name string
		cuts map[string]Cut
		want int
	}{
		{"its product's list is cut off far below its usual count", map[string]Cut{"B00000000D": {Known: true, Least: [4]Count{Known(40), Known(2), Known(0), Known(0)}}}, 1},
		{"its product's list is whole", map[string]Cut{"B00000000D": {Known: true}}, 1},
		{"its product's list is cut off above its usual count", map[string]Cut{"B00000000D": {Known: true, Least: [4]Count{Known(1 << 30), Known(1 << 30), Known(1 << 30), Known(1 << 30)}}}, 0},
		{"Amazon has not answered for its product", map[string]Cut{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := account{seed: 5, shift: gone, lead: func(i int) string { return "B00000000D" }}.market()
			if got := m.Missing(); !slices.Equal(got, []string{termName(79)}) {
				t.Fatalf("missing: %v", got)
			}
			m.Cuts, m.Sellers = c.cuts, map[string][]string{termName(79): {"B00000000D"}}
			got := section(t, m)
			list := ofKind(got.Findings, Vanished, "")
			if len(list) != c.want {
				t.Fatalf("%+v", got.Findings)
			}
			if c.want == 1 && (list[0].ShareNow != nil || !strings.Contains(list[0].Text, "below Amazon's cut-off")) {
				t.Errorf("%+v", list[0])
			}
		})
	}
}

func TestAProductOutOfStockIsNoDrop(t *testing.T) {
	out := func(m *Market) { m.Out = map[Absence]bool{{"B00000000A", testWeek}: true} }
	m := account{seed: 6, shift: halved(60), arrange: out}.market() // its lead is B00000000A
	got := section(t, m)
	if len(ofKind(got.Findings, ShareDrop, LevelTerm)) != 0 {
		t.Fatalf("%+v", got.Findings)
	}
	if !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return strings.Contains(h.Why, "out of stock") && h.What == "20 terms" }) {
		t.Errorf("%+v", got.Hidden)
	}
}

func TestARetailEventSuspendsTheTests(t *testing.T) {
	got := section(t, account{seed: 3, shift: halved(60), arrange: func(m *Market) { m.Event = "Prime Day" }}.market())
	if len(got.Findings) != 0 || !strings.Contains(got.Verdict, "Prime Day") || got.Status.Event != "Prime Day" {
		t.Errorf("%s %+v", got.Verdict, got.Findings)
	}
}

func TestAnAccountThatMovesAsAWholeGetsOneFinding(t *testing.T) {
	m := account{seed: 8, shift: func(int) (float64, bool) { return -.5, false }}.market()
	got := section(t, m)
	shifts := ofKind(got.Findings, AccountShift, "")
	if len(shifts) != 1 || got.Findings[0].Kind != AccountShift || !strings.Contains(shifts[0].Text, "went down together") {
		t.Fatalf("%+v", got.Findings)
	}
	if n := len(ofKind(got.Findings, ShareDrop, LevelTerm)); n > 4 {
		t.Errorf("%d terms beside it", n)
	}
	if account := ofKind(got.Findings, ShareDrop, LevelAccount); len(account) == 1 && slices.IndexFunc(got.Findings, func(f Finding) bool { return f.Level == LevelTerm }) >= 0 &&
		slices.IndexFunc(got.Findings, func(f Finding) bool { return f.Level == LevelTerm }) < slices.IndexFunc(got.Findings, func(f Finding) bool { return f.Level == LevelAccount && f.Kind == ShareDrop }) {
		t.Error("terms stand before the whole")
	}
}

// Roll-ups see what no single term can prove, and never decide which terms are
// tested.
func TestAClusterIsToldWhereItsTermsAreTooThin(t *testing.T) {
	family := func(i int) string {
		if i < 20 {
			return "B00000000A"
		}
		return "B00000000" + string(rune('B'+i%3))
	}
	shift := func(i int) (float64, bool) {
		if i < 20 {
			return -.45, false
		}
		return 0, false
	}
	m := account{seed: 9, lead: family, shift: shift}.market()
	got := section(t, m)
	list := ofKind(got.Findings, ShareDrop, LevelCluster)
	if len(list) != 1 || !strings.Contains(list[0].Text, "20 terms around “kettle”") {
		t.Fatalf("%+v", got.Findings)
	}
}

func TestFewStoredWeeksAreNoBaseline(t *testing.T) {
	m := market()
	m.Baseline = []string{"2026-11-01", "2026-11-08"}
	m.AddBefore(0, Row{Term: "a", Funnel: usual(500)})
	m.AddNow(Row{Term: "a", Funnel: funnel(0, 50000, 0, 10000, 0, 2500, 0, 500)})
	got := section(t, m)
	if len(got.Findings) != 0 || !slices.ContainsFunc(got.Hidden, func(h Hidden) bool { return h.Why == "2 weeks are stored before this one; a comparison needs 8" }) {
		t.Errorf("%+v", got)
	}
	if got.Shares.Purchase.Before == nil || *got.Shares.Purchase.Before != .1 {
		t.Errorf("before = %v, want .1 from the weeks there are", got.Shares.Purchase.Before)
	}
}

// Deleting rows never makes a finding of an account in which nothing moved.
func TestMissingRowsNeverMakeAFinding(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 6))
		m := market()
		for w := range BaselineWeeks {
			m.Baseline = append(m.Baseline, fmt.Sprintf("week %02d", w))
		}
		for i := range 40 {
			row := Row{Term: termName(i), Class: GenericTerm, Lead: "B000000001", LeadImpressions: Known(1), Funnel: usual(100 + int64(i)*10)}
			for w := range BaselineWeeks {
				if r.IntN(4) > 0 {
					m.AddBefore(w, row)
				}
			}
			if r.IntN(4) > 0 {
				m.AddNow(row)
			}
		}
		m.Cuts, m.Sellers = map[string]Cut{"B000000001": {Known: true}}, map[string][]string{}
		for _, name := range m.Missing() {
			m.Sellers[name] = []string{"B000000001"}
		}
		for _, f := range section(t, m).Findings {
			t.Errorf("seed %d: %s", seed, f.Text)
		}
	}
}

func TestDemandIsToldFromShare(t *testing.T) {
	m := market()
	m.Baseline = []string{"2026-11-08"}
	m.AddBefore(0, Row{Term: "a", Funnel: usual(200)})
	// Half the market, half the share: 20 purchases became 5; 7.5 by each.
	m.AddNow(Row{Term: "a", Funnel: funnel(500, 10000, 100, 2000, 25, 500, 5, 100)})
	d := section(t, m).Demand
	if d == nil || d.Now != 5 || d.Before != 20 || math.Abs(d.Market+7.5) > 1e-9 || math.Abs(d.Share+7.5) > 1e-9 || math.Abs(d.Market+d.Share-(d.Now-d.Before)) > 1e-9 {
		t.Errorf("%+v", d)
	}
}

func TestADriftIsToldWithItsFirstWeek(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 2))
	const weeks, start = WatchWeeks, 28
	watch := func(drifting bool) (w Watched) {
		w.Term = fmt.Sprint("term ", drifting, r.IntN(1000))
		for k := range weeks {
			by := 0.
			if drifting && k >= start {
				by = -.12 * float64(k-start+1)
			}
			w.Weeks = append(w.Weeks, WatchedWeek{fmt.Sprintf("week %02d", k), drawn(r, 2000, math.Log(.12/.88)+.1*r.NormFloat64()+by)})
		}
		return w
	}
	m := market()
	m.Week = fmt.Sprintf("week %02d", weeks-1)
	m.Watch = []Watched{watch(true)}
	for range 19 {
		m.Watch = append(m.Watch, watch(false))
	}
	list := ofKind(section(t, m).Findings, Drifting, "")
	if len(list) == 0 || list[0].Term != m.Watch[0].Term {
		t.Fatalf("%+v", list)
	}
	for _, f := range list[1:] {
		t.Errorf("an undisturbed term is said to drift: %s", f.Text)
	}
	f := list[0]
	if f.P != nil || f.Weeks == nil || f.Weeks[0] < "week 26" || f.Weeks[0] > "week 33" || f.Weeks[1] != m.Week {
		t.Errorf("%+v %v", f, f.Weeks)
	}
}

func TestGapsOfTheDataAreHiddenWithTheirReason(t *testing.T) {
	m := market()
	m.AdsDays, m.AdsDaysWanted, m.UntermedMicros = 10, 14, 7_000_000
	m.Cells = Cells{Stored: 40, Empty: 1, Truncated: 3, Unavailable: 2}
	m.AddNow(Row{Term: "only ads", Ads: Ads{Clicks: Known(3), CostMicros: Known(4_500_000)}})
	m.AddNow(Row{Term: "odd", Funnel: usual(100), SplitUnknown: true})
	got := section(t, m).Hidden
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
			m := account{seed: 12, shift: halved(50)}.market()
			m.Marketplace, m.SettledWeeks, m.SpendMicros = id, []string{"2026-10-25"}, Known(5)
			names := make([]string, 0, len(m.terms))
			for i := range accountTerms {
				names = append(names, termName(i))
			}
			r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			for _, name := range names {
				old := m.terms[name]
				delete(m.terms, name)
				r.Shuffle(len(old.past), func(i, j int) { old.past[i], old.past[j] = old.past[j], old.past[i] })
				m.terms[name] = old
				m.AddSettled(0, Row{Term: name, Class: GenericTerm, Funnel: usual(100), Ads: Ads{Clicks: Known(40), CostMicros: Known(30_000_000), Orders7d: Known(int64(len(old.past) % 3)), Sales7dMicros: Known(0)}})
			}
			markets = append(markets, section(t, m))
		}
		r.Shuffle(len(markets), func(i, j int) { markets[i], markets[j] = markets[j], markets[i] })
		b, err := json.Marshal(Compose("a", testWeek, Settled, markets))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := build(1)
	for seed := range uint64(10) {
		if got := build(seed); !bytes.Equal(first, got) {
			t.Fatalf("seed %d:\n%s\n%s", seed, first, got)
		}
	}
}

func TestAuditJSON(t *testing.T) {
	m := market()
	m.SpendMicros = Known(12_000_000)
	m.AddNow(Row{Term: "a", Funnel: usual(100)})
	b, err := json.MarshalIndent(Compose("acc", testWeek, Settled, []MarketAudit{section(t, m)}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "version": 2,
 "account": "acc",
 "week": "2026-11-15",
 "state": "settled",
 "marketplaces": [
  {
   "marketplace": "ATVPDKIKX0DER",
   "currency": "USD",
   "verdict": "`
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("%s", b)
	}
	for _, part := range []string{`"spend_micros": 12000000`, `"hidden": [`, `"own": 1000,
     "market": 10000,
     "share": 0.1,`, `"before": null`, `"decisions": []`, `"findings": []`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("no %s in\n%s", part, b)
		}
	}
	empty, _ := json.Marshal(Compose("acc", testWeek, Final, nil))
	if got, want := string(empty), `{"version":2,"account":"acc","week":"2026-11-15","state":"final","marketplaces":[]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRevisionsSayWhatARecomputationChanged(t *testing.T) {
	section := func(spend int64, findings ...Finding) []MarketAudit {
		return []MarketAudit{{Marketplace: "A1F83G8C2ARO7P", Currency: "GBP", SpendMicros: &spend, Findings: findings}}
	}
	before := Compose("a", testWeek, Provisional, section(1_000_000, Finding{Kind: ShareDrop, Level: LevelTerm, Term: "x", Text: "one"}, Finding{Kind: Waste, Term: "y", Text: "two"}))
	now := Compose("a", testWeek, Settled, section(2_000_000, Finding{Kind: ShareDrop, Level: LevelTerm, Term: "x", Text: "one and more"}, Finding{Kind: Scale, Term: "z", Text: "three"}))
	var got []string
	for _, r := range Revisions(before, now) {
		got = append(got, r.What+" "+string(r.Kind)+" "+r.Term)
	}
	if want := []string{"state  ", "spend  ", "changed share_drop x", "added scale z", "gone waste y"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if list := Revisions(now, now); len(list) != 0 {
		t.Errorf("%v", list)
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
		for w := range BaselineWeeks {
			m.Baseline = append(m.Baseline, testWeek)
			for _, r := range terms {
				m.AddBefore(w, r)
			}
		}
		for _, r := range terms {
			m.AddNow(r)
			m.AddSettled(0, r)
		}
		if _, _, err := m.Audit(nil); err != nil {
			b.Fatal(err)
		}
	}
}
