// Package grants keeps what a seller allows at Amazon: it stores a grant with
// its secrets sealed, tries it, replaces the one before, and destroys it. A
// command and a person's browser come the same way.
package grants

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/vault"
)

// The statuses of a connection.
const (
	StatusActive       = "active"
	StatusRevoked      = "revoked"      // the grant is gone; only a new one helps
	StatusFailed       = "failed"       // does not work at present; tried again slowly
	StatusDisconnected = "disconnected" // by its owner
)

// The APIs of a connection.
const (
	APISeller = "spapi"
	APIAds    = "ads"
)

// The ways in which a grant comes.
const (
	MethodConsent = "consent" // given at Amazon, started from our pages
	MethodToken   = "token"   // a refresh token of a self-authorised app
)

// AdsScope is the only scope that is asked for (adsapi.md §2.2). It has no
// read-only form: what the grant allows depends on the user who consents.
const AdsScope = "advertising::campaign_management"

// RefreshToken returns where the vault keeps a connection's refresh token.
func RefreshToken(account, connection string) vault.Ref {
	return vault.Ref{Account: account, Table: "connections", Record: connection, Field: "refresh_token"}
}

// ClientSecret returns where the vault keeps the secret of a connection's own
// application, for one whose client_id is set.
func ClientSecret(account, connection string) vault.Ref {
	return vault.Ref{Account: account, Table: "connections", Record: connection, Field: "client_secret"}
}

// Request is one new grant. It holds secrets: never log it.
type Request struct {
	API, Account string
	Region       string // na, eu or fe; empty for ads: all
	SellerID     string // spapi only
	RefreshToken string
	ClientID     string // empty: the configured application
	ClientSecret string

	App    string // the client id that was granted
	Method string
	Draft  bool   // consent to an application in draft (spapi.md §5.2)
	User   string // id of the person who authorised; empty for the command
	Actor  string // for the access log: user:<id> or cli
}

// Config is what a Keeper works with.
type Config struct {
	App   core.App
	Vault *vault.Vault
	Clock clock.Clock
	// Discover asks Amazon what a stored connection reaches and records it.
	Discover func(ctx context.Context, connection string) error
	// Ended is told of each connection whose secrets were destroyed, so that
	// no access token outlives them. May be nil.
	Ended func(connection string)
	// Disconnected is told, in the transaction, of each connection that its
	// owner ends. May be nil.
	Disconnected func(tx core.App, connection *core.Record) error
}

// Keeper makes and ends connections.
type Keeper struct{ cfg Config }

// New returns a Keeper.
func New(cfg Config) *Keeper { return &Keeper{cfg} }

// ErrRefused is wrapped by the error of Connect when Amazon did not accept the
// grant; nothing of it is kept then.
var ErrRefused = errors.New("refused by Amazon, so nothing was stored")

// Connect stores the grant, asks Amazon what it opens, and takes it all back
// if Amazon refuses. A grant that worked for the same seller, or for the same
// ads profiles, before is replaced. It returns the connection's id.
func (k *Keeper) Connect(ctx context.Context, q Request) (string, error) {
	id, err := k.store(ctx, q)
	if err != nil {
		return "", err
	}
	if err := k.cfg.Discover(ctx, id); err != nil {
		return "", errors.Join(fmt.Errorf("%w: %w", ErrRefused, err), k.drop(context.WithoutCancel(ctx), q, id))
	}
	return id, k.replaceOlder(ctx, q, id)
}

// store makes the connection and seals its secrets in one transaction.
func (k *Keeper) store(ctx context.Context, q Request) (id string, err error) {
	connections, err := k.cfg.App.FindCollectionByNameOrId("connections")
	if err != nil {
		return "", err
	}
	record := core.NewRecord(connections)
	err = k.cfg.App.RunInTransaction(func(tx core.App) error {
		for field, value := range map[string]any{
			"account": q.Account, "api": q.API, "region": q.Region, "seller_id": q.SellerID, "client_id": q.ClientID,
			"status": StatusActive, "granted_at": k.cfg.Clock.Now(), "granted_by": q.User, "method": q.Method,
			"app": q.App, "app_version": appVersion(q), "release": release(), "scopes": scopes(q.API),
		} {
			record.Set(field, value)
		}
		if err := tx.Save(record); err != nil {
			return err
		}
		v := k.cfg.Vault.In(tx)
		if err := v.Seal(ctx, RefreshToken(q.Account, record.Id), []byte(q.RefreshToken), q.Actor, "connect"); err != nil {
			return err
		}
		if q.ClientID == "" {
			return nil
		}
		return v.Seal(ctx, ClientSecret(q.Account, record.Id), []byte(q.ClientSecret), q.Actor, "connect")
	})
	if err != nil {
		return "", fmt.Errorf("store the connection: %w", err)
	}
	return record.Id, nil
}

