package history

import (
	"context"
	"encoding/json"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// TermWeek is one term at brand level in one week: search funnel beside ads,
// without the texts that a series repeats. See JoinedRow for the units.
type TermWeek struct {
	TermID int64 // of the normalised key
	Week   clock.Day
	Volume Count

	Impressions, Clicks, CartAdds, Purchases Step

	Ads                             AdFigures
	OrganicClicks, OrganicPurchases Count
	Split                           Split
	State                           State
}

const (
	termSeries = `SELECT j.term, j.week, j.volume,
	j.n_impressions, j.x_impressions, j.n_clicks, j.x_clicks, j.n_cart_adds, j.x_cart_adds, j.n_purchases, j.x_purchases,
	j.ad_impressions, j.ad_clicks, j.ad_cost, j.ad_orders_1d_same_sku, j.ad_orders_1d, j.ad_orders_7d, j.ad_sales_7d, j.ad_sb_clicks,
	j.organic_clicks, j.organic_purchases, j.split, w.state
FROM joined_weeks w CROSS JOIN joined j ON j.marketplace = w.marketplace AND j.week = w.week AND j.level = 0
	AND j.term IN (SELECT value FROM json_each(?4)) AND j.key = 0
WHERE w.marketplace = ?1 AND w.week BETWEEN ?2 AND ?3 ORDER BY w.week, j.term`
	advertisedTerms = `SELECT j.term, count(*) FROM joined_weeks w
CROSS JOIN joined j ON j.marketplace = w.marketplace AND j.week = w.week AND j.level = 0
WHERE w.marketplace = ?1 AND w.week BETWEEN ?2 AND ?3 AND j.ad_clicks > 0
GROUP BY j.term HAVING count(*) >= ?4 ORDER BY j.term`
)

// TermSeries calls row for each week from from to to in which one of the terms
// has a joined row, oldest first and within a week by term. A week in which a
// term is not listed is absent, never 0. row must not use these Facts for
// writing.
func (f *Facts) TermSeries(ctx context.Context, marketplace string, termIDs []int64, from, to clock.Day, row func(TermWeek) error) error {
	if len(termIDs) == 0 {
		return nil
	}
	ids, err := json.Marshal(termIDs)
	if err != nil {
		return err
	}
	return f.inMarket(ctx, marketplace, "read the series of terms", func(c *database.Conn, market int64) error {
		return c.Query(termSeries, func(r database.Row) error {
			return row(TermWeek{
				TermID: r.Int(0), Week: r.Day(1), Volume: r.Count(2),
				Impressions: stepAt(r, 3), Clicks: stepAt(r, 5), CartAdds: stepAt(r, 7), Purchases: stepAt(r, 9),
				Ads: adsAt(r, 11), OrganicClicks: r.Count(19), OrganicPurchases: r.Count(20),
				Split: splits[r.Int(21)], State: states[r.Int(22)],
			})
		}, market, from, to, string(ids))
	})
}

// AdvertisedTerms lists the terms that had ad clicks in at least weeks of the
// joined weeks from from to to, by id: those whose series can tell what ads do.
func (f *Facts) AdvertisedTerms(ctx context.Context, marketplace string, from, to clock.Day, weeks int) (ids []int64, err error) {
	err = f.inMarket(ctx, marketplace, "list advertised terms", func(c *database.Conn, market int64) error {
		return c.Query(advertisedTerms, func(r database.Row) error {
			ids = append(ids, r.Int(0))
			return nil
		}, market, from, to, weeks)
	})
	return ids, err
}
