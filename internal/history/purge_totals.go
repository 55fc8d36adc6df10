package history

import (
	"math"
	"slices"

	"halotrack.ai/halotrack/internal/database"
)

// Whose a version of market totals is, the times tell at which documents were
// fetched: of the cells, of the superseded rows and of the ledger. ?3 chooses
// the seller (1) or all others (0).
const (
	cellTimes = `SELECT fetched_at, coalesce(same_since, fetched_at) FROM sqp_cells WHERE period = ?1 AND (seller = ?2) = ?3`
	oldTimes  = `SELECT DISTINCT fetched_at, replaced_at FROM sqp_own_old WHERE period = ?1 AND (seller = ?2) = ?3`
	logTimes  = `SELECT finished, finished FROM reports
WHERE api = ?1 AND (seller = ?2) = ?3 AND marketplace = ?4 AND period = ?5 AND start = ?6 AND finished IS NOT NULL`
)

// fetchTimes lists when documents of a period were fetched: by the seller, or
// by all others.
func fetchTimes(c *database.Conn, p purgedPeriod, who int64, seller string, own bool) (map[int64]bool, error) {
	times := map[int64]bool{}
	note := func(r database.Row) error {
		times[r.Int(0)], times[r.Int(1)] = true, true
		return nil
	}
	if err := c.Query(cellTimes, note, p.id, who, boolean(own)); err != nil {
		return nil, err
	}
	if err := c.Query(oldTimes, note, p.id, who, boolean(own)); err != nil {
		return nil, err
	}
	return times, c.Query(logTimes, note, SPAPI, seller, boolean(own), p.code, p.kind, p.start)
}

// deleteSellerRows remove a seller's rows of a period, what hangs from a cell
// before the cell.
var deleteSellerRows = []string{
	`DELETE FROM quarantine_sqp WHERE cell IN (SELECT id FROM sqp_cells WHERE period = ?1 AND seller = ?2)`,
	`DELETE FROM sqp_own WHERE cell IN (SELECT id FROM sqp_cells WHERE period = ?1 AND seller = ?2)`,
	`DELETE FROM sqp_cells WHERE period = ?1 AND seller = ?2`,
	`DELETE FROM sqp_own_old WHERE period = ?1 AND seller = ?2`,
	`DELETE FROM scp WHERE period = ?1 AND seller = ?2`,
}

// Totals stay where a row that is left speaks of their term.
const (
	dropUnspokenTotals = `DELETE FROM sqp_market WHERE period = ?1 AND term NOT IN (
	SELECT o.term FROM sqp_cells c JOIN sqp_own o ON o.cell = c.id WHERE c.period = ?1)`
	dropUnspokenOld = `DELETE FROM sqp_market_old WHERE period = ?1 AND term NOT IN (
	SELECT o.term FROM sqp_cells c JOIN sqp_own o ON o.cell = c.id WHERE c.period = ?1
	UNION SELECT term FROM sqp_own_old WHERE period = ?1)`
)

// purgePeriod removes a seller's part of one period, in the caller's
// transaction.
func purgePeriod(c *database.Conn, p purgedPeriod, seller string) error {
	who, err := sellers.lookup(c, seller)
	if err != nil {
		return err
	}
	gone, err := fetchTimes(c, p, who, seller, true)
	if err != nil {
		return err
	}
	left, err := fetchTimes(c, p, who, seller, false)
	if err != nil {
		return err
	}
	for at := range left {
		delete(gone, at)
	}
	for _, query := range deleteSellerRows {
		if _, err := c.Exec(query, p.id, who); err != nil {
			return err
		}
	}
	for _, query := range []string{dropUnspokenTotals, dropUnspokenOld} {
		if _, err := c.Exec(query, p.id); err != nil {
			return err
		}
	}
	if err := restoreTotals(c, p.id, gone); err != nil {
		return err
	}
	if p.kind != Week {
		return nil
	}
	return dropWeek(c, p.market, p.start)
}

