package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createConnecting, dropConnecting) }

// createConnecting makes what a person's consent at Amazon needs until the
// browser comes back, what is recorded of each grant, and the counts of what
// was asked with it.
func createConnecting(app core.App) error {
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	connections, err := app.FindCollectionByNameOrId("connections")
	if err != nil {
		return err
	}
	connections.Fields.Add(
		&core.SelectField{Name: "method", MaxSelect: 1, Values: []string{"consent", "token"}},
		&core.TextField{Name: "app", Max: 200},         // the client id that was granted, own or configured
		&core.TextField{Name: "app_version", Max: 20},  // draft or published; empty where a pasted token does not tell
		&core.TextField{Name: "release", Max: 100},     // of this program
		&core.JSONField{Name: "scopes", MaxSize: 4096}, // what the grant covers, in Amazon's names
		&core.DateField{Name: "ended_at"},
	)
	if err := app.Save(connections); err != nil {
		return err
	}

	pending := core.NewBaseCollection("grants_pending")
	pending.Fields.Add(
		ownAccount(accounts),
		&core.RelationField{Name: "user", CollectionId: users.Id, MaxSelect: 1},
		&core.TextField{Name: "session", Required: true, Hidden: true, Max: 50},
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.SelectField{Name: "api", Required: true, MaxSelect: 1, Values: []string{"spapi", "ads"}},
		&core.SelectField{Name: "region", Required: true, MaxSelect: 1, Values: []string{"na", "eu", "fe"}},
		&core.BoolField{Name: "draft"},
		&core.DateField{Name: "expires", Required: true},
	)
	pending.AddIndex("idx_grants_pending_hash", true, "hash", "")
	pending.AddIndex("idx_grants_pending_expires", false, "expires", "")
	if err := app.Save(pending); err != nil {
		return err
	}

	calls := core.NewBaseCollection("amazon_calls")
	calls.Fields.Add(
		ownAccount(accounts),
		&core.RelationField{Name: "connection", CollectionId: connections.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		&core.TextField{Name: "operation", Required: true, Max: 100},
		&core.NumberField{Name: "calls", OnlyInt: true},
		&core.NumberField{Name: "failed", OnlyInt: true}, // answered with 400 or more, or not at all
		&core.NumberField{Name: "last_status", OnlyInt: true},
		&core.DateField{Name: "last_at"},
	)
	calls.AddIndex("idx_amazon_calls_connection_operation", true, "connection, operation", "")
	return app.Save(calls)
}

func dropConnecting(app core.App) error {
	if err := dropCollections(app, "amazon_calls", "grants_pending"); err != nil {
		return err
	}
	connections, err := app.FindCollectionByNameOrId("connections")
	if err != nil {
		return err
	}
	for _, name := range []string{"method", "app", "app_version", "release", "scopes", "ended_at"} {
		connections.Fields.RemoveByName(name)
	}
	return app.Save(connections)
}
