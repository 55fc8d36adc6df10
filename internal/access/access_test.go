package access_test

import (
	"errors"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/testapp"
)

func record(t *testing.T, app core.App, collection string, fields map[string]any) *core.Record {
	t.Helper()
	c, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		t.Fatal(err)
	}
	r := core.NewRecord(c)
	for name, value := range fields {
		r.Set(name, value)
	}
	if collection == "users" {
		r.SetRandomPassword()
	}
	if err := app.Save(r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRoles(t *testing.T) {
	app := testapp.New(t)
	user := func(name string) string {
		return record(t, app, "users", map[string]any{"email": name + "@example.com"}).Id
	}
	account := func(name, kind, agency string) *core.Record {
		return record(t, app, "accounts", map[string]any{"name": name, "kind": kind, "agency": agency})
	}
	member := func(account *core.Record, user string, role access.Role) {
		record(t, app, "memberships", map[string]any{"account": account.Id, "user": user, "role": string(role)})
	}
	agency := account("Agency", "agency", "")
	client := account("Client", "business", agency.Id)
	rival := account("Rival", "business", "")
	alice, bob, carol := user("alice"), user("bob"), user("carol")
	member(agency, alice, access.Analyst)
	member(client, alice, access.Viewer)
	member(client, bob, access.Owner)
	member(rival, carol, access.Owner)

	for _, c := range []struct {
		name, user string
		account    *core.Record
		need       access.Role
		want       bool
	}{
		{"the agency's role holds in its client", alice, client, access.Analyst, true},
		{"but no more than that role", alice, client, access.Owner, false},
		{"a client's owner", bob, client, access.Owner, true},
		{"a client's owner is nobody in the agency", bob, agency, access.Viewer, false},
		{"a stranger", carol, client, access.Viewer, false},
		{"the agency in a stranger's account", alice, rival, access.Viewer, false},
		{"nobody", "", client, access.Viewer, false},
		{"an unknown need", bob, client, "admin", false},
	} {
		got, err := access.Require(app, c.user, c.account.Id, c.need)
		if c.want && (err != nil || got.Id != c.account.Id) || !c.want && !errors.Is(err, access.ErrNotFound) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := access.Require(app, bob, "aaaaaaaaaaaaaaa", access.Viewer); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("an unknown account: %v", err)
	}

	grants, err := access.Grants(app, alice)
	if err != nil {
		t.Fatal(err)
	}
	if len(grants) != 2 || grants[0].Account.Id != agency.Id || grants[1].Account.Id != client.Id ||
		grants[1].Role != access.Analyst || grants[1].Agency == nil || grants[1].Agency.Id != agency.Id {
		t.Errorf("alice's grants: %+v", grants)
	}
	owners, err := access.Owners(app, client)
	if err != nil || len(owners) != 1 || owners[0] != bob {
		t.Errorf("owners %v, %v", owners, err)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		role, need access.Role
		want       bool
	}{
		{access.Owner, access.Viewer, true}, {access.Analyst, access.Analyst, true},
		{access.Viewer, access.Analyst, false}, {"", access.Viewer, false}, {"root", access.Viewer, false},
		{access.Owner, "root", false}, {"", "", false},
	} {
		if got := c.role.Covers(c.need); got != c.want {
			t.Errorf("%q covers %q: %v, want %v", c.role, c.need, got, c.want)
		}
	}
}
