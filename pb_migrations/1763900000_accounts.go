// Package pb_migrations holds the collections of data.db, one Go file per
// migration. A migration that has landed is never edited: its file name is its
// identity.
package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
	"github.com/pocketbase/pocketbase/tools/types"
)

// Access rules name the signed-in person first: a rule without it would show
// rows that lack an account to guests. Writing is left to our own routes.
const (
	signedIn     = "@request.auth.id != '' && "
	ofOwnAccount = signedIn + "(account.memberships_via_account.user ?= @request.auth.id || account.agency.memberships_via_account.user ?= @request.auth.id)"
)

func init() { m.Register(createAccounts, dropAccounts) }

func createAccounts(app core.App) error {
	settings := app.Settings()
	settings.Meta.AppName = "HaloTrack"
	settings.Logs.MaxDays = 5
	settings.Logs.LogIP = false
	settings.Logs.LogAuthId = false
	settings.RateLimits.Enabled = true
	settings.RateLimits.Rules = []core.RateLimitRule{
		{Label: "POST /api/halotrack/session", MaxRequests: 10, Duration: 60, Audience: core.RateLimitRuleAudienceAll},
		{Label: "POST /api/halotrack/password", MaxRequests: 10, Duration: 60, Audience: core.RateLimitRuleAudienceAll},
		{Label: "*:auth", MaxRequests: 5, Duration: 60, Audience: core.RateLimitRuleAudienceAll},
		{Label: "/api/", MaxRequests: 600, Duration: 10, Audience: core.RateLimitRuleAudienceAll},
	}
	if err := app.Save(settings); err != nil {
		return err
	}

	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	users.Fields.RemoveByName("avatar")
	users.Fields.Add(&core.SelectField{Name: "staff", MaxSelect: 3, Values: []string{"triage", "privacy", "security"}})
	users.RemoveIndex("idx_email__pb_users_auth_")
	users.AddIndex("idx_email__pb_users_auth_", true, "`email` COLLATE NOCASE", "`email` != ''")
	users.AuthRule = nil // a person signs in at /api/halotrack/session alone
	users.PasswordAuth.Enabled = false
	users.OTP.Enabled = false
	users.MFA.Enabled = false
	users.OAuth2.Enabled = false
	users.AuthAlert.Enabled = false
	users.ManageRule, users.CreateRule, users.UpdateRule, users.DeleteRule = nil, nil, nil, nil
	users.ListRule = types.Pointer(signedIn + "id = @request.auth.id")
	users.ViewRule = users.ListRule
	if err := app.Save(users); err != nil {
		return err
	}

	accounts := core.NewBaseCollection("accounts")
	accounts.Fields.Add(
		&core.TextField{Name: "name", Required: true, Max: 200, Presentable: true},
		&core.SelectField{Name: "kind", Required: true, MaxSelect: 1, Values: []string{"business", "agency"}},
		&core.JSONField{Name: "brand_words", MaxSize: 16 << 10},
		&core.TextField{Name: "told_week", Max: 10}, // the newest week whose audit people were told of
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	if err := app.Save(accounts); err != nil {
		return err
	}
	accounts.Fields.Add(&core.RelationField{Name: "agency", CollectionId: accounts.Id, MaxSelect: 1})
	if err := app.Save(accounts); err != nil {
		return err
	}

	memberships := core.NewBaseCollection("memberships")
	memberships.Fields.Add(
		&core.RelationField{Name: "account", CollectionId: accounts.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		&core.RelationField{Name: "user", CollectionId: users.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		&core.SelectField{Name: "role", Required: true, MaxSelect: 1, Values: []string{"owner", "analyst", "viewer"}},
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	memberships.AddIndex("idx_memberships_user_account", true, "user, account", "")
	memberships.AddIndex("idx_memberships_account", false, "account", "")
	memberships.ListRule = types.Pointer(signedIn + "user = @request.auth.id")
	memberships.ViewRule = memberships.ListRule
	if err := app.Save(memberships); err != nil {
		return err
	}
	accounts.ListRule = types.Pointer(signedIn + "(memberships_via_account.user ?= @request.auth.id || agency.memberships_via_account.user ?= @request.auth.id)")
	accounts.ViewRule = accounts.ListRule
	if err := app.Save(accounts); err != nil {
		return err
	}

	connections := core.NewBaseCollection("connections")
	connections.Fields.Add(
		ownAccount(accounts),
		&core.SelectField{Name: "api", Required: true, MaxSelect: 1, Values: []string{"spapi", "ads"}, Presentable: true},
		&core.SelectField{Name: "region", MaxSelect: 1, Values: []string{"na", "eu", "fe"}},
		&core.TextField{Name: "seller_id", Max: 64},
		&core.TextField{Name: "client_id", Max: 200},
		&core.SelectField{Name: "status", Required: true, MaxSelect: 1, Values: []string{"active", "revoked", "failed", "disconnected"}},
		&core.TextField{Name: "status_text", Max: 2000},
		&core.JSONField{Name: "marketplaces", MaxSize: 256 << 10},
		&core.JSONField{Name: "profiles", MaxSize: 1 << 20},
		&core.RelationField{Name: "granted_by", CollectionId: users.Id, MaxSelect: 1},
		&core.DateField{Name: "granted_at"},
		&core.SelectField{Name: "access_level", MaxSelect: 1, Values: []string{"view", "edit"}},
		&core.DateField{Name: "last_sync"},
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	connections.AddIndex("idx_connections_account", false, "account", "")
	connections.ListRule = types.Pointer(ofOwnAccount)
	connections.ViewRule = connections.ListRule
	return app.Save(connections)
}

func dropAccounts(app core.App) error {
	return dropCollections(app, "connections", "memberships", "accounts")
}

func ownAccount(accounts *core.Collection) *core.RelationField {
	return &core.RelationField{Name: "account", CollectionId: accounts.Id, Required: true, MaxSelect: 1, CascadeDelete: true}
}

func dropCollections(app core.App, names ...string) error {
	for _, name := range names {
		c, err := app.FindCollectionByNameOrId(name)
		if err != nil {
			return err
		}
		if err := app.Delete(c); err != nil {
			return err
		}
	}
	return nil
}
