package mail

import "github.com/pocketbase/pocketbase/core"

// CollectionName is the collection that holds the queue.
const CollectionName = "mail_queue"

// Schema is the queue's collection as its first migration makes it; what
// changes later is another migration's. No rule opens it to anyone. It holds no
// bodies and no addresses of people who have a user: a row that goes with its
// person or account goes by itself.
func Schema(users, accounts *core.Collection) *core.Collection {
	c := core.NewBaseCollection(CollectionName)
	c.Fields.Add(
		&core.TextField{Name: "template", Required: true, Max: 60},
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
		&core.DateField{Name: "created", Required: true},
	)
	c.AddIndex("idx_mail_queue_due", false, "`state`, `next_at`", "`state` IN ('queued', 'sending')")
	return c
}
