package history

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Amazon's limits on the rows of one ASIN in one period: of the API, and of
// the file that Seller Central offers (spapi.md §1.7).
const (
	apiRowLimit  = 100
	fileRowLimit = 1000
)

// ErrSlice means that a slice does not say what it replaces.
var ErrSlice = errors.New("the slice is not well-formed")

// ReplaceSQP replaces a slice by the rows that load yields, in one
// transaction: rows that vanished are removed, ASINs that were asked for and
// are absent are covered without rows, the ledger row is finished, and the
// joined week is marked for rebuilding if anything differs. Market totals are
// stored once per term; the newest fetch wins. If load fails nothing changes.
//
// load runs in a goroutine of its own, with bounded memory; it must not use
// these Facts.
func (f *Facts) ReplaceSQP(ctx context.Context, s SQPSlice, load func(yield func(*spapi.SQPRow) error) (spapi.Summary, error)) (Stored, error) {
	if err := s.check(); err != nil {
		return Stored{}, err
	}
	if len(s.ASINs) == 0 {
		return Stored{}, fmt.Errorf("%w: no ASINs", ErrSlice)
	}
	var stored Stored
	err := f.write(ctx, func(c *database.Conn) error {
		r := sqpReplacement{c: c, slice: s, seen: map[int64]seenTotals{}}
		defer r.release()
		if err := r.begin(f.terms); err != nil {
			return err
		}
		summary, err := stream(ctx, load, r.insert)
		if err != nil {
			return err
		}
		stored, err = r.finish(summary)
		return err
	})
	if err != nil {
		return Stored{}, fmt.Errorf("replace SQP %s %s %s: %w", s.Marketplace, s.Period, s.Start, err)
	}
	return stored, nil
}

func (s SQPSlice) check() error {
	switch {
	case s.Seller == "" || s.Marketplace == "":
		return fmt.Errorf("%w: no seller or marketplace", ErrSlice)
	case s.Period != Week && s.Period != Month && s.Period != Quarter:
		return fmt.Errorf("%w: period %q", ErrSlice, s.Period)
	case s.End < s.Start, s.Period == Week && (s.Start != s.Start.Week() || s.End != s.Start.WeekEnd()):
		return fmt.Errorf("%w: %s from %s to %s", ErrSlice, s.Period, s.Start, s.End)
	case s.FetchedAt.IsZero():
		return fmt.Errorf("%w: no time of the fetch", ErrSlice)
	}
	return nil
}

func (s SQPSlice) source() string {
	if s.Source == "" {
		return SourceAPI
	}
	return s.Source
}

// sqpCell is the coverage of one ASIN while it is being replaced.
type sqpCell struct {
	asin       int64
	id         int64 // under which the new rows are stored
	oldID      int64 // 0 where the cell was never covered
	oldRows    int64
	oldState   CellState
	oldPrint   fingerprint
	oldFetched time.Time
	oldHeld    int64
	rows       int64
	// quarantined rows are in print but not among rows.
	quarantined int64
	print       fingerprint
}

type sqpReplacement struct {
	c                   *database.Conn
	terms               *termWriter
	slice               SQPSlice
	market              int64
	seller, period      int64
	cells               map[string]*sqpCell
	order               []*sqpCell
	stored              Stored
	marketChanges       int64
	vanished            []int64
	seen                map[int64]seenTotals // of the terms of this document
	marketRows, ownRows *database.Bulk
}

const (
	selectCell   = `SELECT id, rows, state, print_a, print_b, fetched_at, quarantined FROM sqp_cells WHERE period = ?1 AND seller = ?2 AND asin = ?3`
	nextCell     = `SELECT coalesce(max(id), 0) + 1 FROM sqp_cells`
	selectPeriod = `SELECT id FROM periods WHERE marketplace = ?1 AND kind = ?2 AND start = ?3`
	insertPeriod = `INSERT INTO periods (marketplace, kind, start, end) VALUES (?1, ?2, ?3, ?4)`
	ownTable     = `sqp_own (cell, term, rank, x_impressions, x_clicks, x_cart_adds, x_purchases,
	x_click_price, x_cart_add_price, x_purchase_price, currency)`
	ownWidth    = 11
	totalsTable = `sqp_market (period, term, volume, n_impressions, n_clicks, n_cart_adds, n_purchases,
	n_click_price, n_cart_add_price, n_purchase_price,
	click_same_day, click_one_day, click_two_day,
	cart_add_same_day, cart_add_one_day, cart_add_two_day,
	purchase_same_day, purchase_one_day, purchase_two_day,
	currency, fetched_at)`
	totalsWidth = marketColumns + 4
)

// periodID returns the id of a period, made on first use.
func periodID(c *database.Conn, marketplace int64, kind string, start, end clock.Day) (id int64, err error) {
	err = c.Query(selectPeriod, func(r database.Row) error { id = r.Int(0); return nil }, marketplace, kind, start)
	if err != nil || id != 0 {
		return id, err
	}
	return c.Insert(insertPeriod, marketplace, kind, start, end)
}

