package history

// schemaScopes adds what the scope test found, by which the join splits, and
// which weeks it may rest on.
const schemaScopes = `
CREATE TABLE scopes (
	marketplace INTEGER PRIMARY KEY,
	week INTEGER NOT NULL,  -- newest of the weeks tested
	weeks INTEGER NOT NULL, -- how many they were
	result TEXT NOT NULL,
	slope REAL, low REAL, high REAL,
	terms INTEGER NOT NULL,
	why TEXT NOT NULL,
	apart INTEGER NOT NULL -- the last decided result was that search counts leave ads out
) STRICT;
ALTER TABLE joined_weeks ADD COLUMN ads_complete INTEGER NOT NULL DEFAULT 0;
`
