package portfolio

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/vault"
)

// ImportState is how far an import has come.
type ImportState string

// The states.
const (
	Pending ImportState = "pending" // nothing has changed yet
	Done    ImportState = "done"
	Undone  ImportState = "undone"
)

// How long an import is kept: until it is confirmed, and to be undone.
const (
	pendingKept = 24 * time.Hour
	doneKept    = 30 * 24 * time.Hour
	maxPending  = 10
	longestFile = 200
)

// Import is the upload of one product table.
type Import struct {
	ID          string
	Marketplace string // of lines that name none
	State       ImportState
	File        string // its name
	Counts      Counts
	By          string // id of the person
	Created     time.Time
	Confirmed   time.Time // zero: not yet
	Undone      time.Time // likewise
}

// Counts are lines of an import's file.
type Counts struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Same    int `json:"same"`  // say what the product table says
	Wrong   int `json:"wrong"` // cannot be taken over
	Kept    int `json:"kept"`  // of an import that was undone: changed since, and left so
}

// Change is what an import does to one line of the product table.
type Change struct {
	Line   int // in the file; 0 once it is confirmed
	Before *Product
	After  Product
}

// Preview is what an import would do now, or did.
type Preview struct {
	Changes  []Change
	Problems []LineError
	Ignored  []string // columns
}

// Imports takes product tables over in two steps, and back.
type Imports struct {
	app   core.App
	vault *vault.Vault
	clock clock.Clock
}

// NewImports returns the imports of an app. What is uploaded lies sealed under
// its account's key.
func NewImports(app core.App, v *vault.Vault, c clock.Clock) *Imports { return &Imports{app, v, c} }

// Actor is who does something: a person with an id, or the system.
type Actor struct {
	Kind activity.Kind
	ID   string
}

// Stage reads a file and keeps what it says until somebody confirms it. market is
// that of lines that name none; empty: all name one. A file that is no product
// table is a Refusal.
func (m *Imports) Stage(ctx context.Context, account string, by Actor, file, market string, data []byte) (im Import, p Preview, err error) {
	if _, ok := marketplace.ByID(market); !ok && market != "" {
		return im, p, refuse("Say which marketplace the products are in: there is none %q.", shown(market))
	}
	sheet, err := ReadSheet(data, market)
	if err != nil {
		return im, p, err
	}
	if market == "" {
		if len(sheet.Rows) == 0 {
			return im, p, refuse("No line can be taken over. %s", sheet.Problems[0].Text)
		}
		market = sheet.Rows[0].Product.Marketplace
	}
	if file = tidy(file); utf8.RuneCountInString(file) > longestFile {
		file = string([]rune(file)[:longestFile])
	}
	collection, err := m.app.FindCachedCollectionByNameOrId("imports")
	if err != nil {
		return im, p, err
	}
	r := core.NewRecord(collection)
	r.Id = core.GenerateDefaultRandomId()
	sealed, err := m.seal(ctx, m.app, account, r.Id, sheet)
	if err != nil {
		return im, p, err
	}
	err = m.app.RunInTransaction(func(tx core.App) error {
		if err := makeRoom(tx, account); err != nil {
			return err
		}
		p, im.Counts, err = previewOf(tx, account, sheet)
		if err != nil {
			return err
		}
		r.Set("account", account)
		r.Set("kind", "products")
		r.Set("marketplace", market)
		r.Set("state", string(Pending))
		r.Set("file", file)
		r.Set("counts", im.Counts)
		r.Set("sealed", sealed)
		if by.Kind == activity.Person {
			r.Set("created_by", by.ID)
		}
		r.Set("created", m.clock.Now())
		return tx.Save(r)
	})
	if err != nil {
		return im, p, fmt.Errorf("keep the upload: %w", err)
	}
	im, err = importOf(r)
	return im, p, err
}

