package cli

import (
	"database/sql"
	"maps"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/portfolio"
)

// demoPortfolio says of a client what its seller would: its products and its
// brand's words. A client that has products keeps what somebody made of them
// since.
func (a *appliance) demoPortfolio(client *core.Record, words portfolio.Words, products []sim.ProductInfo) error {
	described, err := a.App.CountRecords("products", dbx.HashExp{"account": client.Id})
	if err != nil || described > 0 {
		return err
	}
	return a.App.RunInTransaction(func(tx core.App) error {
		if _, _, err := portfolio.SaveWords(tx, client, words); err != nil {
			return err
		}
		for _, p := range products {
			for _, market := range slices.Sorted(maps.Keys(p.PriceMicros)) {
				_, _, err := portfolio.SaveProduct(tx, client.Id, portfolio.Product{
					Marketplace: market, ASIN: p.ASIN, SKU: p.SKU, Title: p.Title, Parent: p.Parent, Brand: p.Brand,
					Price:  sql.Null[int64]{V: p.PriceMicros[market], Valid: true},
					Margin: sql.Null[float64]{V: p.Margin, Valid: true},
				}, a.Clock.Now())
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}
