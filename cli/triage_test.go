package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/waitlist"
)

const queue = "/api/halotrack/operator/waitlist"

// triager is someone with the staff role, signed in. Their second factor is the
// session room's matter and tested there.
func (w *world) triager(t *testing.T, base string) *browser {
	t.Helper()
	login, err := w.demoPerson("tess@example.com", "Tess Triage", []string{"triage"})
	if err != nil {
		t.Fatal(err)
	}
	user, err := w.App.FindAuthRecordByEmail("users", "tess@example.com")
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, base)
	b.signIn(t, login)
	rows, err := w.App.FindRecordsByFilter("sessions", "user = {:u}", "-started", 1, 0, dbx.Params{"u": user.Id})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	rows[0].Set("factors", []string{"password", "totp"})
	if err := w.App.Save(rows[0]); err != nil {
		t.Fatal(err)
	}
	return b
}

// apply puts applications into the queue, a day apart, oldest first.
func (w *world) apply(t *testing.T, bands ...string) (ids []string) {
	t.Helper()
	for i, band := range bands {
		a := waitlist.Application{Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.com", i), BusinessType: "agency", AdSpendBand: band, Marketplaces: []string{"US"}}
		if err := w.Desk.Apply(w.App, a, false); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.applied(t, a.Email).Id)
		w.now.Set(w.now.Now().Add(24 * time.Hour))
	}
	return ids
}

type queued struct {
	Items []struct {
		ID, Status, Name string
		Next             []string
	}
	NextCursor *string
	Total      int
	Counts     map[string]int
	Capacity   waitlist.Capacity
}

func (q queued) ids() (ids []string) {
	for _, it := range q.Items {
		ids = append(ids, it.ID)
	}
	return ids
}

