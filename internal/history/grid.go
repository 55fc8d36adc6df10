package history

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// The states of a cell that holds no answer. Together with those of an answer
// they say of every cell of a grid where it stands.
const (
	CellQueued    CellState = "queued"     // asked for, or planned: a ledger row is open
	CellFailed    CellState = "failed"     // the newest ledger row failed
	CellMissing   CellState = "missing"    // never asked for
	CellNotListed CellState = "not_listed" // the period's catalogue does not name the ASIN, so it is not asked for
)

// GridStates are the states in the order of their numbers in a GridCell.
var GridStates = [...]CellState{CellMissing, Complete, Empty, Truncated, NotPublished, CellQueued, CellFailed, CellNotListed}

// Places in GridStates.
const (
	gridMissing = iota
	gridStored
	gridEmpty
	gridTruncated
	gridNotPublished
	gridQueued
	gridFailed
	gridNotListed
)

// GridCell is the coverage of one cell, small because a grid has many: 900
// ASINs over 104 weeks are 94,000 in each marketplace.
type GridCell struct {
	Fetched int64 // milliseconds since 1970; 0: never answered
	Rows    int32
	place   uint8
	again   bool
	listed  bool
}

// State returns the cell's state.
func (c GridCell) State() CellState { return GridStates[c.place] }

// Answered reports whether Amazon has answered: with rows or that there are
// none.
func (c GridCell) Answered() bool {
	return c.place == gridStored || c.place == gridEmpty || c.place == gridTruncated
}

// Refreshing reports whether an answered cell is being asked for again.
func (c GridCell) Refreshing() bool { return c.again && c.Answered() }

// answer sets what is stored of the cell.
func (c *GridCell) answer(state, rows, at int64) {
	c.place, c.Rows, c.Fetched = uint8(state), int32(min(rows, 1<<31-1)), at
}

// Grid is the coverage of one seller in one marketplace: ASINs by periods.
type Grid struct {
	Seller    string
	ASINs     []string
	Catalogue []GridCell // the whole catalogue's, by period

	rows   [][]GridCell
	causes map[[2]int]string // classes of failed cells; -1 for the catalogue
	held   map[[2]int]int64
}

// Row returns the cells of the i-th ASIN, by period.
func (g *Grid) Row(i int) []GridCell { return g.rows[i] }

// Cause returns the error class of a failed cell: of the i-th ASIN, or of the
// catalogue for -1, in the period at place start.
func (g *Grid) Cause(i, start int) string { return g.causes[[2]int{i, start}] }

// Quarantined returns how many rows of a cell are held back or were deleted,
// beside those stored.
func (g *Grid) Quarantined(i, start int) int64 { return g.held[[2]int{i, start}] }

