// Package portfolio lets people say what the data do not: the products of an
// account, its brand's and competitors' words, its choices of terms, its
// calendar and its thresholds.
package portfolio

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/internal/vault"
)

// Portfolio answers the routes.
type Portfolio struct {
	store   *history.Store
	clock   clock.Clock
	imports *portfolio.Imports
}

// New returns the routes' handlers.
func New(app core.App, store *history.Store, v *vault.Vault, c clock.Clock) *Portfolio {
	return &Portfolio{store, c, portfolio.NewImports(app, v, c)}
}

// Register binds the routes. Who sees the account, and keys that read, see all
// of it; analysts work with products, terms and the calendar; what holds for the
// whole account is its owners'.
func (p *Portfolio) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/accounts/{account}")
	g.Bind(apis.Gzip())
	look := func(next access.Handler) func(*core.RequestEvent) error {
		return access.Guarded(access.Viewer, access.Read, next)
	}
	work := func(next access.Handler) func(*core.RequestEvent) error {
		return access.Guarded(access.Analyst, access.NoKey, next)
	}
	own := func(next access.Handler) func(*core.RequestEvent) error {
		return access.Guarded(access.Owner, access.NoKey, next)
	}
	g.GET("/products", look(p.products))
	g.PUT("/products", work(p.saveProduct))
	g.GET("/products.csv", look(p.sheet))
	g.GET("/products/{product}", look(p.product))
	g.DELETE("/products/{product}", work(p.deleteProduct))
	g.GET("/imports", look(p.listImports))
	g.POST("/imports", work(p.upload))
	g.GET("/imports/{import}", look(p.lookAtImport))
	g.POST("/imports/{import}", work(p.confirm))
	g.DELETE("/imports/{import}", work(p.undo))
	g.GET("/portfolio", look(p.words))
	g.PUT("/portfolio", own(p.saveWords))
	g.GET("/portfolio/suggestions", look(p.suggestions))
	g.GET("/terms/{term}/choice", look(p.choice))
	g.PUT("/terms/{term}/choice", work(p.choose))
	g.GET("/events", look(p.events))
	g.POST("/events", work(p.saveEvent))
	g.PUT("/events/{event}", work(p.saveEvent))
	g.DELETE("/events/{event}", work(p.deleteEvent))
	g.GET("/thresholds", look(p.thresholds))
	g.POST("/thresholds", own(p.saveThreshold))
	g.PUT("/thresholds/{threshold}", own(p.saveThreshold))
	g.DELETE("/thresholds/{threshold}", own(p.deleteThreshold))
}

// refused answers what a person sent and what is wrong with it; other errors
// pass.
func refused(e *core.RequestEvent, err error) error {
	if text, ok := portfolio.Refusal(err); ok {
		return e.BadRequestError(text, nil)
	}
	return err
}

// person is who is behind a request that no key opens.
func person(e *core.RequestEvent) portfolio.Actor {
	return portfolio.Actor{Kind: activity.Person, ID: e.Auth.Id}
}

// change runs fn in a transaction and then marks what it changed to be derived
// anew. found is false where there is nothing with the path's id.
func (p *Portfolio) change(e *core.RequestEvent, account string, fn func(tx core.App) (effect portfolio.Effect, found bool, err error)) error {
	var effect portfolio.Effect
	var found bool
	err := e.App.RunInTransaction(func(tx core.App) (err error) {
		effect, found, err = fn(tx)
		return err
	})
	if err != nil {
		return refused(e, err)
	}
	if !found {
		return e.NotFoundError("", nil)
	}
	return p.mark(e.Request.Context(), account, effect)
}

func (p *Portfolio) mark(ctx context.Context, account string, effect portfolio.Effect) error {
	return effect.Mark(ctx, p.store, account)
}

// known is an optional number in JSON: null where it is not known.
func known[T any](n sql.Null[T]) *T {
	if !n.Valid {
		return nil
	}
	return &n.V
}

func optional[T any](n *T) (out sql.Null[T]) {
	if n != nil {
		out = sql.Null[T]{V: *n, Valid: true}
	}
	return out
}

func done(e *core.RequestEvent) error { return e.NoContent(http.StatusNoContent) }
