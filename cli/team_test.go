package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/waitlist"
)

const (
	accountsPath = "/api/halotrack/accounts/"
	lookPath     = "/api/halotrack/invitations/look"
	acceptPath   = "/api/halotrack/invitations/accept"
	longPassword = "quarterly narwhal teapot 93"
)

// mailed returns the parameters of the newest mail of a template, and how many
// of it are queued.
func (w *world) mailed(t *testing.T, template string) (params map[string]string, n int) {
	t.Helper()
	records, err := w.App.FindAllRecords("mail_queue", dbx.HashExp{"template": template})
	if err != nil {
		t.Fatal(err)
	}
	if len(records) == 0 {
		return nil, 0
	}
	if err := json.Unmarshal([]byte(records[len(records)-1].GetString("params")), &params); err != nil {
		t.Fatal(err)
	}
	return params, len(records)
}

// invite invites by mail and returns the secret of the link in it.
func (w *world) invite(t *testing.T, b *browser, account, email string, role access.Role) (token string) {
	t.Helper()
	got := b.do(t, "POST", accountsPath+account+"/members", fmt.Sprintf(`{"email":%q,"role":%q}`, email, role))
	if got.status != http.StatusCreated {
		t.Fatalf("invite: %d %s", got.status, got.body)
	}
	params, _ := w.mailed(t, "invitation")
	_, token, ok := strings.Cut(params["link"], "/join#")
	if !ok || strings.Contains(got.body, token) {
		t.Fatalf("the mail's link is %q, the answer %s", params["link"], got.body)
	}
	return token
}

func (w *world) idOf(t *testing.T, email string) string {
	t.Helper()
	user, err := w.App.FindAuthRecordByEmail("users", email)
	if err != nil {
		t.Fatal(err)
	}
	return user.Id
}

func accepting(token, rest string) string { return fmt.Sprintf(`{"token":%q%s}`, token, rest) }

