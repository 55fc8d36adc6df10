package history

import (
	"context"
	"encoding/json"
	"fmt"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// WindowRow is one term in one week at brand level, in numbers alone: what an
// audit reads of many weeks. Counts, money and words mean what they mean in
// JoinedRow; the text of Term is read once, by TermTexts.
type WindowRow struct {
	Week   clock.Day
	Term   int64 // id of the normalised key
	Class  Class
	Volume Count

	Impressions, Clicks, CartAdds, Purchases Step

	Ads                             AdFigures
	OrganicClicks, OrganicPurchases Count
	Split                           Split

	Lead            string // ASIN
	LeadImpressions Count
	Concentration   Count // parts per million
	Exact           bool
}

// PartRow is one term of one parent, or of one ASIN without a parent, in one
// week. N of a step is the market's, the same for all parts of a term: it is
// never added over them. Key is empty for ads of which no report names the
// product; such a row has no own counts.
type PartRow struct {
	Week clock.Day
	Term int64
	Key  string

	Impressions, Clicks, CartAdds, Purchases Step

	Ads                             AdFigures
	OrganicClicks, OrganicPurchases Count
	Split                           Split
}

const (
	windowWeek = `SELECT term, class, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases, split, lead, lead_impressions, concentration, exact
FROM joined WHERE marketplace = ?1 AND week = ?2 AND level = 0 ORDER BY term`
	windowMarket = `SELECT term, n_impressions, n_clicks, n_cart_adds, n_purchases
FROM joined WHERE marketplace = ?1 AND week = ?2 AND level = 0 ORDER BY term`
	windowParts = `SELECT term, key, x_impressions, x_clicks, x_cart_adds, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases, split
FROM joined WHERE marketplace = ?1 AND week = ?2 AND level = ?3 ORDER BY term, key`
	weekParents = `SELECT parents FROM joined_weeks WHERE marketplace = ?1 AND week = ?2`
	allASINs    = `SELECT id, code FROM asins`
	someTexts   = `SELECT id, text FROM terms WHERE id IN (SELECT value FROM json_each(?1))`
)

// Window calls row for each brand-level row of the given weeks, week by week in
// the order given and within a week in that of the term's id. Weeks that are
// not stored are passed over. All rows belong to one state of the facts. row
// must not use these Facts for writing.
func (f *Facts) Window(ctx context.Context, marketplace string, weeks []clock.Day, row func(WindowRow) error) error {
	return f.inMarket(ctx, marketplace, "read weeks", func(c *database.Conn, market int64) error {
		codes, err := asinCodes(c)
		if err != nil {
			return err
		}
		for _, week := range weeks {
			err := c.Query(windowWeek, func(r database.Row) error {
				return row(WindowRow{
					Week: week, Term: r.Int(0), Class: classes[r.Int(1)], Volume: r.Count(2),
					Impressions: stepAt(r, 3), Clicks: stepAt(r, 5), CartAdds: stepAt(r, 7), Purchases: stepAt(r, 9),
					Ads:           adsAt(r, 11),
					OrganicClicks: r.Count(19), OrganicPurchases: r.Count(20), Split: splits[r.Int(21)],
					Lead: codes[r.Int(22)], LeadImpressions: r.Count(23), Concentration: r.Count(24), Exact: r.Bool(25),
				})
			}, market, week)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ParentWindow is Window for the parts of the terms: parents, where an ASIN
// without a parent stands for itself, so that without a product table the parts
// are ASINs.
func (f *Facts) ParentWindow(ctx context.Context, marketplace string, weeks []clock.Day, row func(PartRow) error) error {
	return f.inMarket(ctx, marketplace, "read weeks of parents", func(c *database.Conn, market int64) error {
		codes, err := asinCodes(c)
		if err != nil {
			return err
		}
		for _, week := range weeks {
			level := levelASIN
			err := c.Query(weekParents, func(r database.Row) error {
				if r.Bool(0) {
					level = levelParent
				}
				return nil
			}, market, week)
			if err != nil {
				return err
			}
			totals, err := marketTotals(c, market, week)
			if err != nil {
				return err
			}
			err = c.Query(windowParts, func(r database.Row) error {
				term := r.Int(0)
				for len(totals) > 0 && totals[0].term < term {
					totals = totals[1:]
				}
				if len(totals) == 0 || totals[0].term != term {
					return fmt.Errorf("term %d has no row at brand level", term)
				}
				n := &totals[0].n
				return row(PartRow{
					Week: week, Term: term, Key: codes[r.Int(1)],
					Impressions: Step{n[0], r.Count(2)}, Clicks: Step{n[1], r.Count(3)},
					CartAdds: Step{n[2], r.Count(4)}, Purchases: Step{n[3], r.Count(5)},
					Ads:           adsAt(r, 6),
					OrganicClicks: r.Count(14), OrganicPurchases: r.Count(15), Split: splits[r.Int(16)],
				})
			}, market, week, level)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// termTotals are the market's counts of one term.
type termTotals struct {
	term int64
	n    [4]Count
}

// marketTotals reads the market's counts of a week in order of the terms, which
// is that of their parts: reading both along each other costs half of looking
// each part's term up.
func marketTotals(c *database.Conn, market int64, week clock.Day) (list []termTotals, err error) {
	err = c.Query(windowMarket, func(r database.Row) error {
		list = append(list, termTotals{r.Int(0), [4]Count{r.Count(1), r.Count(2), r.Count(3), r.Count(4)}})
		return nil
	}, market, week)
	return list, err
}

// asinCodes reads the whole dictionary of ASINs: thousands, where rows are
// hundreds of thousands. 0 has no code.
func asinCodes(c *database.Conn) (map[int64]string, error) {
	codes := map[int64]string{}
	return codes, c.Query(allASINs, func(r database.Row) error { codes[r.Int(0)] = r.Text(1); return nil })
}

// TermTexts returns the normalised keys of terms by their ids; ids that are not
// stored are absent.
func (f *Facts) TermTexts(ctx context.Context, ids []int64) (map[int64]string, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	texts := make(map[int64]string, len(ids))
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(someTexts, func(r database.Row) error { texts[r.Int(0)] = r.Text(1); return nil }, string(list))
	})
	if err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	return texts, nil
}
