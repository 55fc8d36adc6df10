package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createEndings, dropEndings) }

// createEndings makes what is remembered of the ends to come: which reminder of
// a consent was sent, since when an application's secret is in use, and when
// the data of a connection were deleted.
func createEndings(app core.App) error {
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	connections, err := app.FindCollectionByNameOrId("connections")
	if err != nil {
		return err
	}
	connections.Fields.Add(
		&core.NumberField{Name: "consent_told", OnlyInt: true},       // days before the end, of the last reminder
		&core.TextField{Name: "secret_print", Hidden: true, Max: 64}, // of its own application's secret
		&core.DateField{Name: "purged_at"},
	)
	if err := app.Save(connections); err != nil {
		return err
	}

	secrets := core.NewBaseCollection("app_secrets")
	secrets.Fields.Add(
		&core.RelationField{Name: "account", CollectionId: accounts.Id, MaxSelect: 1, CascadeDelete: true}, // none: the configured application
		&core.TextField{Name: "client_id", Required: true, Max: 200, Presentable: true},
		&core.TextField{Name: "print", Required: true, Hidden: true, Max: 64}, // keyed fingerprint
		&core.DateField{Name: "first_seen", Required: true},
		&core.DateField{Name: "last_seen", Required: true},
		&core.NumberField{Name: "told", OnlyInt: true}, // days before the end, of the last reminder
	)
	secrets.AddIndex("idx_app_secrets_account_print", true, "account, client_id, print", "")
	return app.Save(secrets)
}

func dropEndings(app core.App) error {
	if err := dropCollections(app, "app_secrets"); err != nil {
		return err
	}
	connections, err := app.FindCollectionByNameOrId("connections")
	if err != nil {
		return err
	}
	for _, name := range []string{"consent_told", "secret_print", "purged_at"} {
		connections.Fields.RemoveByName(name)
	}
	return app.Save(connections)
}