func TestInvitingAColleague(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	base := w.serveWorld(t)
	alice := newBrowser(t, base)
	alice.signIn(t, login)
	token := w.invite(t, alice, account, "Bob@Example.com", access.Viewer)

	bob := newBrowser(t, base)
	seen := bob.do(t, "POST", lookPath, accepting(token, ""))
	for _, want := range []string{`"email":"Bob@Example.com"`, `"role":"viewer"`, `"account":"Tester"`, `"inviter":"Test Person"`, `"known":false`} {
		if !strings.Contains(seen.body, want) {
			t.Errorf("the invitation lacks %s: %s", want, seen.body)
		}
	}
	for body, why := range map[string]string{
		accepting(token, `,"name":"Bob","password":"short"`):                    "a short password",
		accepting(token, `,"name":"Bob","password":"passwordpassword"`):         "a password that is guessed first",
		accepting(token, `,"password":"`+longPassword+`"`):                      "no name",
		accepting(token, `,"name":"B","password":"`+longPassword+`","extra":1`): "an unknown field",
		accepting("nonsense", `,"name":"Bob","password":"`+longPassword+`"`):    "a wrong secret",
		accepting(token+"x", `,"name":"Bob","password":"`+longPassword+`"`):     "a secret with a letter more",
	} {
		if got := bob.do(t, "POST", acceptPath, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", why, got.status, got.body)
		}
	}
	in := decode[struct{ Account string }](t, bob.do(t, "POST", acceptPath, accepting(token, `,"name":"Bob","password":"`+longPassword+`"`)))
	if in.Account != account {
		t.Errorf("it led to %s", in.Account)
	}
	if who := bob.get(t, sessionPath); who.status != http.StatusOK || !strings.Contains(strings.ToLower(who.body), "bob@example.com") {
		t.Errorf("after signing up: %d %s", who.status, who.body)
	}
	if again := newBrowser(t, base).do(t, "POST", acceptPath, accepting(token, `,"name":"Eve","password":"`+longPassword+`"`)); again.status != http.StatusBadRequest {
		t.Errorf("the link worked twice: %d", again.status)
	}
	if params, n := w.mailed(t, "team_changed"); n != 1 || !strings.Contains(params["what"], "joined this account as viewer") {
		t.Errorf("%d mails to the owner, the last: %v", n, params)
	}

	// A viewer sees who is there, and changes nothing.
	team := bob.get(t, accountsPath+account+"/members")
	if team.status != http.StatusOK || !strings.Contains(team.body, "alice@example.com") || strings.Contains(team.body, `"secondFactor":false`) {
		t.Errorf("the team as a viewer sees it: %d %s", team.status, team.body)
	}
	aliceID, bobID := w.idOf(t, "alice@example.com"), w.idOf(t, "bob@example.com")
	for _, try := range []struct{ method, path, body string }{
		{"POST", "/members", `{"email":"eve@example.com","role":"owner"}`},
		{"PATCH", "/members/" + bobID, `{"role":"owner"}`}, {"PATCH", "/members/" + aliceID, `{"role":"viewer"}`},
		{"DELETE", "/members/" + aliceID, ""}, {"POST", "/members/" + bobID + "/owner", ""},
		{"PATCH", "", `{"name":"Mine"}`}, {"PUT", "/logo", "x"}, {"DELETE", "/logo", ""}, {"POST", "/clients", `{"name":"x"}`},
	} {
		got, want := bob.do(t, try.method, accountsPath+account+try.path, try.body), bob.do(t, try.method, accountsPath+"aaaaaaaaaaaaaaa"+try.path, try.body)
		if got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("a viewer's %s %s: %d %s, of an unknown account: %s", try.method, try.path, got.status, got.body, want.body)
		}
	}

	// Roles, and the last owner.
	patch := func(user, role string) answer {
		return alice.do(t, "PATCH", accountsPath+account+"/members/"+user, `{"role":"`+role+`"}`)
	}
	if got := patch(bobID, "analyst"); got.status != http.StatusNoContent {
		t.Errorf("another role: %d %s", got.status, got.body)
	}
	if got := patch(bobID, "king"); got.status != http.StatusBadRequest {
		t.Errorf("an unknown role: %d", got.status)
	}
	for what, got := range map[string]answer{"giving up ownership": patch(aliceID, "viewer"), "leaving": alice.do(t, "DELETE", accountsPath+account+"/members/"+aliceID, "")} {
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "Make somebody else its owner first") {
			t.Errorf("%s as the last owner: %d %s", what, got.status, got.body)
		}
	}
	if got := alice.do(t, "POST", accountsPath+account+"/members", `{"email":"BOB@example.com","role":"viewer"}`); got.status != http.StatusBadRequest {
		t.Errorf("inviting who is there: %d", got.status)
	}

	// Handing over asks who it is; afterwards the old owner may leave.
	w.now.Advance(11 * time.Minute)
	transfer := func() answer { return alice.do(t, "POST", accountsPath+account+"/members/"+bobID+"/owner", "") }
	if got := transfer(); got.status != http.StatusForbidden || !strings.Contains(got.body, `"fresh":"required"`) {
		t.Errorf("handing over without a fresh proof: %d %s", got.status, got.body)
	}
	if got := patch(bobID, "owner"); got.status != http.StatusForbidden {
		t.Errorf("making an owner without a fresh proof: %d", got.status)
	}
	if got := alice.do(t, "POST", accountsPath+account+"/members", `{"email":"eve@example.com","role":"owner"}`); got.status != http.StatusForbidden || !strings.Contains(got.body, `"fresh":"required"`) {
		t.Errorf("inviting an owner without a fresh proof: %d %s", got.status, got.body)
	}
	if got := alice.do(t, "POST", sessionPath+"/fresh", fmt.Sprintf(`{"password":%q}`, login.Password)); got.status != http.StatusNoContent {
		t.Fatalf("prove again: %d %s", got.status, got.body)
	}
	eve := w.invite(t, alice, account, "eve@example.com", access.Owner)
	if got := transfer(); got.status != http.StatusNoContent {
		t.Fatalf("hand over: %d %s", got.status, got.body)
	}
	if got := bob.do(t, "POST", lookPath, accepting(eve, "")); got.status != http.StatusBadRequest {
		t.Errorf("an invitation outlives the ownership it came from: %d", got.status)
	}
	if got := alice.do(t, "DELETE", accountsPath+account+"/members/"+aliceID, ""); got.status != http.StatusNoContent {
		t.Errorf("leaving: %d %s", got.status, got.body)
	}
	if got := alice.get(t, accountsPath+account+"/members"); got.status != http.StatusNotFound {
		t.Errorf("who left still sees the team: %d", got.status)
	}
	var actions []string
	if err := w.App.DB().Select("action").From("activity").Where(dbx.HashExp{"account": account}).OrderBy("at", "rowid").Column(&actions); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(actions, " "); got != "member.invite invitation.accept member.role member.invite account.owner member.leave" {
		t.Errorf("the trail: %s", got)
	}
	if strings.Contains(strings.ToLower(w.log.String()), "bob@") || strings.Contains(w.log.String(), token) {
		t.Error("the log holds an address or a secret")
	}
}

