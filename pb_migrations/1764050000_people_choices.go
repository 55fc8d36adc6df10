package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() { m.Register(addPeopleChoices, dropPeopleChoices) }

// addPeopleChoices makes room for what a person chose for the pages, so that
// nothing of it lies in the browser.
func addPeopleChoices(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	users.Fields.Add(&core.SelectField{Name: "theme", MaxSelect: 1, Values: []string{"light", "dark"}}) // empty: as the system has it
	return app.Save(users)
}

func dropPeopleChoices(app core.App) error {
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	users.Fields.RemoveByName("theme")
	return app.Save(users)
}
