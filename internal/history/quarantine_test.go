package history

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	email  = "john.smith7@example.com"
	street = "105 maple street springfield il 62704"
)

// everything is each table that holds facts or what is derived of them.
var everything = []string{"terms", "sqp_cells", "sqp_market", "sqp_market_old", "sqp_own", "sqp_own_old", "ad_days", "ad_terms", "ad_keywords", "ad_campaigns",
	"ad_groups", "joined", "joined_weeks", "quarantine_sqp", "quarantine_ads", "quarantine_keywords"}

// stands reports whether a text stands in any table.
func stands(t *testing.T, f *Facts, text string) bool {
	t.Helper()
	return strings.Contains(strings.Join(dump(t, f, everything...), "\n"), text)
}

func heldOf(t *testing.T, f *Facts) []Held {
	t.Helper()
	list, next, total, err := f.Quarantine(t.Context(), "", 100)
	if err != nil || next != "" || total != len(list) {
		t.Fatalf("%d of %d, next %q: %v", len(list), total, next, err)
	}
	return list
}

func sqpCells(t *testing.T, f *Facts) map[string]Cell {
	t.Helper()
	cells, err := f.SQPCoverage(t.Context(), us, Week, week, week)
	if err != nil {
		t.Fatal(err)
	}
	byASIN := map[string]Cell{}
	for _, c := range cells {
		byASIN[c.ASIN] = c
	}
	return byASIN
}

func TestPersonalSearchRowsAreHeldBack(t *testing.T) {
	f := testFacts(t)
	rows := []spapi.SQPRow{
		sqpRow("B1", "water bottle", 900, 90, 9), sqpRow("B1", email, 40, 4, 1), sqpRow("B2", email, 40, 2, 1), sqpRow("B3", street, 20, 2),
	}
	stored := replaceSQP(t, f, sqpSlice(now, "B1", "B2", "B3", "B4"), rows...)
	if stored.Rows != 4 || stored.Quarantined != 3 || stored.Empty != 1 || !stored.Changed {
		t.Errorf("stored %+v", stored)
	}
	if stands(t, f, "john") || stands(t, f, "maple") {
		t.Error("a text that was held back stands in a table")
	}
	cells := sqpCells(t, f)
	for asin, want := range map[string]Cell{"B1": {State: Complete, Rows: 1, Quarantined: 1}, "B2": {State: Complete, Quarantined: 1}, "B3": {State: Complete, Quarantined: 1}, "B4": {State: Empty}} {
		if c := cells[asin]; c.State != want.State || c.Rows != want.Rows || c.Quarantined != want.Quarantined {
			t.Errorf("%s: %+v", asin, c)
		}
	}
	list := heldOf(t, f)
	if len(list) != 2 || list[1].Kind != "email" || list[0].Kind != "address" {
		t.Fatalf("held back: %+v", list)
	}
	if h := list[1]; h.Rows != 2 || h.Impressions != 6 || h.From != week || h.To != week || len(h.Marketplaces) != 1 || h.Marketplaces[0] != us || len(h.Sources) != 1 || !h.FirstSeen.Equal(now) {
		t.Errorf("%+v", h)
	}

	// A fetch that agrees in what is held back too is no change, another is one.
	again := replaceSQP(t, f, sqpSlice(now.Add(24*time.Hour), "B1", "B2", "B3", "B4"), rows...)
	if again.Changed || count(t, f, "quarantine_sqp") != 3 || !sqpCells(t, f)["B2"].SameSince.Equal(now) {
		t.Errorf("an identical fetch: %+v, %d rows", again, count(t, f, "quarantine_sqp"))
	}
	rows[2] = sqpRow("B2", email, 40, 3, 1)
	other := replaceSQP(t, f, sqpSlice(now.Add(48*time.Hour), "B1", "B2", "B3", "B4"), rows...)
	if cells := sqpCells(t, f); !other.Changed || cells["B2"].SameSince.Equal(now) || !cells["B1"].SameSince.Equal(now) {
		t.Errorf("a restated row that is held back: %+v", other)
	}
	// Rows that vanish take what was sealed with them.
	replaceSQP(t, f, sqpSlice(now.Add(72*time.Hour), "B1", "B2", "B3", "B4"), rows[0])
	if n := count(t, f, "quarantine_sqp") + count(t, f, "quarantine"); n != 0 || sqpCells(t, f)["B1"].Quarantined != 0 {
		t.Errorf("%d rows are left of what Amazon took back", n)
	}
}

