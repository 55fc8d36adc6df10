package history

import (
	"cmp"
	"slices"

	"halotrack.ai/halotrack/internal/database"
)

const (
	deleteJoined     = `DELETE FROM joined WHERE marketplace = ?1 AND week = ?2`
	deleteJoinedWeek = `DELETE FROM joined_weeks WHERE marketplace = ?1 AND week = ?2`
	deleteAdBuckets  = `DELETE FROM ad_buckets WHERE marketplace = ?1 AND week = ?2`
	insertJoined     = `INSERT INTO joined (marketplace, week, level, term, key, class, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases, split)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)`
	insertJoinedWeek = `INSERT INTO joined_weeks (marketplace, week, currency, state, terms, asins, truncated, disputed, volume,
	n_impressions, x_impressions, n_clicks, x_clicks, n_cart_adds, x_cart_adds, n_purchases, x_purchases,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_7d, ad_sales_7d, ad_sb_clicks,
	organic_clicks, organic_purchases,
	spend_impressions, spend_clicks, spend_cost, spend_orders_7d, spend_sales_7d, spend_days, spend_want_days, spend_state, fetched_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
	?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35)`
	insertAdBucket = `INSERT INTO ad_buckets (marketplace, week, kind,
	ad_impressions, ad_clicks, ad_cost, ad_orders_1d_same_sku, ad_orders_7d, ad_sales_7d, ad_sb_clicks)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`
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
	s, err := j.c.Prepare(insertJoined)
	if err != nil {
		return err
	}
	defer s.Release()
	var clicks, purchases Count // organic, over the terms for which they are known
	var ads adSums
	var n, x [4]Count
	var volume Count
	for _, t := range j.order {
		if err := j.writeRow(s, levelBrand, t, 0, t.x, &t.ads); err != nil {
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
		zero := Count{Valid: true}
		ads.add(adSums{impressions: zero, clicks: zero, cost: zero, orders1d: zero, orders7d: zero, sales7d: zero})
	}
	if err := j.writeASINs(s); err != nil {
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
		spend.Days, spend.WantDays, stateCode(spend.State), j.total.FetchedAt)
	_, err = j.c.Exec(insertJoinedWeek, args...)
	return err
}

// writeASINs writes the rows of single ASINs: which of the ads' clicks are
// theirs is not known here.
func (j *join) writeASINs(s *database.Stmt) error {
	rows := make([]*asinTerm, 0, len(j.asins))
	for _, a := range j.asins {
		rows = append(rows, a)
	}
	slices.SortFunc(rows, func(a, b *asinTerm) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.asin, b.asin))
	})
	for _, a := range rows {
		t := *j.terms[a.term]
		t.organic, t.split = [2]Count{}, splitUnknown
		if err := j.writeRow(s, levelASIN, &t, a.asin, a.x, nil); err != nil {
			return err
		}
	}
	return nil
}

func (j *join) writeRow(s *database.Stmt, level int64, t *joinTerm, key int64, x [4]Count, ads *adSums) error {
	s.Int(j.market)
	s.Int(int64(j.week))
	s.Int(level)
	s.Int(t.id)
	s.Int(key)
	s.Int(t.class)
	s.Count(t.volume)
	for i := range x {
		s.Count(t.n[i])
		s.Count(x[i])
	}
	for _, v := range adCounts(ads) {
		s.Count(v)
	}
	s.Count(t.organic[0])
	s.Count(t.organic[1])
	s.Int(t.split)
	return s.Run()
}

// adCounts are the figures in the order of the tables; nil has none.
func adCounts(a *adSums) [7]Count {
	if a == nil {
		return [7]Count{}
	}
	return [7]Count{
		a.impressions, a.clicks, a.cost, a.orders1d, a.orders7d, a.sales7d,
		{V: a.sbClicks, Valid: a.clicks.Valid},
	}
}

func adArgs(a *adSums) []any {
	args := make([]any, 0, 7)
	for _, v := range adCounts(a) {
		args = append(args, v)
	}
	return args
}
