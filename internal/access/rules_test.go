package access_test

import (
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/testapp"
)

// TestEveryCollectionHasItsRule holds the database against the list of rules: a
// new collection fails until it has a line.
//
// pocketbase.md traps 1 and 3; ASVS 8.2.3
func TestEveryCollectionHasItsRule(t *testing.T) {
	collections, err := testapp.New(t).FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range collections {
		if strings.HasPrefix(c.Name, "_") {
			if !c.System {
				t.Errorf("%s looks like a collection of PocketBase's and is not", c.Name)
			}
			continue
		}
		found[c.Name] = true
		rule, listed := access.Rules[c.Name]
		if !listed {
			t.Errorf("%s has no line in access.Rules: say who may see it", c.Name)
			continue
		}
		for _, wrong := range differences(c, rule) {
			t.Errorf("%s: %s", c.Name, wrong)
		}
	}
	for name := range access.Rules {
		if !found[name] {
			t.Errorf("access.Rules has a line for %s, which does not exist", name)
		}
	}
}

// differences says where a collection's rules are not the one it should have.
func differences(c *core.Collection, rule access.Rule) (wrong []string) {
	for name, got := range map[string]*string{"list": c.ListRule, "view": c.ViewRule} {
		if got == nil && rule == access.Administrators || got != nil && *got == string(rule) && rule != access.Administrators {
			continue
		}
		wrong = append(wrong, "its "+name+" rule is not the one of access.Rules")
	}
	write := map[string]*string{"create": c.CreateRule, "update": c.UpdateRule, "delete": c.DeleteRule}
	if c.IsAuth() {
		write["auth"], write["manage"] = c.AuthRule, c.ManageRule
	}
	for name, got := range write {
		if got != nil {
			wrong = append(wrong, "its "+name+" rule lets people past our own routes")
		}
	}
	return wrong
}

// A rule that cannot fail protects nothing.
func TestTheRuleOfRulesCanFail(t *testing.T) {
	text := func(s string) *string { return &s }
	for name, c := range map[string]*core.Collection{
		"public":          {ListRule: text(""), ViewRule: nil},
		"seen by any":     {ListRule: nil, ViewRule: text("@request.auth.id != ''")},
		"written by any":  {CreateRule: text("")},
		"changed by any":  {UpdateRule: text("")},
		"deleted by any":  {DeleteRule: text("id = 'x'")},
		"signed in to it": func() *core.Collection { c := core.NewAuthCollection("x"); c.AuthRule = text(""); return c }(),
	} {
		if len(differences(c, access.Administrators)) == 0 {
			t.Errorf("%s counts as shut", name)
		}
	}
	if len(differences(&core.Collection{}, access.OfAccount)) == 0 {
		t.Error("a shut collection counts as the account's")
	}
}
