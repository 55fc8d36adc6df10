// Package waitlist is the life of an application to the waitlist: its states,
// who may move it where, and the clocks that start with that.
package waitlist

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// Collection holds the applications.
const Collection = "waitlist"

// State is where an application stands.
type State string

// The states. Joined, Declined and Withdrawn resolve an application: from then
// on it is kept for twelve months (privacy policy, line 36).
const (
	New       State = "new"
	Reviewing State = "reviewing"
	Invited   State = "invited"
	Joined    State = "joined"
	Declined  State = "declined"
	Withdrawn State = "withdrawn"
)

// moves are the states that each may be followed by. A declined one may be
// invited later, when capacity opens; that does not restart its clock.
var moves = map[State][]State{
	New:       {Reviewing, Invited, Declined, Withdrawn},
	Reviewing: {New, Invited, Declined, Withdrawn},
	Invited:   {Reviewing, Joined, Declined, Withdrawn},
	Declined:  {Invited, Withdrawn},
}

// Resolved reports whether the state starts the clock of retention.
func (s State) Resolved() bool { return s == Joined || s == Declined || s == Withdrawn }

// May reports whether an application in state s may move to another.
func (s State) May(to State) bool { return slices.Contains(moves[s], to) }

// ErrMove means that an application may not go from its state to that one.
var ErrMove = errors.New("an application cannot make this step")

// Move puts an application into another state and starts the clocks that begin
// with it; it does not save. resolved_at is set once and for all. The error is
// ErrMove where the step is not allowed.
func Move(application *core.Record, to State, now time.Time) error {
	from := State(application.GetString("status"))
	if !from.May(to) {
		return fmt.Errorf("%w: it is %s, and that does not lead to %s", ErrMove, from, to)
	}
	application.Set("status", string(to))
	if to == Invited {
		application.Set("invited_at", now)
	}
	if to.Resolved() && application.GetDateTime("resolved_at").IsZero() {
		application.Set("resolved_at", now)
	}
	return nil
}