// TestReleasedTermsAreAsIfNeverHeldBack compares the facts after a release with
// those of an account in which the term was released from the start.
func TestReleasedTermsAreAsIfNeverHeldBack(t *testing.T) {
	fill := func(f *Facts, at time.Time) {
		withProfile(t, f)
		replaceSQP(t, f, sqpSlice(at, "B1"), sqpRow("B1", "water bottle", 900, 90, 9), sqpRow("B1", email, 40, 4, 1))
		replaceSQP(t, f, sqpSlice(at.Add(time.Hour), "B2"), sqpRow("B2", email, 41, 2, 1))
		row := termRow(week, email, 3)
		row.KeywordID = 9
		row.Keyword = email
		replaceTerms(t, f, adSlice(ads.SPSearchTerm, at), termRow(week, "bottle", 5), row, row, termRow(week+1, email, 1))
	}
	f := testFacts(t)
	fill(f, now)
	if err := f.RebuildWeek(t.Context(), us, week, JoinRules{}); err != nil {
		t.Fatal(err)
	}
	if stands(t, f, "john") {
		t.Fatal("the text stands in a table before it is released")
	}
	list := heldOf(t, f)
	if len(list) != 1 || list[0].Rows != 5 || list[0].AdImpressions != 140 || len(list[0].Sources) != 3 {
		t.Fatalf("held back: %+v", list)
	}
	days, err := f.AdCoverage(t.Context(), profileID, ads.SPSearchTerm, week, week+1)
	if err != nil || days[0].Rows != 1 || days[0].Quarantined != 2 || days[0].Clicks != 5 || days[1].State != Complete || days[1].Quarantined != 1 {
		t.Fatalf("days %+v (%v)", days, err)
	}
	for _, wrong := range []string{street, ""} {
		if err := f.Release(t.Context(), list[0].ID, wrong); !errors.Is(err, ErrNotFound) {
			t.Errorf("release with the text %q: %v", wrong, err)
		}
	}
	if err := f.Release(t.Context(), list[0].ID, email); err != nil {
		t.Fatal(err)
	}
	if dirty, _ := f.DirtyWeeks(t.Context()); len(dirty) != 1 || dirty[0].Week != week {
		t.Errorf("weeks to rebuild: %v", dirty)
	}

	want := testFacts(t)
	releaseBefore(t, want, email)
	fill(want, now)
	for _, query := range []string{
		`SELECT concat_ws('|', t.text, m.volume, m.n_impressions, m.n_clicks, m.n_purchases, m.n_click_price, m.click_same_day, m.purchase_two_day, m.currency, m.fetched_at, m.spread)
FROM sqp_market m JOIN terms t ON t.id = m.term ORDER BY 1`,
		`SELECT concat_ws('|', a.code, t.text, o.rank, o.x_impressions, o.x_clicks, o.x_cart_adds, o.x_click_price, o.currency)
FROM sqp_own o JOIN sqp_cells c ON c.id = o.cell JOIN asins a ON a.id = c.asin JOIN terms t ON t.id = o.term ORDER BY 1`,
		`SELECT concat_ws('|', d.date, k.text, t.text, a.impressions, a.clicks, a.cost, a.orders_7d, a.sales_7d, a.units_14d, a.currency)
FROM ad_terms a JOIN ad_days d ON d.id = a.day JOIN ad_keywords k ON k.id = a.keyword JOIN terms t ON t.id = a.term ORDER BY 1`,
		`SELECT concat_ws('|', date, state, rows, quarantined, impressions, clicks, cost, orders_14d, sales_14d) FROM ad_days ORDER BY 1`,
	} {
		if a, b := texts(t, f, query), texts(t, want, query); a != b || a == "" {
			t.Errorf("after the release:\n%s\nwithout holding back:\n%s", a, b)
		}
	}
	days, _ = f.AdCoverage(t.Context(), profileID, ads.SPSearchTerm, week, week+1)
	if days[0].Rows != 2 || days[0].Quarantined != 0 || days[0].Clicks != 11 {
		t.Errorf("days %+v", days)
	}
	if len(heldOf(t, f)) != 0 || count(t, f, "quarantine_sqp")+count(t, f, "quarantine_ads")+count(t, f, "quarantine_keywords") != 0 {
		t.Error("something is held back after the release")
	}
	// Later fetches of the same rows pass, and are no change.
	at := now.Add(24 * time.Hour)
	again := replaceSQP(t, f, sqpSlice(at, "B1"), sqpRow("B1", "water bottle", 900, 90, 9), sqpRow("B1", email, 40, 4, 1))
	if again.Quarantined != 0 {
		t.Errorf("after the release: %+v", again)
	}
	if c := sqpCells(t, f)["B1"]; !c.SameSince.Equal(now) || c.Rows != 2 {
		t.Errorf("the fetch after the release does not agree with the one before: %+v", c)
	}
	if err := f.Release(t.Context(), list[0].ID, email); !errors.Is(err, ErrNotFound) {
		t.Errorf("released twice: %v", err)
	}
}

