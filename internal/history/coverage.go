package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// CellState says what is known of one cell of coverage: one ASIN in one
// period, or one day of one ads profile and report type.
type CellState string

// The states of a cell. A cell that nobody has asked for has no state: it is
// absent from the list.
const (
	Complete     CellState = "stored"
	Empty        CellState = "empty"         // Amazon answered: no rows
	Truncated    CellState = "truncated"     // stored, cut off by Amazon's limit on rows
	NotPublished CellState = "not_published" // Amazon had no data yet
)

// Cell is the coverage of one ASIN in one period.
type Cell struct {
	Seller, Marketplace, Period string
	Start, End                  clock.Day
	ASIN                        string
	State                       CellState
	Rows                        int64
	FetchedAt                   time.Time
	Report                      int64     // ledger id; 0 for none
	Source                      string    // SourceAPI or SourceFile
	Unit                        string    // spapi.Unit of the document's shares
	Quarantined                 int64     // rows beside Rows, held back or deleted: their term looks like personal data
	SameSince                   time.Time // of SQP: the first of the fetches, up to the last, that agree
}

// DayCell is the coverage of one day of one ads profile and report type.
type DayCell struct {
	Date      clock.Day
	State     CellState
	Rows      int64
	FetchedAt time.Time
	Report    int64
	Clicks    int64 // totals of the day as last fetched, of Rows
	Cost      int64 // micros

	Quarantined int64 // rows beside Rows, as in Cell
}

const (
	selectSQPCells = `SELECT s.code, m.code, p.kind, p.start, p.end, a.code, c.state, c.rows, c.fetched_at, c.report, c.source, c.unit,
	coalesce(c.same_since, c.fetched_at), c.quarantined
FROM periods p JOIN marketplaces m ON m.id = p.marketplace
JOIN sqp_cells c ON c.period = p.id JOIN sellers s ON s.id = c.seller JOIN asins a ON a.id = c.asin
WHERE m.code = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4 ORDER BY p.start, s.code, a.code`
	selectSCPCells = `SELECT s.code, m.code, p.kind, p.start, p.end, coalesce(a.code, ''), c.state, c.rows, c.fetched_at, c.report, c.source, c.unit, NULL, 0
FROM periods p JOIN marketplaces m ON m.id = p.marketplace
JOIN scp c ON c.period = p.id JOIN sellers s ON s.id = c.seller LEFT JOIN asins a ON a.id = c.asin
WHERE m.code = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4 ORDER BY p.start, s.code, a.code`
	selectDayCells = `SELECT date, state, rows, fetched_at, report, clicks, cost, quarantined FROM ad_days
WHERE profile = ?1 AND type = ?2 AND date BETWEEN ?3 AND ?4 ORDER BY date`
)

// SQPCoverage lists the cells of a marketplace whose period starts from from
// to to, oldest first. What was never asked for is absent.
func (f *Facts) SQPCoverage(ctx context.Context, marketplace, period string, from, to clock.Day) ([]Cell, error) {
	return f.cells(ctx, selectSQPCells, marketplace, period, from, to)
}

// SCPCoverage is SQPCoverage for search catalogue performance. A cell without
// ASIN stands for the whole catalogue.
func (f *Facts) SCPCoverage(ctx context.Context, marketplace, period string, from, to clock.Day) ([]Cell, error) {
	return f.cells(ctx, selectSCPCells, marketplace, period, from, to)
}

func (f *Facts) cells(ctx context.Context, query, marketplace, period string, from, to clock.Day) (list []Cell, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(query, func(r database.Row) error {
			list = append(list, Cell{
				Seller: r.Text(0), Marketplace: r.Text(1), Period: r.Text(2), Start: r.Day(3), End: r.Day(4),
				ASIN: r.Text(5), State: CellState(r.Text(6)), Rows: r.Int(7), FetchedAt: r.Time(8),
				Report: r.Int(9), Source: r.Text(10), Unit: r.Text(11), SameSince: r.Time(12), Quarantined: r.Int(13),
			})
			return nil
		}, marketplace, period, from, to)
	})
	if err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	return list, nil
}

// AdCoverage lists the stored days of a profile and report type, oldest first.
func (f *Facts) AdCoverage(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day) (list []DayCell, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectDayCells, func(r database.Row) error {
			list = append(list, DayCell{
				Date: r.Day(0), State: CellState(r.Text(1)), Rows: r.Int(2), FetchedAt: r.Time(3),
				Report: r.Int(4), Clicks: r.Int(5), Cost: r.Int(6), Quarantined: r.Int(7),
			})
			return nil
		}, profile, string(t), from, to)
	})
	if err != nil {
		return nil, fmt.Errorf("read ads coverage: %w", err)
	}
	return list, nil
}

// ASINs lists the seller's ASINs in the newest period of search catalogue
// performance that has rows, most impressions first.
func (f *Facts) ASINs(ctx context.Context, seller, marketplace string) (list []string, err error) {
	weights, err := f.Weights(ctx, seller, marketplace)
	for _, w := range weights {
		list = append(list, w.ASIN)
	}
	return list, err
}
