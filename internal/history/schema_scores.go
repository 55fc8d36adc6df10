package history

// schemaScores makes room for how far each tested term stood from its baseline
// in each audited week: what drifts, the heatmap and the detector's check of
// itself read.
const schemaScores = `
CREATE TABLE scores (
	marketplace INTEGER, week INTEGER, step INTEGER, term INTEGER,
	z INTEGER NOT NULL, -- thousandths of a standard deviation, after recentring
	PRIMARY KEY (marketplace, week, step, term)
) STRICT, WITHOUT ROWID;
`
