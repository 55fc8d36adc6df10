package history

import (
	"errors"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
)

func TestTheLedgerPlansATargetOnce(t *testing.T) {
	f := testFacts(t)
	r := Report{
		Connection: "c1", API: SPAPI, Seller: seller, Marketplace: us, Type: "SQP", Period: Week,
		Start: week, End: week + 6, ASINs: []string{"B000000001", "B000000002"},
	}
	turned := r
	turned.ASINs = []string{"B000000002", "B000000001"}
	if err := f.Plan(t.Context(), []Report{r, turned, r}); err != nil {
		t.Fatal(err)
	}
	open, err := f.OpenReports(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatalf("open %+v, %v", open, err)
	}
	got := open[0]
	if got.State != Planned || !got.Created.Equal(now) || !got.NextAt.IsZero() || len(got.ASINs) != 2 || got.Start != week {
		t.Errorf("planned %+v", got)
	}
	// spapi.md trap 25: the state and Amazon's id survive.
	got.State, got.AmazonID, got.NextAt, got.Attempts = Waiting, "ID1", now.Add(time.Minute), 2
	if err := f.SaveReport(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	open, _ = f.OpenReports(t.Context())
	if open[0].AmazonID != "ID1" || !open[0].NextAt.Equal(now.Add(time.Minute)) {
		t.Errorf("saved %+v", open[0])
	}
	// The slice finishes its ledger row in its own transaction.
	s := sqpSlice(now, r.ASINs...)
	s.Report = got.ID
	replaceSQP(t, f, s, sqpRow("B000000001", "a", 400, 4))
	if open, _ = f.OpenReports(t.Context()); len(open) != 0 {
		t.Errorf("still open %+v", open)
	}
	done, err := f.Reports(t.Context(), ReportFilter{States: []ReportState{ReportDone}, API: SPAPI})
	if err != nil || len(done) != 1 || done[0].Rows != 1 || !done[0].Finished.Equal(now) {
		t.Errorf("done %+v, %v", done, err)
	}
	if err := f.Plan(t.Context(), []Report{r}); err != nil {
		t.Fatal(err)
	}
	if open, _ = f.OpenReports(t.Context()); len(open) != 1 {
		t.Error("a finished target could not be planned again")
	}
	for name, filter := range map[string]ReportFilter{
		"type": {Type: "SCP"}, "state": {States: []ReportState{Failed, Abandoned}}, "since": {Since: now.Add(time.Hour)}, "connection": {Connection: "c2"},
	} {
		if list, err := f.Reports(t.Context(), filter); err != nil || len(list) != 0 {
			t.Errorf("filter by %s: %+v, %v", name, list, err)
		}
	}
	if list, _ := f.Reports(t.Context(), ReportFilter{Limit: 1, Since: now}); len(list) != 1 || list[0].ID == got.ID {
		t.Errorf("newest first, at most one: %+v", list)
	}
	if err := f.SaveReport(t.Context(), Report{ID: 999}); !errors.Is(err, ErrNoReport) {
		t.Errorf("error %v, want ErrNoReport", err)
	}
}

func TestASliceOfAnUnknownReportIsRolledBack(t *testing.T) {
	f := testFacts(t)
	s := sqpSlice(now, "B000000001")
	s.Report = 999
	_, err := f.ReplaceSQP(t.Context(), s, func(func(*spapi.SQPRow) error) (spapi.Summary, error) { return spapi.Summary{}, nil })
	if !errors.Is(err, ErrNoReport) || count(t, f, "sqp_cells") != 0 {
		t.Errorf("error %v, %d cells", err, count(t, f, "sqp_cells"))
	}
}

// spapi.md trap 47
func TestBucketsSurvive(t *testing.T) {
	f := testFacts(t)
	want := Bucket{Key: "createReport|" + seller + "|na", Tokens: 0.25, Rate: 0.0167, Burst: 15, At: now}
	if _, ok, err := f.Bucket(t.Context(), want.Key); ok || err != nil {
		t.Errorf("before: %v, %v", ok, err)
	}
	if err := f.SaveBucket(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := f.Bucket(t.Context(), want.Key); !ok || err != nil || got != want {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
}
