package portfolio

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// MaxProducts is how many lines the product table of one account holds.
const MaxProducts = 50_000

type productRow struct {
	ID          string         `db:"id"`
	Marketplace string         `db:"marketplace"`
	ASIN        string         `db:"asin"`
	SKU         string         `db:"sku"`
	Title       string         `db:"title"`
	Parent      string         `db:"parent"`
	Brand       string         `db:"brand"`
	Price       sql.NullString `db:"price_micros"`
	Currency    string         `db:"currency"`
	Margin      sql.NullString `db:"margin"`
	Updated     types.DateTime `db:"updated"`
}

func (r productRow) product() (p Product, err error) {
	p = Product{ID: r.ID, Marketplace: r.Marketplace, ASIN: r.ASIN, SKU: r.SKU, Title: r.Title, Parent: r.Parent,
		Brand: r.Brand, Currency: r.Currency, Updated: r.Updated.Time()}
	if p.Price, err = optional[int64](r.Price); err == nil {
		p.Margin, err = optional[float64](r.Margin)
	}
	if err != nil {
		return p, fmt.Errorf("read product %s: %w", r.ID, err)
	}
	return p, nil
}

func products(q *dbx.SelectQuery) ([]Product, error) {
	var rows []productRow
	if err := q.All(&rows); err != nil {
		return nil, fmt.Errorf("read the product table: %w", err)
	}
	list := make([]Product, 0, len(rows))
	for _, r := range rows {
		p, err := r.product()
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func allProducts(app core.App, account string) ([]Product, error) {
	return products(ofAccount(app, "products", account).OrderBy("marketplace", "asin"))
}

// FindProduct returns one line by its id; ok is false where the account has
// none such.
func FindProduct(app core.App, account, id string) (p Product, ok bool, err error) {
	list, err := products(ofAccount(app, "products", account).AndWhere(dbx.HashExp{"id": id}))
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

// ProductQuery asks for one page of the product table, by marketplace and ASIN.
type ProductQuery struct {
	Marketplace string // empty: all
	Search      string // in ASIN, SKU, title, parent or brand, without case
	Cursor      string // of the page before
	Limit       int
}

// likeWords takes the meaning from the signs that LIKE reads.
var likeWords = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// ListProducts returns a page, the cursor of the next (empty on the last) and
// how many lines match in all. A cursor that is not one is refused.
func ListProducts(app core.App, account string, q ProductQuery) (page []Product, next string, total int, err error) {
	matching := func(columns ...string) *dbx.SelectQuery {
		s := app.DB().Select(columns...).From("products").Where(dbx.HashExp{"account": account})
		if q.Marketplace != "" {
			s.AndWhere(dbx.HashExp{"marketplace": q.Marketplace})
		}
		if words := tidy(q.Search); words != "" {
			s.AndWhere(dbx.NewExp(`asin || char(10) || sku || char(10) || title || char(10) || parent || char(10) || brand LIKE {:words} ESCAPE '\'`,
				dbx.Params{"words": "%" + likeWords.Replace(words) + "%"}))
		}
		return s
	}
	if err := matching("count(*)").Row(&total); err != nil {
		return nil, "", 0, fmt.Errorf("count the product table: %w", err)
	}
	s := matching("*")
	if q.Cursor != "" {
		after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		market, asin, ok := strings.Cut(string(after), ":")
		if err != nil || !ok {
			return nil, "", 0, refuse("cursor: it is not one of this list.")
		}
		s.AndWhere(dbx.NewExp("(marketplace, asin) > ({:market}, {:asin})", dbx.Params{"market": market, "asin": asin}))
	}
	page, err = products(s.OrderBy("marketplace", "asin").Limit(int64(q.Limit) + 1))
	if err != nil {
		return nil, "", 0, err
	}
	if len(page) > q.Limit {
		page = page[:q.Limit]
		last := page[q.Limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte(last.Marketplace + ":" + last.ASIN))
	}
	return page, next, total, nil
}

// SaveProduct writes one line, over that of the same ASIN if there is one, in
// app, which may be a transaction. It returns the line as it stands now; what is
// wrong with it is a Refusal.
func SaveProduct(app core.App, account string, p Product, now time.Time) (saved Product, effect Effect, err error) {
	if p, err = p.Clean(); err != nil {
		return p, effect, err
	}
	before, err := products(ofAccount(app, "products", account).AndWhere(dbx.HashExp{"marketplace": p.Marketplace, "asin": p.ASIN}))
	if err != nil {
		return p, effect, err
	}
	var old Product
	if len(before) > 0 {
		old = before[0]
	} else {
		var stored int
		if err := app.DB().Select("count(*)").From("products").Where(dbx.HashExp{"account": account}).Row(&stored); err != nil {
			return p, effect, err
		}
		if stored >= MaxProducts {
			return p, effect, refuse("The product table is full: it holds %d lines.", MaxProducts)
		}
	}
	if p.ID = old.ID; p.same(old) {
		return old, effect, nil
	}
	p, err = putProduct(app, account, p, now)
	return p, between(old, p), err
}

// DeleteProduct removes a line; ok is false where the account has none such.
func DeleteProduct(app core.App, account, id string) (effect Effect, ok bool, err error) {
	p, ok, err := FindProduct(app, account, id)
	if err != nil || !ok {
		return effect, ok, err
	}
	return between(p, Product{}), true, removeProduct(app, p)
}

// between is what the change of a line changes.
func between(old, now Product) Effect {
	return Effect{Join: old.Parent != now.Parent, Money: old.Price != now.Price || old.Margin != now.Margin}
}

// putProduct inserts a clean line, or replaces the one with its id. Tables of
// tens of thousands of lines pass here, so that it writes without the records'
// hooks, of which there are none.
func putProduct(app core.App, account string, p Product, now time.Time) (Product, error) {
	price, err := stored(p.Price)
	if err != nil {
		return p, err
	}
	margin, err := stored(p.Margin)
	if err != nil {
		return p, err
	}
	p.Updated = now
	at, err := types.ParseDateTime(now)
	if err != nil {
		return p, err
	}
	values := dbx.Params{
		"sku": p.SKU, "title": p.Title, "parent": p.Parent, "brand": p.Brand,
		"price_micros": price, "currency": p.Currency, "margin": margin, "updated": at.String(),
	}
	if p.ID != "" {
		_, err = app.DB().Update("products", values, dbx.HashExp{"id": p.ID}).Execute()
	} else {
		p.ID = core.GenerateDefaultRandomId()
		values["id"], values["account"], values["marketplace"], values["asin"] = p.ID, account, p.Marketplace, p.ASIN
		_, err = app.DB().Insert("products", values).Execute()
	}
	if err != nil {
		return p, fmt.Errorf("save product %s: %w", p.ASIN, err)
	}
	return p, nil
}

func removeProduct(app core.App, p Product) error {
	if _, err := app.DB().Delete("products", dbx.HashExp{"id": p.ID}).Execute(); err != nil {
		return fmt.Errorf("delete product %s: %w", p.ASIN, err)
	}
	return nil
}
