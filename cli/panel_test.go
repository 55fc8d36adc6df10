package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/membership"
)

// pocketbase.md trap 24, and trap 22 through the panel
func TestTheEnvironmentWinsOverStoredSettings(t *testing.T) {
	w := newWorld(t, 1)
	stored := w.App.Settings()
	stored.Meta.AppURL = "https://elsewhere.example"
	stored.TrustedProxy.Headers = []string{"X-Real-IP"}
	stored.SMTP = core.SMTPConfig{Enabled: true, Host: "mail.elsewhere.example", Port: 587}
	stored.Logs.LogIP = true
	if err := w.App.Save(stored); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.serveWorld(t))
	if err := w.App.ReloadSettings(); err != nil { // what is stored, not what is in memory
		t.Fatal(err)
	}
	right := func(when string) {
		t.Helper()
		if s := w.App.Settings(); s.Meta.AppURL != w.publicURL() || len(s.TrustedProxy.Headers) > 0 || s.SMTP.Enabled || s.SMTP.Host != "" || s.Logs.LogIP {
			t.Errorf("%s: %s", when, s)
		}
	}
	right("at the start")

	token := w.superuser(t, b)
	for body, decides := range map[string]string{
		`{"meta":{"appURL":"https://elsewhere.example"}}`:                                   "HALOTRACK_URL",
		`{"trustedProxy":{"headers":["X-Real-IP"]}}`:                                        "HALOTRACK_TRUSTED_PROXY",
		`{"smtp":{"enabled":true,"host":"mail.elsewhere.example","port":587}}`:              "HALOTRACK_SMTP_URL",
		`{"logs":{"maxDays":5,"logIP":true}}`:                                               "privacy policy",
		`{"meta":{"appName":"HaloTrack 2"},"trustedProxy":{"headers":["X-Forwarded-For"]}}`: "HALOTRACK_TRUSTED_PROXY",
	} {
		if got := b.do(t, "PATCH", "/api/settings", body, "Authorization", token); got.status != http.StatusBadRequest || !strings.Contains(got.body, decides) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	right("after the panel")
	if got := b.do(t, "PATCH", "/api/settings", `{"meta":{"appName":"Ours"}}`, "Authorization", token); got.status != http.StatusOK || w.App.Settings().Meta.AppName != "Ours" {
		t.Errorf("what the panel decides: %d %s", got.status, got.body)
	}

	// Nobody talks their way into the list of administrators' addresses.
	w.App.Settings().SuperuserIPs = []string{"192.0.2.0/24"}
	if err := w.App.Save(w.App.Settings()); err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"X-Real-IP", "X-Forwarded-For", "CF-Connecting-IP"} {
		if got := b.do(t, "GET", "/api/settings", "", "Authorization", token, header, "192.0.2.7"); got.status != http.StatusForbidden {
			t.Errorf("with %s: %d", header, got.status)
		}
	}
}

// pocketbase.md trap 13
func TestDeletingAPersonInThePanel(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	other, _ := w.otherAccount(t, b.base)
	token := w.superuser(t, b)
	do := func(method, path, body string) answer {
		t.Helper()
		return b.do(t, method, "/api/collections/"+path, body, "Authorization", token)
	}
	sole := w.idOf(t, "alice@example.com")
	held, err := w.App.FindFirstRecordByFilter(membership.Collection, "user = {:u} && account = {:a}", dbx.Params{"u": sole, "a": account})
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]answer{
		"the person":             do("DELETE", "users/records/"+sole, ""),
		"the membership":         do("DELETE", "memberships/records/"+held.Id, ""),
		"the role":               do("PATCH", "memberships/records/"+held.Id, `{"role":"viewer"}`),
		"the membership's owner": do("PATCH", "memberships/records/"+held.Id, fmt.Sprintf(`{"account":%q}`, other)),
	} {
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "owner") {
			t.Errorf("taking away the last owner by %s: %d %s", what, got.status, got.body)
		}
	}

	// With another owner the person goes, with what is theirs alone; what they
	// did for others stays and names nobody.
	w.person(t, "next@example.com", account, access.Owner)
	own := newBrowser(t, b.base)
	own.signIn(t, login)
	w.invite(t, own, account, "guest@example.com", access.Viewer)
	if got := do("DELETE", "users/records/"+sole, ""); got.status != http.StatusNoContent {
		t.Fatalf("with another owner: %d %s", got.status, got.body)
	}
	for _, collection := range []string{"memberships", "sessions"} {
		if n, err := w.App.CountRecords(collection, dbx.HashExp{"user": sole}); err != nil || n != 0 {
			t.Errorf("%s: %d left, %v", collection, n, err)
		}
	}
	if got := own.get(t, "/api/halotrack/session"); got.status != http.StatusUnauthorized {
		t.Errorf("the session of who is gone: %d", got.status)
	}
	if left, err := w.App.FindFirstRecordByData("invitations", "email", "guest@example.com"); err != nil || left.GetString("invited_by") != "" {
		t.Errorf("the invitation that they sent: %v, %v", left, err)
	}
	if _, err := w.App.FindRecordById("accounts", account); err != nil {
		t.Errorf("the account: %v", err)
	}
}

// A required relation that does not cascade makes deleting a person, or an
// account, fail (pocketbase.md trap 13).
func TestPeopleAndAccountsCanBeDeleted(t *testing.T) {
	w := newWorld(t, 1)
	collections, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	targets, seen := map[string]string{}, map[string]int{}
	for _, c := range collections {
		if c.Name == "users" || c.Name == "accounts" {
			targets[c.Id] = c.Name
		}
	}
	for _, c := range collections {
		for _, f := range c.Fields {
			relation, ok := f.(*core.RelationField)
			if !ok || targets[relation.CollectionId] == "" {
				continue
			}
			seen[targets[relation.CollectionId]]++
			if relation.Required && !relation.CascadeDelete {
				t.Errorf("%s.%s keeps %s from being deleted: let it cascade, or be empty", c.Name, relation.Name, targets[relation.CollectionId])
			}
		}
	}
	if seen["users"] < 5 || seen["accounts"] < 5 {
		t.Errorf("relations found: %v", seen)
	}
}