// Answers replace their number in GridStates, so that no text is read per cell.
const (
	gridSQP = `SELECT c.seller, c.asin, p.start,
	CASE c.state WHEN 'stored' THEN 1 WHEN 'empty' THEN 2 WHEN 'truncated' THEN 3 ELSE 4 END, c.rows, c.fetched_at, c.quarantined
FROM periods p JOIN sqp_cells c ON c.period = p.id
WHERE p.marketplace = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4`
	gridSCP = `SELECT c.seller, c.asin, p.start,
	CASE c.state WHEN 'stored' THEN 1 WHEN 'empty' THEN 2 WHEN 'truncated' THEN 3 ELSE 4 END, c.rows, c.fetched_at
FROM periods p JOIN scp c ON c.period = p.id
WHERE p.marketplace = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4`
	gridLedger = `SELECT seller, type, start, asins, state, error_class FROM reports
WHERE marketplace = ?1 AND start BETWEEN ?2 AND ?3 AND api = 'spapi' AND period = ?4
	AND state NOT IN ('stored', 'empty') AND error_class NOT IN ('split', 'clamped') ORDER BY id DESC`
	gridNames   = `SELECT id, code FROM asins`
	gridSellers = `SELECT id, code FROM sellers`
	gridDays    = `SELECT date,
	CASE state WHEN 'stored' THEN 1 WHEN 'empty' THEN 2 WHEN 'truncated' THEN 3 ELSE 4 END, rows, fetched_at, quarantined
FROM ad_days WHERE profile = ?1 AND type = ?2 AND date BETWEEN ?3 AND ?4`
	gridDayLedger = `SELECT start, end, state, error_class FROM reports
WHERE api = 'ads' AND profile = ?1 AND type = ?2 AND start <= ?4 AND end >= ?3
	AND state NOT IN ('stored', 'empty') AND error_class NOT IN ('split', 'clamped') ORDER BY id DESC`
	periodSpan = `SELECT min(start), max(start) FROM (
	SELECT start FROM periods WHERE kind = ?1
	UNION ALL SELECT start FROM reports WHERE api = 'spapi' AND period = ?1)`
	daySpan         = `SELECT min(date), max(date) FROM ad_days`
	gridMarketCodes = `SELECT m.code FROM periods p JOIN marketplaces m ON m.id = p.marketplace WHERE p.kind = ?1
UNION SELECT marketplace FROM reports WHERE api = 'spapi' AND period = ?1 ORDER BY 1`
)

// classNotPublished is the error class of a report that Amazon refused because
// the period is not published yet.
const classNotPublished = "not published"

// CoverageMarkets lists the marketplaces of which any period of a kind was
// asked for or stored.
func (f *Facts) CoverageMarkets(ctx context.Context, period string) (list []string, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(gridMarketCodes, func(r database.Row) error {
			list = append(list, r.Text(0))
			return nil
		}, period)
	})
	if err != nil {
		return nil, fmt.Errorf("list the marketplaces covered: %w", err)
	}
	return list, nil
}

// CoverageSpan returns the first days of the oldest and the newest period of a
// kind that anything is known of; ok is false if there is none.
func (f *Facts) CoverageSpan(ctx context.Context, period string) (from, to clock.Day, ok bool, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(periodSpan, func(r database.Row) error {
			from, to, ok = r.Day(0), r.Day(1), !r.IsNull(0)
			return nil
		}, period)
	})
	if err != nil {
		return 0, 0, false, fmt.Errorf("read the span of coverage: %w", err)
	}
	return from, to, ok, nil
}

// AdSpan is CoverageSpan for the days of ads.
func (f *Facts) AdSpan(ctx context.Context) (from, to clock.Day, ok bool, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(daySpan, func(r database.Row) error {
			from, to, ok = r.Day(0), r.Day(1), !r.IsNull(0)
			return nil
		})
	})
	if err != nil {
		return 0, 0, false, fmt.Errorf("read the span of ads coverage: %w", err)
	}
	return from, to, ok, nil
}

// Grids returns the coverage of a marketplace over the periods that begin on
// starts, which are in order: one grid per seller, by seller id, its ASINs in
// order. Its memory is 16 bytes for each cell.
func (f *Facts) Grids(ctx context.Context, marketplace, period string, starts []clock.Day) ([]*Grid, error) {
	if len(starts) == 0 {
		return nil, nil
	}
	b := gridBuilder{starts: starts, place: map[clock.Day]int{}, sellers: map[string]*gridRows{}}
	for i, start := range starts {
		b.place[start] = i
	}
	err := f.read(ctx, func(c *database.Conn) error { return b.load(c, marketplace, period) })
	if err != nil {
		return nil, fmt.Errorf("read the coverage of %s: %w", marketplace, err)
	}
	return b.grids(), nil
}

// gridBuilder gathers the grids of one marketplace.
type gridBuilder struct {
	starts  []clock.Day
	place   map[clock.Day]int
	names   map[int64]string // ASINs
	sellers map[string]*gridRows
}

type gridRows struct {
	catalogue []GridCell
	rows      map[string][]GridCell
	byID      map[int64][]GridCell
	classes   map[string]map[int]string // of cells that failed, by ASIN and place; "" for the catalogue
	held      map[heldCell]int64        // rows in quarantine
}

