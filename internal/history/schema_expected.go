package history

// schemaExpected adds to each score how many own events were expected, in whose
// bands the detector's check of itself compares scores.
const schemaExpected = `
ALTER TABLE scores ADD COLUMN expected INTEGER NOT NULL DEFAULT 0;
`
