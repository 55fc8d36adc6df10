package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/clock"
)

// Config is what a queue stands on.
type Config struct {
	App   core.App
	Clock clock.Clock
	Log   *slog.Logger
	// Transport is nil where no mail server is configured: mails then wait.
	Transport Transport
	// From is the sender, as an RFC 5322 address; required with a transport.
	From string
	// Gates are asked in order, just before a mail goes out.
	Gates []Gate
}

// Queue is the durable queue of mails. It is safe for concurrent use; one
// process has one of it.
type Queue struct {
	Config
	from *netmail.Address
	wake chan struct{}

	mu        sync.Mutex // one dispatch at a time
	recovered bool       // mails of a run that was killed are queued again
}

// New returns a queue. It binds itself to the app, so that a mail enqueued in a
// transaction goes out once that is committed, and so that PocketBase's own
// mails take the same transport.
func New(c Config) (*Queue, error) {
	q := &Queue{Config: c, wake: make(chan struct{}, 1)}
	if c.Transport != nil {
		from, err := netmail.ParseAddress(c.From)
		if err != nil {
			return nil, fmt.Errorf("the sender of mails %q is not an address", c.From)
		}
		q.from = from
	}
	q.bind()
	return q, nil
}

// Enqueue stores the message in app, which may be the app of a transaction: the
// mail goes out if that commits. An unfitting message is ErrMessage.
func (q *Queue) Enqueue(app core.App, m Message) error {
	t, ok := templates[m.Template]
	if !ok {
		return fmt.Errorf("%w: there is no template %q", ErrMessage, m.Template)
	}
	if err := t.check(m.Params); err != nil {
		return err
	}
	if (m.User == "") == (m.Address == "") {
		return fmt.Errorf("%w: give a user or an address", ErrMessage)
	}
	if m.Address != "" {
		if _, err := parseAddress(m.Address); err != nil {
			return fmt.Errorf("%w: %w", ErrMessage, err)
		}
	}
	collection, err := app.FindCachedCollectionByNameOrId(CollectionName)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", t.Name, err)
	}
	now := q.Clock.Now()
	r := core.NewRecord(collection)
	r.Set("template", t.Name)
	r.Set("class", string(t.Class))
	r.Set("to_user", m.User)
	r.Set("to_email", m.Address)
	r.Set("account", m.Account)
	r.Set("params", m.Params)
	r.Set("state", stateQueued)
	r.Set("next_at", stamp(now))
	r.Set("created", stamp(now))
	if err := app.Save(r); err != nil {
		return fmt.Errorf("enqueue %s: %w", t.Name, err)
	}
	return nil
}

// CollectionName is the collection that holds the queue. No rule opens it to
// anyone.
const CollectionName = "mail_queue"

// States of a row.
const (
	stateQueued  = "queued"
	stateSending = "sending"
	stateSent    = "sent"
	stateFailed  = "failed"
)

// Run dispatches whatever is due until ctx ends, whose error it returns.
func (q *Queue) Run(ctx context.Context) error {
	for {
		_, next, err := q.Dispatch(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			q.Log.Error("mails are not going out", "error", err)
			if !errors.Is(err, ErrNoServer) { // that will not mend itself
				next = q.Clock.Now().Add(backoff(1))
			}
		}
		if err := q.wait(ctx, next); err != nil {
			return err
		}
	}
}

// wait returns when the clock has reached next (never, if zero), when a mail
// was enqueued, or with the error of ctx.
func (q *Queue) wait(ctx context.Context, next time.Time) error {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	due := make(chan struct{})
	if !next.IsZero() {
		go func() {
			if q.Clock.WaitUntil(waiting, next) == nil {
				close(due)
			}
		}()
	}
	select {
	case <-due:
		return nil
	case <-q.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parseAddress accepts a bare address, as go-mail and the header need it.
func parseAddress(s string) (string, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", errors.New("the recipient is not a bare e-mail address")
	}
	return a.Address, nil
}

// stamp is t as PocketBase stores it.
func stamp(t time.Time) types.DateTime {
	d, _ := types.ParseDateTime(t.UTC()) // a time always parses
	return d
}
