package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	selectDirty = `SELECT m.code, d.week FROM dirty_weeks d JOIN marketplaces m ON m.id = d.marketplace ORDER BY d.week, m.code`
	clearDirty  = `DELETE FROM dirty_weeks WHERE marketplace = ?1 AND week = ?2`
	markAudit   = `INSERT OR IGNORE INTO audits_due (week) VALUES (?1)`
	selectDue   = `SELECT week FROM audits_due ORDER BY week`
	clearAudit  = `DELETE FROM audits_due WHERE week = ?1`
)

// DirtyWeeks lists the joined weeks whose facts have changed since they were
// built, oldest first.
func (f *Facts) DirtyWeeks(ctx context.Context) (list []MarketWeek, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectDirty, func(r database.Row) error {
			list = append(list, MarketWeek{r.Text(0), r.Day(1)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list dirty weeks: %w", err)
	}
	return list, nil
}

// AuditsDue lists the weeks of which a joined week was rebuilt since their
// last audit, oldest first.
func (f *Facts) AuditsDue(ctx context.Context) (list []clock.Day, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectDue, func(r database.Row) error {
			list = append(list, r.Day(0))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list audits due: %w", err)
	}
	return list, nil
}

// AuditDone takes a week off the list of audits due.
func (f *Facts) AuditDone(ctx context.Context, week clock.Day) error {
	err := f.write(ctx, func(c *database.Conn) error {
		_, err := c.Exec(clearAudit, week)
		return err
	})
	if err != nil {
		return fmt.Errorf("take off audit due: %w", err)
	}
	return nil
}

// RebuildWeek joins the search and ads facts of one marketplace and Sunday
// week, replaces the joined week, takes it off the dirty ones and marks the
// week's audit due, in one transaction. A term is of class brand if it
// contains one of brandWords as whole words.
func (f *Facts) RebuildWeek(ctx context.Context, market string, week clock.Day, brandWords []string) error {
	err := f.write(ctx, func(c *database.Conn) error {
		id, err := marketplaces.id(c, market)
		if err != nil {
			return err
		}
		j := newJoin(c, id, week, brandWords)
		if m, ok := marketplace.ByID(market); ok {
			j.currency = packCurrency(m.Currency)
		}
		for _, step := range []func() error{
			j.readSearch, j.readProfiles, j.readAds, j.readSpend, j.decide, j.write,
		} {
			if err := step(); err != nil {
				return err
			}
		}
		if _, err := c.Exec(clearDirty, id, week); err != nil {
			return err
		}
		_, err = c.Exec(markAudit, week)
		return err
	})
	if err != nil {
		return fmt.Errorf("rebuild week %s of %s: %w", week, market, err)
	}
	return nil
}

// joinTerm is one normalised key at brand level while it is being joined.
type joinTerm struct {
	id         int64
	volume     Count
	n, x       [4]Count // impressions, clicks, cart adds, purchases
	searched   bool     // has SQP rows
	advertised bool     // has ads rows
	ads        adSums
	class      int64
	split      int64
	organic    [2]Count // clicks, purchases
}

// asinTerm is the own counts of one ASIN for one key.
type asinTerm struct {
	term, asin int64
	x          [4]Count
}

// adSums are ads figures while they are added up. foreign says that some
// money was in another currency than the marketplace's: it is never added.
type adSums struct {
	impressions, clicks, cost Count
	orders1d, orders7d        Count
	sales7d                   Count
	sbClicks                  int64
	foreign                   bool
}

func (a *adSums) add(b adSums) {
	a.impressions, a.clicks = sum(a.impressions, b.impressions), sum(a.clicks, b.clicks)
	a.orders1d, a.orders7d = sum(a.orders1d, b.orders1d), sum(a.orders7d, b.orders7d)
	a.sbClicks += b.sbClicks
	a.foreign = a.foreign || b.foreign
	a.cost, a.sales7d = sum(a.cost, b.cost), sum(a.sales7d, b.sales7d)
	if a.foreign {
		a.cost, a.sales7d = Count{}, Count{}
	}
}

type join struct {
	c          *database.Conn
	market     int64
	week       clock.Day
	brandWords []string
	currency   int64

	terms     map[int64]*joinTerm // by the term id of the key
	keyOf     map[int64]int64     // term id → term id of its key
	asins     map[[2]int64]*asinTerm
	order     []*joinTerm
	profiles  []joinProfile
	buckets   map[string]adSums
	adsStored bool // some ads days of the week are stored
	complete  bool // all of them
	state     State
	total     WeekTotal
}

func newJoin(c *database.Conn, market int64, week clock.Day, brandWords []string) *join {
	j := &join{
		c: c, market: market, week: week,
		terms: map[int64]*joinTerm{}, keyOf: map[int64]int64{}, asins: map[[2]int64]*asinTerm{},
		buckets: map[string]adSums{},
	}
	for _, w := range brandWords {
		if key := NormaliseKey(w); key != "" {
			j.brandWords = append(j.brandWords, key)
		}
	}
	return j
}

func (j *join) term(key int64) *joinTerm {
	t := j.terms[key]
	if t == nil {
		t = &joinTerm{id: key}
		j.terms[key] = t
	}
	return t
}

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

// readSearch adds up market totals once per exact term and own counts over
// ASINs, both by normalised key.
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
		t.searched = true
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
		err := j.c.Query(searchOwn, func(r database.Row) error {
			key, ok := j.keyOf[r.Int(0)]
			if !ok {
				return fmt.Errorf("term %d has no market totals", r.Int(0))
			}
			t := j.term(key)
			a := j.asins[[2]int64{key, cell.asin}]
			if a == nil {
				a = &asinTerm{term: key, asin: cell.asin}
				j.asins[[2]int64{key, cell.asin}] = a
			}
			for i := range t.x {
				x := r.Count(1 + i)
				t.x[i], a.x[i] = sum(t.x[i], x), sum(a.x[i], x)
			}
			return nil
		}, cell.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// decide classifies each term and splits its clicks and purchases.
func (j *join) decide() error {
	for _, t := range j.terms {
		text, err := termText(j.c, t.id)
		if err != nil {
			return err
		}
		t.class = classGeneric
		if slices.ContainsFunc(j.brandWords, func(w string) bool { return containsWords(text, w) }) {
			t.class = classBrand
		}
		if j.complete && !t.advertised {
			// The reports are complete and name no click: none were paid for.
			// Impressions without a click are in no report (adsapi.md trap 28).
			zero := Count{Valid: true}
			t.ads = adSums{clicks: zero, cost: zero, orders1d: zero, orders7d: zero, sales7d: zero}
		}
		t.split, t.organic = j.organic(t)
		j.order = append(j.order, t)
	}
	slices.SortFunc(j.order, func(a, b *joinTerm) int { return cmp.Compare(a.id, b.id) })
	return nil
}

// organic is what is left of the own clicks and purchases without those that
// ads caused (analytics.md §3.4); unknown where an input is missing or ads
// claim clearly more than search shows.
func (j *join) organic(t *joinTerm) (split int64, organic [2]Count) {
	clicks, purchases := t.x[1], t.x[3]
	if !j.complete || !clicks.Valid || !t.ads.clicks.Valid || exceeds(t.ads.clicks.V, clicks.V) {
		return splitUnknown, organic
	}
	organic[0] = Count{V: max(0, clicks.V-t.ads.clicks.V), Valid: true}
	orders := t.ads.orders1d
	if t.ads.sbClicks == 0 && purchases.Valid && orders.Valid && !exceeds(orders.V, purchases.V) {
		organic[1] = Count{V: max(0, purchases.V-orders.V), Valid: true}
	}
	return splitMeasured, organic
}

// exceeds tells whether ads claim more than own > 1.1 × search + 3.
func exceeds(ads, search int64) bool { return 10*ads > 11*search+30 }
