// Package invitations are the signed, single-use ways into an account: for a
// colleague into one that exists, for a new customer into one that is made when
// they accept.
package invitations

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
)

// Collection holds the invitations.
const Collection = "invitations"

// Life is how long an invitation may be accepted.
const Life = 7 * 24 * time.Hour

// ErrVoid means that an invitation was used, revoked, has run out, or never was.
var ErrVoid = errors.New("this invitation has been used or has run out")

// Spec is whom an invitation is for, and where it leads.
type Spec struct {
	Email       string
	Account     string      // id; empty: a new account is made, whose owner they become
	Role        access.Role // in Account; Owner of a new one
	Kind        string      // of a new account: business or agency
	Application string      // id on the waitlist, if that led here
	InvitedBy   string      // user id, if a person did
}

// Create makes an invitation in app, which may be a transaction, and returns the
// secret for its link; only its hash is kept. Open ones for the same address and
// account are void from then on.
func Create(app core.App, spec Spec, now time.Time) (token string, err error) {
	collection, err := app.FindCachedCollectionByNameOrId(Collection)
	if err != nil {
		return "", fmt.Errorf("make an invitation: %w", err)
	}
	open, err := Open(app, spec.Account, now)
	if err != nil {
		return "", err
	}
	for _, o := range open {
		if same(o.GetString("email"), spec.Email) && o.GetString("application") == spec.Application {
			if err := Revoke(app, o, now); err != nil {
				return "", err
			}
		}
	}
	b := make([]byte, 32)
	rand.Read(b)
	token = base64.RawURLEncoding.EncodeToString(b)
	r := core.NewRecord(collection)
	r.Set("email", spec.Email)
	r.Set("account", spec.Account)
	r.Set("role", string(spec.Role))
	r.Set("kind", spec.Kind)
	r.Set("application", spec.Application)
	r.Set("invited_by", spec.InvitedBy)
	r.Set("hash", digest(token))
	r.Set("created", now)
	r.Set("expires", now.Add(Life))
	if err := app.Save(r); err != nil {
		return "", fmt.Errorf("make an invitation: %w", err)
	}
	return token, nil
}

// Link is the path of the page that accepts an invitation. The secret follows
// '#', where no server or log sees it.
func Link(token string) string { return "/join#" + token }

// Find returns the open invitation of a secret, ErrVoid if there is none.
func Find(app core.App, token string, now time.Time) (*core.Record, error) {
	r, err := app.FindFirstRecordByData(Collection, "hash", digest(token))
	if err != nil || !isOpen(r, now) {
		return nil, ErrVoid
	}
	return r, nil
}

// Use uses an invitation up.
func Use(app core.App, invitation *core.Record, now time.Time) error {
	invitation.Set("used_at", now)
	if err := app.Save(invitation); err != nil {
		return fmt.Errorf("use an invitation up: %w", err)
	}
	return nil
}

// Revoke makes an invitation void.
func Revoke(app core.App, invitation *core.Record, now time.Time) error {
	invitation.Set("revoked_at", now)
	if err := app.Save(invitation); err != nil {
		return fmt.Errorf("revoke an invitation: %w", err)
	}
	return nil
}

// Open lists the open invitations to an account, or for "" those to new ones,
// newest first.
func Open(app core.App, account string, now time.Time) ([]*core.Record, error) {
	records, err := app.FindRecordsByFilter(Collection, "account = {:account} && used_at = '' && revoked_at = ''", "-created,id", 0, 0, dbx.Params{"account": account})
	if err != nil {
		return nil, fmt.Errorf("list the invitations: %w", err)
	}
	open := records[:0]
	for _, r := range records {
		if isOpen(r, now) {
			open = append(open, r)
		}
	}
	return open, nil
}

// keep is how long an invitation is kept after it has run out.
const keep = 30 * 24 * time.Hour

// Sweep deletes the invitations that ran out long ago.
func Sweep(app core.App, now time.Time) error {
	at, err := types.ParseDateTime(now.Add(-keep))
	if err != nil {
		return err
	}
	if _, err := app.NonconcurrentDB().Delete(Collection, dbx.NewExp("expires <= {:at}", dbx.Params{"at": at.String()})).Execute(); err != nil {
		return fmt.Errorf("delete old invitations: %w", err)
	}
	return nil
}

func isOpen(r *core.Record, now time.Time) bool {
	return r.GetDateTime("used_at").IsZero() && r.GetDateTime("revoked_at").IsZero() && now.Before(r.GetDateTime("expires").Time())
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
