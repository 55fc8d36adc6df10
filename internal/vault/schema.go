package vault

// Schema is the DDL of the vault's tables in data.db, run once by a migration
// and never edited after it has landed. They are raw tables, not collections:
// the superuser's API shows none of them.
//
// vault_keys holds wrapped keys: kind "account" (name = account, one row per
// version) and kind "log" (name "first" and "current", version = the sequence
// number that the ratchet key is for). Times are Unix milliseconds, UTC.
var Schema = []string{
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
}
