package history

import (
	"context"
	"fmt"

	"halotrack.ai/halotrack/internal/database"
)

// Size is how much an account's file holds.
type Size struct {
	Weeks      int   // weeks of search performance with rows, over all marketplaces
	SQPRows    int64 // search query rows of ASINs
	AdRows     int64 // search term rows of ads days
	JoinedRows int64
}

// The rows of a slice are counted at its coverage, so no fact is scanned.
const (
	sizeSQP    = `SELECT coalesce(sum(c.rows), 0), count(DISTINCT p.start) FROM sqp_cells c JOIN periods p ON p.id = c.period WHERE p.kind = ?1 AND c.rows > 0`
	sizeAds    = `SELECT coalesce(sum(rows), 0) FROM ad_days WHERE type LIKE '%SearchTerm'`
	sizeJoined = `SELECT count(*) FROM joined`
)

// Size counts what the file holds.
func (f *Facts) Size(ctx context.Context) (s Size, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		if err := c.Query(sizeSQP, func(r database.Row) error { s.SQPRows, s.Weeks = r.Int(0), int(r.Int(1)); return nil }, Week); err != nil {
			return err
		}
		if err := c.Query(sizeAds, func(r database.Row) error { s.AdRows = r.Int(0); return nil }); err != nil {
			return err
		}
		return c.Query(sizeJoined, func(r database.Row) error { s.JoinedRows = r.Int(0); return nil })
	})
	if err != nil {
		return Size{}, fmt.Errorf("count what is stored: %w", err)
	}
	return s, nil
}