type heldCell struct {
	asin string
	at   int
}

func (b *gridBuilder) seller(code string) *gridRows {
	s := b.sellers[code]
	if s == nil {
		s = &gridRows{
			catalogue: make([]GridCell, len(b.starts)), rows: map[string][]GridCell{},
			byID: map[int64][]GridCell{}, classes: map[string]map[int]string{}, held: map[heldCell]int64{},
		}
		b.sellers[code] = s
	}
	return s
}

func (b *gridBuilder) row(s *gridRows, asin string) []GridCell {
	row := s.rows[asin]
	if row == nil {
		row = make([]GridCell, len(b.starts))
		s.rows[asin] = row
	}
	return row
}

func (b *gridBuilder) load(c *database.Conn, market, period string) error {
	from, to := b.starts[0], b.starts[len(b.starts)-1]
	id, err := marketplaces.lookup(c, market)
	if err != nil {
		return err
	}
	if id != 0 {
		if err := b.loadAnswers(c, id, period, from, to); err != nil {
			return err
		}
	}
	return c.Query(gridLedger, func(r database.Row) error {
		at, ok := b.place[r.Day(2)]
		if !ok {
			return nil
		}
		s := b.seller(r.Text(0))
		open, class := ReportState(r.Text(4)).Open(), r.Text(5)
		if r.Text(1) == string(spapi.SCP) {
			s.note("", s.catalogue, at, open, class)
			return nil
		}
		for _, asin := range strings.Fields(r.Text(3)) {
			s.note(asin, b.row(s, asin), at, open, class)
		}
		return nil
	}, market, from, to, period)
}

// note adds what an unanswered ledger row says about a cell; the newest row
// comes first.
func (s *gridRows) note(asin string, row []GridCell, at int, open bool, class string) {
	c := &row[at]
	switch {
	case open:
		c.again = true
	case c.again || c.place != gridMissing: // answered, or a newer row spoke
	case class == classNotPublished:
		c.place = gridNotPublished
	default:
		c.place = gridFailed
		if s.classes[asin] == nil {
			s.classes[asin] = map[int]string{}
		}
		s.classes[asin][at] = class
	}
}

func (b *gridBuilder) loadAnswers(c *database.Conn, market int64, period string, from, to clock.Day) error {
	b.names = map[int64]string{}
	sellers := map[int64]*gridRows{}
	codes := map[int64]string{}
	if err := readNames(c, gridNames, b.names); err != nil {
		return err
	}
	if err := readNames(c, gridSellers, codes); err != nil {
		return err
	}
	find := func(r database.Row) (s *gridRows, at int, ok bool) {
		if at, ok = b.place[r.Day(2)]; !ok {
			return nil, 0, false
		}
		if s = sellers[r.Int(0)]; s == nil {
			s = b.seller(codes[r.Int(0)])
			sellers[r.Int(0)] = s
		}
		return s, at, true
	}
	row := func(s *gridRows, asin int64) []GridCell {
		have := s.byID[asin]
		if have == nil {
			have = b.row(s, b.names[asin])
			s.byID[asin] = have
		}
		return have
	}
	err := c.Query(gridSQP, func(r database.Row) error {
		if s, at, ok := find(r); ok {
			row(s, r.Int(1))[at].answer(r.Int(3), r.Int(4), r.Int(5))
			if n := r.Int(6); n > 0 {
				s.held[heldCell{b.names[r.Int(1)], at}] = n
			}
		}
		return nil
	}, market, period, from, to)
	if err != nil {
		return err
	}
	return c.Query(gridSCP, func(r database.Row) error {
		s, at, ok := find(r)
		switch {
		case !ok:
		case r.Int(1) == wholeCatalogue:
			s.catalogue[at].answer(r.Int(3), r.Int(4), r.Int(5))
		case r.Int(4) > 0:
			row(s, r.Int(1))[at].listed = true
		}
		return nil
	}, market, period, from, to)
}

