package history

import (
	"context"
	"database/sql"
	"fmt"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// TermPrice is what the offers that were clicked on a term cost, and how fast
// they promised to be there: the usual causes of a lost click or purchase.
type TermPrice struct {
	TermID   int64
	Currency string // of Market

	// Own and Market are median click prices in micros: the mean of the medians
	// of the own ASINs, and of the term's spellings, weighted by clicks. Own is
	// invalid where nobody clicked an own offer or its price is in another
	// currency.
	Own, Market Count
	// Delivery of the clicks. Amazon states it per term for the market alone:
	// Own is that of the same ASINs over all searches, from search catalogue
	// performance, weighted by their clicks on the term.
	OwnDelivery, MarketDelivery DeliveryShares

	// Leader is the ASIN with the most own clicks, LeaderPrice its median.
	Leader      string
	LeaderPrice Count
}

// Gap is Own / Market - 1: the own offers are that much dearer, or cheaper if
// negative. The medians are of different baskets, so its sign and course tell
// something, its last digit does not (analytics.md §3.2).
func (p TermPrice) Gap() sql.Null[float64] {
	if !p.Own.Valid || !p.Market.Valid || p.Market.V <= 0 {
		return sql.Null[float64]{}
	}
	return sql.Null[float64]{V: float64(p.Own.V)/float64(p.Market.V) - 1, Valid: true}
}

// DeliveryShares are parts of clicks, 0 to 1, by what their offers promised.
type DeliveryShares struct {
	SameDay, OneDay, TwoDay float64
	Known                   bool
}

const (
	pricedSpellings = `SELECT m.term, m.n_clicks, m.n_click_price, m.click_same_day, m.click_one_day, m.click_two_day, m.currency
FROM (SELECT ?2 AS id UNION ALL SELECT id FROM terms WHERE key = ?2) t CROSS JOIN sqp_market m ON m.period = ?1 AND m.term = t.id`
	pricedASINs = `SELECT j.key, a.code FROM joined j CROSS JOIN asins a ON a.id = j.key
WHERE j.marketplace = ?1 AND j.week = ?2 AND j.level = 2 AND j.term = ?3 AND j.x_clicks > 0 ORDER BY a.code`
	ownPrice    = `SELECT x_clicks, x_click_price, currency FROM sqp_own WHERE cell = ?1 AND term = ?2`
	ownDelivery = `SELECT clicks, click_same_day, click_one_day, click_two_day FROM sellers l
CROSS JOIN scp s ON s.period = ?1 AND s.seller = l.id AND s.asin = ?2
WHERE s.rows > 0 ORDER BY s.fetched_at DESC, s.seller LIMIT 1`
)

// TermPrices returns the prices and delivery promises of terms in one week, in
// the order of the ids; terms that search did not list that week are absent.
// It looks up each term by itself, so that it costs by the number of terms and
// not by the size of the week.
func (f *Facts) TermPrices(ctx context.Context, marketplace string, week clock.Day, termIDs []int64) (list []TermPrice, err error) {
	err = f.inMarket(ctx, marketplace, "read prices", func(c *database.Conn, market int64) error {
		var period int64
		err := c.Query(selectPeriod, func(r database.Row) error { period = r.Int(0); return nil }, market, Week, week)
		if err != nil || period == 0 {
			return err
		}
		p := pricing{c: c, market: market, week: week, period: period, cells: map[int64]int64{}, delivery: map[int64]Delivery{}}
		err = c.Query(searchCells, func(r database.Row) error { p.cells[r.Int(1)] = r.Int(0); return nil }, period)
		if err != nil {
			return err
		}
		for _, id := range termIDs {
			price, listed, err := p.term(id)
			if err != nil {
				return fmt.Errorf("term %d: %w", id, err)
			}
			if listed {
				list = append(list, price)
			}
		}
		return nil
	})
	return list, err
}

// pricing looks up the prices of one week.
type pricing struct {
	c              *database.Conn
	market, period int64
	week           clock.Day
	cells          map[int64]int64    // by ASIN
	delivery       map[int64]Delivery // by ASIN, as far as asked
}

// weighted is a mean under way.
type weighted struct{ sum, weight float64 }

func (w *weighted) add(v, weight float64) { w.sum, w.weight = w.sum+v*weight, w.weight+weight }

func (w weighted) count() Count {
	if w.weight == 0 {
		return Count{}
	}
	return known(int64(w.sum/w.weight + .5))
}

func (p *pricing) term(id int64) (out TermPrice, listed bool, err error) {
	out.TermID = id
	var spellings []int64
	var market weighted
	var currency int64
	delivery := Delivery{Of: known(0), SameDay: known(0), OneDay: known(0), TwoDay: known(0)}
	err = p.c.Query(pricedSpellings, func(r database.Row) error {
		spellings = append(spellings, r.Int(0))
		clicks, price := r.Count(1), r.Count(2)
		if currency == 0 {
			currency = r.Int(6)
		}
		if clicks.V > 0 && price.Valid && r.Int(6) == currency {
			market.add(float64(price.V), float64(clicks.V))
		}
		if d := (Delivery{clicks, r.Count(3), r.Count(4), r.Count(5)}); d.Of.Valid && d.SameDay.Valid && d.OneDay.Valid && d.TwoDay.Valid {
			delivery = Delivery{sum(delivery.Of, d.Of), sum(delivery.SameDay, d.SameDay), sum(delivery.OneDay, d.OneDay), sum(delivery.TwoDay, d.TwoDay)}
		}
		return nil
	}, p.period, id)
	if err != nil || len(spellings) == 0 {
		return out, false, err
	}
	out.Currency, out.Market = unpackCurrency(currency), market.count()
	if same, one, two, ok := delivery.Shares(); ok {
		out.MarketDelivery = DeliveryShares{same, one, two, true}
	}
	return out, true, p.own(&out, spellings, currency)
}

// own adds what the own ASINs cost and promised.
func (p *pricing) own(out *TermPrice, spellings []int64, currency int64) error {
	type product struct {
		id   int64
		asin string
	}
	var products []product
	err := p.c.Query(pricedASINs, func(r database.Row) error {
		products = append(products, product{r.Int(0), r.Text(1)})
		return nil
	}, p.market, p.week, out.TermID)
	if err != nil {
		return err
	}
	var all weighted
	var shares [3]weighted
	best := int64(0)
	for _, x := range products {
		var one weighted
		clicks := int64(0)
		for _, spelling := range spellings {
			err := p.c.Query(ownPrice, func(r database.Row) error {
				clicks += r.Count(0).V
				if price := r.Count(1); price.Valid && r.Count(0).V > 0 && (r.Int(2) == currency || r.Int(2) == 0) {
					one.add(float64(price.V), float64(r.Count(0).V))
				}
				return nil
			}, p.cells[x.id], spelling)
			if err != nil {
				return err
			}
		}
		all = weighted{all.sum + one.sum, all.weight + one.weight}
		if clicks > best {
			best, out.Leader, out.LeaderPrice = clicks, x.asin, one.count()
		}
		d, err := p.promised(x.id)
		if err != nil {
			return err
		}
		if same, next, two, ok := d.Shares(); ok {
			for i, share := range []float64{same, next, two} {
				shares[i].add(share, float64(clicks))
			}
		}
	}
	out.Own = all.count()
	if w := shares[0].weight; w > 0 {
		out.OwnDelivery = DeliveryShares{shares[0].sum / w, shares[1].sum / w, shares[2].sum / w, true}
	}
	return nil
}

// promised is the delivery of an ASIN's clicks over all searches of the week.
func (p *pricing) promised(asin int64) (d Delivery, err error) {
	d, asked := p.delivery[asin]
	if asked {
		return d, nil
	}
	err = p.c.Query(ownDelivery, func(r database.Row) error {
		d = Delivery{r.Count(0), r.Count(1), r.Count(2), r.Count(3)}
		return nil
	}, p.period, asin)
	p.delivery[asin] = d
	return d, err
}
