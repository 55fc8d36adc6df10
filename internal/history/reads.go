package history

import (
	"context"
	"errors"
	"fmt"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// ErrNotFound means that no such term is stored for the marketplace.
var ErrNotFound = errors.New("no such term")

// Columns of a joined row j at brand level, and of one below it, whose market
// figures and class are those of the brand's row b.
const (
	brandColumns = `j.week, j.level, j.term, t.text, '', j.class, j.volume,
	j.n_impressions, j.x_impressions, j.n_clicks, j.x_clicks, j.n_cart_adds, j.x_cart_adds, j.n_purchases, j.x_purchases, ` + splitColumns + `,
	coalesce((SELECT code FROM asins WHERE id = j.lead), ''), j.lead_impressions, j.concentration, j.exact`
	partColumns = `j.week, j.level, j.term, t.text, coalesce((SELECT code FROM asins WHERE id = j.key), ''), b.class, b.volume,
	b.n_impressions, j.x_impressions, b.n_clicks, j.x_clicks, b.n_cart_adds, j.x_cart_adds, b.n_purchases, j.x_purchases, ` + splitColumns + `,
	'', NULL, NULL, 0`
	splitColumns = `j.ad_impressions, j.ad_clicks, j.ad_cost, j.ad_orders_1d_same_sku, j.ad_orders_1d, j.ad_orders_7d, j.ad_sales_7d, j.ad_sb_clicks,
	j.organic_clicks, j.organic_purchases, j.split, w.currency, w.state, w.sp_only`
)

// joinedWidth is the number of columns of either.
const joinedWidth = 33

const (
	selectMarkets = `SELECT code FROM marketplaces m WHERE EXISTS (SELECT 1 FROM joined_weeks w WHERE w.marketplace = m.id) ORDER BY code`
	selectWeeks   = `SELECT week FROM joined_weeks WHERE marketplace = ?1 ORDER BY week DESC`
	selectTotal   = `SELECT week, currency, state, terms, asins, truncated, disputed, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases,
	spend_impressions, spend_clicks, spend_cost, spend_orders_7d, spend_sales_7d, spend_days, spend_want_days, spend_state, fetched_at,
	sp_only, parents, ads_complete
FROM joined_weeks WHERE marketplace = ?1 AND week BETWEEN ?2 AND ?3 ORDER BY week`
	selectHistory = `SELECT ` + brandColumns + ` FROM joined_weeks w
CROSS JOIN joined j ON j.marketplace = w.marketplace AND j.week = w.week AND j.level = 0 AND j.term = ?2 AND j.key = 0
JOIN terms t ON t.id = j.term
WHERE w.marketplace = ?1 AND w.week BETWEEN ?3 AND ?4 ORDER BY w.week`
	termKnown = `SELECT t.text, (SELECT j.class FROM joined_weeks w
	CROSS JOIN joined j ON j.marketplace = w.marketplace AND j.week = w.week AND j.level = 0 AND j.term = t.id AND j.key = 0
	WHERE w.marketplace = ?1 ORDER BY w.week DESC LIMIT 1) FROM terms t WHERE t.id = ?2`
	selectVariants = `SELECT text FROM terms WHERE (id = ?1 OR key = ?1) AND exact = 1 ORDER BY id <> ?1, text`
	streamWeek     = `SELECT ` + brandColumns + ` FROM joined j
JOIN joined_weeks w ON w.marketplace = j.marketplace AND w.week = j.week
JOIN terms t ON t.id = j.term
WHERE j.marketplace = ?1 AND j.week = ?2 AND j.level = 0 ORDER BY j.term`
	streamParts = `SELECT ` + partColumns + ` FROM joined j
JOIN joined_weeks w ON w.marketplace = j.marketplace AND w.week = j.week
CROSS JOIN joined b ON b.marketplace = j.marketplace AND b.week = j.week AND b.level = 0 AND b.term = j.term AND b.key = 0
JOIN terms t ON t.id = j.term
WHERE j.marketplace = ?1 AND j.week = ?2 AND j.level = ?3 ORDER BY j.term, j.key`
	selectAdBuckets = `SELECT kind, ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks
FROM ad_buckets WHERE marketplace = ?1 AND week = ?2 ORDER BY kind`
)

// inMarket runs fn within a read, unless nothing of the marketplace is stored.
func (f *Facts) inMarket(ctx context.Context, marketplace, doing string, fn func(c *database.Conn, market int64) error) error {
	err := f.read(ctx, func(c *database.Conn) error {
		market, err := marketplaces.lookup(c, marketplace)
		if err != nil || market == 0 {
			return err
		}
		return fn(c, market)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Marketplaces lists the marketplaces that have joined weeks, by id.
func (f *Facts) Marketplaces(ctx context.Context) (list []string, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectMarkets, func(r database.Row) error {
			list = append(list, r.Text(0))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list marketplaces: %w", err)
	}
	return list, nil
}

// Weeks lists the joined weeks of a marketplace, newest first.
func (f *Facts) Weeks(ctx context.Context, marketplace string) (list []clock.Day, err error) {
	err = f.inMarket(ctx, marketplace, "list weeks", func(c *database.Conn, market int64) error {
		return c.Query(selectWeeks, func(r database.Row) error {
			list = append(list, r.Day(0))
			return nil
		}, market)
	})
	return list, err
}

// WeekTotals lists the brand-level totals of the weeks that start from from to
// to, oldest first; weeks that are not stored are absent.
func (f *Facts) WeekTotals(ctx context.Context, marketplace string, from, to clock.Day) (list []WeekTotal, err error) {
	err = f.inMarket(ctx, marketplace, "read week totals", func(c *database.Conn, market int64) error {
		return c.Query(selectTotal, func(r database.Row) error {
			t := WeekTotal{
				Marketplace: marketplace, Week: r.Day(0), Currency: unpackCurrency(r.Int(1)), State: states[r.Int(2)],
				Terms: r.Int(3), ASINs: r.Int(4), Truncated: r.Int(5), Disputed: r.Int(6), Volume: r.Count(7),
				Impressions: stepAt(r, 8), Clicks: stepAt(r, 10), CartAdds: stepAt(r, 12), Purchases: stepAt(r, 14),
				Ads: adsAt(r, 16), OrganicClicks: r.Count(24), OrganicPurchases: r.Count(25), FetchedAt: r.Time(34),
				SPOnly: r.Bool(35), Parents: r.Bool(36), AdsComplete: r.Bool(37),
			}
			t.Spend = Spend{
				Week: t.Week, Currency: t.Currency,
				Impressions: r.Count(26), Clicks: r.Count(27), Cost: r.Count(28), Orders7d: r.Count(29), Sales7d: r.Count(30),
				Days: r.Int(31), WantDays: r.Int(32), State: states[r.Int(33)],
			}
			list = append(list, t)
			return nil
		}, market, from, to)
	})
	return list, err
}

// Spend lists the totals of the campaign reports per week, oldest first; weeks
// without a stored day are absent.
func (f *Facts) Spend(ctx context.Context, marketplace string, from, to clock.Day) ([]Spend, error) {
	weeks, err := f.WeekTotals(ctx, marketplace, from, to)
	var list []Spend
	for _, w := range weeks {
		if w.Spend.Days > 0 {
			list = append(list, w.Spend)
		}
	}
	return list, err
}

// Buckets lists a week's ads figures that belong to no search term.
func (f *Facts) Buckets(ctx context.Context, marketplace string, week clock.Day) (list []Bucketed, err error) {
	err = f.inMarket(ctx, marketplace, "read ads outside search", func(c *database.Conn, market int64) error {
		return c.Query(selectAdBuckets, func(r database.Row) error {
			list = append(list, Bucketed{r.Text(0), adsAt(r, 1)})
			return nil
		}, market, week)
	})
	return list, err
}

// JoinedWeek calls row for each brand-level row of a week, in order of the
// term's id. row must not use these Facts for writing.
func (f *Facts) JoinedWeek(ctx context.Context, marketplace string, week clock.Day, row func(JoinedRow) error) error {
	return f.joined(ctx, marketplace, streamWeek, row, week)
}

// JoinedASINs is JoinedWeek for the rows of single ASINs: several of one term,
// each with the market's figures, which are never added over them. What ads
// brought without any report naming the product has a row without Key.
func (f *Facts) JoinedASINs(ctx context.Context, marketplace string, week clock.Day, row func(JoinedRow) error) error {
	return f.joined(ctx, marketplace, streamParts, row, week, levelASIN)
}

// JoinedParents is JoinedASINs for parents, where an ASIN without a parent
// stands for itself. A week has no such rows if none of its ASINs has one.
func (f *Facts) JoinedParents(ctx context.Context, marketplace string, week clock.Day, row func(JoinedRow) error) error {
	return f.joined(ctx, marketplace, streamParts, row, week, levelParent)
}

func (f *Facts) joined(ctx context.Context, marketplace, query string, row func(JoinedRow) error, args ...any) error {
	return f.inMarket(ctx, marketplace, "read joined week", func(c *database.Conn, market int64) error {
		return c.Query(query, func(r database.Row) error {
			return row(joinedAt(r, marketplace))
		}, append([]any{market}, args...)...)
	})
}

// TermHistory returns a term and its brand-level rows of the weeks that start
// from from to to, oldest first; weeks in which it has no row are absent. It
// fails with ErrNotFound if the marketplace has no joined row of it at all.
func (f *Facts) TermHistory(ctx context.Context, marketplace string, termID int64, from, to clock.Day) (t Term, rows []JoinedRow, err error) {
	t.ID = termID
	known := false
	err = f.inMarket(ctx, marketplace, "read term history", func(c *database.Conn, market int64) error {
		err := c.Query(termKnown, func(r database.Row) error {
			if known = !r.IsNull(1); known {
				t.Text, t.Class = r.Text(0), classes[r.Int(1)]
			}
			return nil
		}, market, termID)
		if err != nil || !known {
			return err
		}
		err = c.Query(selectVariants, func(r database.Row) error {
			t.Variants = append(t.Variants, r.Text(0))
			return nil
		}, termID)
		if err != nil {
			return err
		}
		return c.Query(selectHistory, func(r database.Row) error {
			rows = append(rows, joinedAt(r, marketplace))
			return nil
		}, market, termID, from, to)
	})
	if err == nil && !known {
		err = ErrNotFound
	}
	if err != nil {
		return Term{}, nil, err
	}
	return t, rows, nil
}

func stepAt(r database.Row, col int) Step { return Step{r.Count(col), r.Count(col + 1)} }

func adsAt(r database.Row, col int) AdFigures {
	return AdFigures{
		Impressions: r.Count(col), Clicks: r.Count(col + 1), Cost: r.Count(col + 2),
		Orders1dSameSKU: r.Count(col + 3), Orders1d: r.Count(col + 4), Orders7d: r.Count(col + 5), Sales7d: r.Count(col + 6),
		SBClicks: r.Count(col + 7),
	}
}

// joinedAt reads brandColumns or partColumns.
func joinedAt(r database.Row, marketplace string) JoinedRow {
	return JoinedRow{
		Marketplace: marketplace, Week: r.Day(0), Level: levels[r.Int(1)],
		TermID: r.Int(2), Term: r.Text(3), Key: r.Text(4), Class: classes[r.Int(5)], Volume: r.Count(6),
		Impressions: stepAt(r, 7), Clicks: stepAt(r, 9), CartAdds: stepAt(r, 11), Purchases: stepAt(r, 13),
		Ads:           adsAt(r, 15),
		OrganicClicks: r.Count(23), OrganicPurchases: r.Count(24),
		Split: splits[r.Int(25)], Currency: unpackCurrency(r.Int(26)), State: states[r.Int(27)], SPOnly: r.Bool(28),
		Lead: r.Text(29), LeadImpressions: r.Count(30), Concentration: r.Count(31), Exact: r.Bool(32),
	}
}
