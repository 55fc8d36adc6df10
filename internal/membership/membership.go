// Package membership makes accounts and says who belongs to them: every account
// keeps an owner, whoever changes what.
package membership

import (
	"context"
	"errors"
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/vault"
)

// Collection holds the memberships.
const Collection = "memberships"

// ErrLastOwner means that a step would leave an account without an owner.
var ErrLastOwner = errors.New("an account keeps at least one owner: make somebody else its owner first, or close the account")

// Kinds of accounts.
const (
	Business = "business"
	Agency   = "agency"
)

// NewAccount makes an account with its own key, in app, which may be a
// transaction. agency is the id of the agency whose client it is, or empty.
func NewAccount(ctx context.Context, app core.App, v *vault.Vault, name, kind, agency string) (*core.Record, error) {
	accounts, err := app.FindCachedCollectionByNameOrId("accounts")
	if err != nil {
		return nil, err
	}
	account := core.NewRecord(accounts)
	account.Set("name", name)
	account.Set("kind", kind)
	account.Set("agency", agency)
	if err := app.Save(account); err != nil {
		return nil, fmt.Errorf("save the account: %w", err)
	}
	return account, v.In(app).CreateAccount(ctx, account.Id)
}

// Of returns the person's own membership in the account, access.ErrNotFound
// where there is none; the roles that an agency gives in its clients are none.
func Of(app core.App, account, user string) (*core.Record, error) {
	m, err := app.FindFirstRecordByFilter(Collection, "account = {:account} && user = {:user}", dbx.Params{"account": account, "user": user})
	if err != nil {
		return nil, access.ErrNotFound
	}
	return m, nil
}

// Enrol gives the person the role in the account, whether they had one or not.
// A step that leaves no owner is ErrLastOwner; app is then to be rolled back.
func Enrol(app core.App, account, user string, role access.Role) error {
	m, err := Of(app, account, user)
	if errors.Is(err, access.ErrNotFound) {
		memberships, err := app.FindCachedCollectionByNameOrId(Collection)
		if err != nil {
			return err
		}
		m = core.NewRecord(memberships)
		m.Set("account", account)
		m.Set("user", user)
	}
	owned := m.GetString("role") == string(access.Owner)
	m.Set("role", string(role))
	if err := app.Save(m); err != nil {
		return fmt.Errorf("save the membership: %w", err)
	}
	if !owned {
		return nil // who joins takes no owner away: an account may get its owner later
	}
	return keepsOwner(app, account)
}

// Remove ends the person's membership in the account. A step that leaves no
// owner is ErrLastOwner; app is then to be rolled back.
func Remove(app core.App, account, user string) error {
	m, err := Of(app, account, user)
	if err != nil {
		return err
	}
	if err := app.Delete(m); err != nil {
		return fmt.Errorf("delete the membership: %w", err)
	}
	return keepsOwner(app, account)
}

// Transfer makes another member the owner in place of one. Both changes stand
// or fall with app's transaction.
func Transfer(app core.App, account, from, to string) error {
	if _, err := Of(app, account, to); err != nil {
		return err
	}
	if err := Enrol(app, account, to, access.Owner); err != nil {
		return err
	}
	return Enrol(app, account, from, access.Analyst)
}

// keepsOwner returns ErrLastOwner if an account has nobody left who owns it and
// can sign in. An account that never had members is made by an operator
// and waits for its first.
func keepsOwner(app core.App, account string) error {
	record, err := app.FindRecordById("accounts", account)
	if err != nil {
		return fmt.Errorf("find the account: %w", err)
	}
	owners, err := access.Owners(app, record)
	if err != nil {
		return err
	}
	if len(owners) > 0 {
		return nil
	}
	return ErrLastOwner
}

// OwnedAlone lists the accounts of which the person is the only owner who can
// sign in: they stand in the way of removing the person.
func OwnedAlone(app core.App, user string) ([]*core.Record, error) {
	owned, err := app.FindRecordsByFilter(Collection, "user = {:user} && role = 'owner'", "", 0, 0, dbx.Params{"user": user})
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	var alone []*core.Record
	for _, m := range owned {
		account, err := app.FindRecordById("accounts", m.GetString("account"))
		if err != nil {
			return nil, fmt.Errorf("read an account of a membership: %w", err)
		}
		owners, err := access.Owners(app, account)
		if err != nil {
			return nil, err
		}
		if len(owners) == 1 && owners[0] == user {
			alone = append(alone, account)
		}
	}
	return alone, nil
}
