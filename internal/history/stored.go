package history

import (
	"context"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	storedSQP = `SELECT p.start, p.end, a.code, t.text, o.rank,
	m.volume, m.n_impressions, o.x_impressions,
	m.n_clicks, o.x_clicks, m.n_click_price, o.x_click_price, m.click_same_day, m.click_one_day, m.click_two_day,
	m.n_cart_adds, o.x_cart_adds, m.n_cart_add_price, o.x_cart_add_price, m.cart_add_same_day, m.cart_add_one_day, m.cart_add_two_day,
	m.n_purchases, o.x_purchases, m.n_purchase_price, o.x_purchase_price, m.purchase_same_day, m.purchase_one_day, m.purchase_two_day,
	coalesce(m.currency, 0), o.currency
FROM marketplaces k
CROSS JOIN periods p ON p.marketplace = k.id AND p.kind = ?3 AND p.start = ?4
CROSS JOIN sqp_cells c ON c.period = p.id JOIN sellers s ON s.id = c.seller AND s.code = ?1 JOIN asins a ON a.id = c.asin
CROSS JOIN sqp_own o ON o.cell = c.id JOIN terms t ON t.id = o.term
LEFT JOIN sqp_market m ON m.period = p.id AND m.term = o.term
WHERE k.code = ?2 ORDER BY a.code, t.text`
	storedSCP = `SELECT p.start, p.end, a.code, s.currency,
	s.impressions, s.impression_price, s.impression_same_day, s.impression_one_day, s.impression_two_day,
	s.clicks, s.click_price, s.click_same_day, s.click_one_day, s.click_two_day,
	s.cart_adds, s.cart_add_price, s.cart_add_same_day, s.cart_add_one_day, s.cart_add_two_day,
	s.purchases, s.purchase_price, s.purchase_same_day, s.purchase_one_day, s.purchase_two_day, s.search_sales
FROM marketplaces k
CROSS JOIN periods p ON p.marketplace = k.id AND p.kind = ?3 AND p.start = ?4
CROSS JOIN scp s ON s.period = p.id JOIN sellers l ON l.id = s.seller AND l.code = ?1 JOIN asins a ON a.id = s.asin
WHERE k.code = ?2 AND s.rows > 0 ORDER BY a.code`
	storedTerms = `SELECT d.date, c.campaign, g.ad_group, k.keyword, c.name, g.name, k.text, k.match_type, c.status, t.text, r.currency,
	r.impressions, r.clicks, r.cost, r.orders_1d_same_sku, r.orders_1d, r.orders_7d, r.orders_14d,
	r.sales_1d, r.sales_7d, r.sales_14d, r.units_1d, r.units_7d, r.units_14d
FROM ad_days d CROSS JOIN ad_terms r ON r.day = d.id
JOIN ad_keywords k ON k.id = r.keyword JOIN ad_groups g ON g.id = k.ad_group JOIN ad_campaigns c ON c.id = g.campaign
JOIN terms t ON t.id = r.term
WHERE d.profile = ?1 AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4 ORDER BY d.date, c.campaign, g.ad_group, k.keyword, t.text`
	storedCampaigns = `SELECT d.date, c.campaign, c.name, c.status, r.currency,
	r.impressions, r.clicks, r.cost, r.orders_1d, r.orders_7d, r.orders_14d, r.sales_1d, r.sales_7d, r.sales_14d
FROM ad_days d CROSS JOIN ad_campaign_days r ON r.day = d.id JOIN ad_campaigns c ON c.id = r.campaign
WHERE d.profile = ?1 AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4 ORDER BY d.date, c.campaign`
	storedProducts = `SELECT d.date, c.campaign, g.ad_group, q.ad, c.name, g.name, c.status, coalesce(a.code, ''), q.sku, r.currency,
	r.impressions, r.clicks, r.cost, r.orders_1d, r.orders_7d, r.orders_14d, r.orders_1d_same_sku, r.orders_7d_same_sku, r.orders_14d_same_sku,
	r.sales_1d, r.sales_7d, r.sales_14d, r.units_1d, r.units_7d, r.units_14d
FROM ad_days d CROSS JOIN ad_product_days r ON r.day = d.id
JOIN ad_products q ON q.id = r.product JOIN ad_groups g ON g.id = q.ad_group JOIN ad_campaigns c ON c.id = g.campaign
LEFT JOIN asins a ON a.id = q.asin
WHERE d.profile = ?1 AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4 ORDER BY d.date, c.campaign, g.ad_group, q.ad`
)

// StoredSQP calls row for each stored row of search query performance of one
// seller in the period of a marketplace that begins on start, by ASIN and
// query; rows that are held back are not among them. The market's figures are those that were fetched last; Amazon's own
// shares and rates are not stored. row is reused and must not use these Facts
// for writing.
func (f *Facts) StoredSQP(ctx context.Context, seller, marketplace, period string, start clock.Day, row func(*spapi.SQPRow) error) error {
	return f.read(ctx, func(c *database.Conn) error {
		return c.Query(storedSQP, func(r database.Row) error {
			market, own := unpackCurrency(r.Int(29)), unpackCurrency(r.Int(30))
			stage := func(col int) spapi.Stage {
				return spapi.Stage{
					Total: r.Count(col), Own: r.Count(col + 1),
					TotalPrice: priceAt(r, col+2, market), OwnPrice: priceAt(r, col+3, own),
					SameDay: r.Count(col + 4), OneDay: r.Count(col + 5), TwoDay: r.Count(col + 6),
				}
			}
			return row(&spapi.SQPRow{
				Start: r.Day(0), End: r.Day(1), ASIN: r.Text(2), Query: r.Text(3), Rank: r.Count(4), Volume: r.Count(5),
				Impressions: spapi.Stage{Total: r.Count(6), Own: r.Count(7)},
				Clicks:      stage(8), CartAdds: stage(15), Purchases: stage(22),
			})
		}, seller, marketplace, period, start)
	})
}

