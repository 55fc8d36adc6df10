package pb_migrations_test

import (
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/testapp"
)

// pocketbase.md traps 1 and 3
func TestNoCollectionIsPublic(t *testing.T) {
	collections, err := testapp.New(t).FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range collections {
		for name, rule := range map[string]*string{"list": c.ListRule, "view": c.ViewRule, "create": c.CreateRule, "update": c.UpdateRule, "delete": c.DeleteRule} {
			if rule == nil {
				continue
			}
			if name == "create" || name == "update" || name == "delete" {
				if !c.System {
					t.Errorf("%s: %s rule %q lets people write past our routes", c.Name, name, *rule)
				}
				continue
			}
			if len(*rule) < len("@request.auth.id != ''") || (*rule)[:len("@request.auth.id != ''")] != "@request.auth.id != ''" {
				if c.System && *rule != "" {
					continue
				}
				t.Errorf("%s: %s rule %q does not ask for a signed-in person first", c.Name, name, *rule)
			}
		}
	}
}

// pocketbase.md trap 8
func TestEmailsAreUniqueWithoutCase(t *testing.T) {
	app := testapp.New(t)
	save := func(email string) error {
		users, err := app.FindCollectionByNameOrId("users")
		if err != nil {
			t.Fatal(err)
		}
		u := core.NewRecord(users)
		u.SetEmail(email)
		u.SetRandomPassword()
		return app.Save(u)
	}
	if err := save("alice@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := save("Alice@Example.com"); err == nil {
		t.Error("the same address in another case was accepted")
	}
	if _, err := app.FindAuthRecordByEmail("users", "ALICE@example.COM"); err != nil {
		t.Errorf("look-up in another case: %v", err)
	}
}
