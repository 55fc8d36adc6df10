package history

import (
	"cmp"
	"maps"
	"slices"

	"halotrack.ai/halotrack/internal/database"
)

const (
	deleteJoined     = `DELETE FROM joined WHERE marketplace = ?1 AND week = ?2`
	deleteJoinedWeek = `DELETE FROM joined_weeks WHERE marketplace = ?1 AND week = ?2`
	deleteAdBuckets  = `DELETE FROM ad_buckets WHERE marketplace = ?1 AND week = ?2`
	joinedTable      = `joined (marketplace, week, level, term, key, class, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases, split, lead, lead_impressions, concentration, exact)`
	joinedColumnCount = 30
	insertJoinedWeek  = `INSERT INTO joined_weeks (marketplace, week, currency, state, terms, asins, truncated, disputed, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases,
	spend_impressions, spend_clicks, spend_cost, spend_orders_7d, spend_sales_7d, spend_days, spend_want_days, spend_state, fetched_at,
	sp_only, parents, ads_complete)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
	?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39)`
	insertAdBucket = `INSERT INTO ad_buckets (marketplace, week, kind,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_1d, ad_orders_7d, ad_sales_7d, ad_sb_clicks)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`
)

// write replaces the joined week.
func (j *join) write() error {
	for _, query := range []string{deleteJoined, deleteJoinedWeek, deleteAdBuckets} {
		if _, err := j.c.Exec(query, j.market, j.week); err != nil {
			return err
		}
	}
	if len(j.order) == 0 && !j.adsStored && j.total.Spend.Days == 0 {
		return nil
	}
	rows, err := j.c.Bulk(joinedTable, joinedColumnCount)
	if err != nil {
		return err
	}
	defer rows.Release()
	var clicks, purchases Count // organic, over the terms for which they are known
	var ads adSums
	var n, x [4]Count
	var volume Count
	for _, t := range j.order {
		if err := j.writeTerm(rows, t); err != nil {
			return err
		}
		volume = sum(volume, t.volume)
		for i := range n {
			if t.n[i].Valid && t.x[i].Valid {
				n[i], x[i] = sum(n[i], t.n[i]), sum(x[i], t.x[i])
			}
		}
		if t.advertised {
			ads.add(t.ads)
		}
		clicks, purchases = sum(clicks, t.organic[0]), sum(purchases, t.organic[1])
	}
	if j.complete {
		none := noAds()
		none.impressions = known(0)
		ads.add(none)
	}
	if j.parented {
		if err := j.writeParts(rows, levelParent, j.parentRows); err != nil {
			return err
		}
	}
	if err := j.writeParts(rows, levelASIN, j.asinRows); err != nil {
		return err
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	for kind, b := range j.buckets {
		args := append([]any{j.market, j.week, kind}, adArgs(&b)...)
		if _, err := j.c.Exec(insertAdBucket, args...); err != nil {
			return err
		}
	}
	args := []any{j.market, j.week, j.currency, stateCode(j.state), len(j.order), j.total.ASINs, j.total.Truncated, j.total.Disputed, volume}
	for i := range n {
		args = append(args, n[i], x[i])
	}
	args = append(args, adArgs(&ads)...)
	spend := &j.total.Spend
	args = append(args, clicks, purchases, spend.Impressions, spend.Clicks, spend.Cost, spend.Orders7d, spend.Sales7d,
		spend.Days, spend.WantDays, stateCode(spend.State), j.total.FetchedAt, j.spOnly, j.parented, j.complete)
	_, err = j.c.Exec(insertJoinedWeek, args...)
	return err
}

// writeTerm writes a term's row at brand level.
func (j *join) writeTerm(rows *database.Bulk, t *joinTerm) error {
	row := make([]Count, 0, joinedColumnCount)
	row = append(row, known(j.market), known(int64(j.week)), known(levelBrand), known(t.id), known(0), known(t.class), t.volume)
	for i := range t.x {
		row = append(row, t.n[i], t.x[i])
	}
	row = append(row, adCounts(&t.ads)...)
	lead := Count{V: t.lead.asin, Valid: t.lead.impressions.Valid}
	row = append(row, t.organic[0], t.organic[1], known(t.split),
		lead, t.lead.impressions, t.lead.concentration, known(boolean(t.exact)))
	return rows.Add(row)
}

// writeParts writes the rows of parents or ASINs. What is the market's, and
// the class, is the term's alone.
func (j *join) writeParts(rows *database.Bulk, level int64, parts map[partKey]*partTerm) error {
	order := slices.SortedFunc(maps.Keys(parts), func(a, b partKey) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.key, b.key))
	})
	row := make([]Count, 0, joinedColumnCount)
	for _, at := range order {
		p := parts[at]
		split, organic := j.divided(j.terms[at.term], at.key, p)
		row = append(row[:0], known(j.market), known(int64(j.week)), known(level), known(at.term), known(at.key), known(0), Count{})
		for i := range p.x {
			row = append(row, Count{}, p.x[i])
		}
		row = append(row, adCounts(&p.ads)...)
		row = append(row, organic[0], organic[1], known(split), Count{}, Count{}, Count{}, known(0))
		if err := rows.Add(row); err != nil {
			return err
		}
	}
	return nil
}

// adCounts are the figures in the order of the tables.
func adCounts(a *adSums) []Count {
	return []Count{
		a.impressions, a.clicks, a.cost, a.orders1dSame, a.orders1d, a.orders7d, a.sales7d,
		{V: a.sbClicks, Valid: a.clicks.Valid},
	}
}

func adArgs(a *adSums) []any {
	args := make([]any, 0, 8)
	for _, v := range adCounts(a) {
		args = append(args, v)
	}
	return args
}
