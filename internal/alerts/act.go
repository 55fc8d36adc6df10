package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
)

const (
	longestSnooze = 366 // days
	longestNote   = 2000
	maxNotes      = 200
)

// problem is an input that the caller is told of in these words.
type problem struct{ text string }

func (p problem) Error() string { return p.text }

func refuse(format string, args ...any) error { return problem{fmt.Sprintf(format, args...)} }

// Refusal returns the words to answer a person with, if err is about what they
// sent; ok is false for every other error.
func Refusal(err error) (text string, ok bool) {
	p, ok := err.(problem)
	return p.text, ok
}

// Act is what a person does with an alert. Zero fields change nothing.
type Act struct {
	State        State
	SnoozedUntil clock.Day // with Snoozed: the day on which it is open again
	Assignee     *string   // id of a person who sees the account; "": nobody
}

// Do changes an alert of the account, by the person, and notes it in the trail.
// ok is false where the account has none such. What is wrong is a Refusal.
func Do(app core.App, account, id, by string, act Act, now time.Time) (ok bool, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		r, err := find(tx, account, id)
		if err != nil || r == nil {
			return err
		}
		ok = true
		var actions []string
		if act.State != "" || act.SnoozedUntil != 0 {
			action, err := move(r, by, act, now)
			if err != nil {
				return err
			}
			if action != "" {
				actions = append(actions, action)
			}
		}
		if act.Assignee != nil && *act.Assignee != r.GetString("assignee") {
			if err := assign(tx, r, account, *act.Assignee); err != nil {
				return err
			}
			actions = append(actions, "alert.assign")
		}
		if len(actions) == 0 {
			return nil
		}
		if err := tx.Save(r); err != nil {
			return fmt.Errorf("save the alert: %w", err)
		}
		for _, action := range actions {
			if err := note(tx, action, account, id, by, now); err != nil {
				return err
			}
		}
		return nil
	})
	return ok, err
}

// move changes the state and says what was done, empty for nothing.
func move(r *core.Record, by string, act Act, now time.Time) (action string, err error) {
	was, to := State(r.GetString("state")), act.State
	today := clock.DayOf(now, time.UTC)
	switch {
	case !slices.Contains(States, to):
		return "", refuse("A state is open, acknowledged, snoozed or closed.")
	case act.SnoozedUntil != 0 && to != Snoozed:
		return "", refuse("A day is given with the state snoozed alone.")
	case to == Snoozed && act.SnoozedUntil == 0:
		return "", refuse("Say until which day to snooze: snoozedUntil.")
	case to == Snoozed && act.SnoozedUntil <= today:
		return "", refuse("Snooze until a day that is yet to come: %s has begun.", act.SnoozedUntil)
	case to == Snoozed && act.SnoozedUntil > today+longestSnooze:
		return "", refuse("Snooze for at most a year.")
	case was == Closed && to != Closed && !r.GetBool("lasting"):
		return "", refuse("Its cause has ended, so there is nothing to open again. If it comes back, it is told.")
	case was == to && to != Snoozed:
		return "", nil
	}
	until := time.Time{}
	if to == Snoozed {
		until = act.SnoozedUntil.Time()
		if was == Snoozed && r.GetDateTime("snoozed_until").Time().Equal(until) {
			return "", nil
		}
	}
	r.Set("state", string(to))
	r.Set("snoozed_until", until)
	switch to {
	case Closed:
		r.Set("closed", now)
		r.Set("closed_by", by)
		r.Set("lasting", true) // the next run tells if its cause has ended
		r.Set("reason", "")
	default:
		r.Set("closed", time.Time{})
		r.Set("closed_by", "")
		r.Set("lasting", false)
	}
	return map[State]string{Open: "alert.open", Acknowledged: "alert.acknowledge", Snoozed: "alert.snooze", Closed: "alert.close"}[to], nil
}

func assign(tx core.App, r *core.Record, account, to string) error {
	if to != "" {
		people, err := People(tx, account)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(people, func(p Person) bool { return p.ID == to }) {
			return refuse("Only someone of this account can look after its alerts.")
		}
	}
	r.Set("assignee", to)
	return nil
}

// AddNote adds what a person noted. ok is false where the account has no such
// alert. What is wrong is a Refusal.
func AddNote(app core.App, account, id, by, text string, now time.Time) (ok bool, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		r, err := find(tx, account, id)
		if err != nil || r == nil {
			return err
		}
		ok = true
		text = strings.TrimSpace(text)
		switch n := utf8.RuneCountInString(text); {
		case n == 0:
			return refuse("Write something in the note.")
		case n > longestNote:
			return refuse("A note has at most %d characters; this one has %d.", longestNote, n)
		}
		has, err := tx.CountRecords(NotesCollection, dbx.HashExp{"alert": id})
		if err != nil {
			return err
		}
		if has >= maxNotes {
			return refuse("An alert takes %d notes.", maxNotes)
		}
		collection, err := tx.FindCachedCollectionByNameOrId(NotesCollection)
		if err != nil {
			return err
		}
		n := core.NewRecord(collection)
		n.Load(map[string]any{"account": account, "alert": id, "author": by, "text": text, "at": now})
		if err := tx.Save(n); err != nil {
			return fmt.Errorf("save the note: %w", err)
		}
		return note(tx, "alert.note", account, id, by, now)
	})
	return ok, err
}

func note(tx core.App, action, account, id, by string, now time.Time) error {
	return activity.Note(tx, activity.Entry{At: now, Kind: activity.Person, Actor: by, Action: action, Subject: Collection + "/" + id, Account: account})
}

// find returns the account's alert with the id, nil where it has none such.
func find(app core.App, account, id string) (*core.Record, error) {
	list, err := app.FindRecordsByFilter(Collection, "account = {:account} && id = {:id}", "", 1, 0, dbx.Params{"account": account, "id": id})
	if err != nil {
		return nil, fmt.Errorf("read the alert: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// Person is someone who can look after alerts.
type Person struct {
	ID   string `json:"id" db:"id"`
	Name string `json:"name" db:"name"`
}

// People lists who can look after an account's alerts, by name: its people and
// its agency's who can sign in.
func People(app core.App, account string) ([]Person, error) {
	record, err := app.FindRecordById("accounts", account)
	if err != nil {
		return nil, errors.Join(access.ErrNotFound, err)
	}
	ids := []any{account}
	if agency := record.GetString("agency"); agency != "" {
		ids = append(ids, agency)
	}
	list := []Person{}
	err = app.DB().Select("u.id", "u.name").Distinct(true).From("memberships m").
		InnerJoin("users u", dbx.NewExp("[[u.id]] = [[m.user]]")).
		Where(dbx.HashExp{"u.deactivated": ""}).AndWhere(dbx.In("m.account", ids...)).OrderBy("u.name", "u.id").All(&list)
	if err != nil {
		return nil, fmt.Errorf("list the account's people: %w", err)
	}
	return list, nil
}
