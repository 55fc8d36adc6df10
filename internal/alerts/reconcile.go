package alerts

import (
	"cmp"
	"slices"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// returnDays is for how long an alert that the job closed is opened again when
// its cause comes back, instead of a new one.
const returnDays = 14 * 24 * time.Hour

// stored is what of an alert decides what becomes of it.
type stored struct {
	ID           string
	Key          string
	Kind         Kind
	Marketplace  string
	Week         clock.Day
	State        State
	Before       State // that it had when the job closed it
	SnoozedUntil time.Time
	Closed       time.Time
	ByPerson     bool // a person closed it
	Lasting      bool // and its cause has gone on since
}

// step is what is to be done with one alert.
type step struct {
	ID      string // empty: a new alert
	State   State
	Reason  string // why it is closed; of one that is closed
	Cause   *Cause // that it is now about; nil: as before
	Unquiet bool   // the cause of an alert that a person closed has ended
}

// reconcile compares the alerts that may still matter (those that are not
// closed, those that a person closed while the cause went on, and those that
// the job closed lately) with what a run found. Steps are in the order of keys.
func reconcile(list []stored, scan Scan) (steps []step) {
	live, quiet, past := map[string]*stored{}, map[string]bool{}, map[string]*stored{}
	for i := range list {
		a := &list[i]
		switch {
		case a.State != Closed:
			live[a.Key] = a
		case a.Lasting:
			quiet[a.Key] = true
		case !a.ByPerson && scan.Now.Sub(a.Closed) < returnDays && (past[a.Key] == nil || past[a.Key].Closed.Before(a.Closed)):
			past[a.Key] = a
		}
	}
	causes := slices.Clone(scan.Causes)
	slices.SortFunc(causes, func(a, b Cause) int { return cmp.Compare(a.Key, b.Key) })
	found := map[string]bool{}
	for i := range causes {
		c := &causes[i]
		if found[c.Key] {
			continue
		}
		found[c.Key] = true
		switch {
		case live[c.Key] != nil:
			a := live[c.Key]
			steps = append(steps, step{ID: a.ID, State: a.awake(scan.Now), Cause: c})
		case quiet[c.Key]: // dismissed, and still the same
		case past[c.Key] != nil:
			a := past[c.Key]
			steps = append(steps, step{ID: a.ID, State: a.returned(c), Cause: c})
		default:
			steps = append(steps, step{State: Open, Cause: c})
		}
	}
	for _, a := range sortedByKey(list) {
		if found[a.Key] || a.State == Closed && !a.Lasting {
			continue
		}
		reason, ended := scan.Ended(a.Kind, a.Marketplace, a.Key)
		switch {
		case a.State == Closed && ended:
			steps = append(steps, step{ID: a.ID, State: Closed, Unquiet: true})
		case a.State == Closed:
		case ended:
			steps = append(steps, step{ID: a.ID, State: Closed, Reason: reason})
		case a.awake(scan.Now) != a.State:
			steps = append(steps, step{ID: a.ID, State: a.awake(scan.Now)})
		}
	}
	return steps
}

func sortedByKey(list []stored) []stored {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b stored) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
	return list
}

// awake is the state of an alert that is not closed: a snooze ends on its day.
func (a *stored) awake(now time.Time) State {
	if a.State == Snoozed && !now.Before(a.SnoozedUntil) {
		return Open
	}
	return a.State
}

// returned is the state of an alert that the job closed and whose cause is
// back. Corrected data of the same week do not alert anew what a person had
// acknowledged or snoozed; a later week does.
func (a *stored) returned(c *Cause) State {
	if c.Kind.FromAudit() && c.Week == a.Week && a.Before != "" && a.Before != Closed {
		if a.Before == Snoozed {
			return Acknowledged // its day may have passed; it is known of
		}
		return a.Before
	}
	return Open
}
