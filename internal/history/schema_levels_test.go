package history

import (
	"crypto/sha256"
	"slices"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// A file of the release before joined levels opens, shows what it held, and has
// all of it joined anew.
func TestJoinedWeeksOfThePreviousReleaseAreJoinedAnew(t *testing.T) {
	step := slices.Index(migrations, schemaLevels)
	facts := newFacts(nil, clock.NewManual(now))
	key := sha256.Sum256([]byte("acme"))
	file, err := database.OpenFile(t.Context(), t.TempDir()+"/acme.db", key[:], database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	later := migrations
	migrations = migrations[:step]
	err = migrate(t.Context(), file)
	migrations = later
	if err != nil {
		t.Fatal(err)
	}
	facts.file = file
	err = file.Write(t.Context(), func(c *database.Conn) error {
		return c.Script(`
INSERT INTO marketplaces (id, code) VALUES (1, 'ATVPDKIKX0DER');
INSERT INTO sellers (id, code) VALUES (1, 'A2SELLER');
INSERT INTO asins (id, code) VALUES (1, 'B000000001');
INSERT INTO terms (id, text, hash, exact) VALUES (1, 'bottle', 1, 1);
INSERT INTO periods VALUES (1, 1, 'WEEK', 20709, 20715);
INSERT INTO sqp_cells (id, period, seller, asin, state, rows, fetched_at, report, source, unit, print_a, print_b)
VALUES (1, 1, 1, 1, 'stored', 1, 1790000000000, 0, 'api', 'percent', 0, 0);
INSERT INTO sqp_market (period, term, volume, n_impressions, n_clicks, currency, fetched_at) VALUES (1, 1, 500, 9000, 100, 0, 1790000000000);
INSERT INTO sqp_own (cell, term, x_impressions, x_clicks, currency) VALUES (1, 1, 80, 7, 0);
INSERT INTO joined (marketplace, week, level, term, key, class, volume, n_impressions, x_impressions, n_clicks, x_clicks, split)
VALUES (1, 20709, 0, 1, 0, 0, 500, 9000, 80, 100, 7, 2), (1, 20709, 2, 1, 1, 0, 500, 9000, 80, 100, 7, 2);
INSERT INTO joined_weeks (marketplace, week, currency, state, terms, asins, truncated, disputed, spend_days, spend_want_days, spend_state)
VALUES (1, 20709, 0, 0, 1, 1, 0, 0, 0, 0, 3);`)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	read := func() (rows []JoinedRow) {
		t.Helper()
		collect := func(r JoinedRow) error { rows = append(rows, r); return nil }
		if err := facts.JoinedWeek(t.Context(), us, 20709, collect); err != nil {
			t.Fatal(err)
		}
		if err := facts.JoinedASINs(t.Context(), us, 20709, collect); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if rows := read(); len(rows) != 2 || rows[0].Impressions.X != n(80) || rows[0].Lead != "" || rows[1].Key != "B000000001" {
		t.Errorf("before the join %+v", rows)
	}
	if dirty, err := facts.DirtyWeeks(t.Context()); err != nil || len(dirty) != 1 || dirty[0].Week != 20709 {
		t.Fatalf("to be joined %v, %v", dirty, err)
	}
	rebuild(t, facts)
	if rows := read(); len(rows) != 2 || rows[0].Lead != "B000000001" || rows[0].Concentration != n(1_000_000) || rows[1].Impressions != (Step{N: n(9000), X: n(80)}) {
		t.Errorf("after the join %+v", rows)
	}
}
