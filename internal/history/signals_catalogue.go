package history

import (
	"context"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Delivery is how many of some counted events went to offers that promised
// delivery within these days.
type Delivery struct{ Of, SameDay, OneDay, TwoDay Count }

// Shares returns the parts of Of, 0 to 1; ok is false where one is unknown or
// there is no event.
func (d Delivery) Shares() (same, one, two float64, ok bool) {
	if !d.Of.Valid || !d.SameDay.Valid || !d.OneDay.Valid || !d.TwoDay.Valid || d.Of.V <= 0 {
		return 0, 0, 0, false
	}
	of := float64(d.Of.V)
	return float64(d.SameDay.V) / of, float64(d.OneDay.V) / of, float64(d.TwoDay.V) / of, true
}

// CatalogueWeek is what one ASIN did in all searches of a week, from search
// catalogue performance. Of an ASIN that several sellers ask for, the newest
// answer with figures counts. Money is in micros of Currency.
type CatalogueWeek struct {
	ASIN                                     string
	Week                                     clock.Day
	Impressions, Clicks, CartAdds, Purchases Count
	SearchSales                              Count
	ImpressionPrice, ClickPrice              Count // median
	CartAddPrice, PurchasePrice              Count
	ImpressionDelivery, ClickDelivery        Delivery
	Currency                                 string
}

const catalogueWeeks = `SELECT code, start, impressions, clicks, cart_adds, purchases, search_sales,
	impression_price, click_price, cart_add_price, purchase_price,
	impression_same_day, impression_one_day, impression_two_day, click_same_day, click_one_day, click_two_day, currency
FROM (SELECT s.*, p.start, a.code, row_number() OVER (PARTITION BY s.period, s.asin ORDER BY s.fetched_at DESC, s.seller) AS place
	FROM periods p CROSS JOIN scp s ON s.period = p.id JOIN asins a ON a.id = s.asin
	WHERE p.marketplace = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4 AND s.rows > 0)
WHERE place = 1 ORDER BY start, code`

// CatalogueWeeks calls row for each ASIN of search catalogue performance in
// the weeks from from to to, oldest first, within a week by ASIN. row must not
// use these Facts for writing.
func (f *Facts) CatalogueWeeks(ctx context.Context, marketplace string, from, to clock.Day, row func(CatalogueWeek) error) error {
	return f.inMarket(ctx, marketplace, "read the catalogue's weeks", func(c *database.Conn, market int64) error {
		return c.Query(catalogueWeeks, func(r database.Row) error {
			w := CatalogueWeek{
				ASIN: r.Text(0), Week: r.Day(1), Impressions: r.Count(2), Clicks: r.Count(3), CartAdds: r.Count(4), Purchases: r.Count(5),
				SearchSales: r.Count(6), ImpressionPrice: r.Count(7), ClickPrice: r.Count(8), CartAddPrice: r.Count(9), PurchasePrice: r.Count(10),
				Currency: unpackCurrency(r.Int(17)),
			}
			w.ImpressionDelivery = Delivery{w.Impressions, r.Count(11), r.Count(12), r.Count(13)}
			w.ClickDelivery = Delivery{w.Clicks, r.Count(14), r.Count(15), r.Count(16)}
			return row(w)
		}, market, Week, from, to)
	})
}
