// Package evidence counts what was asked of Amazon with each connection, so
// that a person can see that it was only read. The counts are kept in memory
// until Flush, which comes with every heartbeat of the server, at the end of
// every pass and when the process ends; a kill loses what came since.
package evidence

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

// Book holds the counts. It is safe for concurrent use.
type Book struct {
	app   core.App
	clock clock.Clock

	mu    sync.Mutex
	fresh map[line]count // not stored yet
	write sync.Mutex     // one Flush at a time
}

type line struct{ connection, operation string }

type count struct {
	calls, failed int64
	status        int
	at            time.Time
}

// New returns the book over app.
func New(app core.App, c clock.Clock) *Book {
	return &Book{app: app, clock: c, fresh: map[line]count{}}
}

// Note counts one call; one that was made for no connection is not kept. It
// does not block and suits readonly.Transport.OnCall.
func (b *Book) Note(c readonly.Call) {
	if c.Owner == "" {
		return
	}
	now := b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	key := line{c.Owner, c.Operation}
	n := b.fresh[key]
	n.calls++
	if c.Status == 0 || c.Status >= http.StatusBadRequest {
		n.failed++
	}
	n.status, n.at = c.Status, now
	b.fresh[key] = n
}

const add = `INSERT INTO amazon_calls (account, connection, operation, calls, failed, last_status, last_at)
	SELECT account, id, {:operation}, {:calls}, {:failed}, {:status}, {:at} FROM connections WHERE id = {:connection}
	ON CONFLICT (connection, operation) DO UPDATE SET
		calls = calls + excluded.calls, failed = failed + excluded.failed,
		last_status = excluded.last_status, last_at = excluded.last_at`

// Flush stores what was counted since the last time. What cannot be stored is
// kept for the next; calls of a connection that is gone are dropped.
func (b *Book) Flush(ctx context.Context) error {
	b.write.Lock()
	defer b.write.Unlock()
	b.mu.Lock()
	fresh := b.fresh
	b.fresh = map[line]count{}
	b.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	err := b.app.RunInTransaction(func(tx core.App) error {
		for key, n := range fresh {
			at, err := types.ParseDateTime(n.at)
			if err != nil {
				return err
			}
			_, err = tx.DB().NewQuery(add).Bind(dbx.Params{"operation": key.operation, "calls": n.calls, "failed": n.failed,
				"status": n.status, "at": at.String(), "connection": key.connection}).WithContext(ctx).Execute()
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, n := range fresh {
		newer, ok := b.fresh[key]
		if ok {
			n.status, n.at = newer.status, newer.at
		}
		n.calls, n.failed = n.calls+newer.calls, n.failed+newer.failed
		b.fresh[key] = n
	}
	return fmt.Errorf("store the counts of calls: %w", err)
}

// Called is what was asked by one operation.
type Called struct {
	Calls, Failed int64 // failed: answered with an error, or not at all
	LastStatus    int   // HTTP status; 0: no answer came
	LastAt        time.Time
}

// Of returns the counts of a connection by operation, the latest included.
func (b *Book) Of(ctx context.Context, connection string) (map[string]Called, error) {
	if err := b.Flush(ctx); err != nil {
		return nil, err
	}
	var rows []struct {
		Operation  string         `db:"operation"`
		Calls      int64          `db:"calls"`
		Failed     int64          `db:"failed"`
		LastStatus int            `db:"last_status"`
		LastAt     types.DateTime `db:"last_at"`
	}
	err := b.app.DB().Select("operation", "calls", "failed", "last_status", "last_at").From("amazon_calls").
		Where(dbx.HashExp{"connection": connection}).WithContext(ctx).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("read the counts of calls: %w", err)
	}
	out := map[string]Called{}
	for _, r := range rows {
		out[r.Operation] = Called{r.Calls, r.Failed, r.LastStatus, r.LastAt.Time()}
	}
	return out, nil
}