func (r *sqpReplacement) begin(terms *termCache) (err error) {
	c, s := r.c, r.slice
	if r.market, err = marketplaces.id(c, s.Marketplace); err != nil {
		return err
	}
	if r.seller, err = sellers.id(c, s.Seller); err != nil {
		return err
	}
	if r.period, err = periodID(c, r.market, s.Period, s.Start, s.End); err != nil {
		return err
	}
	var next int64
	if err := c.Query(nextCell, func(row database.Row) error { next = row.Int(0); return nil }); err != nil {
		return err
	}
	r.cells = make(map[string]*sqpCell, len(s.ASINs))
	for _, asin := range s.ASINs {
		if r.cells[asin] != nil {
			continue
		}
		cell := &sqpCell{id: next}
		next++
		if cell.asin, err = asins.id(c, asin); err != nil {
			return err
		}
		err := c.Query(selectCell, func(row database.Row) error {
			cell.oldID, cell.oldRows, cell.oldState = row.Int(0), row.Int(1), CellState(row.Text(2))
			cell.oldPrint = fingerprint{uint64(row.Int(3)), uint64(row.Int(4))}
			cell.oldFetched, cell.oldHeld = row.Time(5), row.Int(6)
			return nil
		}, r.period, r.seller, cell.asin)
		if err != nil {
			return err
		}
		r.cells[strings.Clone(asin)] = cell
		r.order = append(r.order, cell)
	}
	if r.terms, err = terms.writer(c); err != nil {
		return err
	}
	if r.marketRows, err = c.Bulk(totalsTable, totalsWidth); err != nil {
		return err
	}
	r.marketRows.Rejected = r.knownTotals
	r.ownRows, err = c.Bulk(ownTable, ownWidth)
	return err
}

func (r *sqpReplacement) release() {
	r.terms.release()
	r.marketRows.Release()
	r.ownRows.Release()
}

// seenTerms bounds the memory of market totals already handled; a term that
// was forgotten is only looked at once more.
const seenTerms = 64 << 10

