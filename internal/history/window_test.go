package history

import (
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

func TestAWindowIsItsWeeks(t *testing.T) {
	for _, rules := range []JoinRules{{}, family} {
		f := testFacts(t)
		randomWeek(t, f, random(5))
		slice := sqpSlice(now, "B000000001")
		slice.Start, slice.End = week-14, week-8
		row := sqpRow("B000000001", "bottle", 900, 40, 4)
		row.Start, row.End = slice.Start, slice.End
		replaceSQP(t, f, slice, row)
		rebuildBy(t, f, rules)

		var window []WindowRow
		weeks := []clock.Day{week, week - 7, week - 14}
		if err := f.Window(t.Context(), us, weeks, func(r WindowRow) error { window = append(window, r); return nil }); err != nil {
			t.Fatal(err)
		}
		ids := []int64{-1}
		for _, r := range window {
			ids = append(ids, r.Term)
		}
		texts, err := f.TermTexts(t.Context(), ids)
		if err != nil || texts[-1] != "" {
			t.Fatal(texts, err)
		}
		next := 0
		for _, w := range weeks {
			err := f.JoinedWeek(t.Context(), us, w, func(r JoinedRow) error {
				want := WindowRow{
					Week: r.Week, Term: r.TermID, Class: r.Class, Volume: r.Volume,
					Impressions: r.Impressions, Clicks: r.Clicks, CartAdds: r.CartAdds, Purchases: r.Purchases,
					Ads: r.Ads, OrganicClicks: r.OrganicClicks, OrganicPurchases: r.OrganicPurchases, Split: r.Split,
					Lead: r.Lead, LeadImpressions: r.LeadImpressions, Concentration: r.Concentration, Exact: r.Exact,
				}
				if next >= len(window) || window[next] != want || texts[r.TermID] != r.Term {
					t.Errorf("row %d of the window is not %+v", next, want)
				}
				next++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if next != len(window) || next < 5 {
			t.Errorf("%d rows, %d in the window", next, len(window))
		}

		var parts []PartRow
		if err := f.ParentWindow(t.Context(), us, weeks, func(r PartRow) error { parts = append(parts, r); return nil }); err != nil {
			t.Fatal(err)
		}
		next = 0
		for _, w := range weeks {
			same := func(r JoinedRow) error {
				want := PartRow{
					Week: r.Week, Term: r.TermID, Key: r.Key,
					Impressions: r.Impressions, Clicks: r.Clicks, CartAdds: r.CartAdds, Purchases: r.Purchases,
					Ads: r.Ads, OrganicClicks: r.OrganicClicks, OrganicPurchases: r.OrganicPurchases, Split: r.Split,
				}
				if next >= len(parts) || parts[next] != want {
					t.Errorf("part %d is not %+v", next, want)
				}
				next++
				return nil
			}
			read := f.JoinedASINs
			if rules.Parent != nil {
				read = f.JoinedParents
			}
			if err := read(t.Context(), us, w, same); err != nil {
				t.Fatal(err)
			}
		}
		if next != len(parts) || next < 10 {
			t.Errorf("%d parts, %d in the window", next, len(parts))
		}
	}
}

func TestAChangeOfRulesMakesAllWeeksDirtyNewestFirst(t *testing.T) {
	f := testFacts(t)
	for _, w := range []clock.Day{week - 7, week, week - 14} {
		slice := sqpSlice(now, "B000000001")
		slice.Start, slice.End = w, w+6
		row := sqpRow("B000000001", "bottle", 900, 40, 4)
		row.Start, row.End = slice.Start, slice.End
		replaceSQP(t, f, slice, row)
	}
	rebuild(t, f)
	if err := f.MarkAllDirty(t.Context()); err != nil {
		t.Fatal(err)
	}
	dirty, err := f.DirtyWeeks(t.Context())
	if err != nil || len(dirty) != 3 || dirty[0].Week != week || dirty[2].Week != week-14 {
		t.Fatalf("dirty %v, %v", dirty, err)
	}
	rebuildBy(t, f, JoinRules{Classify: func(string) Class { return CompetitorTerm }})
	if row := joinedTerm(t, f, "bottle"); row.Class != CompetitorTerm {
		t.Errorf("class %s", row.Class)
	}
	if dirty, err = f.DirtyWeeks(t.Context()); err != nil || len(dirty) != 0 {
		t.Errorf("still dirty %v, %v", dirty, err)
	}
}
