// Package accounts serves what a person may see of accounts.
package accounts

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
)

// Register binds the account routes.
func Register(se *core.ServeEvent) {
	se.Router.GET("/api/halotrack/accounts", list)
}

// named is an account's id and name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// brand is an agency's white label, which the pages of its own account and of
// its clients' carry.
type brand struct {
	Name   string `json:"name"`
	Colour string `json:"colour"` // "#rrggbb"; empty: none
	Logo   bool   `json:"logo"`   // one is served at the account's /logo
}

type item struct {
	ID           string                    `json:"id"`
	Name         string                    `json:"name"`
	Kind         string                    `json:"kind"`
	Agency       *named                    `json:"agency"`
	Brand        *brand                    `json:"brand"`
	Role         access.Role               `json:"role"`
	Marketplaces []marketplace.Marketplace `json:"marketplaces"`
	NewestWeek   *string                   `json:"newestWeek"`
}

func list(e *core.RequestEvent) error {
	grants, err := access.Seen(e)
	if err != nil {
		return err
	}
	items := make([]item, 0, len(grants))
	for _, g := range grants {
		it := item{ID: g.Account.Id, Name: g.Account.GetString("name"), Kind: g.Account.GetString("kind"), Role: g.Role}
		if g.Agency != nil {
			it.Agency = &named{g.Agency.Id, g.Agency.GetString("name")}
		}
		if it.Brand, err = brandOf(e.App, g.Account); err != nil {
			return err
		}
		if it.Marketplaces, it.NewestWeek, err = stored(e.App, g.Account.Id); err != nil {
			return err
		}
		items = append(items, it)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

// brandOf returns the white label that an account shows, nil without one.
func brandOf(app core.App, account *core.Record) (*brand, error) {
	if id := account.GetString("agency"); id != "" {
		agency, err := app.FindRecordById("accounts", id)
		if err != nil {
			return nil, fmt.Errorf("read the agency: %w", err)
		}
		account = agency
	}
	b := brand{account.GetString("brand_name"), account.GetString("brand_colour"), account.GetString("logo_type") != ""}
	if b == (brand{}) {
		return nil, nil
	}
	return &b, nil
}

// stored lists the marketplaces that have weeks, and the newest week.
func stored(app core.App, account string) ([]marketplace.Marketplace, *string, error) {
	var rows []struct {
		Marketplace string `db:"marketplace"`
		Newest      string `db:"newest"`
	}
	err := app.DB().Select("marketplace", "MAX(week) AS newest").From("rollups").
		Where(dbx.HashExp{"account": account}).GroupBy("marketplace").OrderBy("marketplace").All(&rows)
	if err != nil {
		return nil, nil, err
	}
	found := make([]marketplace.Marketplace, 0, len(rows))
	var newest *string
	for _, row := range rows {
		if m, ok := marketplace.ByID(row.Marketplace); ok {
			found = append(found, m)
		}
		if newest == nil || row.Newest > *newest {
			newest = &row.Newest
		}
	}
	return found, newest, nil
}
