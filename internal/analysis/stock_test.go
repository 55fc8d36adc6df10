package analysis

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestTheStockBaselineLeavesCollapsesOut(t *testing.T) {
	for name, c := range map[string]struct {
		before []int64
		weeks  []int
		median float64
		ok     bool
	}{
		"four of many":            {[]int64{900, 100, 200, 300, 400}, []int{1, 2, 3, 4}, 250, true},
		"fewer":                   {[]int64{100, 300}, []int{0, 1}, 200, true},
		"third week out of stock": {[]int64{1000, 1100, 1000, 1050, 20, 15}, []int{0, 1, 2, 3}, 1025, true},
		"nothing":                 {nil, nil, 0, false},
		"too little":              {[]int64{49, 49, 49, 49}, []int{0, 1, 2, 3}, 49, false},
		"never seen":              {[]int64{0, 0, 0}, nil, 0, false},
		"older than 13 weeks":     {append([]int64{9999}, make([]int64, 13)...), nil, 0, false},
	} {
		weeks, median, ok := StockBaseline(c.before)
		if len(weeks) == 0 {
			weeks = nil
		}
		if !reflect.DeepEqual(weeks, c.weeks) || median != c.median || ok != c.ok {
			t.Errorf("%s: weeks %v, median %v, %v", name, weeks, median, ok)
		}
	}
	if !StockCollapsed(200, 1000) || StockCollapsed(201, 1000) {
		t.Error("a fall of exactly 80 % is one, less is none")
	}
}

// adDays are days of a product and of its campaigns.
func adDays(pairs ...int64) (days []AdDay) {
	for i := 0; i < len(pairs); i += 2 {
		days = append(days, AdDay{Known(pairs[i]), Known(pairs[i+1])})
	}
	return days
}

func TestSilenceWhileTheCampaignServes(t *testing.T) {
	usual := adDays(50, 900, 40, 900, 60, 900, 50, 900, 0, 900, 50, 900, 50, 900)
	three := adDays(50, 900, 40, 900, 0, 900, 0, 900, 0, 900, 50, 900, 50, 900)
	if !ProbablyOut(three, usual) {
		t.Error("three silent days are out of stock")
	}
	if two := adDays(50, 900, 40, 900, 10, 900, 0, 900, 0, 900, 50, 900, 50, 900); ProbablyOut(two, usual) {
		t.Error("two silent days are not")
	}
	if paused := adDays(50, 900, 40, 900, 0, 0, 0, 0, 0, 0, 50, 900, 50, 900); ProbablyOut(paused, usual) {
		t.Error("a paused campaign tells nothing of stock")
	}
	missing := slices.Clone(three)
	missing[3].Product = Count{}
	if ProbablyOut(missing, usual) {
		t.Error("a day that is not stored is not silent")
	}
	if seldom := adDays(50, 900, 0, 900, 60, 900, 0, 900, 0, 900, 50, 900, 50, 900); ProbablyOut(three, seldom) {
		t.Error("a product that is often silent tells nothing")
	}
	if ProbablyOut(three, usual[:6]) {
		t.Error("six days are no baseline")
	}
}

// Property: taking knowledge away never makes a product out of stock, and its
// ads being seen never does either.
func TestLessKnowledgeNeverMeansOutOfStock(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	outs := 0
	for range 20_000 {
		day := func(silent float64) AdDay {
			d := AdDay{Known(int64(1 + r.IntN(40))), Known(int64(r.IntN(900)))}
			if r.Float64() < silent {
				d.Product.V = 0
			}
			if r.IntN(10) == 0 {
				d.Campaigns = Count{}
			}
			return d
		}
		week, baseline := make([]AdDay, 7), make([]AdDay, 28)
		for i := range week {
			week[i] = day(.5)
		}
		for i := range baseline {
			baseline[i] = day(.12)
		}
		if ProbablyOut(week, baseline) {
			outs++
			continue
		}
		i := r.IntN(7)
		if week[i].Product.V = week[i].Product.V + 5; r.IntN(2) == 0 {
			week[i].Product = Count{}
		}
		if ProbablyOut(week, baseline) {
			t.Fatalf("%+v after %d lost its silence", week, i)
		}
	}
	if outs < 1000 || outs > 19_000 {
		t.Errorf("%d of 20000 out of stock: the generator decides nothing", outs)
	}
}

func TestACalendarEntryOverrules(t *testing.T) {
	const week = 20_000
	for name, c := range map[string]struct {
		entries []StockEntry
		want    StockVerdict
	}{
		"none":                    {nil, StockUnknown},
		"the whole week out":      {[]StockEntry{{week - 30, week + 30, true}}, StockStatedOut},
		"its last three days out": {[]StockEntry{{week + 4, week + 30, true}}, StockStatedOut},
		"its last two days out":   {[]StockEntry{{week + 5, week + 30, true}}, StockUnknown},
		"in stock":                {[]StockEntry{{week, week + 6, false}}, StockStatedIn},
		"five days in stock":      {[]StockEntry{{week + 2, week + 6, false}}, StockStatedIn},
		"four days in stock":      {[]StockEntry{{week + 3, week + 6, false}}, StockUnknown},
		"another week":            {[]StockEntry{{week - 7, week - 1, true}, {week + 7, week + 9, true}}, StockUnknown},
		"corrected later":         {[]StockEntry{{week, week + 6, true}, {week, week + 6, false}}, StockStatedIn},
		"corrected for some days": {[]StockEntry{{week, week + 6, true}, {week, week + 4, false}}, StockStatedIn},
	} {
		if got := StockStated(c.entries, week); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for v, out := range map[StockVerdict]bool{StockUnknown: false, StockInferred: true, StockStatedOut: true, StockStatedIn: false} {
		if v.Out() != out {
			t.Errorf("%q counts as out: %v", v, !out)
		}
	}
}
