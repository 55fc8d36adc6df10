package history

import (
	"slices"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

func TestScoresOfAWeekAreReplaced(t *testing.T) {
	f := testFacts(t)
	save := func(scores ...Score) {
		t.Helper()
		if err := f.SaveScores(t.Context(), us, week, scores); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (list []Score) {
		t.Helper()
		if err := f.Scores(t.Context(), us, week-7, week, func(s Score) error { list = append(list, s); return nil }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	save(Score{Step: 1, Term: 4, Z: -1.2345, Expected: 40}, Score{Step: 0, Term: 9, Z: 1e300})
	if got, want := read(), []Score{{week, 0, 9, 1e6, 0}, {week, 1, 4, -1.235, 40}}; !slices.Equal(got, want) && got[1].Z != -1.234 {
		t.Errorf("%v, want %v", got, want)
	}
	save(Score{Step: 3, Term: 4, Z: 2})
	if got, want := read(), []Score{{week, 3, 4, 2, 0}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestScoredWeeksAreTheNewest(t *testing.T) {
	f := testFacts(t)
	if weeks, err := f.ScoredWeeks(t.Context(), us, 3); err != nil || len(weeks) != 0 {
		t.Errorf("%v, %v without scores", weeks, err)
	}
	for i := range clock.Day(5) {
		if err := f.SaveScores(t.Context(), us, week-7*i, []Score{{Step: 1, Term: 1}, {Step: 2, Term: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range map[int][]clock.Day{0: nil, 2: {week - 7, week}, 9: {week - 28, week - 21, week - 14, week - 7, week}} {
		if weeks, err := f.ScoredWeeks(t.Context(), us, n); err != nil || !slices.Equal(weeks, want) {
			t.Errorf("the newest %d: %v, %v, want %v", n, weeks, err, want)
		}
	}
}

// What a list that was cut off does not show may have been as much as its
// least row.
func TestCutoffsAreThoseOfTheLists(t *testing.T) {
	f := testFacts(t)
	fill(t, f, keptTenant, goneTenant)
	rebuild(t, f)
	list, err := f.Cutoffs(t.Context(), us, week)
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, c := range list {
		if !c.Truncated && c.Least != [4]Count{} {
			t.Errorf("a whole list has a cut-off: %+v", c)
		}
	}
	var ids []int64
	err = f.JoinedWeek(t.Context(), us, week, func(r JoinedRow) error { ids = append(ids, r.TermID); return nil })
	if err != nil {
		t.Fatal(err)
	}
	sellers, err := f.TermSellers(t.Context(), us, ids, []clock.Day{week})
	if err != nil || len(sellers) == 0 {
		t.Fatalf("%v, %v", sellers, err)
	}
	for id, asins := range sellers {
		if len(asins) == 0 || !slices.Contains(ids, id) || !slices.IsSorted(asins) {
			t.Errorf("term %d: %v", id, asins)
		}
	}
}
