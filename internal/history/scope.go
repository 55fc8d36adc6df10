package history

import (
	"context"
	"database/sql"
	"fmt"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Scope is what the newest test found out about a marketplace's search counts:
// whether they hold the clicks on ads (analytics.md §3.4).
type Scope struct {
	Marketplace string
	Week        clock.Day // newest week tested
	Weeks       int       // that the test looked at
	Terms       int       // whose ads varied
	Result      string    // ScopeIncluded, ScopeExcluded or ScopeUndecided
	// Slope is own clicks per ad click with its 95 % interval; invalid where
	// there was nothing to estimate it from.
	Slope, Low, High sql.Null[float64]
	Why              string // why it is undecided
	// Apart is what the join goes by: the last decided result was
	// ScopeExcluded.
	Apart bool
}

// Results of the scope test.
const (
	ScopeIncluded  = "included"
	ScopeExcluded  = "excluded"
	ScopeUndecided = "undecided"
)

const (
	selectScopes = `SELECT m.code, s.week, s.weeks, s.terms, s.result, s.slope, s.low, s.high, s.why, s.apart
FROM scopes s JOIN marketplaces m ON m.id = s.marketplace ORDER BY m.code`
	scopeApart = `SELECT apart FROM scopes WHERE marketplace = ?1`
	saveScope  = `INSERT OR REPLACE INTO scopes (marketplace, week, weeks, terms, result, slope, low, high, why, apart)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`
	deleteScope     = `DELETE FROM scopes WHERE marketplace = ?1`
	markMarketDirty = `INSERT OR IGNORE INTO dirty_weeks SELECT marketplace, week FROM joined_weeks WHERE marketplace = ?1`
)

// Scopes lists the newest scope tests by marketplace.
func (f *Facts) Scopes(ctx context.Context) (list []Scope, err error) {
	real := func(r database.Row, col int) sql.Null[float64] {
		return sql.Null[float64]{V: r.Float(col), Valid: !r.IsNull(col)}
	}
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectScopes, func(r database.Row) error {
			list = append(list, Scope{
				Marketplace: r.Text(0), Week: r.Day(1), Weeks: int(r.Int(2)), Terms: int(r.Int(3)), Result: r.Text(4),
				Slope: real(r, 5), Low: real(r, 6), High: real(r, 7), Why: r.Text(8), Apart: r.Bool(9),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list scope tests: %w", err)
	}
	return list, nil
}

// SaveScope keeps a test's result. Apart follows from it: an undecided test
// leaves what an earlier one decided. Where it changes, all joined weeks of the
// marketplace are to be joined anew, and changed is true.
func (f *Facts) SaveScope(ctx context.Context, s Scope) (changed bool, err error) {
	value := func(v sql.Null[float64]) any {
		if !v.Valid {
			return nil
		}
		return v.V
	}
	err = f.write(ctx, func(c *database.Conn) error {
		market, err := marketplaces.id(c, s.Marketplace)
		if err != nil {
			return err
		}
		before, err := adsApart(c, market)
		if err != nil {
			return err
		}
		switch s.Result {
		case ScopeIncluded, ScopeExcluded:
			s.Apart = s.Result == ScopeExcluded
		default:
			s.Apart = before
		}
		changed = s.Apart != before
		_, err = c.Exec(saveScope, market, s.Week, s.Weeks, s.Terms, s.Result, value(s.Slope), value(s.Low), value(s.High), s.Why, s.Apart)
		if err != nil || !changed {
			return err
		}
		_, err = c.Exec(markMarketDirty, market)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep the scope test of %s: %w", s.Marketplace, err)
	}
	return changed, nil
}

// adsApart tells whether the marketplace's search counts leave ads out.
func adsApart(c *database.Conn, market int64) (apart bool, err error) {
	err = c.Query(scopeApart, func(r database.Row) error { apart = r.Bool(0); return nil }, market)
	return apart, err
}
