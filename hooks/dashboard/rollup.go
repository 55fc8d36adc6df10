package dashboard

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// rollup is one week of one marketplace, as the audit job keeps it.
type rollup struct {
	Week         string         `db:"week"`
	State        string         `db:"state"`
	Currency     string         `db:"currency"`
	NImpressions int64          `db:"n_impressions"`
	XImpressions int64          `db:"x_impressions"`
	NClicks      int64          `db:"n_clicks"`
	XClicks      int64          `db:"x_clicks"`
	NCartAdds    int64          `db:"n_cart_adds"`
	XCartAdds    int64          `db:"x_cart_adds"`
	NPurchases   int64          `db:"n_purchases"`
	XPurchases   int64          `db:"x_purchases"`
	Spend        sql.NullString `db:"spend_micros"`
	AdImpr       sql.NullString `db:"ad_impressions"`
	AdClicks     sql.NullString `db:"ad_clicks"`
	AdOrders     sql.NullString `db:"ad_orders_7d"`
	AdSales      sql.NullString `db:"ad_sales_7d_micros"`
	OrgClicks    sql.NullString `db:"organic_clicks"`
	OrgPurchases sql.NullString `db:"organic_purchases"`
}

// step is one step of the funnel of a roll-up.
type step struct {
	name   string
	own    func(*rollup) int64
	market func(*rollup) int64
}

var steps = []step{
	{"impression", func(r *rollup) int64 { return r.XImpressions }, func(r *rollup) int64 { return r.NImpressions }},
	{"click", func(r *rollup) int64 { return r.XClicks }, func(r *rollup) int64 { return r.NClicks }},
	{"cart_add", func(r *rollup) int64 { return r.XCartAdds }, func(r *rollup) int64 { return r.NCartAdds }},
	{"purchase", func(r *rollup) int64 { return r.XPurchases }, func(r *rollup) int64 { return r.NPurchases }},
}

// nullable reads a JSON column that holds a number or null.
func nullable(column sql.NullString) number {
	var n number
	if !column.Valid || json.Unmarshal([]byte(column.String), &n) != nil {
		return nil
	}
	return n
}

// rollups lists a marketplace's weeks up to the given one, newest first.
func rollups(app core.App, account, marketplace, upTo string, limit int64) ([]rollup, error) {
	var rows []rollup
	q := app.DB().Select("*").From("rollups").Where(dbx.HashExp{"account": account, "marketplace": marketplace})
	if upTo != "" {
		q.AndWhere(dbx.NewExp("week <= {:week}", dbx.Params{"week": upTo}))
	}
	if err := q.OrderBy("week DESC").Limit(limit).All(&rows); err != nil {
		return nil, fmt.Errorf("read weekly roll-ups: %w", err)
	}
	return rows, nil
}
