package history

import (
	"fmt"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// largeCoverage fills a fact file with the coverage of 900 ASINs over 104 weeks
// in five marketplaces: 468,000 cells, and as many rows of their catalogues.
func largeCoverage(b testing.TB, f *Facts) (markets []string, starts []clock.Day) {
	b.Helper()
	markets = []string{us, germany, "A1F83G8C2ARO7P", "A13V1IB3VIYZZH", "APJ6JRA9NG5V4"}
	for i := range 104 {
		starts = append(starts, week+clock.Day(7*i))
	}
	const (
		names = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
INSERT INTO asins (id, code) SELECT i, printf('B0%08d', i) FROM n`
		cells = `INSERT INTO sqp_cells (period, seller, asin, state, rows, fetched_at, report, source, unit, print_a, print_b)
SELECT ?1, ?2, id, CASE WHEN id % 7 = 0 THEN 'truncated' WHEN id % 11 = 0 THEN 'empty' ELSE 'stored' END, id % 101, ?3, 0, 'api', '', 0, 0 FROM asins`
		catalogue = `INSERT INTO scp (period, seller, asin, state, rows, fetched_at, report, source, unit, currency, impressions, clicks)
SELECT ?1, ?2, id, 'stored', 1, ?3, 0, 'api', '', 0, id * 100, id FROM asins UNION ALL SELECT ?1, ?2, 0, 'stored', 900, ?3, 0, 'api', '', 0, 0, 0`
	)
	err := f.write(b.Context(), func(c *database.Conn) error {
		if _, err := c.Exec(names); err != nil {
			return err
		}
		who, err := sellers.id(c, seller)
		if err != nil {
			return err
		}
		for _, code := range markets {
			market, err := marketplaces.id(c, code)
			if err != nil {
				return err
			}
			for _, start := range starts {
				period, err := periodID(c, market, Week, start, start+6)
				if err != nil {
					return err
				}
				for _, q := range []string{cells, catalogue} {
					if _, err := c.Exec(q, period, who, now); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(fmt.Errorf("fill: %w", err))
	}
	return markets, starts
}

// BenchmarkCoverageOfALargeAccount reads 468,000 cells, one marketplace after
// the other.
func BenchmarkCoverageOfALargeAccount(b *testing.B) {
	f := testFacts(b)
	markets, starts := largeCoverage(b, f)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, m := range markets {
			grids, err := f.Grids(b.Context(), m, Week, starts)
			if err != nil || len(grids) != 1 || len(grids[0].ASINs) != 900 {
				b.Fatalf("%d grids, %v", len(grids), err)
			}
			n += len(grids[0].ASINs) * len(starts)
		}
		b.ReportMetric(float64(n), "cells")
	}
}
