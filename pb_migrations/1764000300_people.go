package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createPeople, dropPeople) }

// createPeople makes what people need beyond a password: second factors,
// sign-in at another provider, lock-out, invitations, API keys and an agency's
// white label; and the trail of what staff did. None of the new collections can
// be read through PocketBase's API.
func createPeople(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	users.Fields.Add(
		&core.DateField{Name: "deactivated"},
		&core.DateField{Name: "second_factor_since"},                      // its secret lies in the vault
		&core.NumberField{Name: "totp_step", OnlyInt: true, Hidden: true}, // the newest code used, which is not taken twice
	)
	if err := app.Save(users); err != nil {
		return err
	}
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	accounts.Fields.Add(
		&core.TextField{Name: "brand_name", Max: 100},
		&core.TextField{Name: "brand_colour", Max: 7, Pattern: "^#[0-9a-f]{6}$"},
		&core.TextField{Name: "logo", Max: 140_000, Hidden: true}, // base64
		&core.SelectField{Name: "logo_type", MaxSelect: 1, Values: []string{"image/png", "image/jpeg", "image/webp"}},
	)
	if err := app.Save(accounts); err != nil {
		return err
	}
	sessions, err := app.FindCollectionByNameOrId("sessions")
	if err != nil {
		return err
	}
	sessions.Fields.Add(
		&core.DateField{Name: "proved"}, // when the person last showed who they are
		&core.SelectField{Name: "factors", MaxSelect: 4, Values: []string{"password", "provider", "totp", "recovery"}},
	)
	if err := app.Save(sessions); err != nil {
		return err
	}
	links, err := app.FindCollectionByNameOrId("one_time_links")
	if err != nil {
		return err
	}
	links.Fields.Add(
		&core.SelectField{Id: links.Fields.GetByName("purpose").GetId(), Name: "purpose", Required: true, MaxSelect: 1, Values: []string{"password", "email"}},
		&core.EmailField{Name: "email", Hidden: true}, // the new address
	)
	if err := app.Save(links); err != nil {
		return err
	}
	ofUser := func(name string) *core.RelationField {
		return &core.RelationField{Name: name, CollectionId: users.Id, Required: true, MaxSelect: 1, CascadeDelete: true}
	}

	recovery := core.NewBaseCollection("recovery_codes")
	recovery.Fields.Add(ofUser("user"),
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.DateField{Name: "used"})
	recovery.AddIndex("idx_recovery_codes_user_hash", true, "user, hash", "")
	if err := app.Save(recovery); err != nil {
		return err
	}

	attempts := core.NewBaseCollection("sign_in_attempts")
	attempts.Fields.Add(
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64}, // keyed, of the address that was tried
		&core.NumberField{Name: "failures", OnlyInt: true},
		&core.DateField{Name: "last_at", Required: true},
		&core.DateField{Name: "blocked_until"})
	attempts.AddIndex("idx_sign_in_attempts_hash", true, "hash", "")
	if err := app.Save(attempts); err != nil {
		return err
	}

	identities := core.NewBaseCollection("identities")
	identities.Fields.Add(ofUser("user"),
		&core.TextField{Name: "issuer", Required: true, Max: 300},
		&core.TextField{Name: "subject", Required: true, Hidden: true, Max: 300},
		&core.DateField{Name: "linked", Required: true})
	identities.AddIndex("idx_identities_issuer_subject", true, "issuer, subject", "")
	if err := app.Save(identities); err != nil {
		return err
	}

	invitations := core.NewBaseCollection("invitations")
	invitations.Fields.Add(
		&core.EmailField{Name: "email", Required: true, Presentable: true},
		&core.RelationField{Name: "account", CollectionId: accounts.Id, MaxSelect: 1, CascadeDelete: true}, // empty: a new one is made
		&core.SelectField{Name: "role", Required: true, MaxSelect: 1, Values: []string{"owner", "analyst", "viewer"}},
		&core.SelectField{Name: "kind", MaxSelect: 1, Values: []string{"business", "agency"}}, // of the new account
		&core.RelationField{Name: "invited_by", CollectionId: users.Id, MaxSelect: 1},
		&core.TextField{Name: "application", Max: 15}, // on the waitlist, if that led here
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.DateField{Name: "created", Required: true},
		&core.DateField{Name: "expires", Required: true},
		&core.DateField{Name: "used_at"},
		&core.DateField{Name: "revoked_at"})
	invitations.AddIndex("idx_invitations_hash", true, "hash", "")
	invitations.AddIndex("idx_invitations_account", false, "account", "")
	if err := app.Save(invitations); err != nil {
		return err
	}

	keys := core.NewBaseCollection("api_keys")
	keys.Fields.Add(ownAccount(accounts),
		&core.TextField{Name: "name", Required: true, Max: 100, Presentable: true},
		&core.TextField{Name: "start", Required: true, Max: 20}, // of the key, for people to know it by
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.SelectField{Name: "scopes", Required: true, MaxSelect: 2, Values: []string{"read", "export:read"}},
		&core.RelationField{Name: "made_by", CollectionId: users.Id, MaxSelect: 1},
		&core.DateField{Name: "created", Required: true},
		&core.DateField{Name: "expires", Required: true},
		&core.DateField{Name: "used_at"},
		&core.DateField{Name: "revoked_at"})
	keys.AddIndex("idx_api_keys_hash", true, "hash", "")
	keys.AddIndex("idx_api_keys_account", false, "account", "")
	if err := app.Save(keys); err != nil {
		return err
	}

	trail := core.NewBaseCollection("activity")
	trail.Fields.Add(
		&core.DateField{Name: "at", Required: true},
		&core.SelectField{Name: "actor_kind", Required: true, MaxSelect: 1, Values: []string{"staff", "superuser", "person", "system"}},
		&core.TextField{Name: "actor", Max: 15}, // id
		&core.TextField{Name: "action", Required: true, Max: 60, Presentable: true},
		&core.TextField{Name: "subject", Required: true, Max: 60}, // collection/id
		&core.TextField{Name: "account", Max: 15},
		&core.JSONField{Name: "detail", MaxSize: 2048}) // never personal data
	trail.AddIndex("idx_activity_subject", false, "subject, at", "")
	trail.AddIndex("idx_activity_at", false, "at", "")
	return app.Save(trail)
}

func dropPeople(app core.App) error {
	if err := dropCollections(app, "activity", "api_keys", "invitations", "identities", "sign_in_attempts", "recovery_codes"); err != nil {
		return err
	}
	for collection, fields := range map[string][]string{
		"users":          {"deactivated", "second_factor_since", "totp_step"},
		"accounts":       {"brand_name", "brand_colour", "logo", "logo_type"},
		"sessions":       {"proved", "factors"},
		"one_time_links": {"email"},
	} {
		c, err := app.FindCollectionByNameOrId(collection)
		if err != nil {
			return err
		}
		for _, name := range fields {
			c.Fields.RemoveByName(name)
		}
		if err := app.Save(c); err != nil {
			return err
		}
	}
	return nil
}
