package history

import (
	"fmt"
	"slices"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
)

func cellStates(cells []GridCell) (list []CellState) {
	for _, c := range cells {
		list = append(list, c.State())
	}
	return list
}

// TestTheGridSaysOfEveryCellWhereItStands stores one cell of every kind and
// reads them back.
func TestTheGridSaysOfEveryCellWhereItStands(t *testing.T) {
	f := testFacts(t)
	starts := []clock.Day{week - 7, week, week + 7}
	rows := []spapi.SQPRow{sqpRow("B0STORED", "bottle", 900, 10)}
	for i := range 100 {
		rows = append(rows, sqpRow("B0CUT", fmt.Sprintf("bottle %d", i), 900, 10))
	}
	replaceSQP(t, f, sqpSlice(now, "B0STORED", "B0CUT", "B0EMPTY"), rows...)
	unpublished := sqpSlice(now, "B0STORED", "B0CUT")
	unpublished.Start, unpublished.End = week+7, week+13
	if err := f.MarkUnavailable(t.Context(), unpublished); err != nil {
		t.Fatal(err)
	}
	catalogue := SCPSlice(sqpSlice(now))
	_, err := f.ReplaceSCP(t.Context(), catalogue, func(yield func(*spapi.SCPRow) error) (spapi.Summary, error) {
		return spapi.Summary{}, rowsOf(spapi.SCPRow{Start: week, End: week + 6, ASIN: "B0STORED"}, spapi.SCPRow{Start: week, End: week + 6, ASIN: "B0LISTED"})(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	row := func(start clock.Day, state ReportState, class string, asins ...string) Report {
		return Report{API: SPAPI, Seller: seller, Marketplace: us, Type: string(spapi.SQP), Period: Week,
			Start: start, End: start + 6, ASINs: asins, State: state, ErrorClass: class}
	}
	err = f.Plan(t.Context(), []Report{
		row(week, Failed, "amazon", "B0STORED", "B0FAILED"),
		row(week, Failed, "split", "B0LISTED"), // its halves speak
		row(week, Waiting, "", "B0STORED", "B0QUEUED"),
		row(week+7, Failed, "not published", "B0QUEUED"),
		row(week+7, Failed, "document", "B0FAILED"),
		row(week+7, Planned, "", "B0FAILED", "B0CUT"),
		{API: SPAPI, Seller: seller, Marketplace: us, Type: string(spapi.SCP), Period: Week, Start: week + 7, End: week + 13, State: Failed, ErrorClass: "deadline"},
	})
	if err != nil {
		t.Fatal(err)
	}
	grids, err := f.Grids(t.Context(), us, Week, starts)
	if err != nil || len(grids) != 1 {
		t.Fatalf("grids %v, %v", grids, err)
	}
	g := grids[0]
	want := map[string][]CellState{
		"B0CUT":    {CellMissing, Truncated, CellQueued},
		"B0EMPTY":  {CellMissing, Empty, CellMissing},
		"B0FAILED": {CellMissing, CellFailed, CellQueued},
		"B0LISTED": {CellMissing, CellMissing, CellMissing},
		"B0QUEUED": {CellMissing, CellQueued, NotPublished},
		"B0STORED": {CellMissing, Complete, NotPublished},
	}
	for i, asin := range g.ASINs {
		if got := cellStates(g.Row(i)); !slices.Equal(got, want[asin]) {
			t.Errorf("%s: %v, want %v", asin, got, want[asin])
		}
	}
	if g.Seller != seller || len(g.ASINs) != len(want) {
		t.Errorf("seller %s, ASINs %v", g.Seller, g.ASINs)
	}
	if got := cellStates(g.Catalogue); !slices.Equal(got, []CellState{CellMissing, Complete, CellFailed}) {
		t.Errorf("catalogue %v", got)
	}
	at := func(asin string) int { return slices.Index(g.ASINs, asin) }
	if got := []string{g.Cause(at("B0FAILED"), 1), g.Cause(-1, 2), g.Cause(at("B0STORED"), 1)}; !slices.Equal(got, []string{"amazon", "deadline", ""}) {
		t.Errorf("causes %q", got)
	}
	cell := g.Row(at("B0STORED"))[1]
	if cell.Rows != 1 || !cell.FetchedAt().Equal(now) || !cell.Refreshing() {
		t.Errorf("stored cell %+v", cell)
	}
	if cut := g.Row(at("B0CUT")); cut[1].Rows != 100 || cut[1].Refreshing() || cut[2].Refreshing() || !cut[0].FetchedAt().IsZero() {
		t.Errorf("truncated cells %+v", cut)
	}
	if other, err := f.Grids(t.Context(), germany, Week, starts); err != nil || other != nil {
		t.Errorf("another marketplace: %v, %v", other, err)
	}
	from, to, ok, err := f.CoverageSpan(t.Context(), Week)
	if markets, merr := f.CoverageMarkets(t.Context(), Week); err != nil || merr != nil || !ok || from != week || to != week+7 || !slices.Equal(markets, []string{us}) {
		t.Errorf("span %s..%s %v %v, markets %v %v", from, to, ok, err, markets, merr)
	}
}

// TestAnASINThatTheCatalogueDoesNotNameIsNotMissing: it is not asked for.
func TestAnASINThatTheCatalogueDoesNotNameIsNotMissing(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B0OLD"), sqpRow("B0OLD", "bottle", 900, 1))
	next := SCPSlice(sqpSlice(now))
	next.Start, next.End = week+7, week+13
	_, err := f.ReplaceSCP(t.Context(), next, func(yield func(*spapi.SCPRow) error) (spapi.Summary, error) {
		return spapi.Summary{}, rowsOf(spapi.SCPRow{Start: week + 7, End: week + 13, ASIN: "B0NEW"})(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	grids, err := f.Grids(t.Context(), us, Week, []clock.Day{week, week + 7})
	if err != nil || len(grids) != 1 || len(grids[0].ASINs) != 2 {
		t.Fatalf("%v, %v", grids, err)
	}
	if got := cellStates(grids[0].Row(0)); !slices.Equal(got, []CellState{CellMissing, CellMissing}) {
		t.Errorf("the new ASIN: %v", got)
	}
	if got := cellStates(grids[0].Row(1)); !slices.Equal(got, []CellState{Complete, CellNotListed}) {
		t.Errorf("the old ASIN: %v", got)
	}
}

func TestTheGridOfAdDays(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	s := adSlice(ads.SPSearchTerm, now)
	s.To = week + 1
	replaceTerms(t, f, s, termRow(week, "bottle", 3))
	gone := s
	gone.From, gone.To = week+2, week+2
	if err := f.MarkUnavailable(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	row := func(from, to clock.Day, state ReportState, class string) Report {
		return Report{API: Ads, Profile: profileID, Marketplace: us, Type: string(ads.SPSearchTerm), Start: from, End: to, State: state, ErrorClass: class}
	}
	if err := f.Plan(t.Context(), []Report{
		row(week-30, week+4, Failed, "forbidden"),
		row(week+4, week+5, Waiting, ""),
		row(week-1, week, Requesting, ""),
	}); err != nil {
		t.Fatal(err)
	}
	g, err := f.AdGrid(t.Context(), profileID, ads.SPSearchTerm, week, week+6)
	if err != nil {
		t.Fatal(err)
	}
	want := []CellState{Complete, Empty, NotPublished, CellFailed, CellQueued, CellQueued, CellMissing}
	if got := cellStates(g.Cells); !slices.Equal(got, want) || g.Cause(3) != "forbidden" || !g.Cells[0].Refreshing() || g.Cells[1].Refreshing() {
		t.Errorf("days %v, want %v; %+v", got, want, g)
	}
	newest, err := f.NewestAdDays(t.Context())
	if err != nil || len(newest) != 1 || newest[0] != (AdDay{profileID, ads.SPSearchTerm, week + 1}) {
		t.Errorf("newest %v, %v", newest, err)
	}
	if from, to, ok, err := f.AdSpan(t.Context()); from != week || to != week+2 || !ok || err != nil {
		t.Errorf("span %s..%s %v %v", from, to, ok, err)
	}
}
