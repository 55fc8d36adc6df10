package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(createSessions, dropSessions) }

// createSessions makes what signing in and writing to people need. None of it
// can be read through PocketBase's API.
func createSessions(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return err
	}
	ofUser := func() *core.RelationField {
		return &core.RelationField{Name: "user", CollectionId: users.Id, Required: true, MaxSelect: 1, CascadeDelete: true}
	}

	sessions := core.NewBaseCollection("sessions")
	sessions.Fields.Add(ofUser(),
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.TextField{Name: "device", Max: 100},
		&core.DateField{Name: "started", Required: true},
		&core.DateField{Name: "seen", Required: true},
		&core.DateField{Name: "expires", Required: true})
	sessions.AddIndex("idx_sessions_hash", true, "hash", "")
	sessions.AddIndex("idx_sessions_user", false, "user", "")
	if err := app.Save(sessions); err != nil {
		return err
	}

	links := core.NewBaseCollection("one_time_links")
	links.Fields.Add(ofUser(),
		&core.SelectField{Name: "purpose", Required: true, MaxSelect: 1, Values: []string{"password"}},
		&core.TextField{Name: "hash", Required: true, Hidden: true, Max: 64},
		&core.DateField{Name: "expires", Required: true},
		&core.DateField{Name: "used"})
	links.AddIndex("idx_one_time_links_hash", true, "hash", "")
	links.AddIndex("idx_one_time_links_user", false, "user", "")
	if err := app.Save(links); err != nil {
		return err
	}

	queue := core.NewBaseCollection("mail_queue")
	queue.Fields.Add(
		&core.TextField{Name: "template", Required: true, Max: 60, Presentable: true},
		&core.SelectField{Name: "class", Required: true, MaxSelect: 1, Values: []string{"service"}},
		&core.RelationField{Name: "to_user", CollectionId: users.Id, MaxSelect: 1, CascadeDelete: true},
		&core.EmailField{Name: "to_email", Hidden: true},
		&core.RelationField{Name: "account", CollectionId: accounts.Id, MaxSelect: 1, CascadeDelete: true},
		&core.JSONField{Name: "params", MaxSize: 16 << 10, Hidden: true},
		&core.SelectField{Name: "state", Required: true, MaxSelect: 1, Values: []string{"queued", "sending", "sent", "failed"}},
		&core.NumberField{Name: "attempts", OnlyInt: true},
		&core.DateField{Name: "next_at"},
		&core.DateField{Name: "sent_at"},
		&core.TextField{Name: "error", Max: 500},
		&core.TextField{Name: "message_id", Max: 300},
		&core.DateField{Name: "created", Required: true})
	queue.AddIndex("idx_mail_queue_due", false, "`state`, `next_at`", "`state` IN ('queued', 'sending')")
	return app.Save(queue)
}

func dropSessions(app core.App) error {
	return dropCollections(app, "mail_queue", "one_time_links", "sessions")
}
