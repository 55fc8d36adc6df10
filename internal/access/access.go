// Package access says who may do what to which account. Every route and job
// that touches an account's data asks it first; what a person may not see and
// what does not exist are the same ErrNotFound.
package access

import (
	"errors"
	"fmt"
	"sort"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// ErrNotFound is returned for an account that does not exist and for one the
// person has no role in, so that the two cannot be told apart.
var ErrNotFound = errors.New("no such account")

// Role is what a membership allows.
type Role string

// The roles, each covering the next.
const (
	Owner   Role = "owner"   // everything, team and connections included
	Analyst Role = "analyst" // reads and works with findings
	Viewer  Role = "viewer"  // reads
)

var rank = map[Role]int{Viewer: 1, Analyst: 2, Owner: 3}

// Covers reports whether r allows what needs need.
// An unknown role allows nothing, and nothing covers an unknown need.
func (r Role) Covers(need Role) bool { return rank[need] > 0 && rank[r] >= rank[need] }

// Grant is one account a person may see.
type Grant struct {
	Account *core.Record
	Agency  *core.Record // the agency whose client the account is, if the person may see it
	Role    Role
}

// Grants lists the accounts the person may see, by name: those of their own
// memberships, and the clients of agencies they belong to, with the agency's
// role. Where both give a role the higher one counts.
func Grants(app core.App, user string) ([]Grant, error) {
	memberships, err := app.FindRecordsByFilter("memberships", "user = {:user}", "", 0, 0, dbx.Params{"user": user})
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	grants := map[string]*Grant{}
	add := func(account, agency *core.Record, role Role) {
		g := grants[account.Id]
		if g == nil {
			g = &Grant{Account: account}
			grants[account.Id] = g
		}
		if agency != nil {
			g.Agency = agency
		}
		if rank[role] > rank[g.Role] {
			g.Role = role
		}
	}
	for _, ms := range memberships {
		account, err := app.FindRecordById("accounts", ms.GetString("account"))
		if err != nil {
			return nil, fmt.Errorf("read an account of a membership: %w", err)
		}
		role := Role(ms.GetString("role"))
		add(account, nil, role)
		if account.GetString("kind") != "agency" {
			continue
		}
		clients, err := app.FindRecordsByFilter("accounts", "agency = {:agency}", "", 0, 0, dbx.Params{"agency": account.Id})
		if err != nil {
			return nil, fmt.Errorf("read an agency's clients: %w", err)
		}
		for _, client := range clients {
			add(client, account, role)
		}
	}
	list := make([]Grant, 0, len(grants))
	for _, g := range grants {
		list = append(list, *g)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].Account, list[j].Account
		if an, bn := a.GetString("name"), b.GetString("name"); an != bn {
			return an < bn
		}
		return a.Id < b.Id
	})
	return list, nil
}

// Require returns the account if the person's role in it covers need, and
// ErrNotFound otherwise.
func Require(app core.App, user, account string, need Role) (*core.Record, error) {
	record, err := app.FindRecordById("accounts", account)
	if err != nil || user == "" {
		return nil, ErrNotFound
	}
	ids := []any{record.Id}
	if agency := record.GetString("agency"); agency != "" {
		ids = append(ids, agency)
	}
	var roles []string
	err = app.DB().Select("role").From("memberships").
		Where(dbx.HashExp{"user": user}).AndWhere(dbx.In("account", ids...)).Column(&roles)
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	for _, role := range roles {
		if Role(role).Covers(need) {
			return record, nil
		}
	}
	return nil, ErrNotFound
}

// Owners lists the ids of the people who own the account and can sign in, its
// agency's owners included; they are told when something is wrong with it. Who
// is deactivated is none.
func Owners(app core.App, account *core.Record) ([]string, error) {
	ids := []any{account.Id}
	if agency := account.GetString("agency"); agency != "" {
		ids = append(ids, agency)
	}
	var users []string
	err := app.DB().Select("m.user").Distinct(true).From("memberships m").
		InnerJoin("users u", dbx.NewExp("[[u.id]] = [[m.user]]")).
		Where(dbx.HashExp{"m.role": string(Owner), "u.deactivated": ""}).AndWhere(dbx.In("m.account", ids...)).OrderBy("m.user").Column(&users)
	if err != nil {
		return nil, fmt.Errorf("read owners: %w", err)
	}
	return users, nil
}