func readNames(c *database.Conn, query string, into map[int64]string) error {
	return c.Query(query, func(r database.Row) error {
		into[r.Int(0)] = r.Text(1)
		return nil
	})
}

// grids settles the cells that no answer and no ledger row speaks of.
func (b *gridBuilder) grids() []*Grid {
	var out []*Grid
	for code, s := range b.sellers {
		g := &Grid{Seller: code, Catalogue: s.catalogue, causes: map[[2]int]string{}, held: map[[2]int]int64{}}
		for asin := range s.rows {
			g.ASINs = append(g.ASINs, asin)
		}
		slices.Sort(g.ASINs)
		for i := range s.catalogue {
			s.catalogue[i].settle(false)
		}
		for i, asin := range g.ASINs {
			row := s.rows[asin]
			for at := range row {
				row[at].settle(s.catalogue[at].Answered() && !row[at].listed)
			}
			g.rows = append(g.rows, row)
			for at, class := range s.classes[asin] {
				g.causes[[2]int{i, at}] = class
			}
		}
		for cell, n := range s.held {
			if i, ok := slices.BinarySearch(g.ASINs, cell.asin); ok {
				g.held[[2]int{i, cell.at}] = n
			}
		}
		for at, class := range s.classes[""] {
			g.causes[[2]int{-1, at}] = class
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b *Grid) int { return strings.Compare(a.Seller, b.Seller) })
	return out
}

// settle decides the state of a cell without an answer.
func (c *GridCell) settle(unlisted bool) {
	switch {
	case c.Answered():
	case c.again:
		c.place = gridQueued
	case c.place == gridMissing && unlisted:
		c.place = gridNotListed
	}
}

// AdGrid is the coverage of one ads profile and report type, by day.
type AdGrid struct {
	From   clock.Day // of the first cell
	Cells  []GridCell
	causes map[int]string
	held   map[int]int64
}

// Quarantined returns how many rows of the i-th day are held back or were
// deleted, beside those stored.
func (g *AdGrid) Quarantined(i int) int64 { return g.held[i] }

// Cause returns the error class of the i-th day, which failed.
func (g *AdGrid) Cause(i int) string { return g.causes[i] }

// AdGrid returns the coverage of a profile and report type on the days from to
// to. A day that Amazon keeps no more is not published.
func (f *Facts) AdGrid(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day) (*AdGrid, error) {
	g := &AdGrid{From: from, Cells: make([]GridCell, max(to-from+1, 0)), causes: map[int]string{}, held: map[int]int64{}}
	err := f.read(ctx, func(c *database.Conn) error {
		err := c.Query(gridDays, func(r database.Row) error {
			g.Cells[r.Day(0)-from].answer(r.Int(1), r.Int(2), r.Int(3))
			if n := r.Int(4); n > 0 {
				g.held[int(r.Day(0)-from)] = n
			}
			return nil
		}, profile, string(t), from, to)
		if err != nil {
			return err
		}
		s := gridRows{classes: map[string]map[int]string{}}
		err = c.Query(gridDayLedger, func(r database.Row) error {
			open, class := ReportState(r.Text(2)).Open(), r.Text(3)
			for day := max(r.Day(0), from); day <= min(r.Day(1), to); day++ {
				s.note("", g.Cells, int(day-from), open, class)
			}
			return nil
		}, profile, string(t), from, to)
		if s.classes[""] != nil {
			g.causes = s.classes[""]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the coverage of ads profile %d: %w", profile, err)
	}
	for i := range g.Cells {
		g.Cells[i].settle(false)
	}
	return g, nil
}

// FetchedAt returns when the cell was last answered, zero if it never was.
func (c GridCell) FetchedAt() time.Time {
	if c.Fetched == 0 {
		return time.Time{}
	}
	return time.UnixMilli(c.Fetched).UTC()
}
