package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/membership"
)

// TestKeysEndWithOwnership has a second owner make keys and lose the account in
// each of the ways there are: the keys end with it, and who is left is told.
func TestKeysEndWithOwnership(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, w *world, alice, bob *browser, account, id string){
		"removed": func(t *testing.T, _ *world, alice, _ *browser, account, id string) {
			expect(t, alice.do(t, "DELETE", accountsPath+account+"/members/"+id, ""), http.StatusNoContent)
		},
		"left": func(t *testing.T, _ *world, _, bob *browser, account, id string) {
			expect(t, bob.do(t, "DELETE", accountsPath+account+"/members/"+id, ""), http.StatusNoContent)
		},
		"another role": func(t *testing.T, _ *world, alice, _ *browser, account, id string) {
			expect(t, alice.do(t, "PATCH", accountsPath+account+"/members/"+id, `{"role":"analyst"}`), http.StatusNoContent)
		},
		"handed over": func(t *testing.T, w *world, _, bob *browser, account, _ string) {
			w.person(t, "carol@example.com", account, access.Viewer)
			expect(t, bob.do(t, "POST", accountsPath+account+"/members/"+w.idOf(t, "carol@example.com")+"/owner", ""), http.StatusNoContent)
		},
		"deactivated": func(t *testing.T, w *world, _, _ *browser, _, id string) {
			user, err := w.App.FindRecordById("users", id)
			if err != nil {
				t.Fatal(err)
			}
			if err := session.Deactivate(w.App, user, w.now.Now()); err != nil {
				t.Fatal(err)
			}
		},
		"deleted in the panel": func(t *testing.T, w *world, alice, _ *browser, _, id string) {
			expect(t, alice.do(t, "DELETE", "/api/collections/users/records/"+id, "", "Authorization", w.superuser(t, alice)), http.StatusNoContent)
		},
		"another role in the panel": func(t *testing.T, w *world, alice, _ *browser, account, id string) {
			m, err := membership.Of(w.App, account, id)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, alice.do(t, "PATCH", "/api/collections/memberships/records/"+m.Id, `{"role":"viewer"}`, "Authorization", w.superuser(t, alice)), http.StatusOK)
		},
		"deactivated in the panel": func(t *testing.T, w *world, alice, _ *browser, _, id string) {
			expect(t, alice.do(t, "PATCH", "/api/collections/users/records/"+id, `{"deactivated":"2026-11-18 10:00:00.000Z"}`, "Authorization", w.superuser(t, alice)), http.StatusOK)
		},
		"past every record": func(t *testing.T, w *world, _, _ *browser, _, id string) {
			if _, err := w.App.NonconcurrentDB().Delete("memberships", dbx.HashExp{"user": id}).Execute(); err != nil {
				t.Fatal(err)
			}
			if err := w.Keys.Settle(w.App); err != nil { // the hourly sweep
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			login, account := w.alice(t)
			other := w.person(t, "bob@example.com", account, access.Owner)
			base := w.serveWorld(t)
			alice, bob, program := newBrowser(t, base), newBrowser(t, base), newBrowser(t, base)
			alice.signIn(t, login)
			bob.signIn(t, other)
			hers, his := alice.makeKey(t, account, `"read"`, 30), bob.makeKey(t, account, `"read"`, 30)
			works := func(key string) bool {
				return program.do(t, "GET", accountsPath+account+"/overview", "", "Authorization", "Bearer "+key).status == http.StatusOK
			}
			id := w.idOf(t, "bob@example.com")
			team := decode[struct {
				Items []struct {
					ID   string
					Keys *int
				}
			}](t, alice.get(t, accountsPath+account+"/members"))
			for _, m := range team.Items {
				if m.Keys == nil || *m.Keys != 1 {
					t.Errorf("the keys that would end with %s: %v", m.ID, m.Keys)
				}
			}
			if !works(his.Key) {
				t.Fatal("the key does not work before")
			}
			lose(t, w, alice, bob, account, id)
			if works(his.Key) {
				t.Error("the key outlives its maker's ownership")
			}
			if !works(hers.Key) {
				t.Error("the key of an owner who stays has ended")
			}
			record, err := w.App.FindRecordById("api_keys", his.ID)
			if err != nil || record.GetDateTime("revoked_at").IsZero() {
				t.Errorf("the key is not revoked: %v", err)
			}
			told, err := w.App.FindAllRecords("mail_queue", dbx.HashExp{"template": "keys_ended"})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range told {
				if m.GetString("to_user") == id || !strings.Contains(m.GetString("params"), "Warehouse ("+his.Start) || !strings.Contains(m.GetString("params"), "/accounts/"+account+"/keys") {
					t.Errorf("a mail to %s: %s", m.GetString("to_user"), m.GetString("params"))
				}
			}
			if want := map[bool]int{true: 2, false: 1}[name == "handed over"]; len(told) != want {
				t.Errorf("%d mails, want %d", len(told), want)
			}
			if n, err := w.App.CountRecords("activity", dbx.HashExp{"action": "keys.end", "subject": "api_keys/" + his.ID, "account": account}); err != nil || n != 1 {
				t.Errorf("%d lines in the trail, %v", n, err)
			}
		})
	}
}

func expect(t *testing.T, got answer, status int) {
	t.Helper()
	if got.status != status {
		t.Fatalf("%d %s, want %d", got.status, got.body, status)
	}
}