// drop destroys the secrets of a connection and the connection.
func (k *Keeper) drop(ctx context.Context, q Request, id string) error {
	err := k.cfg.App.RunInTransaction(func(tx core.App) error {
		if err := k.destroySecrets(ctx, tx, q.Account, id, q.Actor); err != nil {
			return err
		}
		record, err := tx.FindRecordById("connections", id)
		if err != nil {
			return err
		}
		return tx.Delete(record)
	})
	k.ended(id)
	return err
}

func (k *Keeper) destroySecrets(ctx context.Context, tx core.App, account, id, actor string) error {
	v := k.cfg.Vault.In(tx)
	for _, ref := range []vault.Ref{RefreshToken(account, id), ClientSecret(account, id)} {
		if err := v.Destroy(ctx, ref, actor, "disconnect"); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) ended(id string) {
	if k.cfg.Ended != nil {
		k.cfg.Ended(id)
	}
}

// replaceOlder ends earlier grants that the new one covers: those of the same
// seller and region, and those that reach no ads profile besides its own.
func (k *Keeper) replaceOlder(ctx context.Context, q Request, id string) error {
	var replaced []string
	err := k.cfg.App.RunInTransaction(func(tx core.App) error {
		newer, err := tx.FindRecordById("connections", id)
		if err != nil {
			return err
		}
		older, err := tx.FindRecordsByFilter("connections",
			"account = {:account} && api = {:api} && seller_id = {:seller} && id != {:id} && status != 'disconnected'", "", 0, 0,
			dbx.Params{"account": q.Account, "api": q.API, "seller": q.SellerID, "id": id})
		if err != nil {
			return err
		}
		for _, record := range older {
			covered, err := covers(newer, record)
			if err != nil {
				return err
			}
			if !covered {
				continue
			}
			if err := keepChoice(newer, record); err != nil {
				return err
			}
			if err := k.endIn(ctx, tx, record, q.Actor, "Replaced by a newer grant."); err != nil {
				return err
			}
			replaced = append(replaced, record.Id)
		}
		if replaced == nil {
			return nil
		}
		return tx.Save(newer)
	})
	if err != nil {
		return fmt.Errorf("replace the older grant: %w", err)
	}
	for _, id := range replaced {
		k.ended(id)
	}
	return nil
}

// covers reports whether nothing that the older grant reaches is out of the
// newer one's reach.
func covers(newer, older *core.Record) (bool, error) {
	if newer.GetString("api") == APISeller {
		return newer.GetString("region") == older.GetString("region"), nil
	}
	mine, err := Profiles(newer)
	if err != nil {
		return false, err
	}
	theirs, err := Profiles(older)
	if err != nil {
		return false, err
	}
	reached := map[int64]bool{}
	for _, p := range mine {
		reached[p.ID] = true
	}
	for _, p := range theirs {
		if !reached[p.ID] {
			return false, nil
		}
	}
	return true, nil
}

func (k *Keeper) endIn(ctx context.Context, tx core.App, record *core.Record, actor, text string) error {
	if err := k.destroySecrets(ctx, tx, record.GetString("account"), record.Id, actor); err != nil {
		return err
	}
	record.Set("status", StatusDisconnected)
	record.Set("status_text", text)
	record.Set("ended_at", k.cfg.Clock.Now())
	return tx.Save(record)
}

// Disconnect destroys a connection's secrets at once and marks it; what was
// fetched with it stays with the account. A connection that has ended already
// is left as it is.
func (k *Keeper) Disconnect(ctx context.Context, connection, actor string) error {
	err := k.cfg.App.RunInTransaction(func(tx core.App) error {
		record, err := tx.FindRecordById("connections", connection)
		if err != nil {
			return err
		}
		if record.GetString("status") == StatusDisconnected {
			return nil
		}
		if err := k.endIn(ctx, tx, record, actor, "Disconnected by its owner."); err != nil || k.cfg.Disconnected == nil {
			return err
		}
		return k.cfg.Disconnected(tx, record)
	})
	if err != nil {
		return fmt.Errorf("disconnect %s: %w", connection, err)
	}
	k.ended(connection)
	return nil
}

func appVersion(q Request) string {
	switch {
	case q.Method != MethodConsent || q.API == APIAds:
		return ""
	case q.Draft:
		return "draft"
	}
	return "published"
}

// scopes names what the grant covers. The Selling Partner API knows roles of
// the application instead of scopes.
func scopes(api string) []string {
	if api == APIAds {
		return []string{AdsScope}
	}
	return []string{"the application's roles at Amazon, of which Brand Analytics is used"}
}

func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value
		}
	}
	return info.Main.Version
}