func TestRemovingAMember(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	other := w.person(t, "bob@example.com", account, access.Owner)
	base := w.serveWorld(t)
	alice, bob := newBrowser(t, base), newBrowser(t, base)
	alice.signIn(t, login)
	bob.signIn(t, other)
	token := w.invite(t, bob, account, "bob.again@example.com", access.Owner)
	kept := w.invite(t, alice, account, "carol@example.com", access.Viewer)
	path := accountsPath + account + "/members/" + w.idOf(t, "bob@example.com")
	if got := alice.do(t, "DELETE", path, ""); got.status != http.StatusNoContent {
		t.Fatalf("remove: %d %s", got.status, got.body)
	}
	if got := bob.get(t, accountsPath+account+"/members"); got.status != http.StatusNotFound {
		t.Errorf("who was removed still sees the team: %d", got.status)
	}
	if got := alice.do(t, "DELETE", path, ""); got.status != http.StatusNotFound {
		t.Errorf("removed twice: %d", got.status)
	}
	if got := bob.do(t, "POST", lookPath, accepting(token, "")); got.status != http.StatusBadRequest {
		t.Errorf("who was removed can come back by their own invitation: %d", got.status)
	}
	list := decode[struct{ Invitations []struct{ ID string } }](t, alice.get(t, accountsPath+account+"/members"))
	if len(list.Invitations) != 1 {
		t.Fatalf("%d invitations are open", len(list.Invitations))
	}
	revoke := accountsPath + account + "/invitations/" + list.Invitations[0].ID
	_, foreign := w.otherAccount(t, base)
	unknown := foreign.do(t, "DELETE", revoke, "")
	if unknown.status != http.StatusNotFound {
		t.Errorf("a stranger revoked it: %d", unknown.status)
	}
	if got := alice.do(t, "DELETE", revoke, ""); got.status != http.StatusNoContent {
		t.Errorf("revoke: %d %s", got.status, got.body)
	}
	if got := alice.do(t, "DELETE", revoke, ""); got.status != http.StatusNotFound || got.body != unknown.body {
		t.Errorf("revoked twice: %d", got.status)
	}
	if got := bob.do(t, "POST", lookPath, accepting(kept, "")); got.status != http.StatusBadRequest {
		t.Errorf("a revoked invitation opens: %d", got.status)
	}
}

// otherAccount makes another tenant and signs its owner in.
func (w *world) otherAccount(t *testing.T, base string) (account string, owner *browser) {
	t.Helper()
	record, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Other", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	owner = newBrowser(t, base)
	owner.signIn(t, w.person(t, "owner@other.example", record.Id, access.Owner))
	return record.Id, owner
}

// application makes somebody on the waitlist who is invited, and their secret.
func (w *world) application(t *testing.T, email string) (record *core.Record, token string) {
	t.Helper()
	collection, err := w.App.FindCollectionByNameOrId(waitlist.Collection)
	if err != nil {
		t.Fatal(err)
	}
	record = core.NewRecord(collection)
	for name, value := range map[string]any{
		"name": "Wanda", "email": email, "business_type": "agency", "ad_spend_band": "1k_5k", "marketplaces": []string{"DE"},
		"status": string(waitlist.New), "applied_at": w.now.Now(),
	} {
		record.Set(name, value)
	}
	if err := w.App.Save(record); err != nil {
		t.Fatal(err)
	}
	record.Set("status", string(waitlist.Invited))
	if err := w.App.Save(record); err != nil {
		t.Fatal(err)
	}
	token, err = invitations.Create(w.App, invitations.Spec{Email: email, Role: access.Owner, Kind: "agency", Application: record.Id}, w.now.Now())
	if err != nil {
		t.Fatal(err)
	}
	return record, token
}