// makeRoom discards the oldest uploads that nobody confirmed.
func makeRoom(tx core.App, account string) error {
	waiting, err := tx.FindRecordsByFilter("imports", "account = {:account} && state = 'pending'", "-created", 0, maxPending-1, dbx.Params{"account": account})
	if err != nil {
		return err
	}
	for _, r := range waiting {
		if err := tx.Delete(r); err != nil {
			return err
		}
	}
	return nil
}

func importOf(r *core.Record) (im Import, err error) {
	im = Import{ID: r.Id, Marketplace: r.GetString("marketplace"), State: ImportState(r.GetString("state")), File: r.GetString("file"),
		By: r.GetString("created_by"), Created: r.GetDateTime("created").Time(), Confirmed: r.GetDateTime("confirmed").Time(), Undone: r.GetDateTime("undone").Time()}
	if err := r.UnmarshalJSONField("counts", &im.Counts); err != nil {
		return im, fmt.Errorf("read the import %s: %w", r.Id, err)
	}
	return im, nil
}

// List lists an account's imports, the newest first.
func (m *Imports) List(account string) ([]Import, error) {
	records, err := m.app.FindRecordsByFilter("imports", "account = {:account}", "-created,id", 50, 0, dbx.Params{"account": account})
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	list := make([]Import, 0, len(records))
	for _, r := range records {
		im, err := importOf(r)
		if err != nil {
			return nil, err
		}
		list = append(list, im)
	}
	return list, nil
}

// Look returns an import with what it would do, or did; ok is false where the
// account has none such.
func (m *Imports) Look(ctx context.Context, account, id string) (im Import, p Preview, ok bool, err error) {
	r, err := find(m.app, "imports", account, id)
	if err != nil || r == nil {
		return im, p, false, err
	}
	if im, err = importOf(r); err != nil {
		return im, p, true, err
	}
	switch im.State {
	case Pending:
		var sheet Sheet
		if err = m.open(ctx, m.app, r, &sheet); err == nil {
			p, im.Counts, err = previewOf(m.app, account, &sheet)
		}
	case Done:
		err = m.open(ctx, m.app, r, &p.Changes)
	}
	return im, p, true, err
}

// Confirm takes a pending import over: all of its lines that are right, or none.
func (m *Imports) Confirm(ctx context.Context, account, id string, by Actor) (im Import, effect Effect, ok bool, err error) {
	return m.step(account, id, func(tx core.App, r *core.Record, im *Import, effect *Effect) error {
		if im.State != Pending || m.clock.Now().Sub(im.Created) > pendingKept {
			return refuse("This upload is no longer pending: upload the file again.")
		}
		var sheet Sheet
		if err := m.open(ctx, tx, r, &sheet); err != nil {
			return err
		}
		p, counts, err := previewOf(tx, account, &sheet)
		if err != nil {
			return err
		}
		stored, err := tx.CountRecords("products", dbx.HashExp{"account": account})
		if err != nil {
			return err
		}
		if int(stored)+counts.Added > MaxProducts {
			return refuse("The product table holds at most %d lines; with these it would have %d.", MaxProducts, int(stored)+counts.Added)
		}
		for i := range p.Changes {
			c := &p.Changes[i]
			if c.After, err = putProduct(tx, account, c.After, m.clock.Now()); err != nil {
				return err
			}
			var before Product
			if c.Before != nil {
				before = *c.Before
			}
			*effect = effect.and(between(before, c.After))
			c.Line = 0
		}
		im.State, im.Confirmed, im.Counts = Done, m.clock.Now(), counts
		sealed, err := m.seal(ctx, tx, account, id, p.Changes)
		if err != nil {
			return err
		}
		r.Set("sealed", sealed)
		r.Set("confirmed", im.Confirmed)
		return m.note(tx, account, id, "products.import", by, counts)
	})
}

