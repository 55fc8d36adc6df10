package history

// schemaProgress is step 2: how far each connection has come, and the ledger by
// what it covers.
const schemaProgress = `
CREATE TABLE connection_progress (
	connection TEXT PRIMARY KEY,
	at INTEGER NOT NULL,      -- when this was true
	waiting INTEGER NOT NULL, -- reports due that wait for a quota
	expected INTEGER NOT NULL, -- of them search reports, with those that are likely to follow
	sqp_used INTEGER NOT NULL, sqp_limit INTEGER NOT NULL,
	halted_until INTEGER,
	newest_done INTEGER, all_done INTEGER -- expected
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_covered ON reports (marketplace, start);
CREATE INDEX reports_created ON reports (created);
`

// schemaAgreement is step 3: since when the answers about a cell agree. NULL
// stands for the time of the last fetch.
const schemaAgreement = `ALTER TABLE sqp_cells ADD COLUMN same_since INTEGER`
