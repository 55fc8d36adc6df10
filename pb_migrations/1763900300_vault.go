package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createVault, dropVault) }

// createVault makes the vault's raw tables; see package vault for what they
// hold.
func createVault(app core.App) error {
	for _, statement := range []string{
		`CREATE TABLE vault_keys (
		kind TEXT NOT NULL,
		name TEXT NOT NULL,
		version INTEGER NOT NULL,
		wrapped BLOB NOT NULL,
		kek TEXT NOT NULL,
		created INTEGER NOT NULL,
		PRIMARY KEY (kind, name, version)
	) STRICT, WITHOUT ROWID`,
		`CREATE TABLE vault_secrets (
		account TEXT NOT NULL,
		tbl TEXT NOT NULL,
		record TEXT NOT NULL,
		field TEXT NOT NULL,
		key_version INTEGER NOT NULL,
		sealed BLOB NOT NULL,
		created INTEGER NOT NULL,
		updated INTEGER NOT NULL,
		PRIMARY KEY (account, tbl, record, field)
	) STRICT, WITHOUT ROWID`,
		`CREATE TABLE vault_log (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		actor TEXT NOT NULL,
		action TEXT NOT NULL,
		account TEXT NOT NULL,
		tbl TEXT NOT NULL,
		record TEXT NOT NULL,
		field TEXT NOT NULL,
		purpose TEXT NOT NULL,
		prev_hash BLOB NOT NULL,
		hash BLOB NOT NULL,
		mac BLOB NOT NULL
	) STRICT`,
	} {
		if _, err := app.DB().NewQuery(statement).Execute(); err != nil {
			return err
		}
	}
	return nil
}

func dropVault(app core.App) error {
	for _, table := range []string{"vault_log", "vault_secrets", "vault_keys"} {
		if _, err := app.DB().DropTable(table).Execute(); err != nil {
			return err
		}
	}
	return nil
}