// Undo brings back what an import found, or discards one that is pending. Lines
// that were changed since stay as they are and are counted as kept.
func (m *Imports) Undo(ctx context.Context, account, id string, by Actor) (im Import, effect Effect, ok bool, err error) {
	return m.step(account, id, func(tx core.App, r *core.Record, im *Import, effect *Effect) error {
		switch im.State {
		case Pending:
			im.State = Undone
			return tx.Delete(r)
		case Undone:
			return refuse("This import is undone already.")
		}
		var changes []Change
		if err := m.open(ctx, tx, r, &changes); err != nil {
			return err
		}
		current, err := table(tx, account)
		if err != nil {
			return err
		}
		for _, c := range changes {
			now, exists := current[productKey{c.After.Marketplace, c.After.ASIN}]
			if !exists || !now.same(c.After) {
				im.Counts.Kept++
				continue
			}
			var before Product
			if c.Before == nil {
				err = removeProduct(tx, now)
			} else {
				before = *c.Before
				before.ID = now.ID
				_, err = putProduct(tx, account, before, m.clock.Now())
			}
			*effect = effect.and(between(now, before))
			if err != nil {
				return err
			}
		}
		im.State, im.Undone = Undone, m.clock.Now()
		r.Set("sealed", "") // what was is what is
		r.Set("undone", im.Undone)
		return m.note(tx, account, id, "products.undo", by, im.Counts)
	})
}

// step changes one import in a transaction.
func (m *Imports) step(account, id string, do func(core.App, *core.Record, *Import, *Effect) error) (im Import, effect Effect, ok bool, err error) {
	err = m.app.RunInTransaction(func(tx core.App) error {
		r, err := find(tx, "imports", account, id)
		if err != nil || r == nil {
			return err
		}
		ok = true
		if im, err = importOf(r); err != nil {
			return err
		}
		pending := im.State == Pending
		if err := do(tx, r, &im, &effect); err != nil {
			return err
		}
		if pending && im.State == Undone {
			return nil // deleted
		}
		r.Set("state", string(im.State))
		r.Set("counts", im.Counts)
		return tx.Save(r)
	})
	if err != nil {
		effect = Effect{}
	}
	return im, effect, ok, err
}

func (m *Imports) note(tx core.App, account, id, action string, by Actor, c Counts) error {
	return activity.Note(tx, activity.Entry{
		At: m.clock.Now(), Kind: by.Kind, Actor: by.ID, Action: action, Subject: "imports/" + id, Account: account,
		Detail: map[string]any{"added": c.Added, "changed": c.Changed, "kept": c.Kept},
	})
}

// previewOf compares a sheet with the product table.
func previewOf(app core.App, account string, sheet *Sheet) (p Preview, n Counts, err error) {
	current, err := table(app, account)
	if err != nil {
		return p, n, err
	}
	p.Problems, p.Ignored, n.Wrong = sheet.Problems, sheet.Ignored, len(sheet.Problems)
	for _, row := range sheet.Rows {
		old, exists := current[productKey{row.Product.Marketplace, row.Product.ASIN}]
		change := Change{Line: row.Line, After: merge(old, row.Product, sheet.Columns)}
		switch {
		case !exists:
			n.Added++
		case change.After.same(old):
			n.Same++
			continue
		default:
			n.Changed++
			before := old
			change.Before = &before
		}
		p.Changes = append(p.Changes, change)
	}
	return p, n, nil
}

func table(app core.App, account string) (map[productKey]Product, error) {
	list, err := allProducts(app, account)
	if err != nil {
		return nil, err
	}
	current := make(map[productKey]Product, len(list))
	for _, p := range list {
		current[productKey{p.Marketplace, p.ASIN}] = p
	}
	return current, nil
}

// SweepImports deletes the uploads that nobody confirmed in a day, and those
// done a month ago, which can then not be undone any more.
func SweepImports(app core.App, now time.Time) error {
	for _, old := range []struct {
		where string
		keep  time.Duration
	}{{"state = 'pending' AND created < {:at}", pendingKept}, {"created < {:at}", doneKept}} {
		at, err := types.ParseDateTime(now.Add(-old.keep))
		if err != nil {
			return err
		}
		if _, err := app.NonconcurrentDB().Delete("imports", dbx.NewExp(old.where, dbx.Params{"at": at.String()})).Execute(); err != nil {
			return fmt.Errorf("delete the imports that have had their time: %w", err)
		}
	}
	return nil
}
