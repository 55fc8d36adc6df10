package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(addRevisions, dropRevisions) }

// addRevisions keeps with an audit what changed each time it was computed anew.
func addRevisions(app core.App) error {
	audits, err := app.FindCollectionByNameOrId("audits")
	if err != nil {
		return err
	}
	audits.Fields.Add(&core.JSONField{Name: "revisions", MaxSize: 4 << 20})
	return app.Save(audits)
}

func dropRevisions(app core.App) error {
	audits, err := app.FindCollectionByNameOrId("audits")
	if err != nil {
		return err
	}
	audits.Fields.RemoveByName("revisions")
	return app.Save(audits)
}