func (r *sqpReplacement) insert(batch []spapi.SQPRow) error {
	for i := range batch {
		row := &batch[i]
		cell := r.cells[row.ASIN]
		if cell == nil {
			r.stored.Unasked++
			continue
		}
		term, held, err := r.terms.rowTerm(row.Query, r.slice.FetchedAt)
		if err == nil && held != nil {
			err = r.hold(cell, held, row)
			r.stored.Rows++
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := r.totals(term, row); err != nil {
			return err
		}
		if err := r.own(cell, term, row); err != nil {
			return fmt.Errorf("store a row of %s: %w", row.ASIN, err)
		}
		r.stored.Rows++
	}
	return nil
}

func (r *sqpReplacement) own(cell *sqpCell, term int64, row *spapi.SQPRow) error {
	figures := ownValues(row)
	values := [ownWidth]Count{known(cell.id), known(term)}
	copy(values[2:], figures[:])
	cell.rows++
	cell.print.add(figuresHash(term, figures[:]))
	return r.ownRows.Add(values[:])
}

// ownValues are the figures of an ASIN's own row, in the order of the table.
func ownValues(row *spapi.SQPRow) [ownColumns]Count {
	return [ownColumns]Count{
		row.Rank, row.Impressions.Own, row.Clicks.Own, row.CartAdds.Own, row.Purchases.Own,
		price(row.Clicks.OwnPrice), price(row.CartAdds.OwnPrice), price(row.Purchases.OwnPrice),
		known(packCurrency(rowCurrency(row))),
	}
}

func known(v int64) Count { return Count{V: v, Valid: true} }

// finish compares the new cells with the old ones and keeps what differs.
func (r *sqpReplacement) finish(summary spapi.Summary) (Stored, error) {
	for _, rows := range [...]*database.Bulk{r.marketRows, r.ownRows} {
		if err := rows.Flush(); err != nil {
			return Stored{}, fmt.Errorf("store rows: %w", err)
		}
	}
	limit := int64(apiRowLimit)
	if r.slice.source() == SourceFile {
		limit = fileRowLimit
	}
	// Exactly 100 rows over several ASINs smell of a limit per document.
	wholeCut := len(r.order) > 1 && r.stored.Rows == apiRowLimit
	for _, cell := range r.order {
		state := Complete
		switch {
		case cell.rows+cell.quarantined == 0:
			state = Empty
			r.stored.Empty++
		case cell.rows+cell.quarantined >= limit, wholeCut:
			state = Truncated
			r.stored.Truncated++
		}
		if err := r.settle(cell, state, summary.Unit); err != nil {
			return Stored{}, err
		}
	}
	for _, term := range r.vanished {
		if err := r.dropTotals(term); err != nil {
			return Stored{}, err
		}
	}
	if err := r.terms.sweep(); err != nil {
		return Stored{}, fmt.Errorf("drop what nothing holds back: %w", err)
	}
	r.stored.Cells = len(r.order)
	if r.marketChanges > 0 {
		r.stored.Changed = true
	}
	if r.stored.Changed && r.slice.Period == Week {
		if err := markDirty(r.c, r.market, r.slice.Start); err != nil {
			return Stored{}, err
		}
	}
	return r.stored, finishReport(r.c, r.slice.Report, r.stored.Rows, r.slice.FetchedAt)
}

const (
	// A replaced row is kept where the new one is absent or differs.
	archiveOwn = `INSERT OR REPLACE INTO sqp_own_old
SELECT ?1, ?2, ?3, o.term, ?4, ?5, o.rank, o.x_impressions, o.x_clicks, o.x_cart_adds, o.x_purchases,
	o.x_click_price, o.x_cart_add_price, o.x_purchase_price, o.currency
FROM sqp_own o LEFT JOIN sqp_own n ON n.cell = ?7 AND n.term = o.term
WHERE o.cell = ?6 AND (n.term IS NULL
	OR (o.rank, o.x_impressions, o.x_clicks, o.x_cart_adds, o.x_purchases, o.x_click_price, o.x_cart_add_price, o.x_purchase_price, o.currency)
	IS NOT (n.rank, n.x_impressions, n.x_clicks, n.x_cart_adds, n.x_purchases, n.x_click_price, n.x_cart_add_price, n.x_purchase_price, n.currency))`
	vanishedTerms = `SELECT o.term FROM sqp_own o WHERE o.cell = ?1
	AND NOT EXISTS (SELECT 1 FROM sqp_own n WHERE n.cell = ?2 AND n.term = o.term)`
	deleteOwn   = `DELETE FROM sqp_own WHERE cell = ?1`
	replaceCell = `INSERT OR REPLACE INTO sqp_cells (id, period, seller, asin, state, rows, fetched_at, report, source, unit, print_a, print_b)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`
	touchCell = `UPDATE sqp_cells SET same_since = coalesce(same_since, fetched_at), state = ?2, fetched_at = ?3, report = ?4, source = ?5, unit = ?6 WHERE id = ?1`
)

func (r *sqpReplacement) settle(cell *sqpCell, state CellState, unit spapi.Unit) error {
	c, s := r.c, r.slice
	if cell.oldID != 0 && cell.oldRows == cell.rows && cell.oldPrint == cell.print {
		if cell.quarantined > 0 {
			if err := r.forget(cell.id); err != nil {
				return err
			}
		}
		if cell.rows > 0 {
			if _, err := c.Exec(deleteOwn, cell.id); err != nil {
				return err
			}
			if state != cell.oldState {
				r.stored.Changed = true
			}
		}
		_, err := c.Exec(touchCell, cell.oldID, string(state), s.FetchedAt, s.Report, s.source(), string(unit))
		return err
	}
	if cell.oldHeld > 0 {
		if err := r.forget(cell.oldID); err != nil {
			return err
		}
	}
	if cell.oldID != 0 && cell.oldRows > 0 {
		_, err := c.Exec(archiveOwn, r.period, r.seller, cell.asin, s.FetchedAt, cell.oldFetched, cell.oldID, cell.id)
		if err != nil {
			return fmt.Errorf("keep superseded rows: %w", err)
		}
		err = c.Query(vanishedTerms, func(row database.Row) error {
			r.vanished = append(r.vanished, row.Int(0))
			return nil
		}, cell.oldID, cell.id)
		if err != nil {
			return err
		}
		if _, err := c.Exec(deleteOwn, cell.oldID); err != nil {
			return err
		}
	}
	if cell.rows > 0 || cell.oldRows > 0 || cell.quarantined > 0 || cell.oldHeld > 0 {
		r.stored.Changed = true
	}
	_, err := c.Exec(replaceCell, cell.id, r.period, r.seller, cell.asin, string(state), cell.rows,
		s.FetchedAt, s.Report, s.source(), string(unit), int64(cell.print.a), int64(cell.print.b))
	if err == nil && cell.quarantined > 0 {
		_, err = c.Exec(setCellHeld, cell.id, cell.quarantined)
	}
	return err
}

func price(p spapi.Price) Count { return Count{V: p.Micros, Valid: p.Valid} }

// rowCurrency is the currency of the first price of a row: it is stated per
// price, and a row has one (spapi.md trap 12).
func rowCurrency(row *spapi.SQPRow) string {
	for _, stage := range [...]*spapi.Stage{&row.Clicks, &row.CartAdds, &row.Purchases} {
		if stage.TotalPrice.Valid {
			return stage.TotalPrice.Currency
		}
		if stage.OwnPrice.Valid {
			return stage.OwnPrice.Currency
		}
	}
	return ""
}
