package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createWaitlist, dropWaitlist) }

// createWaitlist makes the waitlist: exactly what the privacy policy says is
// asked (its line 8), what becomes of an application, and consent as an
// append-only record. It is read and worked on through our own routes and the
// admin panel.
func createWaitlist(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	waitlist := core.NewBaseCollection("waitlist")
	waitlist.Fields.Add(
		&core.TextField{Name: "name", Required: true, Max: 200, Presentable: true},
		&core.EmailField{Name: "email", Required: true, Presentable: true},
		&core.SelectField{Name: "business_type", Required: true, MaxSelect: 1, Values: []string{"brand", "agency", "aggregator", "reseller", "other"}},
		&core.SelectField{Name: "ad_spend_band", Required: true, MaxSelect: 1, Values: []string{"none", "under_1k", "1k_5k", "5k_20k", "20k_100k", "over_100k"}}, // a month
		&core.SelectField{Name: "marketplaces", Required: true, MaxSelect: 23, Values: []string{"AE", "AU", "BE", "BR", "CA", "DE", "EG", "ES", "FR", "GB", "IE", "IN", "IT", "JP", "MX", "NL", "PL", "SA", "SE", "SG", "TR", "US", "ZA"}},
		&core.TextField{Name: "notes", Max: 2000},
		&core.SelectField{Name: "status", Required: true, MaxSelect: 1, Presentable: true, Values: []string{"new", "reviewing", "invited", "joined", "declined", "withdrawn"}},
		&core.DateField{Name: "applied_at", Required: true},
		&core.DateField{Name: "confirmed_at"}, // the address was confirmed
		&core.DateField{Name: "invited_at"},
		&core.DateField{Name: "resolved_at"}, // set once; retention counts from it
		&core.DateField{Name: "offered_at"},  // the one later offer
	)
	waitlist.AddIndex("idx_waitlist_email", true, "`email` COLLATE NOCASE", "")
	waitlist.AddIndex("idx_waitlist_queue", false, "status, applied_at", "")
	if err := app.Save(waitlist); err != nil {
		return err
	}

	notes := core.NewBaseCollection("waitlist_notes")
	notes.Fields.Add(
		&core.RelationField{Name: "application", CollectionId: waitlist.Id, Required: true, MaxSelect: 1, CascadeDelete: true},
		&core.RelationField{Name: "author", CollectionId: users.Id, MaxSelect: 1},
		&core.TextField{Name: "text", Required: true, Max: 2000, Presentable: true},
		&core.DateField{Name: "at", Required: true})
	notes.AddIndex("idx_waitlist_notes_application", false, "application, at", "")
	if err := app.Save(notes); err != nil {
		return err
	}

	capacity := core.NewBaseCollection("capacity")
	capacity.Fields.Add(
		&core.NumberField{Name: "places", OnlyInt: true}, // accounts that this installation is to carry
		&core.RelationField{Name: "set_by", CollectionId: users.Id, MaxSelect: 1},
		&core.DateField{Name: "at", Required: true})
	capacity.AddIndex("idx_capacity_at", false, "at", "")
	if err := app.Save(capacity); err != nil {
		return err
	}

	texts := core.NewBaseCollection("consent_texts")
	texts.Fields.Add(
		&core.SelectField{Name: "purpose", Required: true, MaxSelect: 1, Values: []string{"marketing_email", "benchmarks"}, Presentable: true},
		&core.TextField{Name: "version", Required: true, Max: 20, Presentable: true},
		&core.TextField{Name: "text", Required: true, Max: 4000}, // the label as shown
		&core.TextField{Name: "sha256", Required: true, Max: 64}, // of text
		&core.DateField{Name: "since", Required: true})
	texts.AddIndex("idx_consent_texts_version", true, "purpose, version", "")
	if err := app.Save(texts); err != nil {
		return err
	}

	consents := core.NewBaseCollection("consents")
	consents.Fields.Add(
		&core.TextField{Name: "subject", Required: true, Max: 30, Presentable: true}, // waitlist/<id> or users/<id>
		&core.EmailField{Name: "email", Hidden: true},
		&core.SelectField{Name: "purpose", Required: true, MaxSelect: 1, Values: []string{"marketing_email", "benchmarks"}},
		&core.SelectField{Name: "status", Required: true, MaxSelect: 1, Values: []string{"pending", "given", "withdrawn"}},
		&core.RelationField{Name: "text", CollectionId: texts.Id, Required: true, MaxSelect: 1},
		&core.TextField{Name: "text_sha256", Required: true, Max: 64},
		&core.TextField{Name: "locale", Max: 20},
		&core.SelectField{Name: "source", Required: true, MaxSelect: 1, Values: []string{"waitlist_form", "status_page", "settings", "mail"}},
		&core.SelectField{Name: "method", Required: true, MaxSelect: 1, Values: []string{"tick", "double_opt_in", "click"}},
		&core.DateField{Name: "at", Required: true})
	consents.AddIndex("idx_consents_subject", false, "subject, purpose, at", "")
	return app.Save(consents)
}

func dropWaitlist(app core.App) error {
	return dropCollections(app, "consents", "consent_texts", "capacity", "waitlist_notes", "waitlist")
}
