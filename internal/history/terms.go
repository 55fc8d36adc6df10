package history

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"halotrack.ai/halotrack/internal/database"
)

// Limits of a page of terms.
const (
	DefaultLimit = 100
	MaxLimit     = 500
)

// ErrQuery means that a query of terms names no known column, or a cursor that
// was not given out for it.
var ErrQuery = errors.New("the query of terms is not well-formed")

// SortColumns are the columns by which terms can be sorted, as the pages' JSON
// names them. The order is that of the CASE in termPage.
var SortColumns = []string{
	"term", "class", "volume",
	"n_impressions", "x_impressions", "n_clicks", "x_clicks", "n_cart_adds", "x_cart_adds", "n_purchases", "x_purchases",
	"impression_share", "click_share", "cart_add_share", "purchase_share",
	"ad_impressions", "ad_clicks", "ad_cost_micros", "ad_orders_1d_same_sku", "ad_orders_7d", "ad_sales_7d_micros",
	"organic_clicks", "organic_purchases", "split", "state",
}

const termPage = `WITH page AS (SELECT ` + brandColumns + `, CASE ?4
	WHEN 0 THEN t.text WHEN 1 THEN j.class WHEN 2 THEN j.volume
	WHEN 3 THEN j.n_impressions WHEN 4 THEN j.x_impressions WHEN 5 THEN j.n_clicks WHEN 6 THEN j.x_clicks
	WHEN 7 THEN j.n_cart_adds WHEN 8 THEN j.x_cart_adds WHEN 9 THEN j.n_purchases WHEN 10 THEN j.x_purchases
	WHEN 11 THEN CAST(j.x_impressions AS REAL) / nullif(j.n_impressions, 0)
	WHEN 12 THEN CAST(j.x_clicks AS REAL) / nullif(j.n_clicks, 0)
	WHEN 13 THEN CAST(j.x_cart_adds AS REAL) / nullif(j.n_cart_adds, 0)
	WHEN 14 THEN CAST(j.x_purchases AS REAL) / nullif(j.n_purchases, 0)
	WHEN 15 THEN j.ad_impressions WHEN 16 THEN j.ad_clicks WHEN 17 THEN j.ad_cost
	WHEN 18 THEN j.ad_orders_1d_same_sku WHEN 19 THEN j.ad_orders_7d WHEN 20 THEN j.ad_sales_7d
	WHEN 21 THEN j.organic_clicks WHEN 22 THEN j.organic_purchases WHEN 23 THEN j.split WHEN 24 THEN w.state
	END AS k
	FROM joined j
	JOIN joined_weeks w ON w.marketplace = j.marketplace AND w.week = j.week
	JOIN terms t ON t.id = j.term
	WHERE j.marketplace = ?1 AND j.week = ?2 AND j.level = 0 AND (?3 = '' OR instr(t.text, ?3) > 0))
SELECT * FROM page `

// Unknown values come last, whichever way the known ones are sorted.
const (
	termsUp = termPage + `WHERE NOT ?5
	OR CASE WHEN ?6 IS NULL THEN k IS NULL AND term > ?7 ELSE k IS NULL OR k > ?6 OR k = ?6 AND term > ?7 END
ORDER BY k IS NULL, k, term LIMIT ?8`
	termsDown = termPage + `WHERE NOT ?5
	OR CASE WHEN ?6 IS NULL THEN k IS NULL AND term > ?7 ELSE k IS NULL OR k < ?6 OR k = ?6 AND term > ?7 END
ORDER BY k IS NULL, k DESC, term LIMIT ?8`
	countTerms = `SELECT count(*) FROM joined j JOIN terms t ON t.id = j.term
WHERE j.marketplace = ?1 AND j.week = ?2 AND j.level = 0 AND (?3 = '' OR instr(t.text, ?3) > 0)`
)

// cursor is the place after the last row of a page: the value sorted by, if
// it was known, and the term.
type cursor struct {
	Sort int      `json:"s"`
	Desc bool     `json:"d,omitempty"`
	Int  *int64   `json:"i,omitempty"`
	Real *float64 `json:"r,omitempty"`
	Text *string  `json:"t,omitempty"`
	Term int64    `json:"n"`
}

func (c cursor) value() any {
	switch {
	case c.Int != nil:
		return *c.Int
	case c.Real != nil:
		return *c.Real
	case c.Text != nil:
		return *c.Text
	}
	return nil
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // a share that is no number cannot come from counts
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Terms returns one page of a week's brand-level rows, the cursor of the next
// page (empty after the last) and how many rows the search matches. A sort
// that begins with - is descending.
func (f *Facts) Terms(ctx context.Context, q TermsQuery) (page []JoinedRow, next string, total int, err error) {
	at, started, err := q.start()
	if err != nil {
		return nil, "", 0, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	query := termsUp
	if at.Desc {
		query = termsDown
	}
	search := NormaliseKey(q.Search)
	err = f.inMarket(ctx, q.Marketplace, "list terms", func(c *database.Conn, market int64) error {
		err := c.Query(countTerms, func(r database.Row) error { total = int(r.Int(0)); return nil }, market, q.Week, search)
		if err != nil {
			return err
		}
		last := at
		err = c.Query(query, func(r database.Row) error {
			if len(page) == limit {
				next = last.String()
				return nil
			}
			page = append(page, joinedAt(r, q.Marketplace))
			last = at.after(r)
			return nil
		}, market, q.Week, search, at.Sort, started, at.value(), at.Term, limit+1)
		return err
	})
	if err != nil {
		return nil, "", 0, err
	}
	return page, next, total, nil
}

// after is the cursor behind a row of termPage.
func (c cursor) after(r database.Row) cursor {
	out := cursor{Sort: c.Sort, Desc: c.Desc, Term: r.Int(2)}
	switch v := r.Value(joinedWidth).(type) {
	case int64:
		out.Int = &v
	case float64:
		out.Real = &v
	case string:
		out.Text = &v
	}
	return out
}

// start reads the sort and the cursor of a query.
func (q TermsQuery) start() (at cursor, started bool, err error) {
	sort, minus := strings.CutPrefix(q.Sort, "-")
	at.Desc = q.Desc || minus
	if sort == "" {
		sort, at.Desc = "volume", true
	}
	if at.Sort = slices.Index(SortColumns, sort); at.Sort < 0 {
		return at, false, fmt.Errorf("%w: no column %q", ErrQuery, sort)
	}
	if q.Cursor == "" {
		return at, false, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.Sort != at.Sort || c.Desc != at.Desc {
		return at, false, fmt.Errorf("%w: the cursor belongs to another query", ErrQuery)
	}
	return c, true, nil
}