func TestSigningUpMakesAnAccountOnce(t *testing.T) {
	w := newWorld(t, 1)
	base := w.serveWorld(t)
	record, token := w.application(t, "wanda@example.com")
	b := newBrowser(t, base)
	if got := b.do(t, "POST", lookPath, accepting(token, "")); !strings.Contains(got.body, `"kind":"agency"`) || !strings.Contains(got.body, `"account":null`) {
		t.Errorf("look: %s", got.body)
	}
	if got := b.do(t, "POST", acceptPath, accepting(token, `,"name":"Wanda","password":"`+longPassword+`"`)); got.status != http.StatusBadRequest {
		t.Errorf("without a name of the business: %d", got.status)
	}
	const tries = 8
	var group sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range tries {
		group.Go(func() {
			got := newBrowser(t, base).do(t, "POST", acceptPath, accepting(token, `,"name":"Wanda","businessName":"Wanda & Co","password":"`+longPassword+`"`))
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
		})
	}
	group.Wait()
	if statuses[http.StatusOK] != 1 || statuses[http.StatusOK]+statuses[http.StatusBadRequest]+statuses[http.StatusTooManyRequests]+statuses[http.StatusUnauthorized] != tries {
		t.Errorf("eight at once: %v", statuses)
	}
	for table, where := range map[string]dbx.HashExp{"users": {"email": "wanda@example.com"}, "accounts": {"name": "Wanda & Co", "kind": "agency"}} {
		if n, err := w.App.CountRecords(table, where); err != nil || n != 1 {
			t.Errorf("%d %s were made, %v", n, table, err)
		}
	}
	user, err := w.App.FindAuthRecordByEmail("users", "wanda@example.com")
	if err != nil {
		t.Fatal(err)
	}
	grants, err := access.Grants(w.App, user.Id)
	if err != nil || len(grants) != 1 || grants[0].Role != access.Owner || !user.Verified() {
		t.Fatalf("%v, verified %v, %v", grants, user.Verified(), err)
	}
	var keys int
	if err := w.App.DB().Select("count(*)").From("vault_keys").Where(dbx.HashExp{"kind": "account", "name": grants[0].Account.Id}).Row(&keys); err != nil || keys != 1 {
		t.Errorf("the account has %d keys, %v", keys, err)
	}
	if after, err := w.App.FindRecordById(waitlist.Collection, record.Id); err != nil || after.GetString("status") != string(waitlist.Joined) || after.GetDateTime("resolved_at").IsZero() {
		t.Errorf("the application is %v, %v", after, err)
	}
}

