package portfolio

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/portfolio"
)

// productLine is one line of the product table in JSON.
type productLine struct {
	ID          string     `json:"id"`
	Marketplace string     `json:"marketplace"`
	ASIN        string     `json:"asin"`
	SKU         string     `json:"sku"`
	Title       string     `json:"title"`
	Parent      string     `json:"parent"`
	Brand       string     `json:"brand"`
	PriceMicros *int64     `json:"price_micros"`
	Currency    string     `json:"currency"`
	Margin      *float64   `json:"margin"` // null: the account's
	Updated     *time.Time `json:"updated,omitempty"`
}

func lineOf(p portfolio.Product) productLine {
	l := productLine{ID: p.ID, Marketplace: p.Marketplace, ASIN: p.ASIN, SKU: p.SKU, Title: p.Title, Parent: p.Parent, Brand: p.Brand,
		PriceMicros: known(p.Price), Currency: p.Currency, Margin: known(p.Margin)}
	if !p.Updated.IsZero() {
		l.Updated = &p.Updated
	}
	return l
}

const (
	defaultLines = 50
	maxLines     = 500
)

func (p *Portfolio) products(e *core.RequestEvent, account *core.Record) error {
	query := e.Request.URL.Query()
	limit := defaultLines
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxLines {
			return e.BadRequestError(fmt.Sprintf("limit: %q is not a number from 1 to %d.", text, maxLines), nil)
		}
	}
	market := query.Get("marketplace")
	page, next, total, err := portfolio.ListProducts(e.App, account.Id, portfolio.ProductQuery{
		Marketplace: market, Search: query.Get("q"), Cursor: query.Get("cursor"), Limit: limit,
	})
	if err != nil {
		return refused(e, err)
	}
	words, err := portfolio.LoadWords(e.App, account.Id)
	if err != nil {
		return err
	}
	body := struct {
		Items   []productLine `json:"items"`
		Next    *string       `json:"nextCursor"`
		Total   int           `json:"total"`
		Default *float64      `json:"default_margin"` // null: nobody set it
		Assumed float64       `json:"assumed_margin"`
		Missing []string      `json:"missing"` // ASINs of the search data that are not in the table, on the first page
	}{Items: []productLine{}, Total: total, Default: known(words.DefaultMargin), Assumed: portfolio.AssumedMargin, Missing: []string{}}
	if next != "" {
		body.Next = &next
	}
	for _, x := range page {
		body.Items = append(body.Items, lineOf(x))
	}
	if market != "" && query.Get("q") == "" && query.Get("cursor") == "" {
		if body.Missing, err = p.missing(e, account.Id, market); err != nil {
			return err
		}
	}
	return e.JSON(http.StatusOK, body)
}

// missing lists the ASINs of which search data are stored and that the product
// table lacks, those with the most impressions first.
func (p *Portfolio) missing(e *core.RequestEvent, account, market string) ([]string, error) {
	var sellers []string
	err := e.App.DB().Select("seller_id").Distinct(true).From("connections").
		Where(dbx.HashExp{"account": account, "api": "spapi"}).OrderBy("seller_id").Column(&sellers)
	if err != nil {
		return nil, fmt.Errorf("list the sellers: %w", err)
	}
	list := []string{}
	if len(sellers) == 0 {
		return list, nil
	}
	var stored []string
	if err := e.App.DB().Select("asin").From("products").Where(dbx.HashExp{"account": account, "marketplace": market}).Column(&stored); err != nil {
		return nil, fmt.Errorf("read the product table: %w", err)
	}
	known := map[string]bool{}
	for _, asin := range stored {
		known[asin] = true
	}
	ctx := e.Request.Context()
	err = p.store.Use(ctx, account, func(f *history.Facts) error {
		for _, seller := range sellers {
			asins, err := f.ASINs(ctx, seller, market)
			if err != nil {
				return err
			}
			for _, asin := range asins {
				if !known[asin] && !slices.Contains(list, asin) {
					known[asin] = true
					list = append(list, asin)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the products of the search data: %w", err)
	}
	return list, nil
}

func (p *Portfolio) product(e *core.RequestEvent, account *core.Record) error {
	x, ok, err := portfolio.FindProduct(e.App, account.Id, e.Request.PathValue("product"))
	if err != nil {
		return err
	}
	if !ok {
		return e.NotFoundError("", nil)
	}
	return e.JSON(http.StatusOK, lineOf(x))
}

// saveProduct writes a line over that of the same marketplace and ASIN.
func (p *Portfolio) saveProduct(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Marketplace string   `json:"marketplace"`
		ASIN        string   `json:"asin"`
		SKU         string   `json:"sku"`
		Title       string   `json:"title"`
		Parent      string   `json:"parent"`
		Brand       string   `json:"brand"`
		PriceMicros *int64   `json:"price_micros"`
		Margin      *float64 `json:"margin"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	var saved portfolio.Product
	err := p.change(e, account.Id, func(tx core.App) (effect portfolio.Effect, _ bool, err error) {
		saved, effect, err = portfolio.SaveProduct(tx, account.Id, portfolio.Product{
			Marketplace: in.Marketplace, ASIN: in.ASIN, SKU: in.SKU, Title: in.Title, Parent: in.Parent, Brand: in.Brand,
			Price: optional(in.PriceMicros), Margin: optional(in.Margin),
		}, p.clock.Now())
		return effect, true, err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, lineOf(saved))
}

func (p *Portfolio) deleteProduct(e *core.RequestEvent, account *core.Record) error {
	err := p.change(e, account.Id, func(tx core.App) (portfolio.Effect, bool, error) {
		return portfolio.DeleteProduct(tx, account.Id, e.Request.PathValue("product"))
	})
	if err != nil {
		return err
	}
	return done(e)
}

// sheet answers with the table as CSV that can be uploaded again, with a line
// for each product that it lacks.
func (p *Portfolio) sheet(e *core.RequestEvent, account *core.Record) error {
	market := e.Request.URL.Query().Get("marketplace")
	place, ok := marketplace.ByID(market)
	if market != "" && !ok {
		return e.BadRequestError("marketplace: there is no such one.", nil)
	}
	var list []portfolio.Product
	for cursor := ""; ; {
		page, next, _, err := portfolio.ListProducts(e.App, account.Id, portfolio.ProductQuery{Marketplace: market, Cursor: cursor, Limit: maxLines * 4})
		if err != nil {
			return err
		}
		list = append(list, page...)
		if cursor = next; next == "" {
			break
		}
	}
	if market != "" {
		missing, err := p.missing(e, account.Id, market)
		if err != nil {
			return err
		}
		for _, asin := range missing {
			list = append(list, portfolio.Product{Marketplace: market, ASIN: asin, Currency: place.Currency})
		}
	}
	h := e.Response.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="products.csv"`)
	e.Response.WriteHeader(http.StatusOK)
	return portfolio.WriteSheet(e.Response, list)
}
