package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// termRow is one row of the joined table, with the columns of the export.
type termRow struct {
	ID    string `json:"id,omitempty"`
	Week  string `json:"week,omitempty"`
	Term  string `json:"term,omitempty"`
	Class string `json:"class"`

	Volume       number `json:"volume"`
	NImpressions number `json:"n_impressions"`
	XImpressions number `json:"x_impressions"`
	NClicks      number `json:"n_clicks"`
	XClicks      number `json:"x_clicks"`
	NCartAdds    number `json:"n_cart_adds"`
	XCartAdds    number `json:"x_cart_adds"`
	NPurchases   number `json:"n_purchases"`
	XPurchases   number `json:"x_purchases"`

	ImpressionShare *float64 `json:"impression_share"`
	ClickShare      *float64 `json:"click_share"`
	CartAddShare    *float64 `json:"cart_add_share"`
	PurchaseShare   *float64 `json:"purchase_share"`

	AdImpressions number `json:"ad_impressions"`
	AdClicks      number `json:"ad_clicks"`
	AdCost        number `json:"ad_cost_micros"`
	AdOrders1d    number `json:"ad_orders_1d_same_sku"`
	AdOrders7d    number `json:"ad_orders_7d"`
	AdSales7d     number `json:"ad_sales_7d_micros"`

	OrganicClicks    number `json:"organic_clicks"`
	OrganicPurchases number `json:"organic_purchases"`
	Split            string `json:"split"`
	State            string `json:"state"`
}

func rowOf(r history.JoinedRow) termRow {
	shareOf := func(s history.Step) *float64 {
		if v := s.Share(); v.Valid {
			return &v.V
		}
		return nil
	}
	return termRow{
		Class: string(r.Class), Volume: known(r.Volume),
		NImpressions: known(r.Impressions.N), XImpressions: known(r.Impressions.X),
		NClicks: known(r.Clicks.N), XClicks: known(r.Clicks.X),
		NCartAdds: known(r.CartAdds.N), XCartAdds: known(r.CartAdds.X),
		NPurchases: known(r.Purchases.N), XPurchases: known(r.Purchases.X),
		ImpressionShare: shareOf(r.Impressions), ClickShare: shareOf(r.Clicks), CartAddShare: shareOf(r.CartAdds), PurchaseShare: shareOf(r.Purchases),
		AdImpressions: known(r.Ads.Impressions), AdClicks: known(r.Ads.Clicks), AdCost: known(r.Ads.Cost),
		AdOrders1d: known(r.Ads.Orders1dSameSKU), AdOrders7d: known(r.Ads.Orders7d), AdSales7d: known(r.Ads.Sales7d),
		OrganicClicks: known(r.OrganicClicks), OrganicPurchases: known(r.OrganicPurchases),
		Split: string(r.Split), State: string(r.State),
	}
}

const (
	defaultTerms = 100
	maxTerms     = 500
)

func (d *Dashboard) terms(e *core.RequestEvent, account *core.Record) error {
	week, asked, err := queryWeek(e)
	if err != nil {
		return err
	}
	query := e.Request.URL.Query()
	limit := defaultTerms
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxTerms {
			return e.BadRequestError(fmt.Sprintf("limit: %q is not a number from 1 to %d.", text, maxTerms), nil)
		}
	}
	id, err := d.marketplace(e, account.Id)
	if err != nil {
		return err
	}
	body := struct {
		Week     *string   `json:"week"`
		Currency string    `json:"currency"`
		Items    []termRow `json:"items"`
		Next     *string   `json:"nextCursor"`
		Total    int       `json:"total"`
	}{Items: []termRow{}}
	if id == "" {
		return e.JSON(http.StatusOK, body)
	}
	if !asked {
		rows, err := rollups(e.App, account.Id, id, "", 1)
		if err != nil || len(rows) == 0 {
			return firstError(err, e.JSON(http.StatusOK, body))
		}
		if week, err = clock.ParseDay(rows[0].Week); err != nil {
			return err
		}
	}
	sort := query.Get("sort")
	if sort == "" {
		sort = "-volume"
	}
	column, desc := strings.CutPrefix(sort, "-")
	var page []history.JoinedRow
	var next string
	err = d.store.Use(e.Request.Context(), account.Id, func(f *history.Facts) (err error) {
		page, next, body.Total, err = f.Terms(e.Request.Context(), history.TermsQuery{
			Marketplace: id, Week: week, Search: query.Get("q"), Sort: column, Desc: desc, Cursor: query.Get("cursor"), Limit: limit,
		})
		return err
	})
	if errors.Is(err, history.ErrQuery) {
		return e.BadRequestError(err.Error()+".", nil)
	}
	if err != nil {
		return fmt.Errorf("read terms: %w", err)
	}
	text := week.String()
	body.Week, body.Currency = &text, market(id).Currency
	if next != "" {
		body.Next = &next
	}
	for _, r := range page {
		row := rowOf(r)
		row.ID, row.Term = history.PublicTermID(id, r.TermID), r.Term
		body.Items = append(body.Items, row)
	}
	return e.JSON(http.StatusOK, body)
}

func (d *Dashboard) term(e *core.RequestEvent, account *core.Record) error {
	from, _, err := queryDay(e, "from")
	if err != nil {
		return err
	}
	to, asked, err := queryDay(e, "to")
	if err != nil {
		return err
	}
	if !asked {
		to = lastDay
	}
	id, key, ok := history.ParseTermID(e.Request.PathValue("term"))
	if !ok {
		return e.NotFoundError("", nil)
	}
	var term history.Term
	var rows []history.JoinedRow
	err = d.store.Use(e.Request.Context(), account.Id, func(f *history.Facts) (err error) {
		term, rows, err = f.TermHistory(e.Request.Context(), id, key, from, to)
		return err
	})
	if errors.Is(err, history.ErrNotFound) {
		return e.NotFoundError("", nil)
	}
	if err != nil {
		return fmt.Errorf("read a term: %w", err)
	}
	weeks := make([]termRow, 0, len(rows))
	for _, r := range rows {
		row := rowOf(r)
		row.Week = r.Week.String()
		weeks = append(weeks, row)
	}
	variants := term.Variants
	if variants == nil {
		variants = []string{}
	}
	return e.JSON(http.StatusOK, map[string]any{
		"id": e.Request.PathValue("term"), "term": term.Text, "class": string(term.Class),
		"marketplace": market(id), "variants": variants, "weeks": weeks,
	})
}

// lastDay is later than any stored week: 9999-12-31.
const lastDay clock.Day = 2932896
