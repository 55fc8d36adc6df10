package history

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
)

func termsWeek(t testing.TB) *Facts {
	t.Helper()
	f := testFacts(t)
	withProfile(t, f)
	rng := random(1)
	var rows []spapi.SQPRow
	for i := range 57 {
		rows = append(rows, sqpRow("B000000001", fmt.Sprintf("water %c bottle %d", 'a'+i%3, i), 400+80*rng.Int64N(5), 10+rng.Int64N(4), rng.Int64N(5), 1, rng.Int64N(2)))
	}
	replaceSQP(t, f, sqpSlice(now, "B000000001"), rows...)
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), termRow(week, "water a bottle 0", 2), termRow(week, "only ads", 3), termRow(week, "only ads too", 3))
	rebuild(t, f)
	return f
}

// Paging by any column, in either direction, visits each term once, in order,
// unknown values last.
func TestPagesCoverAllTermsInOrder(t *testing.T) {
	f := termsWeek(t)
	for _, column := range SortColumns {
		for _, sort := range []string{column, "-" + column} {
			t.Run(sort, func(t *testing.T) {
				q := TermsQuery{Marketplace: us, Week: week, Sort: sort, Limit: 7}
				var all []JoinedRow
				seen := map[int64]bool{}
				for {
					page, next, total, err := f.Terms(t.Context(), q)
					if err != nil || total != 59 {
						t.Fatalf("total %d, %v; want 59", total, err)
					}
					for _, r := range page {
						if seen[r.TermID] {
							t.Fatalf("%q comes twice", r.Term)
						}
						seen[r.TermID] = true
					}
					all = append(all, page...)
					if next == "" {
						break
					}
					q.Cursor = next
				}
				if len(all) != 59 {
					t.Fatalf("%d terms", len(all))
				}
				if column == "volume" {
					volumes := make([]Count, len(all))
					for i, r := range all {
						volumes[i] = r.Volume
					}
					if !volumes[56].Valid || volumes[57].Valid || volumes[58].Valid {
						t.Errorf("volumes %v: unknown ones come last", volumes)
					}
					sorted := slices.IsSortedFunc(volumes[:57], func(a, b Count) int {
						if sort[0] == '-' {
							a, b = b, a
						}
						return int(a.V - b.V)
					})
					if !sorted {
						t.Errorf("volumes %v are not in order", volumes)
					}
				}
			})
		}
	}
}

func TestTermsAreSearchedByKey(t *testing.T) {
	f := termsWeek(t)
	for search, want := range map[string]int{"WATER  A": 19, "only": 2, "100%": 0, "bottle 5": 8, "": 59} {
		_, _, total, err := f.Terms(t.Context(), TermsQuery{Marketplace: us, Week: week, Search: search})
		if err != nil || total != want {
			t.Errorf("%q finds %d, %v; want %d", search, total, err, want)
		}
	}
}

func TestMalformedQueriesAreRefused(t *testing.T) {
	f := termsWeek(t)
	_, next, _, err := f.Terms(t.Context(), TermsQuery{Marketplace: us, Week: week, Limit: 1})
	if err != nil || next == "" {
		t.Fatal(next, err)
	}
	for _, q := range []TermsQuery{
		{Sort: "volume; DROP TABLE joined"}, {Cursor: "?"}, {Cursor: "e30"}, {Sort: "term", Cursor: next},
	} {
		q.Marketplace, q.Week = us, week
		if _, _, _, err := f.Terms(t.Context(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v: %v, want ErrQuery", q, err)
		}
	}
	page, next, total, err := f.Terms(t.Context(), TermsQuery{Marketplace: germany, Week: week})
	if len(page) != 0 || next != "" || total != 0 || err != nil {
		t.Errorf("a marketplace without facts: %v %q %d %v", page, next, total, err)
	}
}

func TestTermHistory(t *testing.T) {
	f := testFacts(t)
	for _, weeks := range []int{0, 1, 3} {
		s := sqpSlice(now, "B000000001")
		s.Start, s.End = week-clock.Day(7*weeks), week-clock.Day(7*weeks)+6
		replaceSQP(t, f, s, sqpRow("B000000001", "a", int64(400+weeks), 4))
	}
	rebuild(t, f)
	row := joinedTerm(t, f, "a")
	term, rows, err := f.TermHistory(t.Context(), us, row.TermID, week-14, week)
	if err != nil || term.Text != "a" || len(rows) != 2 || rows[0].Week != week-7 || rows[1].Volume != n(400) {
		t.Errorf("history %+v %+v, %v; want two weeks, oldest first", term, rows, err)
	}
	weeks, err := f.Weeks(t.Context(), us)
	if err != nil || !slices.Equal(weeks, []clock.Day{week, week - 7, week - 21}) {
		t.Errorf("weeks %v, %v", weeks, err)
	}
	if _, _, err := f.TermHistory(t.Context(), us, row.TermID+1000, week, week); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown term: %v", err)
	}
	if _, _, err := f.TermHistory(t.Context(), germany, row.TermID, week, week); !errors.Is(err, ErrNotFound) {
		t.Errorf("another marketplace: %v", err)
	}
}
