package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/internal/clock"
)

// Errors by which a caller decides.
var (
	// ErrWrongKey means that the vault was made with another key than the one
	// given.
	ErrWrongKey = errors.New("this is not the key that the vault was made with")
	// ErrNotFound means that there is no such secret.
	ErrNotFound = errors.New("no such secret")
	// ErrDestroyed means that the account's key was destroyed: nothing of the
	// account can be sealed or opened ever again.
	ErrDestroyed = errors.New("the account's key was destroyed")
	// ErrSealed means that a ciphertext does not open: it was changed, or moved
	// from another row, field or account.
	ErrSealed = errors.New("the sealed value was changed or moved")
)

// Vault seals and opens secrets. It is safe for concurrent use. Each operation
// and its log entry are one transaction: what is not logged has not happened.
type Vault struct {
	base  Database
	key   *Key
	print string // fingerprint of key
	clock clock.Clock
	cache *cache
}

// Database is data.db: a PocketBase app, or the app of a transaction.
type Database interface {
	// NonconcurrentDB returns the one writing connection as a *dbx.DB, or the
	// transaction as a *dbx.Tx.
	NonconcurrentDB() dbx.Builder
}

// Open returns the vault in db, whose tables a migration has made:
//   - vault_keys holds wrapped keys: an account's (kind "account", one row per
//     version), the log's (kind "log", names "first" and "current", version =
//     the number of the entry that the key is for), and a tombstone (kind
//     "gone") for each destroyed one;
//   - vault_secrets holds sealed values;
//   - vault_log is the access log.
//
// They are raw tables, not collections: the superuser's API shows none of them.
// With another key than the vault was made with the error is ErrWrongKey.
func Open(db Database, key *Key, c clock.Clock) (*Vault, error) {
	v := &Vault{db, key, key.Fingerprint(), c, &cache{keys: map[string]cached{}, stores: map[Ref]cached{}}}
	_, err := v.ratchet(context.Background(), v.db())
	if errors.Is(err, errNoLog) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	return v, nil
}

// In returns the vault working inside a transaction that the caller has begun:
// v.In(txApp) within PocketBase's RunInTransaction. There the vault itself
// would wait for ever for the connection that the transaction holds
// (pocketbase.md trap 4).
func (v *Vault) In(tx Database) *Vault {
	inner := *v
	inner.base = tx
	return &inner
}

func (v *Vault) db() dbx.Builder { return v.base.NonconcurrentDB() }

// Close overwrites the account keys held in memory.
func (v *Vault) Close() { v.cache.clear() }

// transact runs fn in a transaction of its own, or in the caller's.
func (v *Vault) transact(ctx context.Context, fn func(tx dbx.Builder) error) error {
	switch db := v.db().(type) {
	case *dbx.DB:
		return db.TransactionalContext(ctx, nil, func(tx *dbx.Tx) error { return fn(tx) })
	case *dbx.Tx:
		return fn(db)
	default:
		return fmt.Errorf("vault: %T cannot run a transaction", db)
	}
}

// notOpened tells a wrong key from a ciphertext that was changed or moved.
func (v *Vault) notOpened(what, madeWith string) error {
	if madeWith == v.print {
		return fmt.Errorf("%w: %s", ErrSealed, what)
	}
	return fmt.Errorf("%w: %s was made with %s, the one given is %s; put back the right key file", ErrWrongKey, what, madeWith, v.print)
}

type actorKey struct{}

// WithActor names who acts in the operations that take no actor: "user:<id>",
// "job:<name>" or "cli". Without it they are logged as "system".
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

func actor(ctx context.Context) string {
	if a, ok := ctx.Value(actorKey{}).(string); ok {
		return a
	}
	return "system"
}

// checkLogText keeps personal data and line breaks out of the log, which
// outlives the people in it.
func checkLogText(what, s string) error {
	if s == "" || len(s) > 200 || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("vault: %s %q: give 1 to 200 printable characters", what, s)
	}
	if strings.Contains(s, "@") {
		return fmt.Errorf("vault: %s must name a person by id, not by e-mail address", what)
	}
	return nil
}