// StoredSCP is StoredSQP for search catalogue performance, by ASIN.
func (f *Facts) StoredSCP(ctx context.Context, seller, marketplace, period string, start clock.Day, row func(*spapi.SCPRow) error) error {
	return f.read(ctx, func(c *database.Conn) error {
		return c.Query(storedSCP, func(r database.Row) error {
			currency := unpackCurrency(r.Int(3))
			stage := func(col int) spapi.SCPStage {
				return spapi.SCPStage{
					Count: r.Count(col), MedianPrice: priceAt(r, col+1, currency),
					SameDay: r.Count(col + 2), OneDay: r.Count(col + 3), TwoDay: r.Count(col + 4),
				}
			}
			return row(&spapi.SCPRow{
				Start: r.Day(0), End: r.Day(1), ASIN: r.Text(2),
				Impressions: stage(4), Clicks: stage(9), CartAdds: stage(14), Purchases: stage(19),
				SearchSales: priceAt(r, 24, currency),
			})
		}, seller, marketplace, period, start)
	})
}

// StoredAdTerms calls row for each stored row of a search term report of a
// profile on the days from from to to, by day and key. Names are those of the
// newest fetch; rows of one key are one. The rules for row are StoredSQP's.
func (f *Facts) StoredAdTerms(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day, row func(*ads.TermRow) error) error {
	return f.read(ctx, func(c *database.Conn) error {
		return c.Query(storedTerms, func(r database.Row) error {
			return row(&ads.TermRow{
				Date: r.Day(0), CampaignID: r.Int(1), AdGroupID: r.Int(2), KeywordID: r.Int(3),
				Campaign: r.Text(4), AdGroup: r.Text(5), Keyword: r.Text(6), MatchType: r.Text(7), CampaignStatus: r.Text(8),
				Term: r.Text(9), Currency: unpackCurrency(r.Int(10)),
				Impressions: r.Count(11), Clicks: r.Count(12), Cost: r.Count(13),
				Orders1dSameSKU: r.Count(14), Orders1d: r.Count(15), Orders7d: r.Count(16), Orders14d: r.Count(17),
				Sales1d: r.Count(18), Sales7d: r.Count(19), Sales14d: r.Count(20), Units1d: r.Count(21), Units7d: r.Count(22), Units14d: r.Count(23),
			})
		}, profile, string(t), from, to)
	})
}

// StoredCampaigns is StoredAdTerms for a campaign report.
func (f *Facts) StoredCampaigns(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day, row func(*ads.CampaignRow) error) error {
	return f.read(ctx, func(c *database.Conn) error {
		return c.Query(storedCampaigns, func(r database.Row) error {
			return row(&ads.CampaignRow{
				Date: r.Day(0), CampaignID: r.Int(1), Campaign: r.Text(2), Status: r.Text(3), Currency: unpackCurrency(r.Int(4)),
				Impressions: r.Count(5), Clicks: r.Count(6), Cost: r.Count(7),
				Orders1d: r.Count(8), Orders7d: r.Count(9), Orders14d: r.Count(10), Sales1d: r.Count(11), Sales7d: r.Count(12), Sales14d: r.Count(13),
			})
		}, profile, string(t), from, to)
	})
}

// StoredAdProducts is StoredAdTerms for the report on advertised products.
func (f *Facts) StoredAdProducts(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day, row func(*ads.ProductRow) error) error {
	return f.read(ctx, func(c *database.Conn) error {
		return c.Query(storedProducts, func(r database.Row) error {
			return row(&ads.ProductRow{
				Date: r.Day(0), CampaignID: r.Int(1), AdGroupID: r.Int(2), AdID: r.Int(3),
				Campaign: r.Text(4), AdGroup: r.Text(5), CampaignStatus: r.Text(6), ASIN: r.Text(7), SKU: r.Text(8), Currency: unpackCurrency(r.Int(9)),
				Impressions: r.Count(10), Clicks: r.Count(11), Cost: r.Count(12),
				Orders1d: r.Count(13), Orders7d: r.Count(14), Orders14d: r.Count(15),
				Orders1dSameSKU: r.Count(16), Orders7dSameSKU: r.Count(17), Orders14dSameSKU: r.Count(18),
				Sales1d: r.Count(19), Sales7d: r.Count(20), Sales14d: r.Count(21),
				Units1d: r.Count(22), Units7d: r.Count(23), Units14d: r.Count(24),
			})
		}, profile, string(t), from, to)
	})
}

// priceAt reads an amount of money in a currency.
func priceAt(r database.Row, col int, currency string) spapi.Price {
	if v := r.Count(col); v.Valid {
		return spapi.Price{Micros: v.V, Currency: currency, Valid: true}
	}
	return spapi.Price{}
}
