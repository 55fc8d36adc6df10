package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
	"github.com/pocketbase/pocketbase/tools/types"
)

func init() { m.Register(createResults, dropResults) }

// createResults makes what is derived from the fact files and rebuilt from
// them: audits, their findings and the weekly roll-ups.
func createResults(app core.App) error {
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	state := &core.SelectField{Name: "state", Required: true, MaxSelect: 1, Values: []string{"provisional", "settled", "final"}}
	week := func() *core.TextField {
		return &core.TextField{Name: "week", Required: true, Pattern: `^\d{4}-\d{2}-\d{2}$`, Presentable: true}
	}
	integers := func(c *core.Collection, names ...string) {
		for _, name := range names {
			c.Fields.Add(&core.NumberField{Name: name, OnlyInt: true})
		}
	}
	// Figures that may be undefined are JSON, because a number column would
	// turn null into 0.
	nullable := func(c *core.Collection, names ...string) {
		for _, name := range names {
			c.Fields.Add(&core.JSONField{Name: name, MaxSize: 64})
		}
	}

	audits := core.NewBaseCollection("audits")
	audits.Fields.Add(ownAccount(accounts), week(), state,
		&core.JSONField{Name: "data", MaxSize: 4 << 20},
		&core.NumberField{Name: "findings", OnlyInt: true},
		&core.DateField{Name: "computed"})
	audits.AddIndex("idx_audits_account_week", true, "account, week", "")
	audits.ListRule = types.Pointer(ofOwnAccount)
	audits.ViewRule = audits.ListRule
	if err := app.Save(audits); err != nil {
		return err
	}

	findings := core.NewBaseCollection("findings")
	findings.Fields.Add(ownAccount(accounts),
		&core.RelationField{Name: "audit", CollectionId: audits.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		week(),
		&core.TextField{Name: "marketplace", Required: true, Max: 20},
		&core.TextField{Name: "kind", Required: true, Max: 40},
		&core.TextField{Name: "term", Max: 2000},
		&core.TextField{Name: "asin", Max: 20})
	integers(findings, "rank")
	nullable(findings, "share_before", "share_now", "low", "high", "n", "p", "money_low_micros")
	findings.Fields.Add(
		&core.TextField{Name: "cause", Max: 200},
		&core.TextField{Name: "text", Max: 4000},
		&core.JSONField{Name: "data", MaxSize: 64 << 10})
	findings.AddIndex("idx_findings_account_week", false, "account, week, rank", "")
	findings.AddIndex("idx_findings_audit", false, "audit", "")
	findings.ListRule = types.Pointer(ofOwnAccount)
	findings.ViewRule = findings.ListRule
	if err := app.Save(findings); err != nil {
		return err
	}

	rollups := core.NewBaseCollection("rollups")
	rollups.Fields.Add(ownAccount(accounts),
		&core.TextField{Name: "marketplace", Required: true, Max: 20},
		week(), state,
		&core.TextField{Name: "currency", Max: 3})
	integers(rollups, "n_impressions", "x_impressions", "n_clicks", "x_clicks", "n_cart_adds", "x_cart_adds", "n_purchases", "x_purchases", "terms")
	nullable(rollups, "spend_micros", "ad_impressions", "ad_clicks", "ad_orders_7d", "ad_sales_7d_micros", "organic_clicks", "organic_purchases")
	rollups.AddIndex("idx_rollups_account_marketplace_week", true, "account, marketplace, week", "")
	rollups.ListRule = types.Pointer(ofOwnAccount)
	rollups.ViewRule = rollups.ListRule
	return app.Save(rollups)
}

func dropResults(app core.App) error {
	return dropCollections(app, "rollups", "findings", "audits")
}