// An agency's owner makes keys for a client: they end when the agency is left,
// or the client leaves it, and not while a membership of the client's own
// remains.
func TestAgencyKeysEnd(t *testing.T) {
	w := newWorld(t, 1)
	agency, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Agency", "agency", "")
	if err != nil {
		t.Fatal(err)
	}
	var clients []string
	for _, name := range []string{"One", "Two", "Three"} {
		client, err := findOrMakeAccount(t.Context(), w.App, w.Vault, name, "business", agency.Id)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, client.Id)
	}
	login := w.person(t, "alice@example.com", agency.Id, access.Owner)
	other := w.person(t, "bob@example.com", agency.Id, access.Owner)
	bobID := w.idOf(t, "bob@example.com")
	if err := membership.Enrol(w.App, clients[1], bobID, access.Owner); err != nil {
		t.Fatal(err)
	}
	base := w.serveWorld(t)
	alice, bob := newBrowser(t, base), newBrowser(t, base)
	alice.signIn(t, login)
	bob.signIn(t, other)
	keys := map[string]madeKey{}
	for _, client := range clients {
		keys[client] = bob.makeKey(t, client, `"read"`, 30)
	}
	ended := func(client string) bool {
		record, err := w.App.FindRecordById("api_keys", keys[client].ID)
		if err != nil {
			t.Fatal(err)
		}
		return !record.GetDateTime("revoked_at").IsZero()
	}
	if counts, err := w.Keys.With(w.App, agency.Id); err != nil || counts[bobID] != 2 {
		t.Errorf("leaving the agency would end %d keys, %v", counts[bobID], err)
	}
	client, err := w.App.FindRecordById("accounts", clients[2])
	if err != nil {
		t.Fatal(err)
	}
	client.Set("agency", "")
	if err := w.App.Save(client); err != nil {
		t.Fatal(err)
	}
	if !ended(clients[2]) || ended(clients[0]) {
		t.Error("a client that leaves its agency keeps the agency's keys, or another lost its own")
	}
	expect(t, alice.do(t, "DELETE", accountsPath+agency.Id+"/members/"+bobID, ""), http.StatusNoContent)
	if !ended(clients[0]) || ended(clients[1]) {
		t.Errorf("after leaving the agency: its client's key ended %v, that of an own membership %v", ended(clients[0]), ended(clients[1]))
	}
	// A key goes with its account, without a mail about each.
	_, before := w.mailed(t, "keys_ended")
	one, err := w.App.FindRecordById("accounts", clients[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.App.Delete(one); err != nil {
		t.Fatal(err)
	}
	if _, after := w.mailed(t, "keys_ended"); after != before {
		t.Errorf("%d mails about keys of a deleted account", after-before)
	}
}

func TestMakingAKeyAsksWhoItIs(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, login)
	w.now.Advance(11 * time.Minute)
	path, body := accountsPath+account+"/keys", `{"name":"x","scopes":["read"],"days":1}`
	if got := b.do(t, "POST", path, body); got.status != http.StatusForbidden || !strings.Contains(got.body, `"fresh":"required"`) {
		t.Errorf("long after signing in: %d %s", got.status, got.body)
	}
	expect(t, b.do(t, "POST", sessionPath+"/fresh", fmt.Sprintf(`{"password":%q}`, login.Password)), http.StatusNoContent)
	expect(t, b.do(t, "POST", path, body), http.StatusCreated)
}

// Who is deactivated is no owner: the last one who can sign in stays.
func TestTheLastOwnerWhoCanSignIn(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	w.person(t, "bob@example.com", account, access.Owner)
	w.person(t, "vera@example.com", account, access.Viewer)
	base := w.serveWorld(t)
	alice := newBrowser(t, base)
	alice.signIn(t, login)
	token := w.superuser(t, alice)
	aliceID, bobID, veraID := w.idOf(t, "alice@example.com"), w.idOf(t, "bob@example.com"), w.idOf(t, "vera@example.com")
	bob, err := w.App.FindRecordById("users", bobID)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Deactivate(w.App, bob, w.now.Now()); err != nil {
		t.Fatal(err)
	}
	if got := alice.get(t, accountsPath+account+"/members"); strings.Count(got.body, `"deactivated":true`) != 1 {
		t.Errorf("the team does not say who is shut out: %s", got.body)
	}
	m, err := membership.Of(w.App, account, aliceID)
	if err != nil {
		t.Fatal(err)
	}
	panel := func(method, path, body string) answer {
		return alice.do(t, method, "/api/collections/"+path, body, "Authorization", token)
	}
	const shut = `{"deactivated":"2026-11-18 10:00:00.000Z"}`
	for what, got := range map[string]answer{
		"leaving":                   alice.do(t, "DELETE", accountsPath+account+"/members/"+aliceID, ""),
		"giving up ownership":       alice.do(t, "PATCH", accountsPath+account+"/members/"+aliceID, `{"role":"viewer"}`),
		"handing over to the other": alice.do(t, "POST", accountsPath+account+"/members/"+bobID+"/owner", ""),
		"removing in the panel":     panel("DELETE", "memberships/records/"+m.Id, ""),
		"another role in the panel": panel("PATCH", "memberships/records/"+m.Id, `{"role":"viewer"}`),
		"deleting in the panel":     panel("DELETE", "users/records/"+aliceID, ""),
		"deactivating in the panel": panel("PATCH", "users/records/"+aliceID, shut),
	} {
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "ake somebody else its owner first") {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	user, err := w.App.FindRecordById("users", aliceID)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Deactivate(w.App, user, w.now.Now()); !errors.Is(err, membership.ErrLastOwner) {
		t.Errorf("deactivating past the panel: %v", err)
	}
	// Who owns nothing alone may go: the one who is shut out already, and a viewer.
	expect(t, panel("DELETE", "users/records/"+bobID, ""), http.StatusNoContent)
	expect(t, panel("PATCH", "users/records/"+veraID, shut), http.StatusOK)
}