func TestInvitationsEnd(t *testing.T) {
	w := newWorld(t, 1)
	base := w.serveWorld(t)
	b := newBrowser(t, base)
	body := func(token string) string {
		return accepting(token, `,"name":"Wanda","businessName":"Wanda & Co","password":"`+longPassword+`"`)
	}
	record, withdrawn := w.application(t, "withdrawn@example.com")
	if err := waitlist.Move(record, waitlist.Withdrawn, w.now.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.App.Save(record); err != nil {
		t.Fatal(err)
	}
	want := b.do(t, "POST", acceptPath, body("nonsense"))
	if got := b.do(t, "POST", acceptPath, body(withdrawn)); got.status != http.StatusBadRequest || got.body != want.body {
		t.Errorf("of a withdrawn application: %d %s", got.status, got.body)
	}
	if n, err := w.App.CountRecords("users", dbx.HashExp{"email": "withdrawn@example.com"}); err != nil || n != 0 {
		t.Errorf("a person is left behind: %d, %v", n, err)
	}
	_, late := w.application(t, "late@example.com")
	w.now.Advance(invitations.Life)
	if got := b.do(t, "POST", acceptPath, body(late)); got.status != http.StatusBadRequest || got.body != want.body {
		t.Errorf("after seven days: %d %s", got.status, got.body)
	}
	w.now.Advance(31 * 24 * time.Hour)
	if err := invitations.Sweep(w.App, w.now.Now()); err != nil {
		t.Fatal(err)
	}
	if n, err := w.App.CountRecords(invitations.Collection); err != nil || n != 0 {
		t.Errorf("%d invitations are left, %v", n, err)
	}
}

func TestAcceptingAsSomeoneWhoHasAnAccount(t *testing.T) {
	w := newWorld(t, 1)
	login, account := w.alice(t)
	other, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Other", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	owner, analyst := w.person(t, "bob@example.com", other.Id, access.Owner), w.person(t, "ann@example.com", other.Id, access.Analyst)
	base := w.serveWorld(t)
	alice, bob, ann := newBrowser(t, base), newBrowser(t, base), newBrowser(t, base)
	alice.signIn(t, login)
	bob.signIn(t, owner)
	ann.signIn(t, analyst)
	token := w.invite(t, alice, account, "BOB@example.com", access.Analyst)
	if got := newBrowser(t, base).do(t, "POST", acceptPath, accepting(token, `,"name":"Eve","password":"`+longPassword+`"`)); got.status != http.StatusUnauthorized || !strings.Contains(got.body, `"signIn":"required"`) {
		t.Errorf("as a guest: %d %s", got.status, got.body)
	}
	if got := ann.do(t, "POST", acceptPath, accepting(token, "")); got.status != http.StatusForbidden || !strings.Contains(got.body, `"signIn":"other"`) {
		t.Errorf("as somebody else: %d %s", got.status, got.body)
	}
	if got := bob.do(t, "POST", lookPath, accepting(token, "")); !strings.Contains(got.body, `"known":true,"signedIn":true`) {
		t.Errorf("look: %s", got.body)
	}
	if got := bob.do(t, "POST", acceptPath, accepting(token, "")); got.status != http.StatusOK {
		t.Fatalf("accept: %d %s", got.status, got.body)
	}
	if _, err := access.Require(w.App, w.idOf(t, "bob@example.com"), account, access.Analyst); err != nil {
		t.Error(err)
	}
}

func TestWhiteLabelAndClients(t *testing.T) {
	w := newWorld(t, 1)
	agency, err := findOrMakeAccount(t.Context(), w.App, w.Vault, "Agency", "agency", "")
	if err != nil {
		t.Fatal(err)
	}
	login, business := w.alice(t)
	base := w.serveWorld(t)
	b, alice := newBrowser(t, base), newBrowser(t, base)
	b.signIn(t, w.person(t, "agent@example.com", agency.Id, access.Owner))
	alice.signIn(t, login)
	path := accountsPath + agency.Id
	made := b.do(t, "POST", path+"/clients", `{"name":"Client One"}`)
	var client struct{ ID string }
	if err := json.Unmarshal([]byte(made.body), &client); err != nil || made.status != http.StatusCreated {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if got := alice.do(t, "POST", accountsPath+business+"/clients", `{"name":"x"}`); got.status != http.StatusBadRequest {
		t.Errorf("a business's client: %d", got.status)
	}
	if got := alice.do(t, "PATCH", accountsPath+business, `{"brandName":"x"}`); got.status != http.StatusBadRequest {
		t.Errorf("a business's white label: %d", got.status)
	}
	if got := alice.do(t, "PATCH", accountsPath+business, `{"name":" Renamed "}`); got.status != http.StatusNoContent {
		t.Errorf("rename: %d %s", got.status, got.body)
	}
	if got := b.do(t, "PATCH", path, `{"brandName":"Bright","brandColour":"#AA3311"}`); got.status != http.StatusNoContent {
		t.Errorf("white label: %d %s", got.status, got.body)
	}
	for _, body := range []string{`{}`, `{"name":""}`, `{"brandColour":"red"}`, `{"brandColour":"#12345"}`, `{"kind":"business"}`, `{"name":"` + strings.Repeat("x", 201) + `"}`} {
		if got := b.do(t, "PATCH", path, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, got.status)
		}
	}

	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	for body, want := range map[string]int{
		`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`: http.StatusBadRequest,
		"<html><script>alert(1)</script>":                                         http.StatusBadRequest,
		"GIF89a":                                                                  http.StatusBadRequest,
		png + strings.Repeat("x", 100_000):                                        http.StatusRequestEntityTooLarge,
		png + strings.Repeat("x", 90_000):                                         http.StatusNoContent,
	} {
		if got := b.do(t, "PUT", path+"/logo", body, "Content-Type", "image/png"); got.status != want {
			t.Errorf("a logo of %d bytes that begins %.9q: %d %s", len(body), body, got.status, got.body)
		}
	}
	// The client's own people see the agency's label, and not the agency.
	c := newBrowser(t, base)
	c.signIn(t, w.person(t, "client@example.com", client.ID, access.Viewer))
	got := c.get(t, accountsPath+client.ID+"/logo")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "image/png" || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") || len(got.body) < 90_000 {
		t.Errorf("the logo: %d, %d bytes, %v", got.status, len(got.body), got.header)
	}
	if list := c.get(t, "/api/halotrack/accounts"); !strings.Contains(list.body, `"brand":{"name":"Bright","colour":"#aa3311","logo":true}`) || strings.Contains(list.body, agency.Id) {
		t.Errorf("the client's accounts: %s", list.body)
	}
	if members := c.get(t, accountsPath+client.ID+"/members"); !strings.Contains(members.body, `"agency":"Agency"`) || strings.Contains(members.body, "agent@") {
		t.Errorf("the client's team: %s", members.body)
	}
	for _, asked := range []string{agency.Id, business} {
		if got, want := c.get(t, accountsPath+asked+"/logo"), c.get(t, accountsPath+"aaaaaaaaaaaaaaa/logo"); got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("the logo of another account: %d %s", got.status, got.body)
		}
	}
	if got := b.do(t, "DELETE", path+"/logo", ""); got.status != http.StatusNoContent {
		t.Errorf("remove the logo: %d", got.status)
	}
	if got := c.get(t, accountsPath+client.ID+"/logo"); got.status != http.StatusNotFound {
		t.Errorf("a removed logo: %d", got.status)
	}
}
