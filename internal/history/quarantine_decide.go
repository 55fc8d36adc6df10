package history

import (
	"context"
	"errors"
	"fmt"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	decideHeld  = `UPDATE quarantine SET state = ?2, sealed = NULL, decided_at = ?3 WHERE id = ?1`
	releasedSQP = `SELECT c.id, c.print_a, c.print_b, c.fetched_at, p.id, p.kind, p.start, p.marketplace, q.*
FROM quarantine_sqp q JOIN sqp_cells c ON c.id = q.cell JOIN periods p ON p.id = c.period WHERE q.entry = ?1 ORDER BY c.fetched_at, c.id`
	releaseOwn  = `INSERT INTO sqp_own VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`
	releaseCell = `UPDATE sqp_cells SET rows = rows + 1, quarantined = quarantined - 1, print_a = ?2, print_b = ?3 WHERE id = ?1`
	releasedAds = `SELECT d.id, d.date, p.marketplace, q.*
FROM quarantine_ads q JOIN ad_days d ON d.id = q.day JOIN profiles p ON p.id = d.profile WHERE q.entry = ?1 ORDER BY q.rowid`
	releaseTerm = `INSERT OR IGNORE INTO ad_terms (impressions, clicks, cost,
	orders_1d_same_sku, orders_1d, orders_7d, orders_14d, sales_1d, sales_7d, sales_14d, units_1d, units_7d, units_14d, currency,
	day, keyword, term)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)`
	dayPrint   = `SELECT print_a, print_b FROM ad_days WHERE id = ?1`
	releaseDay = `UPDATE ad_days SET rows = rows + ?11, quarantined = quarantined - 1,
	impressions = coalesce(impressions + ?2, impressions, ?2),
	clicks = coalesce(clicks + ?3, clicks, ?3),
	cost = coalesce(cost + ?4, cost, ?4),
	orders_7d = coalesce(orders_7d + ?5, orders_7d, ?5),
	orders_14d = coalesce(orders_14d + ?6, orders_14d, ?6),
	sales_7d = coalesce(sales_7d + ?7, sales_7d, ?7),
	sales_14d = coalesce(sales_14d + ?8, sales_14d, ?8),
	print_a = ?9, print_b = ?10 WHERE id = ?1`
	releaseWords = `UPDATE ad_keywords SET text = ?2 WHERE id IN (SELECT keyword FROM quarantine_keywords WHERE entry = ?1)`
	dropSQP      = `DELETE FROM quarantine_sqp WHERE entry = ?1`
	dropAds      = `DELETE FROM quarantine_ads WHERE entry = ?1`
	dropWords    = `DELETE FROM quarantine_keywords WHERE entry = ?1`
)

// Release moves what is held back under a term among the facts, in one
// transaction, and marks the weeks that change for rebuilding; later rows of
// exactly this text pass. text is what the vault opened of it. ErrNotFound if
// no term of that id is held back.
func (f *Facts) Release(ctx context.Context, id, text string) error {
	return f.decide(ctx, id, stateReleased, func(c *database.Conn, entry int64) error {
		terms, err := f.terms.writer(c)
		if err != nil {
			return err
		}
		defer terms.release()
		if known, _, err := terms.seal(text); err != nil || known != id {
			return errors.Join(err, ErrNotFound)
		}
		r := heldRelease{c: c, entry: entry}
		if r.term, err = terms.term(text); err != nil {
			return err
		}
		if r.seed, err = heldSeed(id); err != nil {
			return err
		}
		if err := r.search(); err != nil {
			return err
		}
		if err := r.ads(); err != nil {
			return err
		}
		_, err = c.Exec(releaseWords, entry, text)
		return err
	})
}

// Delete destroys what is held back under a term. Only a keyed hash of the text
// stays, by which later rows of it are known: those are counted and dropped.
// ErrNotFound if no term of that id is held back.
func (f *Facts) Delete(ctx context.Context, id string) error {
	return f.decide(ctx, id, stateDeleted, func(*database.Conn, int64) error { return nil })
}

