package ingest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// catalogueOf is n ASINs whose impressions fall off as they do with sellers:
// the k-th has 1/k of the first.
func catalogueOf(n int) (list []history.Weight) {
	for i := range n {
		list = append(list, history.Weight{ASIN: fmt.Sprintf("B%09d", i), Impressions: int64(1e6 / (i + 1))})
	}
	return list
}

// 900 ASINs in five marketplaces at twenty requests a day: 250 groups want 12½
// days, a week has seven.
func TestALargeSellersHeadComesEveryWeekAndTheRestInTurns(t *testing.T) {
	o := newOrder(catalogueOf(900))
	first := day(t, "2026-11-15")
	fetched := map[string]int{} // marketplace and group: times in eight weeks
	confirmed := 0
	for n := range 8 {
		week := first + clock.Day(7*n)
		var all []wanted
		for market := range 5 {
			for _, pack := range spapi.PackASINs(o.asins()) {
				for _, w := range []wanted{{rank: rankNewest}, {rank: rankConfirm}, {rank: rankBackfill}} {
					w.Report = history.Report{Type: string(spapi.SQP), Marketplace: fmt.Sprint(market), Start: week, ASINs: pack}
					if w.rank != rankNewest {
						w.Start -= 7
					}
					o.classify(&w)
					all = append(all, w)
				}
			}
		}
		if !arrange(all, 20) {
			t.Fatal("the seller does not count as large")
		}
		last := rankNewest
		for i, w := range all[:7*20] {
			if w.rank == rankConfirm {
				confirmed++
			}
			if w.rank != rankNewest {
				last = w.rank
				continue
			}
			if w.tier == head && last != rankNewest {
				t.Fatalf("report %d: a newest head comes after %d", i, last)
			}
			fetched[w.Marketplace+w.ASINs[0]]++
		}
	}
	if confirmed < 20 {
		t.Errorf("%d groups were confirmed in 8 weeks", confirmed)
	}
	heads := 0
	for market := range 5 {
		for i := 0; i < 900; i += groupSize {
			n := fetched[fmt.Sprint(market)+o.products[i].ASIN]
			if o.before[i]*5 < o.total*4 {
				if heads++; n != 8 {
					t.Errorf("group %d of the head was fetched %d times in 8 weeks", i/groupSize, n)
				}
			} else if n < 2 {
				t.Errorf("group %d was fetched %d times in 8 weeks", i/groupSize, n)
			}
		}
	}
	if heads == 0 || heads > 125 {
		t.Errorf("%d groups are the head", heads)
	}
}

func TestASmallSellersWeeksComeWholeAndNewestFirst(t *testing.T) {
	o := newOrder(catalogueOf(54))
	newest := day(t, "2026-11-15")
	var all []wanted
	for _, c := range []struct {
		back int
		rank rank
	}{{2, rankBackfill}, {1, rankConfirm}, {0, rankNewest}, {1, rankBackfill}} {
		for _, pack := range spapi.PackASINs(o.asins()) {
			w := wanted{Report: history.Report{Type: string(spapi.SQP), Start: newest - clock.Day(7*c.back), ASINs: pack}, rank: c.rank}
			o.classify(&w)
			all = append([]wanted{w}, all...)
		}
	}
	if arrange(all, 20) {
		t.Fatal("54 ASINs are no large seller")
	}
	got := ""
	for _, w := range all {
		got += fmt.Sprintf("%d/%d/%s ", w.rank, (newest-w.Start)/7, w.ASINs[0][7:])
	}
	if want := "1/0/000 1/0/018 1/0/036 2/1/000 2/1/018 2/1/036 3/1/000 3/1/018 3/1/036 3/2/000 3/2/018 3/2/036 "; got != want {
		t.Errorf("order\n%s, want\n%s", got, want)
	}
}

func TestTheFinishIsEstimatedOverTheDaysToCome(t *testing.T) {
	now := instant(t, "2026-11-25T09:00:00Z")
	midnight := instant(t, "2026-11-26T00:00:00Z")
	for _, c := range []struct {
		n, left int
		reset   time.Time
		want    string
	}{
		{3, 5, midnight, "2026-11-25T09:30:00Z"},
		{5, 5, midnight, "2026-11-25T09:50:00Z"},
		{6, 5, midnight, "2026-11-26T00:10:00Z"},
		{25, 5, midnight, "2026-11-26T03:20:00Z"},
		{26, 5, midnight, "2026-11-27T00:10:00Z"},
		{250, 0, midnight, "2026-12-08T01:40:00Z"}, // twelve whole days and ten
		{2, 0, now.Add(time.Hour), "2026-11-25T10:20:00Z"},
	} {
		if got := finishOf(now, c.n, c.left, 20, c.reset, 10*time.Minute); !got.Equal(instant(t, c.want)) {
			t.Errorf("%d reports, %d today: %s, want %s", c.n, c.left, got, c.want)
		}
	}
	if !finishOf(now, 0, 5, 20, midnight, time.Minute).IsZero() {
		t.Error("nothing to do has an end")
	}
	var done []history.Report
	for i := range 10 {
		done = append(done, history.Report{Finished: now.Add(time.Duration(i)*10*time.Minute + time.Duration(i/5)*8*time.Hour)})
	}
	if got := paceOf(done); got != 10*time.Minute {
		t.Errorf("pace %s", got)
	}
	if got := paceOf(done[:3]); got != usualPace {
		t.Errorf("pace of three %s", got)
	}
}

// What the board remembers is what the fact file says.
func TestTheBoardSaysWhatTheFactsSay(t *testing.T) {
	r := newRig(t, sim.Config{}, func(c *Config) { c.SQPDailyRequests = 2 })
	conn := r.connection(velmora, APISeller)
	plans := 0
	for range 60 {
		o := r.run()
		if conn = r.connection(velmora, APISeller); len(conn.Markets) > 0 {
			r.use(velmora, func(f *history.Facts) error {
				due := func() []history.Report {
					p := &pass{in: r.in, conn: conn, facts: f, log: r.in.log}
					s, err := newSeller(p)
					if err != nil {
						t.Fatal(err)
					}
					reports, _, err := s.due(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					return reports
				}
				remembered := due()
				r.in.memory.boards.m = nil
				if read := due(); !reflect.DeepEqual(remembered, read) {
					t.Fatalf("at %s: remembered %d reports, read %d:\n%v\n%v", r.now.Now(), len(remembered), len(read), remembered, read)
				} else if len(read) > 0 {
					plans++
				}
				return nil
			})
		}
		if o.Idle() {
			break
		}
		r.now.Set(o.Next)
	}
	if plans < 10 {
		t.Errorf("only %d plans had anything", plans)
	}
	r.use(velmora, func(f *history.Facts) error {
		list, err := f.Progress(t.Context())
		sellers, days := 0, 0
		for _, p := range list {
			switch {
			case p.SQPLimit > 0 && p.Done > 0 && p.Done <= p.Total:
				sellers++
			case p.SQPLimit == 0 && p.Done > 0 && p.Done <= p.Total:
				days++
			}
		}
		if err != nil || sellers != 1 || days != 1 {
			t.Errorf("progress %+v, %v", list, err)
		}
		return err
	})
}
