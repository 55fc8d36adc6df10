package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

const (
	// maxAttempts ends a mail after a little more than two days of trying.
	maxAttempts = 17
	batch       = 50
)

// backoff is the time to wait after the given number of attempts.
func backoff(attempts int) time.Duration {
	d := time.Minute << min(max(attempts-1, 0), 9)
	return min(d, 6*time.Hour)
}

// Dispatch sends every mail that is due, and returns how many the server took
// and when the next one is due (zero: none waits). Each is rendered now, from
// what is true now.
//
// A mail is marked as being sent before the server sees it. If the program is
// killed between the server's answer and our mark, the mail goes out once more
// at the next start, under the same Message-ID: at most one repeat per kill.
func (q *Queue) Dispatch(ctx context.Context) (sent int, next time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.recover(); err != nil {
		return 0, next, err
	}
	for ctx.Err() == nil {
		due, err := q.due()
		if err != nil {
			return sent, next, err
		}
		if len(due) > 0 && q.Transport == nil {
			return sent, next, ErrNoServer
		}
		for _, r := range due {
			if ctx.Err() != nil {
				break
			}
			ok, err := q.send(ctx, r)
			if err != nil {
				return sent, next, err
			}
			if ok {
				sent++
			}
		}
		if len(due) < batch {
			break
		}
	}
	next, err = q.next()
	return sent, next, errors.Join(err, ctx.Err())
}

// recover queues again what a killed run was sending. One process has the data
// folder, so that nobody else can be sending it.
func (q *Queue) recover() error {
	if q.recovered {
		return nil
	}
	rows, err := q.App.FindRecordsByFilter(CollectionName, "state = {:state}", "", 0, 0, dbx.Params{"state": stateSending})
	if err != nil {
		return fmt.Errorf("look for unfinished mails: %w", err)
	}
	for _, r := range rows {
		r.Set("state", stateQueued)
		if err := q.App.Save(r); err != nil {
			return fmt.Errorf("queue an unfinished mail again: %w", err)
		}
	}
	q.recovered = true
	return nil
}

func (q *Queue) due() ([]*core.Record, error) {
	rows, err := q.App.FindRecordsByFilter(CollectionName, "state = {:state} && next_at <= {:now}", "next_at,created", batch, 0,
		dbx.Params{"state": stateQueued, "now": stamp(q.Clock.Now()).String()})
	if err != nil {
		return nil, fmt.Errorf("look for due mails: %w", err)
	}
	return rows, nil
}

func (q *Queue) next() (time.Time, error) {
	rows, err := q.App.FindRecordsByFilter(CollectionName, "state = {:state}", "next_at", 1, 0, dbx.Params{"state": stateQueued})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the next mail: %w", err)
	}
	if len(rows) == 0 {
		return time.Time{}, nil
	}
	return rows[0].GetDateTime("next_at").Time(), nil
}

// send tries one mail, and stores what became of it. The error is one of the
// database; a mail that was not taken is none.
func (q *Queue) send(ctx context.Context, r *core.Record) (ok bool, err error) {
	attempts := r.GetInt("attempts") + 1
	r.Set("attempts", attempts)
	r.Set("state", stateSending)
	if r.GetString("message_id") == "" {
		r.Set("message_id", q.messageID())
	}
	if err := q.App.Save(r); err != nil {
		return false, fmt.Errorf("mark mail %s as being sent: %w", r.Id, err)
	}
	failure := q.deliver(ctx, r)
	if failure != nil && ctx.Err() != nil {
		failure = &SendError{Stage: "connect", Temporary: true} // we are stopping; not the mail's fault
		r.Set("attempts", attempts-1)
	}
	switch permanent := isPermanent(failure); {
	case failure == nil:
		r.Set("state", stateSent)
		r.Set("sent_at", stamp(q.Clock.Now()))
		r.Set("error", "")
	case permanent || attempts >= maxAttempts:
		r.Set("state", stateFailed)
		r.Set("error", failure.Error())
	default:
		r.Set("state", stateQueued)
		r.Set("next_at", stamp(q.Clock.Now().Add(backoff(attempts))))
		r.Set("error", failure.Error())
	}
	state := r.GetString("state")
	if state != stateQueued { // what filled the template has served
		r.Set("params", nil)
		r.Set("to_email", "")
	}
	if err := q.App.Save(r); err != nil {
		q.recovered = false // it stands as being sent, although nobody is
		return failure == nil, fmt.Errorf("mark mail %s as %s: %w", r.Id, state, err)
	}
	if failure != nil {
		q.Log.Warn("a mail was not sent", "mail", r.Id, "template", r.GetString("template"), "attempt", attempts, "state", state, "error", failure)
	}
	return failure == nil, nil
}

// isPermanent reports whether trying again cannot help.
func isPermanent(err error) bool {
	var s *SendError
	if errors.As(err, &s) {
		return !s.Temporary
	}
	return errors.Is(err, ErrBlocked) || errors.Is(err, ErrMessage)
}

// deliver renders the mail, asks the gates and hands it to the server.
func (q *Queue) deliver(ctx context.Context, r *core.Record) error {
	t, ok := templates[r.GetString("template")]
	if !ok {
		return fmt.Errorf("%w: its template no longer exists", ErrMessage)
	}
	row := Row{ID: r.Id, Template: t.Name, Class: t.Class, User: r.GetString("to_user"), Account: r.GetString("account")}
	var err error
	if row.Address, err = q.address(r); err != nil {
		return err
	}
	for _, gate := range q.Gates {
		if err := gate(ctx, row); err != nil {
			return err
		}
	}
	var params map[string]string
	if err := r.UnmarshalJSONField("params", &params); err != nil {
		return fmt.Errorf("%w: its parameters cannot be read", ErrMessage)
	}
	if err := t.check(params); err != nil {
		return err
	}
	content, err := t.render(params)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	msg, err := q.compose(row.Address, r.GetString("message_id"), content)
	if err != nil {
		return err
	}
	return q.Transport.Send(ctx, msg)
}

// address is where the mail goes: the user's present address, or the one given.
func (q *Queue) address(r *core.Record) (string, error) {
	address := r.GetString("to_email")
	if id := r.GetString("to_user"); id != "" {
		user, err := q.App.FindRecordById("users", id)
		if err != nil {
			return "", fmt.Errorf("%w: the user no longer exists", ErrBlocked)
		}
		address = user.Email()
	}
	if _, err := parseAddress(address); err != nil {
		return "", fmt.Errorf("%w: there is no usable address", ErrBlocked)
	}
	return address, nil
}
