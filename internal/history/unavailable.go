package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// MarkEmpty records that Amazon has no data for a slice (CANCELLED): its cells
// are covered without rows and the ledger row is finished as empty
// (spapi.md trap 28). Cells that have rows keep them: a cancelled report
// restates nothing.
func (f *Facts) MarkEmpty(ctx context.Context, s Slice) error {
	return f.mark(ctx, s, Empty)
}

// MarkUnavailable records that Amazon has not published a slice yet, in the
// coverage alone; the ledger row is the caller's. Cells that are covered
// already stay as they are.
func (f *Facts) MarkUnavailable(ctx context.Context, s Slice) error {
	return f.mark(ctx, s, NotPublished)
}

func (f *Facts) mark(ctx context.Context, s Slice, state CellState) error {
	err := f.write(ctx, func(c *database.Conn) error {
		var report int64
		var at time.Time
		var err error
		switch s := s.(type) {
		case SQPSlice:
			report, at = s.Report, s.FetchedAt
			err = markCells(c, s, state, s.ASINs, markSQPCell)
		case SCPSlice:
			report, at = s.Report, s.FetchedAt
			asked := s.ASINs
			if len(asked) == 0 {
				asked = []string{""}
			}
			err = markCells(c, SQPSlice(s), state, asked, markSCPCell)
		case AdSlice:
			report, at = s.Report, s.FetchedAt
			err = markDays(c, s, state)
		default:
			err = fmt.Errorf("%w: %T", ErrSlice, s)
		}
		if err != nil || state != Empty {
			return err
		}
		return finishReport(c, report, 0, at)
	})
	if err != nil {
		return fmt.Errorf("mark %s: %w", state, err)
	}
	return nil
}

// An answer replaces "not published" and an older "empty", never rows.
const (
	markSQPCell = `INSERT INTO sqp_cells (period, seller, asin, state, rows, fetched_at, report, source, unit, print_a, print_b)
VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, '', 0, 0)
ON CONFLICT (period, seller, asin) DO UPDATE SET
	same_since = CASE WHEN state = excluded.state THEN coalesce(same_since, fetched_at) END, state = excluded.state, fetched_at = excluded.fetched_at, report = excluded.report
WHERE state = 'not_published' OR state = 'empty' AND excluded.state = 'empty'`
	markSCPCell = `INSERT INTO scp (period, seller, asin, state, rows, fetched_at, report, source, unit, currency)
VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, '', 0)
ON CONFLICT (period, seller, asin) DO UPDATE SET state = excluded.state, fetched_at = excluded.fetched_at, report = excluded.report
WHERE state = 'not_published' OR state = 'empty' AND excluded.state = 'empty'`
	markDay = `INSERT INTO ad_days (profile, type, date, state, rows, fetched_at, report, print_a, print_b)
VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, 0, 0)
ON CONFLICT (profile, type, date) DO UPDATE SET state = excluded.state, fetched_at = excluded.fetched_at, report = excluded.report
WHERE state = 'not_published' OR state = 'empty' AND excluded.state = 'empty'`
)

func markCells(c *database.Conn, s SQPSlice, state CellState, asked []string, query string) error {
	if err := s.check(); err != nil {
		return err
	}
	market, err := marketplaces.id(c, s.Marketplace)
	if err != nil {
		return err
	}
	seller, err := sellers.id(c, s.Seller)
	if err != nil {
		return err
	}
	period, err := periodID(c, market, s.Period, s.Start, s.End)
	if err != nil {
		return err
	}
	for _, asin := range asked {
		id := wholeCatalogue
		if asin != "" {
			if id, err = asins.id(c, asin); err != nil {
				return err
			}
		}
		if _, err := c.Exec(query, period, seller, id, string(state), s.FetchedAt, s.Report, s.source()); err != nil {
			return err
		}
	}
	return nil
}

func markDays(c *database.Conn, s AdSlice, state CellState) error {
	market, err := s.check(c)
	if err != nil {
		return err
	}
	for day := s.From; day <= s.To; day++ {
		n, err := c.Exec(markDay, s.Profile, string(s.Type), day, string(state), s.FetchedAt, s.Report)
		if err != nil {
			return err
		}
		if n > 0 && state == Empty {
			if err := markDirty(c, market, day.Week()); err != nil {
				return err
			}
		}
	}
	return nil
}

const insertDirty = `INSERT OR IGNORE INTO dirty_weeks (marketplace, week) VALUES (?1, ?2)`

func markDirty(c *database.Conn, market int64, week clock.Day) error {
	_, err := c.Exec(insertDirty, market, week)
	return err
}
