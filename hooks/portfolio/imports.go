package portfolio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/portfolio"
)

// importBody is an import in JSON.
type importBody struct {
	ID          string           `json:"id"`
	Kind        string           `json:"kind"`
	Marketplace string           `json:"marketplace"`
	State       string           `json:"state"` // pending, done or undone
	File        string           `json:"file"`
	Counts      portfolio.Counts `json:"counts"`
	Created     time.Time        `json:"created"`
	Confirmed   *time.Time       `json:"confirmed"`
	Undone      *time.Time       `json:"undone"`
}

func bodyOf(im portfolio.Import) importBody {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return importBody{ID: im.ID, Kind: kindProducts, Marketplace: im.Marketplace, State: string(im.State), File: im.File,
		Counts: im.Counts, Created: im.Created, Confirmed: at(im.Confirmed), Undone: at(im.Undone)}
}

const kindProducts = "products"

// previewBody is an import with what it would do, or did.
type previewBody struct {
	importBody
	Changes  []changeBody          `json:"changes"`  // the first of them; counts has how many there are
	Problems []portfolio.LineError `json:"problems"` // likewise
	Ignored  []string              `json:"ignored"`  // columns without a place in the table
}

type changeBody struct {
	Line   int          `json:"line,omitempty"`
	Before *productLine `json:"before"` // null: the line is new
	After  productLine  `json:"after"`
}

// shownLines is how many changes and problems an answer lists at most.
const shownLines = 500

func preview(im portfolio.Import, p portfolio.Preview) previewBody {
	body := previewBody{importBody: bodyOf(im), Changes: []changeBody{}, Problems: []portfolio.LineError{}, Ignored: []string{}}
	for _, c := range p.Changes[:min(len(p.Changes), shownLines)] {
		change := changeBody{Line: c.Line, After: lineOf(c.After)}
		if c.Before != nil {
			before := lineOf(*c.Before)
			change.Before = &before
		}
		body.Changes = append(body.Changes, change)
	}
	body.Problems = append(body.Problems, p.Problems[:min(len(p.Problems), shownLines)]...)
	body.Ignored = append(body.Ignored, p.Ignored...)
	return body
}

func (p *Portfolio) listImports(e *core.RequestEvent, account *core.Record) error {
	list, err := p.imports.List(account.Id)
	if err != nil {
		return err
	}
	items := []importBody{}
	for _, im := range list {
		items = append(items, bodyOf(im))
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

// upload keeps the body, a product table, and answers with what it would change.
func (p *Portfolio) upload(e *core.RequestEvent, account *core.Record) error {
	query := e.Request.URL.Query()
	if kind := query.Get("kind"); kind != "" && kind != kindProducts {
		return e.BadRequestError("Only the product table can be uploaded: kind=products.", nil)
	}
	data, err := io.ReadAll(http.MaxBytesReader(e.Response, e.Request.Body, portfolio.MaxSheet))
	if errors.As(err, new(*http.MaxBytesError)) {
		return e.Error(http.StatusRequestEntityTooLarge, "A file has at most 4 MiB: split it.", nil)
	}
	if err != nil {
		return e.BadRequestError("The file did not arrive.", nil)
	}
	im, staged, err := p.imports.Stage(e.Request.Context(), account.Id, person(e), query.Get("file"), query.Get("marketplace"), data)
	if err != nil {
		return refused(e, err)
	}
	return e.JSON(http.StatusCreated, preview(im, staged))
}

func (p *Portfolio) lookAtImport(e *core.RequestEvent, account *core.Record) error {
	im, staged, ok, err := p.imports.Look(e.Request.Context(), account.Id, e.Request.PathValue("import"))
	if err != nil {
		return err
	}
	if !ok {
		return e.NotFoundError("", nil)
	}
	return e.JSON(http.StatusOK, preview(im, staged))
}

func (p *Portfolio) confirm(e *core.RequestEvent, account *core.Record) error {
	return p.step(e, account, p.imports.Confirm)
}

func (p *Portfolio) undo(e *core.RequestEvent, account *core.Record) error {
	return p.step(e, account, p.imports.Undo)
}

type importStep func(ctx context.Context, account, id string, by portfolio.Actor) (portfolio.Import, portfolio.Effect, bool, error)

func (p *Portfolio) step(e *core.RequestEvent, account *core.Record, do importStep) error {
	ctx := e.Request.Context()
	im, effect, ok, err := do(ctx, account.Id, e.Request.PathValue("import"), person(e))
	if err != nil {
		return refused(e, err)
	}
	if !ok {
		return e.NotFoundError("", nil)
	}
	if err := p.mark(ctx, account.Id, effect); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, bodyOf(im))
}
