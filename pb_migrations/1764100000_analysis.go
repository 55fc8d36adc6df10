package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createAnalysis, dropAnalysis) }

const dayPattern = `^\d{4}-\d{2}-\d{2}$`

// createAnalysis makes what an account says of itself for the analysis (its
// products, words, choices, events and thresholds), and what the analysis keeps
// beside its audits (alerts, halo results, calibrations, test plans). None of
// it can be read through PocketBase's API.
func createAnalysis(app core.App) error {
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	accounts.Fields.Add(
		&core.JSONField{Name: "competitor_words", MaxSize: 16 << 10},
		&core.JSONField{Name: "default_margin", MaxSize: 64}, // null: assumed
	)
	if err := app.Save(accounts); err != nil {
		return err
	}
	byUser := func(name string) *core.RelationField {
		return &core.RelationField{Name: name, CollectionId: users.Id, MaxSelect: 1}
	}
	market := func(required bool) *core.TextField {
		return &core.TextField{Name: "marketplace", Required: required, Max: 20}
	}
	day := func(name string, required bool) *core.TextField {
		return &core.TextField{Name: name, Required: required, Pattern: dayPattern}
	}
	table := func(name string, index func(*core.Collection), fields ...core.Field) error {
		c := core.NewBaseCollection(name)
		c.Fields.Add(ownAccount(accounts))
		c.Fields.Add(fields...)
		index(c)
		return app.Save(c)
	}

	err = table("products", func(c *core.Collection) {
		c.AddIndex("idx_products_asin", true, "account, marketplace, asin", "")
	},
		market(true),
		&core.TextField{Name: "asin", Required: true, Max: 10, Presentable: true},
		&core.TextField{Name: "sku", Max: 60},
		&core.TextField{Name: "title", Max: 500},
		&core.TextField{Name: "parent", Max: 60},
		&core.TextField{Name: "brand", Max: 200},
		&core.JSONField{Name: "price_micros", MaxSize: 64}, // null: unknown
		&core.TextField{Name: "currency", Max: 3},
		&core.JSONField{Name: "margin", MaxSize: 64}, // of the price, before ads; null: the account's
		&core.DateField{Name: "updated"},
	)
	if err != nil {
		return err
	}

	err = table("imports", func(c *core.Collection) {
		c.AddIndex("idx_imports_account", false, "account, created", "")
	},
		&core.SelectField{Name: "kind", Required: true, MaxSelect: 1, Values: []string{"products"}},
		market(true),
		&core.SelectField{Name: "state", Required: true, MaxSelect: 1, Values: []string{"pending", "done", "undone"}},
		&core.TextField{Name: "file", Max: 200},
		&core.JSONField{Name: "counts", MaxSize: 2048},
		&core.TextField{Name: "sealed", Hidden: true, Max: 24 << 20}, // base64: what would change, or what was
		byUser("created_by"),
		&core.DateField{Name: "created", Required: true},
		&core.DateField{Name: "confirmed"},
		&core.DateField{Name: "undone"},
	)
	if err != nil {
		return err
	}

	err = table("term_choices", func(c *core.Collection) {
		c.AddIndex("idx_term_choices_term", true, "account, marketplace, term", "")
	},
		market(true),
		&core.TextField{Name: "term", Required: true, Max: 2000}, // the normalised key
		&core.SelectField{Name: "class", MaxSelect: 1, Values: []string{"brand", "competitor", "generic"}},
		&core.TextField{Name: "cluster", Max: 200},
		&core.BoolField{Name: "watched"},
	)
	if err != nil {
		return err
	}

	err = table("events", func(c *core.Collection) {
		c.AddIndex("idx_events_account", false, "account, `from`", "")
	},
		market(false), // empty: all
		&core.SelectField{Name: "kind", Required: true, MaxSelect: 1, Values: []string{"event", "stock_out", "in_stock", "price", "campaign", "note"}},
		&core.TextField{Name: "asin", Max: 10},
		day("from", true), day("to", true),
		&core.TextField{Name: "title", Max: 200, Presentable: true},
		byUser("created_by"),
		&core.DateField{Name: "created", Required: true},
	)
	if err != nil {
		return err
	}

	err = table("thresholds", func(c *core.Collection) {
		c.AddIndex("idx_thresholds_account", false, "account", "")
	},
		market(false), // empty: each
		&core.TextField{Name: "metric", Required: true, Max: 40, Presentable: true},
		&core.SelectField{Name: "direction", Required: true, MaxSelect: 1, Values: []string{"above", "below"}},
		&core.NumberField{Name: "value"},
		&core.BoolField{Name: "on"},
	)
	if err != nil {
		return err
	}

	err = table("alerts", func(c *core.Collection) {
		c.AddIndex("idx_alerts_open", true, "account, `key`", "`state` != 'closed'")
		c.AddIndex("idx_alerts_account", false, "account, opened", "")
	},
		market(false),
		&core.TextField{Name: "key", Required: true, Max: 300},
		&core.TextField{Name: "kind", Required: true, Max: 40, Presentable: true},
		day("week", false),
		&core.TextField{Name: "term", Max: 2000},
		&core.TextField{Name: "asin", Max: 20},
		&core.TextField{Name: "text", Max: 4000},
		&core.BoolField{Name: "protected"}, // by the false discovery rate
		&core.SelectField{Name: "severity", MaxSelect: 1, Values: []string{"info", "warning", "critical"}},
		&core.JSONField{Name: "money_low_micros", MaxSize: 64},
		&core.SelectField{Name: "state", Required: true, MaxSelect: 1, Values: []string{"open", "acknowledged", "snoozed", "closed"}},
		&core.DateField{Name: "snoozed_until"},
		byUser("assignee"),
		&core.DateField{Name: "opened", Required: true},
		&core.DateField{Name: "seen"},
		&core.DateField{Name: "closed"},
		byUser("closed_by"),                       // nobody: the job, because the cause ended
		&core.TextField{Name: "reason", Max: 300}, // why the job closed it
		&core.BoolField{Name: "lasting"},          // closed by a person while its cause goes on: it stays quiet
		&core.JSONField{Name: "data", MaxSize: 64 << 10},
	)
	if err != nil {
		return err
	}
	alerts, err := app.FindCollectionByNameOrId("alerts")
	if err != nil {
		return err
	}

	err = table("alert_notes", func(c *core.Collection) {
		c.AddIndex("idx_alert_notes_alert", false, "alert, at", "")
	},
		&core.RelationField{Name: "alert", CollectionId: alerts.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		byUser("author"),
		&core.TextField{Name: "text", Required: true, Max: 2000, Presentable: true},
		&core.DateField{Name: "at", Required: true},
	)
	if err != nil {
		return err
	}

	for _, name := range []string{"halo_results", "calibrations"} {
		err := table(name, func(c *core.Collection) {
			c.AddIndex("idx_"+name+"_marketplace", true, "account, marketplace", "")
		},
			market(true),
			&core.DateField{Name: "computed", Required: true},
			&core.JSONField{Name: "data", MaxSize: 4 << 20},
		)
		if err != nil {
			return err
		}
	}

	return table("test_plans", func(c *core.Collection) {
		c.AddIndex("idx_test_plans_account", false, "account, created", "")
	},
		market(true),
		&core.TextField{Name: "title", Required: true, Max: 200, Presentable: true},
		&core.JSONField{Name: "design", MaxSize: 256 << 10},
		byUser("created_by"),
		&core.DateField{Name: "created", Required: true},
	)
}

func dropAnalysis(app core.App) error {
	if err := dropCollections(app, "test_plans", "calibrations", "halo_results", "alert_notes", "alerts",
		"thresholds", "events", "term_choices", "imports", "products"); err != nil {
		return err
	}
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	accounts.Fields.RemoveByName("competitor_words")
	accounts.Fields.RemoveByName("default_margin")
	return app.Save(accounts)
}
