// Package activity keeps the trail of what staff and owners did to people's
// data and rights: who, when, what, to which record. It holds ids and fixed
// words, never personal data, and is only added to.
package activity

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// Collection holds the trail.
const Collection = "activity"

// Kind says in which capacity someone acted.
type Kind string

// The kinds.
const (
	Staff     Kind = "staff"     // a person with a staff role
	Superuser Kind = "superuser" // PocketBase's administrator
	Person    Kind = "person"    // the data subject, or an account's member
	System    Kind = "system"    // a job or a command
)

// Entry is one line of the trail.
type Entry struct {
	At      time.Time
	Kind    Kind
	Actor   string // id of the user or superuser; empty for a person without one and for the system
	Action  string // such as waitlist.invite
	Subject string // collection/id
	Account string // id, if it concerns one
	Detail  map[string]any
}

// Note adds an entry in app, which may be a transaction: it stands if that
// commits.
func Note(app core.App, e Entry) error {
	collection, err := app.FindCachedCollectionByNameOrId(Collection)
	if err != nil {
		return fmt.Errorf("note %s in the trail: %w", e.Action, err)
	}
	r := core.NewRecord(collection)
	r.Set("at", e.At)
	r.Set("actor_kind", string(e.Kind))
	r.Set("actor", e.Actor)
	r.Set("action", e.Action)
	r.Set("subject", e.Subject)
	r.Set("account", e.Account)
	r.Set("detail", e.Detail)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("note %s in the trail: %w", e.Action, err)
	}
	return nil
}
