package history

import (
	"fmt"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

// marketColumns are the market-wide figures of one term in one period, in the
// order of the table: volume, four counts, three prices, nine delivery counts.
const (
	marketColumns = 17
	countColumns  = 5 // the first of them, which a spread is judged by
)

type totals [marketColumns]Count

func totalsOf(row *spapi.SQPRow) totals {
	c, a, p := &row.Clicks, &row.CartAdds, &row.Purchases
	return totals{
		row.Volume, row.Impressions.Total, c.Total, a.Total, p.Total,
		price(c.TotalPrice), price(a.TotalPrice), price(p.TotalPrice),
		c.SameDay, c.OneDay, c.TwoDay,
		a.SameDay, a.OneDay, a.TwoDay,
		p.SameDay, p.OneDay, p.TwoDay,
	}
}

const (
	selectTotals = `SELECT volume, n_impressions, n_clicks, n_cart_adds, n_purchases,
	n_click_price, n_cart_add_price, n_purchase_price,
	click_same_day, click_one_day, click_two_day,
	cart_add_same_day, cart_add_one_day, cart_add_two_day,
	purchase_same_day, purchase_one_day, purchase_two_day,
	currency, fetched_at, spread
FROM sqp_market WHERE period = ?1 AND term = ?2`
	selectOldTotals = `SELECT volume, n_impressions, n_clicks, n_cart_adds, n_purchases,
	n_click_price, n_cart_add_price, n_purchase_price,
	click_same_day, click_one_day, click_two_day,
	cart_add_same_day, cart_add_one_day, cart_add_two_day,
	purchase_same_day, purchase_one_day, purchase_two_day,
	currency, fetched_at, spread
FROM sqp_market_old WHERE period = ?1 AND term = ?2 AND replaced_at = ?3`
	archiveTotals = `INSERT OR REPLACE INTO sqp_market_old
SELECT period, term, ?3, volume, n_impressions, n_clicks, n_cart_adds, n_purchases,
	n_click_price, n_cart_add_price, n_purchase_price,
	click_same_day, click_one_day, click_two_day,
	cart_add_same_day, cart_add_one_day, cart_add_two_day,
	purchase_same_day, purchase_one_day, purchase_two_day,
	currency, fetched_at, spread
FROM sqp_market WHERE period = ?1 AND term = ?2`
	dropArchived  = `DELETE FROM sqp_market_old WHERE period = ?1 AND term = ?2 AND replaced_at = ?3`
	replaceTotals = `INSERT OR REPLACE INTO sqp_market VALUES
(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)`
	// Totals without any ASIN's row speak of nothing that is tracked.
	totalsUsed   = `SELECT 1 FROM sqp_cells c CROSS JOIN sqp_own o ON o.cell = c.id AND o.term = ?2 WHERE c.period = ?1 LIMIT 1`
	deleteTotals = `DELETE FROM sqp_market WHERE period = ?1 AND term = ?2`
)

// marketRow is a stored row of totals.
type marketRow struct {
	totals   totals
	currency int64
	fetched  int64 // milliseconds
	spread   Count // parts per million
}

// seenTotals are the totals of a term that this document has spoken of.
type seenTotals struct {
	hash  rowHash
	again bool // it has spoken of them in two ways
}

// totals stores the market's figures of a row, once per period and term
// (spapi.md trap 11).
func (r *sqpReplacement) totals(term int64, row *spapi.SQPRow) error {
	var values [totalsWidth]Count
	values[0], values[1] = known(r.period), known(term)
	figures := totalsOf(row)
	copy(values[2:], figures[:])
	values[totalsWidth-2] = known(packCurrency(rowCurrency(row)))
	h := newRowHash(term)
	for _, v := range values[2 : totalsWidth-1] {
		h.count(v)
	}
	values[totalsWidth-1] = known(r.slice.FetchedAt.UnixMilli())

	before, again := r.seen[term]
	if again && before.hash == h {
		return nil
	}
	if len(r.seen) >= seenTerms {
		clear(r.seen)
	}
	if !again {
		r.seen[term] = seenTotals{h, false}
		return r.marketRows.Add(values[:])
	}
	// Its first word must have been stored as such before the second is.
	if err := r.marketRows.Flush(); err != nil {
		return err
	}
	r.seen[term] = seenTotals{h, true}
	if err := r.marketRows.Add(values[:]); err != nil {
		return err
	}
	return r.marketRows.Flush()
}

// knownTotals handles totals of a term that has some.
func (r *sqpReplacement) knownTotals(row []Count) error {
	now := marketRow{currency: row[totalsWidth-2].V, fetched: row[totalsWidth-1].V}
	copy(now.totals[:], row[2:])
	term := row[1].V
	if err := r.reconcile(term, now, r.seen[term].again); err != nil {
		return fmt.Errorf("compare market totals: %w", err)
	}
	return nil
}

// reconcile decides between the stored totals and a document's. The newest
// fetch wins (design ruling 9); where the ASINs of one document disagree, the
// larger count does. again says that this document has spoken of the term
// before, and what is stored is what it said or confirmed.
func (r *sqpReplacement) reconcile(term int64, now marketRow, again bool) error {
	old, _, err := r.storedTotals(selectTotals, r.period, term)
	if err != nil {
		return err
	}
	if now.currency == 0 {
		now.currency = old.currency
	}
	if now.totals == old.totals && now.currency == old.currency || now.fetched < old.fetched {
		return nil
	}
	now.spread = spread(old.totals, now.totals)
	if again || now.fetched == old.fetched {
		now.totals = larger(old.totals, now.totals)
		now.spread.V, now.spread.Valid = max(now.spread.V, old.spread.V), now.spread.Valid || old.spread.Valid
		before, archived, err := r.storedTotals(selectOldTotals, r.period, term, now.fetched)
		if err != nil {
			return err
		}
		if archived && before.totals == now.totals {
			// Back at what was stored before this document: nothing changed.
			if _, err := r.c.Exec(dropArchived, r.period, term, now.fetched); err != nil {
				return err
			}
			r.marketChanges--
			return r.put(term, before)
		}
		if now.totals == old.totals {
			if now.spread == old.spread {
				return nil
			}
			now.fetched = old.fetched
			return r.put(term, now)
		}
	}
	if now.fetched > old.fetched {
		if _, err := r.c.Exec(archiveTotals, r.period, term, now.fetched); err != nil {
			return err
		}
		r.marketChanges++
	}
	return r.put(term, now)
}

func (r *sqpReplacement) storedTotals(query string, args ...any) (m marketRow, found bool, err error) {
	err = r.c.Query(query, func(row database.Row) error {
		for i := range m.totals {
			m.totals[i] = row.Count(i)
		}
		m.currency, m.fetched = row.Int(marketColumns), row.Int(marketColumns+1)
		m.spread, found = row.Count(marketColumns+2), true
		return nil
	}, args...)
	return m, found, err
}

func (r *sqpReplacement) put(term int64, m marketRow) error {
	args := make([]any, 0, marketColumns+5)
	args = append(args, r.period, term)
	for _, v := range m.totals {
		args = append(args, v)
	}
	_, err := r.c.Exec(replaceTotals, append(args, m.currency, m.fetched, m.spread)...)
	return err
}

func (r *sqpReplacement) dropTotals(term int64) error {
	used := false
	err := r.c.Query(totalsUsed, func(database.Row) error { used = true; return database.ErrStop }, r.period, term)
	if err != nil || used {
		return err
	}
	if _, err := r.c.Exec(archiveTotals, r.period, term, r.slice.FetchedAt); err != nil {
		return err
	}
	_, err = r.c.Exec(deleteTotals, r.period, term)
	return err
}

// spread is the largest relative difference between two answers, in parts per
// million; invalid up to 1 %, which rounding explains.
func spread(a, b totals) Count {
	var most int64
	for i := range countColumns {
		if !a[i].Valid || !b[i].Valid {
			continue
		}
		low, high := min(a[i].V, b[i].V), max(a[i].V, b[i].V)
		if high > 0 {
			most = max(most, int64(float64(high-low)/float64(high)*1e6))
		}
	}
	if most <= 10_000 {
		return Count{}
	}
	return Count{V: most, Valid: true}
}

// larger takes the row whose volume, or first differing count, is larger: the
// figures of one answer stay together.
func larger(a, b totals) totals {
	for i := range countColumns {
		switch {
		case a[i].V > b[i].V || a[i].Valid && !b[i].Valid:
			return a
		case b[i].V > a[i].V || b[i].Valid && !a[i].Valid:
			return b
		}
	}
	return a
}