// decide runs fn and forgets what was held back.
func (f *Facts) decide(ctx context.Context, id, state string, fn func(c *database.Conn, entry int64) error) error {
	err := f.write(ctx, func(c *database.Conn) error {
		var entry int64
		err := c.Query(selectHeld, func(r database.Row) error {
			if r.Text(1) == stateHeld {
				entry = r.Int(0)
			}
			return nil
		}, id)
		if err == nil && entry == 0 {
			err = ErrNotFound
		}
		if err == nil {
			err = fn(c, entry)
		}
		for _, drop := range []string{dropSQP, dropAds, dropWords} {
			if err == nil {
				_, err = c.Exec(drop, entry)
			}
		}
		if err != nil {
			return err
		}
		_, err = c.Exec(decideHeld, entry, state, f.clock.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("decide about a held-back term: %w", err)
	}
	// What is overwritten in the file would else stay in its log. A long read
	// can delay that to a later checkpoint; the decision stands all the same.
	_ = f.file.Checkpoint(ctx)
	return nil
}

// heldRelease moves the rows of one term.
type heldRelease struct {
	c     *database.Conn
	entry int64
	term  int64
	seed  int64
}

// heldRow is a row of search that was held back.
type heldRow struct {
	cell           int64
	print          fingerprint
	period, market int64
	kind           string
	start          clock.Day
	own            [ownColumns]Count
	totals         marketRow
}

func (r *heldRelease) search() error {
	var rows []heldRow
	err := r.c.Query(releasedSQP, func(q database.Row) error {
		row := heldRow{
			cell: q.Int(0), print: fingerprint{uint64(q.Int(1)), uint64(q.Int(2))},
			period: q.Int(4), kind: q.Text(5), start: q.Day(6), market: q.Int(7),
			totals: marketRow{fetched: q.Int(3)},
		}
		const first = 10 // after cell and entry
		for i := range row.own {
			row.own[i] = q.Count(first + i)
		}
		for i := range row.totals.totals {
			row.totals.totals[i] = q.Count(first + ownColumns + i)
		}
		row.totals.currency = row.own[ownColumns-1].V
		rows = append(rows, row)
		return nil
	}, r.entry)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := r.searchRow(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// searchRow stores a row and its market totals, of which the newest fetch wins.
func (r *heldRelease) searchRow(row *heldRow) error {
	args := []any{row.cell, r.term}
	for _, v := range row.own {
		args = append(args, v)
	}
	if _, err := r.c.Exec(releaseOwn, args...); err != nil {
		return err
	}
	row.print.remove(figuresHash(r.seed, row.own[:]))
	row.print.add(figuresHash(r.term, row.own[:]))
	if _, err := r.c.Exec(releaseCell, row.cell, int64(row.print.a), int64(row.print.b)); err != nil {
		return err
	}
	period := sqpReplacement{c: r.c, period: row.period}
	_, known, err := period.storedTotals(selectTotals, row.period, r.term)
	switch {
	case err != nil:
	case known:
		err = period.reconcile(r.term, row.totals, false)
	default:
		err = period.put(r.term, row.totals)
	}
	if err == nil && row.kind == Week {
		err = markDirty(r.c, row.market, row.start)
	}
	return err
}

// heldAdRow is a row of ads that was held back.
type heldAdRow struct {
	day, keyword, market int64
	date                 clock.Day
	figures              [figuresOfAdTerm]Count
}

func (r *heldRelease) ads() error {
	var rows []heldAdRow
	err := r.c.Query(releasedAds, func(q database.Row) error {
		row := heldAdRow{day: q.Int(0), date: q.Day(1), market: q.Int(2)}
		const first = 3
		for i := range row.figures {
			row.figures[i] = q.Count(first + i)
		}
		row.keyword = q.Int(first + figuresOfAdTerm + 1)
		rows = append(rows, row)
		return nil
	}, r.entry)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := r.adRow(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// adRow stores a row, or adds it to the one of its key.
func (r *heldRelease) adRow(row *heldAdRow) error {
	var args []any
	for _, v := range row.figures {
		args = append(args, v)
	}
	args = append(args, row.day, row.keyword, r.term)
	n, err := r.c.Exec(releaseTerm, args...)
	if err == nil && n == 0 {
		_, err = r.c.Exec(termRows.add, args...)
	}
	if err != nil {
		return err
	}
	var was fingerprint
	err = r.c.Query(dayPrint, func(q database.Row) error {
		was = fingerprint{uint64(q.Int(0)), uint64(q.Int(1))}
		return nil
	}, row.day)
	if err != nil {
		return err
	}
	was.remove(adHash(row.figures[:], row.keyword, r.seed))
	was.add(adHash(row.figures[:], row.keyword, r.term))
	f := &row.figures
	_, err = r.c.Exec(releaseDay, row.day, f[0], f[1], f[2], f[5], f[6], f[8], f[9], int64(was.a), int64(was.b), n)
	if err != nil {
		return err
	}
	return markDirty(r.c, row.market, row.date.Week())
}
