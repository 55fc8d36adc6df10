package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/vault"
)

// pendingLife is how long a consent may take.
const pendingLife = 10 * time.Minute

// pending is a consent that a person has gone to Amazon for.
type pending struct {
	account, user, session string
	api, region            string
	draft                  bool
	verifier               string // of PKCE; empty without
}

var errState = errors.New("the state is missing, not of this session, used or too old")

func verifierRef(account, id string) vault.Ref {
	return vault.Ref{Account: account, Table: "grants_pending", Record: id, Field: "verifier"}
}

// begin stores the consent and returns its state, which is kept as a hash.
func (c *Connect) begin(ctx context.Context, p pending) (state string, err error) {
	collection, err := c.cfg.App.FindCollectionByNameOrId("grants_pending")
	if err != nil {
		return "", err
	}
	random := make([]byte, 32)
	rand.Read(random)
	state = base64.RawURLEncoding.EncodeToString(random)
	err = c.cfg.App.RunInTransaction(func(tx core.App) error {
		r := core.NewRecord(collection)
		for field, value := range map[string]any{"account": p.account, "user": p.user, "session": p.session, "hash": digest(state),
			"api": p.api, "region": p.region, "draft": p.draft, "expires": c.cfg.Clock.Now().Add(pendingLife)} {
			r.Set(field, value)
		}
		if err := tx.Save(r); err != nil || p.verifier == "" {
			return err
		}
		return c.cfg.Vault.In(tx).Seal(ctx, verifierRef(p.account, r.Id), []byte(p.verifier), "user:"+p.user, "consent begins")
	})
	if err != nil {
		return "", fmt.Errorf("note the consent: %w", err)
	}
	return state, nil
}

// take returns the consent of a state and forgets it, so that it is good once.
// errState is the one answer to whatever is wrong; a state that another
// session shows is left to its own.
func (c *Connect) take(ctx context.Context, api, state, user, session string) (p pending, err error) {
	if state == "" || user == "" || session == "" {
		return p, errState
	}
	err = c.cfg.App.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindFirstRecordByData("grants_pending", "hash", digest(state))
		if err != nil || r.GetString("session") != session || r.GetString("user") != user || r.GetString("api") != api ||
			!c.cfg.Clock.Now().Before(r.GetDateTime("expires").Time()) {
			return errState
		}
		p = pending{account: r.GetString("account"), user: user, session: session, api: api, region: r.GetString("region"), draft: r.GetBool("draft")}
		v, ref := c.cfg.Vault.In(tx), verifierRef(p.account, r.Id)
		exists, err := v.Exists(ctx, ref)
		if err != nil {
			return err
		}
		if exists {
			secret, err := v.Open(ctx, ref, "user:"+user, "consent given")
			if err != nil {
				return err
			}
			p.verifier = string(secret)
			secret.Wipe()
			if err := v.Destroy(ctx, ref, "user:"+user, "consent given"); err != nil {
				return err
			}
		}
		return tx.Delete(r)
	})
	if err != nil && !errors.Is(err, errState) {
		err = fmt.Errorf("look up the consent: %w", err)
	}
	return p, err
}

// Sweep forgets the consents that nobody came back from.
func Sweep(ctx context.Context, app core.App, v *vault.Vault, now time.Time) error {
	at, err := types.ParseDateTime(now)
	if err != nil {
		return err
	}
	records, err := app.FindRecordsByFilter("grants_pending", "expires <= {:now}", "", 0, 0, dbx.Params{"now": at.String()})
	if err != nil {
		return fmt.Errorf("list the consents that ran out: %w", err)
	}
	for _, r := range records {
		err := app.RunInTransaction(func(tx core.App) error {
			if err := v.In(tx).Destroy(ctx, verifierRef(r.GetString("account"), r.Id), "job:sweep", "consent ran out"); err != nil {
				return err
			}
			return tx.Delete(r)
		})
		if err != nil {
			return fmt.Errorf("forget a consent that ran out: %w", err)
		}
	}
	return nil
}

// digest hashes a secret of full entropy.
func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
