package history

import (
	"context"
	"fmt"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// ReplaceAdProducts is ReplaceAdTerms for the report on advertised products,
// whose rows' key is the ad with the product that it shows. By them the
// join divides an ad group's clicks among its products.
func (f *Facts) ReplaceAdProducts(ctx context.Context, s AdSlice, load func(yield func(*ads.ProductRow) error) (ads.Summary, error)) (Stored, error) {
	if s.Type.Grain() != ads.ByProduct {
		return Stored{}, fmt.Errorf("%w: %s has no advertised products", ErrSlice, s.Type)
	}
	return replaceDays(ctx, f, s, productRows, load)
}

const productWidth = 18

var productRows = dayRows[ads.ProductRow]{
	table: `ad_product_days (impressions, clicks, cost,
	orders_1d, orders_7d, orders_14d, orders_1d_same_sku, orders_7d_same_sku, orders_14d_same_sku,
	sales_1d, sales_7d, sales_14d, units_1d, units_7d, units_14d, currency,
	day, product)`,
	width: productWidth,
	add: `UPDATE ad_product_days SET
	impressions = coalesce(impressions + ?1, impressions, ?1),
	clicks = coalesce(clicks + ?2, clicks, ?2),
	cost = coalesce(cost + ?3, cost, ?3),
	orders_1d = coalesce(orders_1d + ?4, orders_1d, ?4),
	orders_7d = coalesce(orders_7d + ?5, orders_7d, ?5),
	orders_14d = coalesce(orders_14d + ?6, orders_14d, ?6),
	orders_1d_same_sku = coalesce(orders_1d_same_sku + ?7, orders_1d_same_sku, ?7),
	orders_7d_same_sku = coalesce(orders_7d_same_sku + ?8, orders_7d_same_sku, ?8),
	orders_14d_same_sku = coalesce(orders_14d_same_sku + ?9, orders_14d_same_sku, ?9),
	sales_1d = coalesce(sales_1d + ?10, sales_1d, ?10),
	sales_7d = coalesce(sales_7d + ?11, sales_7d, ?11),
	sales_14d = coalesce(sales_14d + ?12, sales_14d, ?12),
	units_1d = coalesce(units_1d + ?13, units_1d, ?13),
	units_7d = coalesce(units_7d + ?14, units_7d, ?14),
	units_14d = coalesce(units_14d + ?15, units_14d, ?15),
	currency = max(currency, ?16)
WHERE day = ?17 AND product = ?18`,
	remove: `DELETE FROM ad_product_days WHERE day = ?1`,
	dayAt:  productWidth - 2,
	joined: true,
	store:  (*dayReplacement).product,
}

func (r *dayReplacement) product(row *ads.ProductRow) error {
	d, err := r.day(row.Date)
	if err != nil {
		return err
	}
	product, err := r.names.product(row)
	if err != nil {
		return fmt.Errorf("store names: %w", err)
	}
	d.totals.add(row.Impressions, row.Clicks, row.Cost, row.Orders7d, row.Orders14d, row.Sales7d, row.Sales14d)
	values := [...]Count{
		row.Impressions, row.Clicks, row.Cost,
		row.Orders1d, row.Orders7d, row.Orders14d, row.Orders1dSameSKU, row.Orders7dSameSKU, row.Orders14dSameSKU,
		row.Sales1d, row.Sales7d, row.Sales14d, row.Units1d, row.Units7d, row.Units14d,
		known(packCurrency(row.Currency)), known(d.id), known(product),
	}
	return r.put(d, values[:])
}

// AdProductDay is what the ads of one ad group for one ASIN did on one day:
// several ads of a group can show the same product under several SKUs. Money
// is in micros of Currency. A figure is invalid where Amazon stated none.
type AdProductDay struct {
	Profile               int64
	Date                  clock.Day // profile's zone, day of the click
	CampaignID, AdGroupID int64     // Amazon's
	ASIN                  string    // advertised; empty where Amazon names none
	Impressions, Clicks   Count
	Cost                  Count

	// Of all the seller's products bought within these days of a click.
	Orders1d, Orders7d, Orders14d Count
	Sales1d, Sales7d, Sales14d    Count
	Units1d, Units7d, Units14d    Count
	// Of the advertised SKU alone.
	Orders1dSameSKU, Orders7dSameSKU, Orders14dSameSKU Count

	Currency string
}

const streamProducts = `SELECT d.profile, d.date, c.campaign, g.ad_group, coalesce(a.code, ''),
	sum(x.impressions), sum(x.clicks), sum(x.cost),
	sum(x.orders_1d), sum(x.orders_7d), sum(x.orders_14d),
	sum(x.sales_1d), sum(x.sales_7d), sum(x.sales_14d),
	sum(x.units_1d), sum(x.units_7d), sum(x.units_14d),
	sum(x.orders_1d_same_sku), sum(x.orders_7d_same_sku), sum(x.orders_14d_same_sku), x.currency
FROM marketplaces m JOIN profiles p ON p.marketplace = m.id
CROSS JOIN ad_days d ON d.profile = p.id AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4
CROSS JOIN ad_product_days x ON x.day = d.id
JOIN ad_products q ON q.id = x.product JOIN ad_groups g ON g.id = q.ad_group JOIN ad_campaigns c ON c.id = g.campaign
LEFT JOIN asins a ON a.id = q.asin
WHERE m.code = ?1
GROUP BY d.date, d.profile, c.campaign, g.ad_group, q.asin, x.currency
ORDER BY d.date, d.profile, c.campaign, g.ad_group, a.code, x.currency`

// AdProducts calls row for each day, campaign, ad group and advertised ASIN of
// a marketplace's Sunday week, oldest first. The rows are a split of the
// campaigns' figures and are never added to those of another report
// (adsapi.md trap 29). row must not use these Facts for writing.
func (f *Facts) AdProducts(ctx context.Context, marketplace string, week clock.Day, row func(AdProductDay) error) error {
	err := f.read(ctx, func(c *database.Conn) error {
		return c.Query(streamProducts, func(r database.Row) error {
			return row(AdProductDay{
				Profile: r.Int(0), Date: r.Day(1), CampaignID: r.Int(2), AdGroupID: r.Int(3), ASIN: r.Text(4),
				Impressions: r.Count(5), Clicks: r.Count(6), Cost: r.Count(7),
				Orders1d: r.Count(8), Orders7d: r.Count(9), Orders14d: r.Count(10),
				Sales1d: r.Count(11), Sales7d: r.Count(12), Sales14d: r.Count(13),
				Units1d: r.Count(14), Units7d: r.Count(15), Units14d: r.Count(16),
				Orders1dSameSKU: r.Count(17), Orders7dSameSKU: r.Count(18), Orders14dSameSKU: r.Count(19),
				Currency: unpackCurrency(r.Int(20)),
			})
		}, marketplace, string(ads.SPAdvertisedProduct), week, week.WeekEnd())
	})
	if err != nil {
		return fmt.Errorf("read advertised products: %w", err)
	}
	return nil
}