const (
	totalsTimes    = `SELECT term, fetched_at FROM sqp_market WHERE period = ?1`
	oldTotalsTimes = `SELECT term, fetched_at FROM sqp_market_old WHERE period = ?1`
	oldVersions    = `SELECT replaced_at, fetched_at FROM sqp_market_old WHERE period = ?1 AND term = ?2 ORDER BY replaced_at`
	redateVersion  = `UPDATE sqp_market_old SET fetched_at = ?4 WHERE period = ?1 AND term = ?2 AND replaced_at = ?3`
	termTimes      = `SELECT coalesce(c.same_since, c.fetched_at), c.fetched_at FROM sqp_cells c JOIN sqp_own o ON o.cell = c.id AND o.term = ?2 WHERE c.period = ?1
UNION ALL SELECT fetched_at, fetched_at FROM sqp_own_old WHERE period = ?1 AND term = ?2`
)

// restoreTotals takes back the versions of totals that were fetched at the
// gone times alone.
func restoreTotals(c *database.Conn, period int64, gone map[int64]bool) error {
	if len(gone) == 0 {
		return nil
	}
	touched := map[int64]bool{}
	for _, query := range []string{totalsTimes, oldTotalsTimes} {
		err := c.Query(query, func(r database.Row) error {
			if gone[r.Int(1)] {
				touched[r.Int(0)] = true
			}
			return nil
		}, period)
		if err != nil {
			return err
		}
	}
	r := sqpReplacement{c: c, period: period}
	for term := range touched {
		if err := r.restore(term, gone); err != nil {
			return err
		}
	}
	return nil
}

// totalsVersion is one superseded row of a term's totals.
type totalsVersion struct{ replaced, fetched int64 }

// restore leaves the versions that another seller's document brought, or
// confirmed while they were current; the newest of them becomes the current
// one. Where none is left the current one stays: it is what the other documents
// said, as totals that are the same are not stored again.
func (r *sqpReplacement) restore(term int64, gone map[int64]bool) error {
	var versions, kept []totalsVersion
	err := r.c.Query(oldVersions, func(row database.Row) error {
		versions = append(versions, totalsVersion{row.Int(0), row.Int(1)})
		return nil
	}, r.period, term)
	if err != nil {
		return err
	}
	var spoken []int64 // when a document of another seller spoke of the term
	err = r.c.Query(termTimes, func(row database.Row) error {
		spoken = append(spoken, row.Int(0), row.Int(1))
		return nil
	}, r.period, term)
	if err != nil {
		return err
	}
	slices.Sort(spoken)
	confirmed := func(from, before int64) (at int64, ok bool) {
		i, _ := slices.BinarySearch(spoken, from)
		return valueAt(spoken, i), i < len(spoken) && spoken[i] < before
	}
	for _, v := range versions {
		if gone[v.fetched] {
			at, ok := confirmed(v.fetched, v.replaced)
			if !ok {
				if _, err := r.c.Exec(dropArchived, r.period, term, v.replaced); err != nil {
					return err
				}
				continue
			}
			if _, err := r.c.Exec(redateVersion, r.period, term, v.replaced, at); err != nil {
				return err
			}
		}
		kept = append(kept, v)
	}
	current, found, err := r.storedTotals(selectTotals, r.period, term)
	if err != nil || !found {
		return err
	}
	if gone[current.fetched] {
		at, ok := confirmed(current.fetched, math.MaxInt64)
		switch {
		case ok:
			current.fetched = at
		case len(kept) > 0:
			last := kept[len(kept)-1]
			kept = kept[:len(kept)-1]
			if current, _, err = r.storedTotals(selectOldTotals, r.period, term, last.replaced); err != nil {
				return err
			}
			if _, err := r.c.Exec(dropArchived, r.period, term, last.replaced); err != nil {
				return err
			}
		default:
			current.fetched = valueAt(spoken, 0)
		}
	}
	// A spread says how far two answers lie apart; one of them may be gone.
	current.spread = Count{}
	if len(kept) > 0 {
		before, _, err := r.storedTotals(selectOldTotals, r.period, term, kept[len(kept)-1].replaced)
		if err != nil {
			return err
		}
		current.spread = spread(before.totals, current.totals)
	}
	return r.put(term, current)
}

// valueAt is list[i], or 0 past its end.
func valueAt(list []int64, i int) int64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}
