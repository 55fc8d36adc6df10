// Package triage is the operators' console of the waitlist: the queue by age and
// spend band, inviting and declining, notes, and the capacity. All of it is for
// people with the staff role triage, and every step they take stands in the
// trail.
package triage

import (
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/waitlist"
)

// Triage answers the routes.
type Triage struct {
	desk  *waitlist.Desk
	clock clock.Clock
}

// New returns the routes' handlers.
func New(desk *waitlist.Desk, c clock.Clock) *Triage { return &Triage{desk, c} }

// Register binds the routes.
func (t *Triage) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/operator")
	g.GET("/waitlist", staff(t.list))
	g.POST("/waitlist/bulk", staff(t.bulk))
	g.GET("/waitlist/{application}", staff(t.one))
	g.PATCH("/waitlist/{application}", staff(t.move))
	g.POST("/waitlist/{application}/offer", staff(t.offer))
	g.GET("/waitlist/{application}/notes", staff(t.notes))
	g.POST("/waitlist/{application}/notes", staff(t.addNote))
	g.GET("/capacity", staff(t.capacity))
	g.PUT("/capacity", staff(t.setCapacity))
	g.GET("/activity", staff(t.activity))
}

// staff lets the handler see people with the role alone; to all others the
// address does not exist.
func staff(next func(e *core.RequestEvent, user *core.Record) error) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		user, err := access.Staff(e, access.Triage)
		if err != nil {
			return err
		}
		return next(e, user)
	}
}

func (t *Triage) note(app core.App, user *core.Record, action, subject string, detail map[string]any) error {
	return activity.Note(app, activity.Entry{At: t.clock.Now(), Kind: activity.Staff, Actor: user.Id, Action: action, Subject: subject, Detail: detail})
}

// find returns the application of the path; its error answers the request.
func find(e *core.RequestEvent) (*core.Record, error) {
	r, err := e.App.FindRecordById(waitlist.Collection, e.Request.PathValue("application"))
	if err != nil {
		return nil, e.NotFoundError("", nil)
	}
	return r, nil
}

// moment is a time as JSON has it; null for none.
func moment(r *core.Record, field string) *time.Time {
	at := r.GetDateTime(field)
	if at.IsZero() {
		return nil
	}
	utc := at.Time().UTC()
	return &utc
}

func (t *Triage) capacity(e *core.RequestEvent, _ *core.Record) error {
	c, err := waitlist.CapacityOf(e.App, t.clock.Now())
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, c)
}
