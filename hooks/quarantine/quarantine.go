// Package quarantine shows an account's owners which search terms are held back
// because they look like personal data, and lets them release or delete each.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/vault"
)

// Quarantine answers the routes.
type Quarantine struct {
	store *history.Store
	vault *vault.Vault
}

// New returns the routes' handlers.
func New(store *history.Store, v *vault.Vault) *Quarantine { return &Quarantine{store, v} }

// Register binds the routes. All of them are the owners': the texts are what
// nobody else is to read.
func (q *Quarantine) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/accounts/{account}/quarantine")
	g.GET("", guarded(q.list))
	g.POST("/{entry}/release", guarded(q.release))
	g.DELETE("/{entry}", guarded(q.delete))
}

// guarded lets the handler see the account only if the person owns it; no API
// key opens these routes.
func guarded(next access.Handler) func(*core.RequestEvent) error {
	return access.Guarded(access.Owner, access.NoKey, next)
}

// item is one term as an owner sees it.
type item struct {
	ID            string                    `json:"id"` // opaque
	Text          string                    `json:"text"`
	Kind          string                    `json:"kind"` // email, phone or address
	Marketplaces  []marketplace.Marketplace `json:"marketplaces"`
	Sources       []string                  `json:"sources"` // sqp, ads, keyword
	From          *string                   `json:"from"`    // first week; null where only a keyword is held back
	To            *string                   `json:"to"`
	Rows          int64                     `json:"rows"`
	Impressions   int64                     `json:"impressions"`
	AdImpressions int64                     `json:"ad_impressions"`
	FirstSeen     time.Time                 `json:"firstSeen"`
}

// pageSize is how many terms, each of them opened and logged, a page has.
const pageSize = 50

func (q *Quarantine) list(e *core.RequestEvent, account *core.Record) error {
	var held []history.Held
	body := struct {
		Items []item  `json:"items"`
		Next  *string `json:"nextCursor"`
		Total int     `json:"total"`
	}{Items: []item{}}
	ctx := e.Request.Context()
	err := q.store.Use(ctx, account.Id, func(f *history.Facts) error {
		list, next, total, err := f.Quarantine(ctx, e.Request.URL.Query().Get("cursor"), pageSize)
		if held, body.Total = list, total; next != "" {
			body.Next = &next
		}
		return err
	})
	if errors.Is(err, history.ErrQuery) {
		return e.BadRequestError("cursor: it is not one of this list.", nil)
	}
	if err != nil {
		return err
	}
	for i := range held {
		text, err := q.open(ctx, account.Id, &held[i], actor(e), "show held-back search terms to an owner")
		if err != nil {
			return err
		}
		body.Items = append(body.Items, itemOf(&held[i], text))
	}
	return e.JSON(http.StatusOK, body)
}

func (q *Quarantine) open(ctx context.Context, account string, h *history.Held, actor, purpose string) (string, error) {
	secret, err := q.vault.OpenHeld(ctx, account, h.ID, h.Sealed, actor, purpose)
	if err != nil {
		return "", fmt.Errorf("open a held-back search term: %w", err)
	}
	defer secret.Wipe()
	return string(secret), nil
}

func itemOf(h *history.Held, text string) item {
	it := item{
		ID: h.ID, Text: text, Kind: string(h.Kind), Marketplaces: []marketplace.Marketplace{}, Sources: h.Sources,
		Rows: h.Rows, Impressions: h.Impressions, AdImpressions: h.AdImpressions, FirstSeen: h.FirstSeen.UTC(),
	}
	if h.Rows > 0 {
		from, to := h.From.String(), h.To.String()
		it.From, it.To = &from, &to
	}
	for _, id := range h.Marketplaces {
		m, ok := marketplace.ByID(id)
		if !ok {
			m.ID = id
		}
		it.Marketplaces = append(it.Marketplaces, m)
	}
	return it
}

// release moves the rows of a term among the facts; the next derivation brings
// them into joins and audits.
func (q *Quarantine) release(e *core.RequestEvent, account *core.Record) error {
	ctx, id := e.Request.Context(), e.Request.PathValue("entry")
	err := q.store.Use(ctx, account.Id, func(f *history.Facts) error {
		sealed, err := f.HeldTerm(ctx, id)
		if err != nil {
			return err
		}
		text, err := q.open(ctx, account.Id, &history.Held{ID: id, Sealed: sealed}, actor(e), "release a held-back search term")
		if err != nil {
			return err
		}
		return f.Release(ctx, id, text)
	})
	return decided(e, err)
}

func (q *Quarantine) delete(e *core.RequestEvent, account *core.Record) error {
	ctx, id := e.Request.Context(), e.Request.PathValue("entry")
	err := q.store.Use(ctx, account.Id, func(f *history.Facts) error {
		// Logged before it is done: what is not logged does not happen.
		if _, err := f.HeldTerm(ctx, id); err != nil {
			return err
		}
		if err := q.vault.NoteHeld(ctx, account.Id, id, vault.ActionDestroy, actor(e), "delete a held-back search term"); err != nil {
			return err
		}
		return f.Delete(ctx, id)
	})
	return decided(e, err)
}

func decided(e *core.RequestEvent, err error) error {
	if errors.Is(err, history.ErrNotFound) {
		return e.NotFoundError("", nil)
	}
	if err != nil {
		return err
	}
	return e.NoContent(http.StatusNoContent)
}

func actor(e *core.RequestEvent) string { return "user:" + e.Auth.Id }
