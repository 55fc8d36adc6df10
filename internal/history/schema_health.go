package history

// schemaHealth adds how much of what a connection is to fetch is there: whole
// periods of marketplaces for the Selling Partner API, days of profiles and
// report types for ads.
const schemaHealth = `
ALTER TABLE connection_progress ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection_progress ADD COLUMN total INTEGER NOT NULL DEFAULT 0;
`
