package history

import (
	"context"
	"fmt"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	selectDirty  = `SELECT m.code, d.week FROM dirty_weeks d JOIN marketplaces m ON m.id = d.marketplace ORDER BY d.week DESC, m.code`
	markAllDirty = `INSERT OR IGNORE INTO dirty_weeks SELECT marketplace, week FROM joined_weeks`
	clearDirty   = `DELETE FROM dirty_weeks WHERE marketplace = ?1 AND week = ?2`
	markAudit    = `INSERT OR IGNORE INTO audits_due (week) VALUES (?1)`
	selectDue    = `SELECT week FROM audits_due ORDER BY week`
	clearAudit   = `DELETE FROM audits_due WHERE week = ?1`
)

// DirtyWeeks lists the joined weeks whose facts have changed since they were
// built, newest first: what people look at comes before what it is compared
// with, also after a change of the rules that makes all of them dirty.
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

// MarkAllDirty has every joined week joined anew: the rules have changed by
// which they were.
func (f *Facts) MarkAllDirty(ctx context.Context) error {
	err := f.write(ctx, func(c *database.Conn) error {
		_, err := c.Exec(markAllDirty)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark all weeks dirty: %w", err)
	}
	return nil
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

// JoinRules are what people have said of a marketplace's terms and products.
// The zero value knows nothing: all terms are generic and no product has a
// parent.
type JoinRules struct {
	// Classify returns the class of a term's normalised key; nil makes all of
	// them generic.
	Classify func(key string) Class
	// Parent returns the parent of an ASIN; empty, the ASIN itself, or a nil
	// Parent mean that it stands for itself.
	Parent func(asin string) string
}

// RebuildWeek joins the search and ads facts of one marketplace and Sunday
// week by its rules, replaces the joined week, takes it off the dirty ones and
// marks the week's audit due, in one transaction.
func (f *Facts) RebuildWeek(ctx context.Context, market string, week clock.Day, rules JoinRules) error {
	err := f.write(ctx, func(c *database.Conn) error {
		id, err := marketplaces.id(c, market)
		if err != nil {
			return err
		}
		j := newJoin(c, id, week, rules)
		if m, ok := marketplace.ByID(market); ok {
			j.currency = packCurrency(m.Currency)
		}
		if j.adsApart, err = adsApart(c, id); err != nil {
			return err
		}
		for _, step := range []func() error{
			j.readSearch, j.readProfiles, j.readAds, j.readProducts, j.readSpend, j.allocate, j.decide, j.write,
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

// adSums are ads figures while they are added up. foreign says that some
// money was in another currency than the marketplace's: it is never added.
type adSums struct {
	impressions, clicks, cost        Count
	orders1dSame, orders1d, orders7d Count
	sales7d                          Count
	sbClicks                         int64
	foreign                          bool
}

func (a *adSums) add(b adSums) {
	a.impressions, a.clicks = sum(a.impressions, b.impressions), sum(a.clicks, b.clicks)
	a.orders1dSame, a.orders1d = sum(a.orders1dSame, b.orders1dSame), sum(a.orders1d, b.orders1d)
	a.orders7d = sum(a.orders7d, b.orders7d)
	a.sbClicks += b.sbClicks
	a.foreign = a.foreign || b.foreign
	a.cost, a.sales7d = sum(a.cost, b.cost), sum(a.sales7d, b.sales7d)
	if a.foreign {
		a.cost, a.sales7d = Count{}, Count{}
	}
}

// nothing tells whether all figures are unknown or 0.
func (a *adSums) nothing() bool {
	return a.impressions.V|a.clicks.V|a.cost.V|a.orders1dSame.V|a.orders1d.V|a.orders7d.V|a.sales7d.V|a.sbClicks == 0 && !a.foreign
}

// joinTerm is one normalised key at brand level while it is being joined.
type joinTerm struct {
	id         int64
	volume     Count
	n, x       [4]Count // impressions, clicks, cart adds, purchases
	advertised bool     // has ads rows
	exact      bool     // one of them is of an exact keyword
	ads        adSums
	unnamed    adSums // of ads, what no product is named for
	class      int64
	split      int64
	organic    [2]Count // clicks, purchases
	lead       leader
}

type join struct {
	c        *database.Conn
	market   int64
	week     clock.Day
	rules    JoinRules
	adsApart bool // search counts leave out what ads bring: all of them are organic
	currency int64

	terms    map[int64]*joinTerm // by the term id of the key
	keyOf    map[int64]int64     // term id → term id of its key
	order    []*joinTerm
	profiles []joinProfile
	keywords map[int64]joinKeyword
	exact    map[string]bool // normalised texts of the week's exact keywords
	buckets  map[string]adSums

	codes                map[int64]string // of ASINs
	parents              map[int64]int64  // ASIN → the key it stands under at parent level
	parented             bool             // some ASIN has a parent
	asinRows, parentRows map[partKey]*partTerm
	spent                map[spentKey]adSums
	shown                map[int64][]shownProduct // products of an ad group

	adsStored     bool // some ads days of the week are stored
	complete      bool // all of them
	productsWhole bool // all days of advertised products, too
	spOnly        bool
	state         State
	total         WeekTotal
}

func newJoin(c *database.Conn, market int64, week clock.Day, rules JoinRules) *join {
	return &join{
		c: c, market: market, week: week, rules: rules,
		terms: map[int64]*joinTerm{}, keyOf: map[int64]int64{},
		keywords: map[int64]joinKeyword{}, exact: map[string]bool{}, buckets: map[string]adSums{},
		codes: map[int64]string{}, parents: map[int64]int64{},
		asinRows: map[partKey]*partTerm{}, parentRows: map[partKey]*partTerm{},
		spent: map[spentKey]adSums{}, shown: map[int64][]shownProduct{},
	}
}

func (j *join) term(key int64) *joinTerm {
	t := j.terms[key]
	if t == nil {
		t = &joinTerm{id: key}
		j.terms[key] = t
	}
	return t
}
