package ingest

import (
	"bytes"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// spapi.md §1.3 and trap 33
func TestThePackShrinksOnProofAndGrowsWithCaution(t *testing.T) {
	now := wednesday
	p := packing{Most: mostPacked}
	if got := p.tooMany(18, 9, now); got.Most != 9 || got.Good != 9 {
		t.Errorf("a number that never worked was refused: %+v", got)
	}
	p = p.answered(18)
	once := p.tooMany(18, 9, now)
	if once.Most != 18 {
		t.Errorf("one refusal of a number that works: %+v", once)
	}
	if got := once.answered(18).tooMany(18, 9, now); got.Most != 18 {
		t.Errorf("two refusals with an answer between: %+v", got)
	}
	if got := once.tooMany(18, 9, now); got.Most != 9 {
		t.Errorf("two refusals in a row: %+v", got)
	}
	p = packing{Most: mostPacked}.tooMany(18, 9, now)
	if got := p.grown(now.Add(packGrows - 1)); got != p {
		t.Errorf("grown before its time: %+v", got)
	}
	for _, want := range []int{13, 15, 16, 17, 18, 18} {
		now = now.Add(packGrows)
		p = p.grown(now).answered(p.Most)
		if p.Most != want {
			t.Fatalf("grown to %d, want %d", p.Most, want)
		}
	}
	p = packing{Most: 9, Good: 9}
	p.Most = 13
	if got := p.tooMany(13, 7, now); got.Most != 9 {
		t.Errorf("after a step that was too large: %+v", got)
	}
}

// A seller whose reports Amazon makes for eight ASINs at most is asked for as
// many from the second week on, over restarts too.
func TestTheSizeThatWorksIsRemembered(t *testing.T) {
	const most = 8
	r := newRig(t, sim.Config{ASINs: 50, Faults: func(e sim.Entry) *sim.Fault {
		if isSQP(e) && bytes.Count(e.Body, []byte("B0")) > most {
			return &sim.Fault{Status: 400, Body: []byte(refusedBody)}
		}
		return nil
	}}, nil)
	r.untilIdle()
	r.wantWhole(velmora)
	first := 0
	for _, l := range r.ledger(velmora) {
		if l.ErrorClass == classSplit {
			first++
		}
	}
	if first == 0 {
		t.Fatal("nothing was refused")
	}
	r.reopen()
	next := day(t, "2026-11-22")
	r.now.Set(publishedAt(next))
	r.untilIdle()
	r.now.Advance(21 * time.Hour)
	r.untilIdle()
	r.wantWhole(velmora)
	split, answered := 0, 0
	for _, l := range reportsOf(r, next, spapi.SQP) {
		switch {
		case l.ErrorClass == classSplit:
			split++
		case l.State == history.ReportDone || l.State == history.ReportEmpty:
			answered++
		}
		if len(l.ASINs) > most+1 {
			t.Errorf("%d ASINs were asked for in one report", len(l.ASINs))
		}
	}
	if answered == 0 || split > 1 {
		t.Errorf("of the next week %d reports were answered, %d halved", answered, split)
	}
}