func TestTheQueue(t *testing.T) {
	w := newWorld(t, 1)
	ids := w.apply(t, "none", "over_100k", "1k_5k", "over_100k")
	b := w.triager(t, w.serveWorld(t))
	for query, want := range map[string][]string{
		"":                   ids,
		"?sort=newest":       {ids[3], ids[2], ids[1], ids[0]},
		"?sort=band":         {ids[1], ids[3], ids[2], ids[0]},
		"?band=over_100k":    {ids[1], ids[3]},
		"?q=Person%202":      {ids[2]},
		"?q=P2@EXAMPLE":      {ids[2]},
		"?q=%25":             nil,
		"?status=invited":    nil,
		"?status=open&q=p0@": {ids[0]},
	} {
		got := decode[queued](t, b.get(t, queue+query))
		if !slices.Equal(got.ids(), want) || got.Total != len(want) || got.Counts["new"] != 4 {
			t.Errorf("%s: %+v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?sort=name", "?status=x", "?band=lots", "?cursor=x"} {
		if got := b.get(t, queue+query); got.status != 400 {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

func TestTheQueueHasPages(t *testing.T) {
	w := newWorld(t, 1)
	var bands []string
	for i := range 120 {
		bands = append(bands, waitlist.SpendBands[i%len(waitlist.SpendBands)].Value)
	}
	w.apply(t, bands...)
	b := w.triager(t, w.serveWorld(t))
	for _, sort := range []string{"oldest", "newest", "band"} {
		seen, cursor := map[string]bool{}, ""
		for range 3 {
			page := decode[queued](t, b.get(t, queue+"?sort="+sort+cursor))
			for _, id := range page.ids() {
				seen[id] = true
			}
			if page.NextCursor != nil {
				cursor = "&cursor=" + *page.NextCursor
			}
		}
		if len(seen) != 120 {
			t.Errorf("%s: three pages hold %d of 120", sort, len(seen))
		}
	}
}

// Deciding sends the mail, makes or revokes the invitation, and stands in the
// trail.
func TestDeciding(t *testing.T) {
	w := newWorld(t, 1)
	ids := w.apply(t, "none", "none", "none", "none")
	b := w.triager(t, w.serveWorld(t))
	patch := func(id, status string, want int) answer {
		t.Helper()
		got := b.do(t, "PATCH", queue+"/"+id, `{"status":"`+status+`"}`)
		if got.status != want {
			t.Errorf("%s: %d %s, want %d", status, got.status, got.body, want)
		}
		return got
	}
	open := func() int {
		t.Helper()
		list, err := invitations.Open(w.App, "", w.now.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	patch(ids[0], "reviewing", 200)
	patch(ids[0], "invited", 200)
	letters := w.mails(t, mail.WaitlistInvitation, "p0@example.com")
	if len(letters) != 1 || open() != 1 {
		t.Fatalf("%d mails, %d invitations", len(letters), open())
	}
	_, token, _ := strings.Cut(letters[0]["link"], "/join#")
	invitation, err := invitations.Find(w.App, token, w.now.Now())
	if err != nil || invitation.GetString("application") != ids[0] || invitation.GetString("kind") != "agency" || invitation.GetString("role") != "owner" {
		t.Errorf("the invitation is %v, %v", invitation, err)
	}
	patch(ids[0], "joined", 400)
	patch(ids[0], "withdrawn", 400)
	patch(ids[0], "invited", 200) // again: the old link is void
	if _, err := invitations.Find(w.App, token, w.now.Now()); err == nil || open() != 1 {
		t.Errorf("the first invitation still opens; %d are open", open())
	}
	patch(ids[0], "declined", 200)
	if open() != 0 || len(w.mails(t, mail.WaitlistInvitation, "p0@example.com")) != 0 || len(w.mails(t, mail.WaitlistDeclined, "p0@example.com")) != 1 {
		t.Error("declining left an invitation, or sent no mail")
	}
	resolved := w.applied(t, "p0@example.com").GetDateTime("resolved_at")
	patch(ids[0], "reviewing", 409)

	// At most one later offer, and the clock of retention goes on.
	w.now.Set(w.now.Now().Add(100 * 24 * time.Hour))
	b = w.triager(t, b.base) // the session has run out
	offer := queue + "/" + ids[0] + "/offer"
	if got := b.do(t, "POST", offer, ""); got.status != 200 {
		t.Errorf("the offer: %d %s", got.status, got.body)
	}
	if n := len(w.mails(t, mail.CapacityOffer, "p0@example.com")); n != 1 || open() != 1 {
		t.Errorf("%d offers, %d invitations", n, open())
	}
	patch(ids[0], "invited", 400)
	patch(ids[0], "declined", 200)
	if got := b.do(t, "POST", offer, ""); got.status != 400 {
		t.Errorf("a second offer: %d %s", got.status, got.body)
	}
	r := w.applied(t, "p0@example.com")
	if !r.GetDateTime("resolved_at").Equal(resolved) {
		t.Errorf("resolved_at moved from %v to %v", resolved, r.GetDateTime("resolved_at"))
	}
	if got := b.do(t, "POST", queue+"/"+ids[1]+"/offer", ""); got.status != 409 {
		t.Errorf("an offer to someone who waits: %d", got.status)
	}

	bulk := decode[struct {
		Moved   []string
		Refused []struct{ ID, Why string }
	}](t, b.do(t, "POST", queue+"/bulk", `{"ids":["`+ids[0]+`","`+ids[1]+`","`+ids[2]+`","`+ids[1]+`","`+unknownID+`","`+unknownID+`"],"status":"reviewing"}`))
	if !slices.Equal(bulk.Moved, ids[1:3]) || len(bulk.Refused) != 2 || !strings.Contains(bulk.Refused[0].Why, "declined") {
		t.Errorf("in bulk: %+v", bulk)
	}

	// An id that comes twice is invited once.
	first := len(w.mails(t, mail.WaitlistInvitation, "p3@example.com"))
	twice := b.do(t, "POST", queue+"/bulk", `{"ids":["`+ids[3]+`","`+ids[3]+`"],"status":"invited"}`)
	if n := len(w.mails(t, mail.WaitlistInvitation, "p3@example.com")); n != first+1 || strings.Count(twice.body, ids[3]) != 1 {
		t.Errorf("invited twice at once: %d mails, %s", n-first, twice.body)
	}
	if again, err := w.App.CountRecords("activity", dbx.HashExp{"action": "waitlist.invite_again", "subject": "waitlist/" + ids[3]}); err != nil || again != 0 {
		t.Errorf("invited again %d times, %v", again, err)
	}
	patch(ids[3], "declined", 200)

	notes := b.do(t, "POST", queue+"/"+ids[1]+"/notes", `{"text":"Nice shop."}`)
	if notes.status != 200 || !strings.Contains(notes.body, "Nice shop.") || !strings.Contains(notes.body, "Tess Triage") {
		t.Errorf("a note: %d %s", notes.status, notes.body)
	}

	if got := b.do(t, "PUT", "/api/halotrack/operator/capacity", `{"places":1}`); got.status != 200 || !strings.Contains(got.body, `"places":1`) {
		t.Errorf("the capacity: %d %s", got.status, got.body)
	}
	patch(ids[1], "invited", 200)
	if got := patch(ids[2], "invited", 409); !strings.Contains(got.body, "capacity") {
		t.Errorf("beyond the capacity: %s", got.body)
	}

	trail := b.get(t, "/api/halotrack/operator/activity")
	for _, action := range []string{"waitlist.review", "waitlist.invite", "waitlist.invite_again", "waitlist.decline", "waitlist.note", "capacity.set"} {
		if !strings.Contains(trail.body, `"`+action+`"`) {
			t.Errorf("the trail lacks %s: %s", action, trail.body)
		}
	}
	if strings.Contains(trail.body, "@example.com") || strings.Contains(trail.body, "Person") {
		t.Errorf("the trail holds personal data: %s", trail.body)
	}
}

func TestTriageIsForItsStaffAlone(t *testing.T) {
	w := newWorld(t, 1)
	ids := w.apply(t, "none")
	base := w.serveWorld(t)
	setup := w.connect(t)
	alice, guest := newBrowser(t, base), newBrowser(t, base)
	alice.signIn(t, w.person(t, "alice@example.com", setup.clients[0], "owner"))
	for _, c := range []struct{ method, path, body string }{
		{"GET", queue, ""}, {"GET", queue + "/" + ids[0], ""}, {"PATCH", queue + "/" + ids[0], `{"status":"invited"}`},
		{"POST", queue + "/bulk", `{"ids":["` + ids[0] + `"],"status":"invited"}`}, {"GET", queue + "/" + ids[0] + "/notes", ""},
		{"POST", queue + "/" + ids[0] + "/notes", `{"text":"x"}`}, {"POST", queue + "/" + ids[0] + "/offer", ""},
		{"GET", "/api/halotrack/operator/capacity", ""}, {"PUT", "/api/halotrack/operator/capacity", `{"places":3}`}, {"GET", "/api/halotrack/operator/activity", ""},
	} {
		want := alice.get(t, "/api/halotrack/operator/nothing")
		if got := alice.do(t, c.method, c.path, c.body); got.status != http.StatusNotFound || got.body != want.body {
			t.Errorf("%s %s as a customer: %d %s", c.method, c.path, got.status, got.body)
		}
		if got := guest.do(t, c.method, c.path, c.body); got.status != http.StatusUnauthorized {
			t.Errorf("%s %s as a guest: %d", c.method, c.path, got.status)
		}
	}
	if w.applied(t, "p0@example.com").GetString("status") != "new" {
		t.Error("someone without the role moved it")
	}
}

// The machine holds for whoever writes to the collection, PocketBase's
// administrator included.
func TestTheAdminPanelCannotBreakTheMachine(t *testing.T) {
	w := newWorld(t, 1)
	ids := w.apply(t, "none", "none")
	b := newBrowser(t, w.serveWorld(t))
	token := w.superuser(t, b)
	edit := func(method, id, body string, want int) {
		t.Helper()
		got := b.do(t, method, "/api/collections/waitlist/records/"+id, body, "Authorization", token)
		if got.status != want {
			t.Errorf("%s %s: %d %s, want %d", method, body, got.status, got.body, want)
		}
	}
	edit("PATCH", ids[0], `{"status":"joined"}`, 400)
	edit("PATCH", ids[0], `{"resolved_at":"2026-01-01 00:00:00.000Z"}`, 400)
	edit("PATCH", ids[0], `{"applied_at":"2026-01-01 00:00:00.000Z"}`, 400)
	edit("PATCH", ids[0], `{"offered_at":"2026-01-01 00:00:00.000Z"}`, 400)
	edit("PATCH", ids[0], `{"status":"declined"}`, 200)
	edit("PATCH", ids[0], `{"resolved_at":"2027-01-01 00:00:00.000Z"}`, 400)
	edit("PATCH", ids[0], `{"status":"declined","resolved_at":""}`, 400)
	edit("PATCH", ids[0], `{"status":"new"}`, 400)
	if n := len(w.mails(t, mail.WaitlistDeclined, "p0@example.com")); n != 1 {
		t.Errorf("%d mails for declining in the panel", n)
	}
	edit("PATCH", ids[1], `{"status":"invited"}`, 200)
	if n := len(w.mails(t, mail.WaitlistInvitation, "p1@example.com")); n != 1 {
		t.Errorf("%d mails for inviting in the panel", n)
	}
	if n, err := w.App.CountRecords("activity", dbx.HashExp{"actor_kind": "superuser", "action": "waitlist.edit"}); err != nil || n != 2 {
		t.Errorf("%d entries in the trail, %v", n, err)
	}
	texts, err := w.App.FindAllRecords("consent_texts")
	if err != nil || len(texts) == 0 {
		t.Fatal(texts, err)
	}
	for _, try := range []struct{ method, path, body string }{
		{"PATCH", "/api/collections/consent_texts/records/" + texts[0].Id, `{"text":"other"}`},
		{"DELETE", "/api/collections/consent_texts/records/" + texts[0].Id, ""},
	} {
		if got := b.do(t, try.method, try.path, try.body, "Authorization", token); got.status != 400 || !strings.Contains(got.body, "only added to") {
			t.Errorf("%s %s: %d %s", try.method, try.path, got.status, got.body)
		}
	}
	edit("DELETE", ids[1], "", 204)
	if n, err := w.App.CountRecords("invitations"); err != nil || n != 0 {
		t.Errorf("%d invitations are left, %v", n, err)
	}
}

// superuser makes an administrator of PocketBase and returns their token.
func (w *world) superuser(t *testing.T, b *browser) (token string) {
	t.Helper()
	collection, err := w.App.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		t.Fatal(err)
	}
	r := core.NewRecord(collection)
	r.SetEmail("root@example.com")
	r.SetPassword("a long enough password")
	if err := w.App.Save(r); err != nil {
		t.Fatal(err)
	}
	return decode[struct{ Token string }](t, b.do(t, "POST", "/api/collections/_superusers/auth-with-password", `{"identity":"root@example.com","password":"a long enough password"}`)).Token
}
