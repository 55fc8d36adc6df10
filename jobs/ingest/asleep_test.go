package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
)

// An account with nothing to do is left alone: no file is opened for it until
// something falls due or its connection changes.
func TestAQuietAccountIsLeftAlone(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	r.untilIdle()
	last := r.run()
	requests, revision := len(r.amazon.Journal()), r.in.memory.turn
	for range 200 {
		if r.now.Now().Add(10 * time.Second).After(last.Next) {
			t.Fatalf("something is due already at %s", last.Next)
		}
		if o := r.run(); !o.Next.Equal(last.Next) || !o.Idle() {
			t.Fatalf("outcome %+v, was %+v", o, last)
		}
		r.now.Advance(10 * time.Second)
	}
	if n := len(r.amazon.Journal()) - requests; n != 0 {
		t.Errorf("%d requests", n)
	}
	if n := r.in.memory.turn - revision; n > 1 {
		t.Errorf("the account had %d turns within 2,000 s", n)
	}
	c := r.connection(velmora, APISeller)
	record, err := r.app.FindRecordById("connections", c.ID)
	if err != nil {
		t.Fatal(err)
	}
	record.Set("status", StatusFailed)
	if err := r.app.Save(record); err != nil {
		t.Fatal(err)
	}
	before := r.in.memory.turn
	r.run()
	if r.in.memory.turn == before {
		t.Error("a changed connection had no turn")
	}
}

// BenchmarkQuietHour is what a quiet connection costs in an hour of looks every
// twenty seconds.
func BenchmarkQuietHour(b *testing.B) {
	const accounts = 20
	r := agency(b, accounts, sim.Delays{}, func(c *Config) { c.Since = agencyWeek - 7 })
	r.untilIdle()
	for b.Loop() {
		for range 180 {
			r.run()
			r.now.Advance(20 * time.Second)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)/accounts, "ms/connection-hour")
}
