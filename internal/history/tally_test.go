package history

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
)

func TestReportsAreCountedByHowTheyEnded(t *testing.T) {
	f := testFacts(t)
	row := func(asin string, state ReportState, class string, ended time.Time) Report {
		return Report{API: SPAPI, Seller: seller, Marketplace: us, Type: string(spapi.SQP), Period: Week, Start: week, End: week + 6,
			ASINs: []string{asin}, State: state, ErrorClass: class, Requested: ended.Add(-time.Hour), Finished: ended, Created: ended.Add(-2 * time.Hour), Rows: 5}
	}
	open := row("E", Waiting, "", now)
	open.Finished = time.Time{}
	if err := f.Plan(t.Context(), []Report{
		row("A", Failed, "amazon", now), row("B", Failed, "amazon", now.Add(-time.Hour)), row("C", ReportDone, "", now),
		row("D", Failed, "amazon", now.Add(-30*time.Hour)), open,
	}); err != nil {
		t.Fatal(err)
	}
	got, err := f.Ended(t.Context(), now.Add(-24*time.Hour))
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range got {
		want := Tally{API: SPAPI, Seller: seller, Marketplace: us, State: c.State, Count: 1, Rows: 5, Last: c.Last}
		if c.State == Failed {
			want.Count, want.Rows, want.Class = 2, 10, "amazon"
		}
		if c != want || !c.Last.Equal(now) {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
	for since, want := range map[time.Duration]int{-time.Hour: 3, -90 * time.Minute: 3, -3 * time.Hour: 4, -40 * time.Hour: 5} {
		if n, err := f.SQPAsked(t.Context(), seller, now.Add(since)); n != want || err != nil {
			t.Errorf("asked since %s: %d, want %d; %v", since, n, want, err)
		}
	}
	if n, _ := f.SQPAsked(t.Context(), "A1OTHER", now.Add(-40*time.Hour)); n != 0 {
		t.Errorf("another seller's: %d", n)
	}
}
