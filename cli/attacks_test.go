package cli

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/membership"
)

// ASVS 6.3.1: guesses sent all at once are worth no more than one after another.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	w := newWorld(t, 1)
	login, _ := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false // that limit is per address of the network
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	const guesses = 30
	got := make([]int, guesses)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			r, err := b.Post(b.base+sessionPath, "application/json", strings.NewReader(fmt.Sprintf(`{"email":%q,"password":"wrong"}`, login.Email)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Body.Close()
			got[i] = r.StatusCode
		})
	}
	all.Wait()
	of := map[int]int{}
	for _, status := range got {
		of[status]++
	}
	if of[http.StatusUnauthorized] != 6 || of[http.StatusTooManyRequests] != guesses-6 {
		t.Errorf("outcomes told: %v", of)
	}
}

// ASVS 7.4.2: a change that shuts somebody out leaves them no link to come back by.
func TestLinksEndWithWhatTheyWereAskedFrom(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, login)
	if got := b.do(t, "POST", "/api/halotrack/me/email", `{"email":"thief@example.net"}`); got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.body)
	}
	// The old address hears of it at once, also where the new one is taken.
	notice, err := w.App.FindAllRecords("mail_queue", dbx.HashExp{"template": "email_asked"})
	if err != nil || len(notice) != 1 || notice[0].GetString("to_email") != login.Email {
		t.Errorf("the old address got %d notices, %v", len(notice), err)
	}
	w.person(t, "taken@example.com", account, access.Viewer)
	expect(t, b.do(t, "POST", "/api/halotrack/me/email", `{"email":"taken@example.com"}`), http.StatusAccepted)
	if _, n := w.mailed(t, "email_asked"); n != 2 {
		t.Errorf("%d notices after asking for an address that is somebody's", n)
	}
	expect(t, b.do(t, "POST", "/api/halotrack/me/email", `{"email":"thief@example.net"}`), http.StatusAccepted)
	params, n := w.mailed(t, "email_link")
	_, token, ok := strings.Cut(params["link"], "#")
	if !ok {
		t.Fatalf("%d mails, %v", n, params)
	}
	if got := b.do(t, "POST", "/api/halotrack/me/password", `{"password":"lamp gravel otter sonnet"}`); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := newBrowser(t, b.base).do(t, "POST", "/api/halotrack/email", fmt.Sprintf(`{"token":%q}`, token)); got.status != http.StatusBadRequest {
		t.Errorf("the link to another address after a new password: %d %s", got.status, got.body)
	}
}

func TestWhoLeftAnAgencyHasNoWayBackByItsClients(t *testing.T) {
	w := newWorld(t, 1)
	agency, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Agency", "agency", "")
	if err != nil {
		t.Fatal(err)
	}
	client, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Client", "business", agency.Id)
	if err != nil {
		t.Fatal(err)
	}
	w.person(t, "boss@example.com", agency.Id, access.Owner)
	login := w.person(t, "leaver@example.com", agency.Id, access.Owner)
	base := w.serveWorld(t)
	b := newBrowser(t, base)
	b.signIn(t, login)
	token := w.invite(t, b, client.Id, "leaver.private@example.net", access.Owner)
	if got := b.do(t, "POST", lookPath, accepting(token, "")); got.status != http.StatusOK {
		t.Errorf("while they own the agency: %d %s", got.status, got.body)
	}
	if err := membership.Remove(w.App, agency.Id, w.idOf(t, login.Email)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{lookPath, acceptPath} {
		rest := ""
		if path == acceptPath {
			rest = fmt.Sprintf(`,"name":"Leaver","password":%q`, longPassword)
		}
		if got := newBrowser(t, base).do(t, "POST", path, accepting(token, rest)); got.status != http.StatusBadRequest {
			t.Errorf("%s afterwards: %d %s", path, got.status, got.body)
		}
	}
}

// ASVS 6.3.3: a token of PocketBase's own is no way around the session.
func TestATokenIsNoSession(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	user, err := w.App.FindAuthRecordByEmail("users", login.Email)
	if err != nil {
		t.Fatal(err)
	}
	token, err := user.NewAuthToken()
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.serveWorld(t))
	for _, path := range []string{"/api/halotrack/accounts", accountsPath + account + "/members", sessionPath} {
		if got := b.do(t, "GET", path, "", "Authorization", token); got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// What a filter compares is shown as surely as what is listed.
func TestFiltersShowNothingOfAnAgencysOtherClients(t *testing.T) {
	w := newWorld(t, 1)
	agency, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Agency", "agency", "")
	if err != nil {
		t.Fatal(err)
	}
	client, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Client", "business", agency.Id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Rival", "business", agency.Id); err != nil {
		t.Fatal(err)
	}
	w.person(t, "boss@example.com", agency.Id, access.Owner)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, w.person(t, "viewer@example.com", client.Id, access.Viewer))
	list := "/api/collections/accounts/records?filter="
	if got := b.get(t, list+"name%3D'Client'"); !strings.Contains(got.body, client.Id) {
		t.Fatalf("one's own: %d %s", got.status, got.body)
	}
	for _, filter := range []string{"agency.accounts_via_agency.name%3F%3D'Rival'", "agency.name%3D'Agency'", "agency.memberships_via_account.user.email%3F~'boss'", "agency.memberships_via_account.role%3F%3D'owner'"} {
		if got := b.get(t, list+filter); strings.Contains(got.body, client.Id) {
			t.Errorf("%s: %d %s", filter, got.status, got.body)
		}
	}
}

// Nobody fills another's mailbox: neither a stranger, nor somebody signed in.
func TestMailsToOneMailboxAreLimited(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	b := newBrowser(t, w.serveWorld(t))
	b.signIn(t, login)
	var statuses []int
	for range 6 {
		statuses = append(statuses, b.do(t, "POST", accountsPath+account+"/members", `{"email":"victim@example.net","role":"viewer"}`).status)
	}
	if _, n := w.mailed(t, "invitation"); n != 5 || statuses[5] != http.StatusTooManyRequests {
		t.Errorf("%d invitations, %v", n, statuses)
	}
	statuses = nil
	for range 4 {
		statuses = append(statuses, b.do(t, "POST", "/api/halotrack/me/email", `{"email":"victim@example.net"}`).status)
	}
	if _, n := w.mailed(t, "email_link"); n != 3 || statuses[3] != http.StatusTooManyRequests {
		t.Errorf("%d links to a new address, %v", n, statuses)
	}
}
