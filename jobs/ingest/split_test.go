package ingest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

const refusedBody = `{"errors":[{"code":"InvalidInput","message":"Invalid input","details":""}]}`

func isSQP(e sim.Entry) bool {
	return e.Operation == sim.OpCreateReport && bytes.Contains(e.Body, []byte(spapi.SQP))
}

// spapi.md trap 33
func TestARequestWithTooManyASINsIsHalved(t *testing.T) {
	r := newRig(t, sim.Config{ASINs: 20, Faults: func(e sim.Entry) *sim.Fault {
		if isSQP(e) && bytes.Count(e.Body, []byte("B0")) > 8 {
			return &sim.Fault{Status: 400, Body: []byte(refusedBody)}
		}
		return nil
	}}, nil)
	r.untilIdle()
	r.wantWhole(velmora)
	splits := map[clock.Day]int{}
	for _, l := range r.ledger(velmora) {
		if l.ErrorClass == classSplit {
			splits[l.Start]++
			if !strings.Contains(l.Error, "in halves") {
				t.Errorf("report %d says %q", l.ID, l.Error)
			}
		}
	}
	for week, n := range splits {
		if n > mostSplits {
			t.Errorf("week %s was split %d times", week, n)
		}
	}
	if len(splits) == 0 || len(splits) > 2 { // then the size that works is known
		t.Errorf("splits %v", splits)
	}
}

// spapi.md trap 33: no explosion of 1+2+4+… requests where everything is
// refused.
func TestHalvingHasABudget(t *testing.T) {
	asked := 0
	r := newRig(t, sim.Config{ASINs: 80, Faults: func(e sim.Entry) *sim.Fault {
		if isSQP(e) {
			asked++
			return &sim.Fault{Status: 400, Body: []byte(refusedBody)}
		}
		return nil
	}}, nil)
	r.untilIdle()
	splits := 0
	for _, l := range r.ledger(velmora) {
		if l.ErrorClass == classSplit {
			splits++
		}
	}
	// One report goes ahead, and with it its halves: the other groups and weeks
	// are not asked for at all.
	if splits == 0 || splits > mostSplits || asked > 2*mostSplits+mostProbes {
		t.Errorf("%d splits, %d requests", splits, asked)
	}
}

// spapi.md §1.3: one report goes ahead of the fan-out.
func TestOneReportGoesAheadInANewMarketplace(t *testing.T) {
	r := newRig(t, sim.Config{ASINs: 60}, nil)
	for range 200 {
		o := r.run()
		var asked, answered int
		for _, l := range r.ledger(velmora) {
			if l.Type != string(spapi.SQP) {
				continue
			}
			if !l.Requested.IsZero() {
				asked++
			}
			if l.State == history.ReportDone || l.State == history.ReportEmpty {
				answered++
			}
		}
		if answered > 0 {
			break
		}
		if asked > 1 {
			t.Fatalf("%d reports were asked for before the first answer", asked)
		}
		if o.Idle() {
			t.Fatal("nothing was asked for")
		}
		r.now.Set(o.Next)
	}
	r.untilIdle()
	r.wantWhole(velmora)
}

// A report that was found at Amazon after a lost answer may be somebody else's:
// its ASINs show only in its document.
func TestAnAdoptedReportForOtherASINsIsDropped(t *testing.T) {
	for name, change := range map[string]func(asins []string) []string{
		"others":       func(a []string) []string { return []string{"B0FOREIGN1", "B0FOREIGN2"} },
		"fewer":        func(a []string) []string { return a[:1] },
		"ours":         func(a []string) []string { return a },
		"in any order": func(a []string) []string { return append([]string{strings.ToLower(a[len(a)-1])}, a[:len(a)-1]...) },
	} {
		t.Run(name, func(t *testing.T) {
			foreign := name == "others" || name == "fewer"
			lost := false
			r := newRig(t, sim.Config{Faults: func(e sim.Entry) *sim.Fault {
				if isSQP(e) && !lost {
					lost = true
					return &sim.Fault{Drop: true}
				}
				return nil
			}}, nil)
			var adopted history.Report
			for range 100 {
				o := r.run()
				for _, l := range r.ledger(velmora) {
					if l.ErrorClass == classAdopted && l.State == history.Waiting {
						adopted = l
					}
				}
				if adopted.ID != 0 || o.Idle() {
					break
				}
				r.now.Set(o.Next)
			}
			if adopted.ID == 0 {
				t.Fatal("nothing was adopted")
			}
			r.now.Set(adopted.Requested.Add(2 * 3600e9))
			r.onlyDue(adopted.ID)
			echo := fmt.Sprintf(`"asin":"%s"`, strings.Join(change(adopted.ASINs), " "))
			r.amazon.FailNext(sim.OpDownload, sim.Fault{Document: func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"asin":"`+strings.Join(adopted.ASINs, " ")+`"`), []byte(echo), 1)
			}})
			r.run()
			after := adopted
			for _, l := range r.ledger(velmora) {
				if l.ID == adopted.ID {
					after = l
				}
			}
			if stored := after.State == history.ReportDone && after.AmazonID == adopted.AmazonID; stored == foreign {
				t.Errorf("the report ended %s as %s, was %s", after.State, after.AmazonID, adopted.AmazonID)
			}
			r.untilIdle()
			r.wantWhole(velmora)
			if files := r.spooled(); len(files) != 0 {
				t.Errorf("spool: %v", files)
			}
		})
	}
}
