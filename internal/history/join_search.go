package history

import (
	"fmt"

	"halotrack.ai/halotrack/internal/database"
)

// Of an ASIN that several sellers ask for, the newest answer with rows counts:
// Amazon counts per ASIN, not per seller.
const (
	searchMarket = `SELECT m.term, coalesce(t.key, t.id), m.volume, m.n_impressions, m.n_clicks, m.n_cart_adds, m.n_purchases, m.currency, m.spread
FROM sqp_market m JOIN terms t ON t.id = m.term WHERE m.period = ?1`
	searchCells = `SELECT id, asin, state, fetched_at FROM (
	SELECT *, row_number() OVER (PARTITION BY asin ORDER BY rows > 0 DESC, fetched_at DESC, id DESC) AS place FROM sqp_cells WHERE period = ?1)
WHERE place = 1`
	searchOwn = `SELECT term, x_impressions, x_clicks, x_cart_adds, x_purchases FROM sqp_own WHERE cell = ?1`
)

// readSearch adds up market totals once per exact term and own counts per
// ASIN, per parent and over all ASINs, all by normalised key.
func (j *join) readSearch() error {
	var period int64
	err := j.c.Query(selectPeriod, func(r database.Row) error { period = r.Int(0); return nil }, j.market, Week, j.week)
	if err != nil || period == 0 {
		return err
	}
	err = j.c.Query(searchMarket, func(r database.Row) error {
		key := r.Int(1)
		j.keyOf[r.Int(0)] = key
		t := j.term(key)
		t.volume = sum(t.volume, r.Count(2))
		for i := range t.n {
			t.n[i] = sum(t.n[i], r.Count(3+i))
		}
		if j.currency == 0 {
			j.currency = r.Int(7)
		}
		if !r.IsNull(8) {
			j.total.Disputed++
		}
		return nil
	}, period)
	if err != nil {
		return err
	}
	type cell struct{ id, asin int64 }
	var cells []cell
	err = j.c.Query(searchCells, func(r database.Row) error {
		switch CellState(r.Text(2)) {
		case Truncated:
			j.total.Truncated++
			fallthrough
		case Complete:
			j.total.ASINs++
			cells = append(cells, cell{r.Int(0), r.Int(1)})
		}
		if at := r.Time(3); at.After(j.total.FetchedAt) {
			j.total.FetchedAt = at
		}
		return nil
	}, period)
	if err != nil {
		return err
	}
	for _, cell := range cells {
		parent, err := j.parent(cell.asin)
		if err != nil {
			return err
		}
		err = j.c.Query(searchOwn, func(r database.Row) error {
			key, ok := j.keyOf[r.Int(0)]
			if !ok {
				return fmt.Errorf("term %d has no market totals", r.Int(0))
			}
			var x [4]Count
			for i := range x {
				x[i] = r.Count(1 + i)
			}
			addCounts(&j.term(key).x, x)
			addCounts(&part(j.asinRows, key, cell.asin).x, x)
			addCounts(&part(j.parentRows, key, parent).x, x)
			return nil
		}, cell.id)
		if err != nil {
			return err
		}
	}
	return nil
}

func addCounts(to *[4]Count, from [4]Count) {
	for i, v := range from {
		to[i] = sum(to[i], v)
	}
}
