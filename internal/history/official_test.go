package history

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
)

// TestOfficialExampleImports stores Amazon's own example: its rates contradict
// its counts, which is noted and not fatal, and its market is counted once
// although two ASINs state it (spapi.md traps 7 and 11).
func TestOfficialExampleImports(t *testing.T) {
	shared := os.Getenv("HALOTRACK_SHARED")
	if shared == "" {
		t.Skip("HALOTRACK_SHARED is not set: Amazon's example is not at hand")
	}
	b, err := os.ReadFile(filepath.Join(shared, "amazon/spapi/schemas/sellingPartnerSearchQueryPerformanceReport.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct{ Examples []json.RawMessage }
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	january := clock.Date(2025, 1, 5)
	asins := []string{"B123456789", "B987654321"}
	f := testFacts(t)
	stored, err := f.ReplaceSQP(t.Context(), SQPSlice{Seller: seller, Marketplace: us, Period: Week, Start: january, End: january + 6, ASINs: asins, FetchedAt: now},
		func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			summary, err := spapi.DecodeSQP(bytes.NewReader(schema.Examples[0]),
				spapi.Expect{Marketplace: us, Period: spapi.Week, Start: january, End: january + 6, ASINs: asins}, yield)
			if summary.RateMismatches == 0 {
				t.Error("the example's inconsistent rates were not noticed")
			}
			if summary.Unit != spapi.UnitFraction {
				t.Errorf("unit %s, want fraction", summary.Unit)
			}
			return summary, err
		})
	if err != nil {
		t.Fatal(err)
	}
	if stored.Rows != 2 {
		t.Errorf("%d rows stored, want 2", stored.Rows)
	}
	if err := f.RebuildWeek(t.Context(), us, january, JoinRules{}); err != nil {
		t.Fatal(err)
	}
	err = f.JoinedWeek(t.Context(), us, january, func(r JoinedRow) error {
		if r.Term != "wireless headphones" || r.Volume != n(15000) || r.Impressions != (Step{N: n(10000), X: n(1530)}) || r.Purchases != (Step{N: n(100), X: n(10)}) {
			t.Errorf("joined %+v", r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
