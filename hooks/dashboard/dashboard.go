// Package dashboard serves the figures behind the pages, and the pages.
package dashboard

import (
	"fmt"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Dashboard answers the read routes of accounts.
type Dashboard struct {
	app   core.App
	store *history.Store
}

// New returns the dashboard over an app and its fact files.
func New(app core.App, store *history.Store) *Dashboard {
	return &Dashboard{app: app, store: store}
}

// Register binds the routes.
func (d *Dashboard) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/accounts/{account}")
	g.Bind(apis.Gzip())
	g.GET("/overview", d.guarded(d.overview))
	g.GET("/terms", d.guarded(d.terms))
	g.GET("/terms/{term}", d.guarded(d.term))
	g.GET("/coverage", d.guarded(d.coverage))
	g.GET("/audits", d.guarded(d.audits))
	g.GET("/audits/{week}", d.guarded(d.audit))
	g.GET("/halo", d.guarded(d.halo))
	g.GET("/calibration", d.guarded(d.calibration))
	g.GET("/audits/{week}/revisions", d.guarded(d.revisions))
}

// guarded lets the handler see the account only if the person, or a key that
// reads, may.
func (d *Dashboard) guarded(handler access.Handler) func(*core.RequestEvent) error {
	return access.Guarded(access.Viewer, access.Read, handler)
}

// market returns the marketplace of an id; of one that this release does not
// know, the id alone.
func market(id string) marketplace.Marketplace {
	m, ok := marketplace.ByID(id)
	if !ok {
		m.ID = id
	}
	return m
}

// queryDay reads a day from the query; ok is false if it is not given.
func queryDay(e *core.RequestEvent, name string) (day clock.Day, ok bool, err error) {
	text := e.Request.URL.Query().Get(name)
	if text == "" {
		return 0, false, nil
	}
	day, err = clock.ParseDay(text)
	if err != nil {
		return 0, false, e.BadRequestError(fmt.Sprintf("%s: %v.", name, err), nil)
	}
	return day, true, nil
}

// queryWeek reads the Sunday of a week from the query.
func queryWeek(e *core.RequestEvent) (week clock.Day, ok bool, err error) {
	week, ok, err = queryDay(e, "week")
	if err == nil && ok && week != week.Week() {
		err = e.BadRequestError(fmt.Sprintf("week: %s is not a Sunday; weeks are named by their Sunday, here %s.", week, week.Week()), nil)
	}
	return week, ok, err
}

// number is a count in JSON: null where it is not known.
type number = *int64

func known(c history.Count) number {
	if !c.Valid {
		return nil
	}
	return &c.V
}

// share is own/market, null where undefined.
func share(own, market int64) *float64 {
	if market <= 0 {
		return nil
	}
	s := float64(own) / float64(market)
	return &s
}
