package history

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

func TestProgressIsKeptPerConnection(t *testing.T) {
	f := testFacts(t)
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	first := Progress{Connection: "a", At: now, Waiting: 3, Expected: 7, SQPUsed: 2, SQPLimit: 20, NewestDone: now.Add(time.Hour)}
	second := Progress{Connection: "b", At: now, HaltedUntil: now.Add(time.Hour), AllDone: now.Add(24 * time.Hour)}
	for _, p := range []Progress{second, {Connection: "a", At: now}, first} {
		if err := f.SaveProgress(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != first || got[1] != second {
		t.Errorf("progress %+v", got)
	}
}

func TestTheLedgerIsReadByWhatItCovers(t *testing.T) {
	f := testFacts(t)
	week := clock.Date(2026, 11, 15)
	row := func(api, market, period string, start clock.Day) Report {
		return Report{API: api, Seller: "S", Marketplace: market, Type: "t", Period: period, Start: start, End: start + 6}
	}
	err := f.Plan(t.Context(), []Report{
		row(SPAPI, "US", Week, week-7), row(SPAPI, "US", Week, week), row(SPAPI, "DE", Week, week),
		row(SPAPI, "US", Month, week), row(Ads, "US", "", week), row(SPAPI, "US", Week, week+7),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.ReportsCovering(t.Context(), "US", Week, week-7, week)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Start != week || got[1].Start != week-7 {
		t.Errorf("rows %+v", got)
	}
}
