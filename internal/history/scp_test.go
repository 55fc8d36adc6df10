package history

import (
	"reflect"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
)

func scpRowFor(asin string, impressions int64) spapi.SCPRow {
	r := spapi.SCPRow{Start: week, End: week + 6, ASIN: asin, SearchSales: usd(5_000_000)}
	r.Impressions.Count = n(impressions)
	return r
}

func replaceSCP(t testing.TB, f *Facts, s SCPSlice, rows ...spapi.SCPRow) Stored {
	t.Helper()
	stored, err := f.ReplaceSCP(t.Context(), s, func(yield func(*spapi.SCPRow) error) (spapi.Summary, error) {
		return spapi.Summary{Unit: spapi.UnitFraction}, rowsOf(rows...)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestCatalogueOfTheNewestPeriodNamesTheASINs(t *testing.T) {
	f := testFacts(t)
	whole := SCPSlice(sqpSlice(now))
	replaceSCP(t, f, whole, scpRowFor("B000000001", 10), scpRowFor("B000000002", 30), scpRowFor("B000000003", 20))
	list, err := f.ASINs(t.Context(), seller, us)
	if want := []string{"B000000002", "B000000003", "B000000001"}; err != nil || !reflect.DeepEqual(list, want) {
		t.Fatalf("ASINs %v, %v; want %v", list, err, want)
	}
	whole.FetchedAt = now.Add(time.Hour)
	if stored := replaceSCP(t, f, whole, scpRowFor("B000000001", 10), scpRowFor("B000000002", 30), scpRowFor("B000000003", 20)); stored.Changed {
		t.Error("an identical catalogue changed something")
	}
	if stored := replaceSCP(t, f, whole, scpRowFor("B000000001", 10)); !stored.Changed {
		t.Error("two ASINs vanished and nothing changed")
	}
	if list, _ = f.ASINs(t.Context(), seller, us); len(list) != 1 {
		t.Errorf("ASINs %v after two vanished", list)
	}
	older := whole
	older.Start, older.End = week-7, week-1
	replaceSCP(t, f, older, scpRowFor("B000000009", 99))
	if list, _ = f.ASINs(t.Context(), seller, us); !reflect.DeepEqual(list, []string{"B000000001"}) {
		t.Errorf("ASINs %v, want those of the newest period", list)
	}
}

func TestAskedASINsWithoutCatalogueRowAreCovered(t *testing.T) {
	f := testFacts(t)
	stored := replaceSCP(t, f, SCPSlice(sqpSlice(now, "B000000001", "B000000002")), scpRowFor("B000000001", 10), scpRowFor("B000000007", 10))
	if stored.Cells != 2 || stored.Empty != 1 || stored.Unasked != 1 {
		t.Errorf("stored %+v", stored)
	}
	cells, err := f.SCPCoverage(t.Context(), us, Week, week, week)
	if err != nil || len(cells) != 2 || cells[1].State != Empty || cells[0].Unit != "fraction" {
		t.Errorf("coverage %+v, %v", cells, err)
	}
}
