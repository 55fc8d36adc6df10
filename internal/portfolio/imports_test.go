package portfolio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/internal/testapp"
	"halotrack.ai/halotrack/internal/vault"
)

type importing struct {
	*testing.T
	app     core.App
	now     *clock.Manual
	imports *portfolio.Imports
	account string
}

var cli = portfolio.Actor{Kind: activity.System}

func newImporting(t *testing.T) *importing {
	h := &importing{T: t, app: testapp.New(t), now: clock.NewManual(now)}
	key, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(h.app, key, h.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	h.imports = portfolio.NewImports(h.app, v, h.now)
	h.account = account(t, h.app, "Velmora").Id
	return h
}

func (h *importing) stage(text string) (portfolio.Import, portfolio.Preview) {
	h.Helper()
	im, p, err := h.imports.Stage(h.Context(), h.account, cli, "table.csv", us, []byte(text))
	if err != nil {
		h.Fatal(err)
	}
	return im, p
}

func (h *importing) confirm(id string, wantRejoin bool) portfolio.Import {
	h.Helper()
	im, effect, ok, err := h.imports.Confirm(h.Context(), h.account, id, cli)
	if err != nil || !ok || effect.Join != wantRejoin {
		h.Fatalf("confirm: %+v, %v, %v", effect, ok, err)
	}
	return im
}

func (h *importing) undo(id string, wantRejoin bool) portfolio.Import {
	h.Helper()
	im, effect, ok, err := h.imports.Undo(h.Context(), h.account, id, cli)
	if err != nil || !ok || effect.Join != wantRejoin {
		h.Fatalf("undo: %+v, %v, %v", effect, ok, err)
	}
	return im
}

// lines is the product table as text, without what nobody typed.
func (h *importing) lines() string {
	h.Helper()
	list, _, _, err := portfolio.ListProducts(h.app, h.account, portfolio.ProductQuery{Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%s %s %q %s %v %v\n", p.Marketplace, p.ASIN, p.Title, p.Parent, p.Price, p.Margin)
	}
	return b.String()
}

func TestAnImportIsShownThenDoneThenUndone(t *testing.T) {
	h := newImporting(t)
	for _, p := range []portfolio.Product{
		{Marketplace: us, ASIN: "B000000001", Title: "One", Margin: fraction(.4)},
		{Marketplace: us, ASIN: "B000000002", Title: "Two", Parent: "B0PARENT01"},
		{Marketplace: us, ASIN: "B000000009", Title: "Not in the file"},
	} {
		if _, _, err := portfolio.SaveProduct(h.app, h.account, p, now); err != nil {
			t.Fatal(err)
		}
	}
	before := h.lines()
	im, p := h.stage("asin,title,parent\nB000000001,New one,B0PARENT02\nB000000002,Two,B0PARENT01\nB000000003,Three,\nB00,Bad,\n")
	if want := (portfolio.Counts{Added: 1, Changed: 1, Same: 1, Wrong: 1}); im.Counts != want || im.State != portfolio.Pending || len(p.Changes) != 2 || len(p.Problems) != 1 {
		t.Errorf("preview %+v %+v", im, p)
	}
	if c := p.Changes[0]; c.Line != 2 || c.Before == nil || c.Before.Title != "One" || c.After.Title != "New one" || c.After.Margin.V != .4 {
		t.Errorf("a column that the file lacks changed: %+v", c)
	}
	if h.lines() != before {
		t.Error("a preview changed the table")
	}
	if done := h.confirm(im.ID, true); done.State != portfolio.Done || done.Counts.Changed != 1 {
		t.Errorf("confirmed %+v", done)
	}
	if !strings.Contains(h.lines(), "New one") || !strings.Contains(h.lines(), "Three") || strings.Count(h.lines(), "\n") != 4 {
		t.Errorf("the table is\n%s", h.lines())
	}
	if _, p, ok, err := h.imports.Look(t.Context(), h.account, im.ID); err != nil || !ok || len(p.Changes) != 2 {
		t.Errorf("looking at a done import: %+v, %v, %v", p, ok, err)
	}
	_, _, _, err := h.imports.Confirm(t.Context(), h.account, im.ID, cli)
	refused(t, err, "no longer pending")
	if undone := h.undo(im.ID, true); undone.State != portfolio.Undone || undone.Counts.Kept != 0 {
		t.Errorf("undone %+v", undone)
	}
	if h.lines() != before {
		t.Errorf("after undoing\n%s\nbefore\n%s", h.lines(), before)
	}
	_, _, _, err = h.imports.Undo(t.Context(), h.account, im.ID, cli)
	refused(t, err, "already")
	if n, err := h.app.CountRecords(activity.Collection); err != nil || n != 2 {
		t.Errorf("the trail has %d entries, %v", n, err)
	}
}

func TestUndoingLeavesWhatAPersonChangedSince(t *testing.T) {
	h := newImporting(t)
	im, _ := h.stage("asin,title\nB000000001,One\nB000000002,Two\nB000000003,Three\n")
	h.confirm(im.ID, false)
	if _, _, err := portfolio.SaveProduct(h.app, h.account, portfolio.Product{Marketplace: us, ASIN: "B000000002", Title: "Mine"}, now); err != nil {
		t.Fatal(err)
	}
	if undone := h.undo(im.ID, false); undone.Counts.Kept != 1 {
		t.Errorf("undone %+v", undone)
	}
	if got := h.lines(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "Mine") {
		t.Errorf("left:\n%s", got)
	}
}

func TestPendingUploadsAreSealedAndEnd(t *testing.T) {
	h := newImporting(t)
	im, _ := h.stage("asin,title\nB000000001,Secret ladder\n")
	r, err := h.app.FindRecordById("imports", im.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := r.GetString("sealed"); text == "" || strings.Contains(text, "Secret") {
		t.Errorf("stored %q", text)
	}
	other := account(t, h.app, "Rival").Id
	if _, _, ok, err := h.imports.Look(t.Context(), other, im.ID); ok || err != nil {
		t.Errorf("another account saw it: %v, %v", ok, err)
	}
	if _, _, ok, err := h.imports.Confirm(t.Context(), other, im.ID, cli); ok || err != nil {
		t.Errorf("another account confirmed it: %v, %v", ok, err)
	}
	if _, _, ok, err := h.imports.Undo(t.Context(), other, im.ID, cli); ok || err != nil {
		t.Errorf("another account undid it: %v, %v", ok, err)
	}
	r.Set("account", other) // moved, it opens no more
	if err := h.app.Save(r); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := h.imports.Look(t.Context(), other, im.ID); err == nil {
		t.Error("a moved upload was opened")
	}
	r.Set("account", h.account)
	if err := h.app.Save(r); err != nil {
		t.Fatal(err)
	}

	if gone := h.undo(im.ID, false); gone.State != portfolio.Undone {
		t.Errorf("discarded %+v", gone)
	}
	if _, _, ok, err := h.imports.Look(t.Context(), h.account, im.ID); ok || err != nil {
		t.Errorf("a discarded upload is there: %v, %v", ok, err)
	}
	for i := range 12 {
		h.stage(fmt.Sprintf("asin\nB%09d\n", i))
		h.now.Advance(time.Minute)
	}
	list, err := h.imports.List(h.account)
	if err != nil || len(list) != 10 {
		t.Errorf("%d uploads are pending, %v", len(list), err)
	}
	done := list[0]
	h.confirm(done.ID, false)
	h.now.Advance(25 * time.Hour)
	_, _, _, err = h.imports.Confirm(t.Context(), h.account, list[1].ID, cli)
	refused(t, err, "no longer pending")
	sweep := func(want int) {
		t.Helper()
		if err := portfolio.SweepImports(h.app, h.now.Now()); err != nil {
			t.Fatal(err)
		}
		if list, err := h.imports.List(h.account); err != nil || len(list) != want {
			t.Errorf("%d uploads are left, %v", len(list), err)
		}
	}
	sweep(1)
	h.now.Advance(29 * 24 * time.Hour)
	sweep(0)
}

func TestTheProductTableHasAnEnd(t *testing.T) {
	h := newImporting(t)
	im, _ := h.stage("asin\nA000000001\nA000000002\n")
	_, err := h.app.NonconcurrentDB().NewQuery(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {:n})
		INSERT INTO products (id, account, marketplace, asin) SELECT printf('id%013d', i), {:account}, {:market}, printf('B%09d', i) FROM n`).
		Bind(dbx.Params{"n": portfolio.MaxProducts - 1, "account": h.account, "market": us}).Execute()
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = h.imports.Confirm(t.Context(), h.account, im.ID, cli)
	refused(t, err, "50001")
	save := func(asin string) error {
		_, _, err := portfolio.SaveProduct(h.app, h.account, portfolio.Product{Marketplace: us, ASIN: asin, Title: "x"}, now)
		return err
	}
	if err := save("A000000001"); err != nil {
		t.Errorf("the last line: %v", err)
	}
	refused(t, save("A000000002"), "full")
	if err := save("B000000001"); err != nil {
		t.Errorf("changing a line of a full table: %v", err)
	}
}