// releaseBefore makes a decision about a text that no fetch has brought yet.
func releaseBefore(t *testing.T, f *Facts, text string) {
	t.Helper()
	replaceSQP(t, f, sqpSlice(now.Add(-time.Hour), "B9"), sqpRow("B9", text, 1, 1))
	if err := f.Release(t.Context(), heldOf(t, f)[0].ID, text); err != nil {
		t.Fatal(err)
	}
	replaceSQP(t, f, sqpSlice(now.Add(-time.Minute), "B9"))
}

// texts is the rows of facts with their terms spelled out, without ids.
func texts(t *testing.T, f *Facts, query string) string {
	t.Helper()
	var rows []string
	err := f.read(t.Context(), func(c *database.Conn) error {
		return c.Query(query, func(r database.Row) error { rows = append(rows, r.Text(0)); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

func TestDeletedTermsNeverReturn(t *testing.T) {
	s := testStore(t)
	err := s.Use(t.Context(), "acme", func(f *Facts) error {
		withProfile(t, f)
		replaceSQP(t, f, sqpSlice(now, "B1"), sqpRow("B1", email, 40, 4, 1), sqpRow("B1", "bottle", 40, 4, 1))
		replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), termRow(week, email, 3))
		id := heldOf(t, f)[0].ID
		if sealed, err := f.HeldTerm(t.Context(), id); err != nil || len(sealed) != len(email) {
			t.Errorf("%q %v", sealed, err)
		}
		if err := f.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := f.HeldTerm(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("the sealed text after deletion: %v", err)
		}
		at := now.Add(24 * time.Hour)
		stored := replaceSQP(t, f, sqpSlice(at, "B1"), sqpRow("B1", email, 40, 4, 1), sqpRow("B1", "bottle", 40, 4, 1))
		if stored.Changed || stored.Quarantined != 1 || count(t, f, "quarantine_sqp") != 0 || len(heldOf(t, f)) != 0 {
			t.Errorf("the next fetch: %+v", stored)
		}
		stored = replaceTerms(t, f, adSlice(ads.SPSearchTerm, at), termRow(week, email, 3))
		if stored.Quarantined != 1 || count(t, f, "quarantine_ads") != 0 || count(t, f, "ad_terms") != 0 {
			t.Errorf("the next fetch of ads: %+v", stored)
		}
		if c := sqpCells(t, f)["B1"]; c.Rows != 1 || c.Quarantined != 1 {
			t.Errorf("%+v", c)
		}
		if err := f.Delete(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoPlainByteOfAHeldTerm reads the file as a process that has its key could.
func TestNoPlainByteOfAHeldTerm(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	row := termRow(week, email, 3)
	row.Keyword = email
	replaceSQP(t, f, sqpSlice(now, "B1"), sqpRow("B1", email, 40, 4, 1))
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), row)
	copyPath := filepath.Join(t.TempDir(), "copy.db")
	if err := f.file.Snapshot(t.Context(), copyPath); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{copyPath, f.file.Path(), f.file.Path() + "-wal"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("john")) {
			t.Errorf("%s holds the text", filepath.Base(path))
		}
	}
}

func TestQuarantineIsPaged(t *testing.T) {
	f := testFacts(t)
	var rows []spapi.SQPRow
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		rows = append(rows, sqpRow("B1", name+"nna@example.com", 40, 1))
	}
	replaceSQP(t, f, sqpSlice(now, "B1"), rows...)
	seen := map[string]bool{}
	cursor := ""
	for range 3 {
		list, next, total, err := f.Quarantine(t.Context(), cursor, 2)
		if err != nil || total != 5 {
			t.Fatal(total, err)
		}
		for _, h := range list {
			seen[h.ID] = true
		}
		cursor = next
	}
	if len(seen) != 5 || cursor != "" {
		t.Errorf("%d of 5 terms, cursor %q", len(seen), cursor)
	}
	if _, _, _, err := f.Quarantine(t.Context(), "?", 2); !errors.Is(err, ErrQuery) {
		t.Errorf("a wrong cursor: %v", err)
	}
}

// TestATermHeldBackInAMonthMarksNoWeek releases rows of a month.
func TestATermHeldBackInAMonthMarksNoWeek(t *testing.T) {
	f := testFacts(t)
	s := sqpSlice(now, "B1")
	s.Period, s.Start, s.End = Month, clock.Date(2026, 8, 1), clock.Date(2026, 8, 31)
	row := sqpRow("B1", email, 40, 4, 1)
	row.Start, row.End = s.Start, s.End
	replaceSQP(t, f, s, row)
	if err := f.Release(t.Context(), heldOf(t, f)[0].ID, email); err != nil {
		t.Fatal(err)
	}
	if dirty, _ := f.DirtyWeeks(t.Context()); len(dirty) != 0 || count(t, f, "sqp_own") != 1 {
		t.Errorf("weeks to rebuild: %v", dirty)
	}
}
