package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/config"
)

const (
	unknownID   = "aaaaaaaaaaaaaaa"
	accountPath = "/api/halotrack/accounts/{account}"
)

// kind says what the two-tenant test expects of a route.
type kind int

const (
	unlisted  kind = iota
	account        // of one account: a stranger gets the answer of an unknown one
	person         // of who is signed in
	operator       // of staff: others get the answer of an address that does not exist
	public         // of everyone, and it shows nobody's data
	superuser      // PocketBase's, of its administrators
	shut           // 404 for everyone who is not a superuser
	records        // PocketBase's record routes, under the collections' rules
)

// listed are the routes whose kind their address does not tell. A new route
// that is neither listed nor told by its address fails the test.
var listed = map[string]kind{
	"GET /api/halotrack/accounts":                       person,
	"GET /api/halotrack/session":                        person,
	"POST /api/halotrack/session/otp":                   person,
	"GET /api/halotrack/session/provider":               public,
	"GET /api/halotrack/session/provider/name":          public,
	"GET /api/halotrack/session/provider/callback":      public,
	"POST /api/halotrack/session/fresh":                 person,
	"POST /api/halotrack/session":                       public,
	"DELETE /api/halotrack/session":                     public,
	"POST /api/halotrack/password":                      public,
	"POST /api/halotrack/password/forgot":               public,
	"POST /api/halotrack/email":                         public,
	"POST /api/halotrack/invitations/look":              public,
	"POST /api/halotrack/invitations/accept":            public,
	"POST /api/halotrack/invitations/provider":          public,
	"GET /api/halotrack/healthz":                        public,
	"GET /{$}":                                          public,
	"GET /site.css":                                     public,
	"GET /waitlist":                                     public,
	"POST /waitlist":                                    public,
	"POST /api/halotrack/waitlist":                      public,
	"GET /waitlist/thanks":                              public,
	"GET /waitlist/confirm/{code}":                      public,
	"POST /waitlist/confirm/{code}":                     public,
	"GET /waitlist/application/{code}":                  public,
	"POST /waitlist/application/{code}":                 public,
	"GET /api/halotrack/connect/ads/callback":           public,
	"GET /api/halotrack/connect/spapi/callback":         public,
	"GET /api/health":                                   public,
	"GET /api/{path...}":                                public,
	"GET /{path...}":                                    public,
	"GET /_/{path...}":                                  public,
	"GET /_/extensions.js":                              public,
	"POST /api/batch":                                   superuser,
	"POST /api/files/token":                             shut,
	"GET /api/oauth2-redirect":                          shut,
	"POST /api/oauth2-redirect":                         shut,
	"GET /api/files/{collection}/{recordId}/{filename}": records,
}

// kindOf tells the kind of a route by the list, or else by its address.
func kindOf(r route) kind {
	if k, ok := listed[r.String()]; ok {
		return k
	}
	rest, ours := strings.CutPrefix(r.path, "/api/halotrack/")
	switch {
	case r.path == accountPath || strings.HasPrefix(r.path, accountPath+"/"):
		return account
	case ours && strings.HasPrefix(rest, "me/"):
		return person
	case ours && strings.HasPrefix(rest, "operator/"):
		return operator
	case ours:
		return unlisted
	case strings.HasPrefix(r.path, "/api/collections/{collection}/records"):
		return records
	case r.path == "/api/sql" || r.path == "/api/realtime" || strings.HasPrefix(r.path, "/api/collections/{collection}/") && !strings.HasSuffix(r.path, "/truncate"):
		return shut
	}
	for _, own := range []string{"/api/backups", "/api/collections", "/api/crons", "/api/logs", "/api/settings"} {
		if r.path == own || strings.HasPrefix(r.path, own+"/") {
			return superuser
		}
	}
	return unlisted
}

// A rule that cannot fail protects nothing.
func TestNewRoutesAreNotCovered(t *testing.T) {
	for _, path := range []string{"/api/halotrack/new", "/api/new/{id}", "/new", "/api/halotrack/accounting/{account}"} {
		if k := kindOf(route{"GET", path}); k != unlisted {
			t.Errorf("%s counts as covered (%d)", path, k)
		}
	}
}

// asker is who asks for another tenant's data.
type asker struct {
	name    string
	browser *browser
	headers []string
}

func (a asker) ask(t *testing.T, method, path, body string) answer {
	t.Helper()
	return a.browser.do(t, method, path, body, a.headers...)
}

// tenants are two accounts with people: alice owns and andrew sees the one,
// bob owns and vera sees the other.
type tenants struct {
	*world
	mine, theirs        string            // accounts: bob's and alice's
	ids                 map[string]string // of alice's, by the name of a path's variable part
	alice, andrew       asker
	bob, vera, key      asker
	guest, expired      asker
	strangers, nobodies []asker
	markers             []string // what only alice's data hold
}

// TestTwoTenants has others ask for everything of an account: by every route,
// collection, topic and file address that the server has. They get the answer
// of an unknown id, byte for byte, and never a byte of it.
//
// ASVS 3.5.3, 8.2.2, 8.4.1
func TestTwoTenants(t *testing.T) {
	w := &tenants{world: newWorld(t, 3)}
	w.Config.Site = true
	w.Config.Provider = config.Provider{Issuer: "http://127.0.0.1:1", Client: config.Client{ID: "client", Secret: "x"}, Name: "Nobody"}
	setup := w.connect(t)
	w.sync(t)
	w.mine, w.theirs = setup.clients[0], setup.clients[1]
	base, all := w.routes(t)
	w.people(t, base)
	w.prepare(t)
	before := w.rowsOf(t)
	for _, r := range all {
		if r.method == "GET" { // asking changes nothing, whoever asks
			w.alice.ask(t, "GET", r.with(w.ids), "")
		}
	}
	covered := map[kind]int{}
	known := map[string]bool{}
	for _, r := range all {
		k := kindOf(r)
		covered[k]++
		known[r.String()] = true
		switch k {
		case unlisted:
			t.Errorf("%s is not covered: list it, say whom it is for", r)
		case account:
			w.ofAccount(t, r)
		case person:
			w.ofPerson(t, r)
		case operator:
			w.refused(t, r, http.StatusNotFound)
		case superuser:
			w.refused(t, r, 0)
		case shut:
			w.shutRoute(t, r)
		case public:
			w.ofEveryone(t, r)
		}
	}
	for name := range listed {
		if !known[name] {
			t.Errorf("%s is listed and does not exist", name)
		}
	}
	w.collections(t)
	w.batch(t)
	for collection, want := range before {
		if got := w.rowsOf(t)[collection]; got != want {
			t.Errorf("the rows of %s changed:\n%s\nbefore:\n%s", collection, got, want)
		}
	}
	t.Logf("%d routes, %d of them of accounts; %d markers in %d collections", len(all), covered[account], len(w.markers), len(before))
}

// people signs everyone in. The expired session is the owner's own.
func (w *tenants) people(t *testing.T, base string) {
	t.Helper()
	settings := w.App.Settings()
	settings.RateLimits.Enabled = false // this asks more often than a person would
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	alice := w.person(t, "alice@example.com", w.theirs, access.Owner)
	andrew := w.person(t, "andrew@example.com", w.theirs, access.Viewer)
	bob := w.person(t, "bob@example.com", w.mine, access.Owner)
	vera := w.person(t, "vera@example.com", w.mine, access.Viewer)
	signedIn := func(name string, l demoLogin) asker {
		b := newBrowser(t, base)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		b.signIn(t, l)
		return asker{name: name, browser: b}
	}
	w.expired = signedIn("the owner's expired session", alice)
	w.now.Advance(3 * time.Hour)
	w.alice, w.andrew = signedIn("its owner", alice), signedIn("its viewer", andrew)
	w.bob, w.vera = signedIn("another's owner", bob), signedIn("another's viewer", vera)
	w.guest = asker{name: "a guest", browser: newBrowser(t, base)}
	w.guest.browser.CheckRedirect = w.bob.browser.CheckRedirect
	key := w.bob.browser.makeKey(t, w.mine, `"read","export:read"`, 30)
	w.key = asker{"another's API key", newBrowser(t, base), []string{"Authorization", "Bearer " + key.Key}}
	w.strangers, w.nobodies = []asker{w.bob, w.vera, w.key}, []asker{w.guest, w.expired}
}

// prepare gives alice's account something of everything, and finds the ids and
// the markers.
func (w *tenants) prepare(t *testing.T) {
	t.Helper()
	w.holdBack(t, w.theirs, "+49 170 55500042")
	w.describe(t)
	key := w.alice.browser.makeKey(t, w.theirs, `"read"`, 30)
	mark := dbx.Params{"logo": "iVBORw0KGgo=", "logo_type": "image/png"}
	if _, err := w.App.NonconcurrentDB().Update("accounts", mark, nil).Execute(); err != nil {
		t.Fatal(err)
	}
	user, err := w.App.FindAuthRecordByEmail("users", "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := w.App.FindAuthRecordByEmail("users", "andrew@example.com")
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	w.markers = []string{w.theirs, user.Id, viewer.Id, "alice@example.com", "andrew@example.com", key.Key}
	w.ids = map[string]string{"account": w.theirs, "key": key.ID, "user": user.Id, "member": user.Id, "collection": "accounts", "id": w.theirs, "recordId": w.theirs, "filename": "x"}
	for _, c := range all {
		ids := w.idsOf(t, c)
		if len(ids) == 0 {
			w.fill(t, c, user.Id)
			ids = w.idsOf(t, c)
		}
		if len(ids) == 0 {
			t.Errorf("%s holds nothing of the account, so the test would prove nothing", c.Name)
			continue
		}
		w.markers = append(w.markers, ids...)
		if name := strings.TrimSuffix(c.Name, "s"); w.ids[name] == "" {
			w.ids[name] = ids[0]
		}
	}
	of := "/api/halotrack/accounts/" + w.theirs
	w.ids["week"] = decode[struct{ Week string }](t, w.alice.browser.get(t, of+"/overview")).Week
	type items struct{ Items []struct{ ID string } }
	w.ids["term"] = decode[items](t, w.alice.browser.get(t, of+"/terms")).Items[0].ID
	w.ids["entry"] = decode[items](t, w.alice.browser.get(t, of+"/quarantine")).Items[0].ID
	w.markers = append(w.markers, w.ids["entry"])
}

// fill inserts a row of alice's with something in every field.
func (w *tenants) fill(t *testing.T, c *core.Collection, user string) {
	t.Helper()
	row := dbx.Params{}
	for _, f := range c.Fields {
		switch f := f.(type) {
		case *core.RelationField:
			value := user
			if target, err := w.App.FindCollectionByNameOrId(f.CollectionId); err != nil {
				t.Fatal(err)
			} else if target.Name != "users" {
				ids := w.idsOf(t, target)
				if len(ids) == 0 {
					w.fill(t, target, user)
					ids = w.idsOf(t, target)
				}
				value = ids[0]
			}
			row[f.Name] = value
			if f.IsMultiple() {
				row[f.Name] = `["` + value + `"]`
			}
		case *core.SelectField:
			row[f.Name] = f.Values[0]
			if f.IsMultiple() {
				row[f.Name] = `["` + f.Values[0] + `"]`
			}
		case *core.TextField:
			row[f.Name] = user
			if f.PrimaryKey {
				row[f.Name] = core.GenerateDefaultRandomId()
			}
		case *core.EmailField:
			row[f.Name] = "alice@" + c.Name + ".example"
		case *core.DateField, *core.AutodateField:
			row[f.GetName()] = "2026-11-01 00:00:00.000Z"
		}
	}
	if _, err := w.App.NonconcurrentDB().Insert(c.Name, row).Execute(); err != nil {
		t.Fatalf("fill %s: %v", c.Name, err)
	}
}

// idsOf lists rows of the collection that are alice's.
func (w *tenants) idsOf(t *testing.T, c *core.Collection) (ids []string) {
	t.Helper()
	for _, row := range w.rows(t, c) {
		ids = append(ids, row["id"].String)
	}
	return ids
}

// rows are those of the collection that name alice, andrew or their account.
func (w *tenants) rows(t *testing.T, c *core.Collection) (of []dbx.NullStringMap) {
	t.Helper()
	var all []dbx.NullStringMap
	if err := w.App.DB().Select("*").From(c.Name).OrderBy("id").All(&all); err != nil {
		t.Fatal(err)
	}
	for _, row := range all {
		named := func(marker string) bool {
			for _, value := range row {
				if strings.Contains(value.String, marker) {
					return true
				}
			}
			return false
		}
		if slices.ContainsFunc(w.markers[:4], named) {
			of = append(of, row)
		}
	}
	return of
}

// rowsOf is all that the collections hold of alice's account, except for
// sessions, which end by being used too late.
func (w *tenants) rowsOf(t *testing.T) map[string]string {
	t.Helper()
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range all {
		if c.Name == "sessions" {
			continue
		}
		text, err := json.Marshal(w.rows(t, c))
		if err != nil {
			t.Fatal(err)
		}
		found[c.Name] = string(text)
	}
	return found
}

// unknown fills every variable part with an id that nothing has; the values of
// keep stay.
func (w *tenants) unknown(r route, keep map[string]string) string {
	values := map[string]string{}
	for _, name := range r.wildcards() {
		values[name] = unknownID
		if v, ok := keep[name]; ok {
			values[name] = v
		}
	}
	return r.with(values)
}

// body is one that a route for it would read.
func body(r route) string {
	if r.method == "GET" || r.method == "DELETE" {
		return ""
	}
	return "{}"
}

// silent reports what an answer holds of alice's account.
func (w *tenants) silent(t *testing.T, what string, a answer) {
	t.Helper()
	for _, marker := range w.markers {
		if strings.Contains(a.body, marker) || strings.Contains(a.header.Get("Location"), marker) {
			t.Errorf("%s: the answer holds %s: %d %.300s", what, marker, a.status, a.body)
			return
		}
	}
}

func (w *tenants) ofAccount(t *testing.T, r route) {
	t.Helper()
	for _, name := range r.wildcards() {
		if w.ids[name] == "" {
			t.Errorf("%s: the test has no {%s} of the account: add one in prepare", r, name)
			return
		}
	}
	path, unknown := r.with(w.ids), w.unknown(r, nil)
	if r.method == "GET" {
		if got := w.alice.ask(t, "GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s: its own owner got %d %s, so the test would prove nothing", r, got.status, got.body)
		}
	}
	for _, who := range w.strangers {
		got, want := who.ask(t, r.method, path, body(r)), who.ask(t, r.method, unknown, body(r))
		if got.status != http.StatusNotFound || got.body != want.body || want.status != http.StatusNotFound {
			t.Errorf("%s, %s: %d %s, of an unknown account: %d %s", r, who.name, got.status, got.body, want.status, want.body)
		}
		w.silent(t, r.String()+", "+who.name, got)
		// What is alice's under the stranger's own account. Weeks are nobody's.
		if parts := r.wildcards(); len(parts) > 1 && !slices.Contains(parts, "week") {
			own := map[string]string{"account": w.mine}
			ids := map[string]string{}
			for _, name := range parts {
				ids[name] = w.ids[name]
			}
			ids["account"] = w.mine
			got, want := who.ask(t, r.method, r.with(ids), body(r)), who.ask(t, r.method, w.unknown(r, own), body(r))
			if got.status != want.status || got.body != want.body || got.status != http.StatusNotFound && got.status != http.StatusForbidden {
				t.Errorf("%s under one's own account, %s: %d %s, with an unknown id: %d %s", r, who.name, got.status, got.body, want.status, want.body)
			}
		}
	}
	for _, who := range w.nobodies {
		got := who.ask(t, r.method, path, body(r))
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s, %s: %d %s", r, who.name, got.status, got.body)
		}
		w.silent(t, r.String()+", "+who.name, got)
	}
	if r.method != "GET" { // a viewer changes nothing
		if got := w.andrew.ask(t, r.method, path, body(r)); got.status != http.StatusNotFound && got.status != http.StatusForbidden {
			t.Errorf("%s, %s: %d %s", r, w.andrew.name, got.status, got.body)
		}
	}
}

func (w *tenants) ofPerson(t *testing.T, r route) {
	t.Helper()
	for _, who := range append(w.nobodies, w.key) {
		got := who.ask(t, r.method, r.with(w.ids), body(r))
		if got.status != http.StatusUnauthorized && (r.path != "/api/halotrack/accounts" || who.name != w.key.name) {
			t.Errorf("%s, %s: %d %s", r, who.name, got.status, got.body)
		}
		w.silent(t, r.String()+", "+who.name, got)
	}
	for _, who := range []asker{w.bob, w.vera} {
		if r.method == "GET" {
			w.silent(t, r.String()+", "+who.name, who.ask(t, "GET", r.with(w.ids), ""))
		}
		if len(r.wildcards()) > 0 {
			got, want := who.ask(t, r.method, r.with(w.ids), body(r)), who.ask(t, r.method, w.unknown(r, nil), body(r))
			if got.status != http.StatusNotFound || got.body != want.body || want.status != got.status {
				t.Errorf("%s, %s: %d %s, an unknown id: %d %s", r, who.name, got.status, got.body, want.status, want.body)
			}
		}
	}
}

// refused asks by a route that none of them may use. want is the status of who
// is signed in; 0: any that refuses.
func (w *tenants) refused(t *testing.T, r route, want int) {
	t.Helper()
	for _, who := range slices.Concat(w.strangers, w.nobodies, []asker{w.alice}) {
		got := who.ask(t, r.method, r.with(w.ids), body(r))
		refused := slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, got.status)
		signedIn := who.name == w.bob.name || who.name == w.vera.name || who.name == w.alice.name
		if !refused || want != 0 && signedIn && got.status != want {
			t.Errorf("%s, %s: %d %s", r, who.name, got.status, got.body)
		}
		w.silent(t, r.String()+", "+who.name, got)
	}
}

func (w *tenants) shutRoute(t *testing.T, r route) {
	t.Helper()
	ids := map[string]string{"collection": "users", "id": w.ids["user"]}
	for _, who := range []asker{w.bob, w.vera, w.guest, w.expired, w.alice} {
		if got := who.ask(t, r.method, r.with(ids), body(r)); got.status != http.StatusNotFound {
			t.Errorf("%s, %s: %d %s", r, who.name, got.status, got.body)
		}
	}
	if got := w.key.ask(t, r.method, r.with(ids), body(r)); got.status != http.StatusUnauthorized {
		t.Errorf("%s, %s: %d %s", r, w.key.name, got.status, got.body)
	}
}

func (w *tenants) ofEveryone(t *testing.T, r route) {
	t.Helper()
	method := r.method
	if method == "" {
		method = "PUT"
	}
	askers := []asker{w.guest, w.expired}
	if method == "GET" {
		askers = append(askers, w.bob, w.vera, w.key)
	}
	for _, who := range askers {
		path := r.with(map[string]string{"path": "accounts/" + w.theirs + "/overview"})
		w.silent(t, r.String()+", "+who.name, who.ask(t, method, w.unknown(route{r.method, path}, nil), body(route{method, path})))
	}
}

// collections asks PocketBase's own API for alice's records, one by one, in
// lists with everything that they refer to, as files, and by writing them.
func (w *tenants) collections(t *testing.T) {
	t.Helper()
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, c := range all {
		for _, f := range c.Fields {
			if _, ok := f.(*core.FileField); ok {
				t.Errorf("%s.%s holds files, of which this test knows nothing yet", c.Name, f.GetName())
			}
		}
		records := "/api/collections/" + c.Name + "/records"
		ids := w.idsOf(t, c)
		for _, who := range append(w.strangers, w.nobodies...) {
			for _, try := range []struct{ method, address, body string }{
				{"GET", records + "/", ""}, {"PATCH", records + "/", `{"account":"` + w.mine + `"}`}, {"DELETE", records + "/", ""}, {"GET", "/api/files/" + c.Name + "/", ""},
			} {
				end := ""
				if strings.HasPrefix(try.address, "/api/files/") {
					end = "/x"
				}
				want := who.ask(t, try.method, try.address+unknownID+end, try.body)
				for _, id := range ids[:min(2, len(ids))] {
					got := who.ask(t, try.method, try.address+id+end, try.body)
					asked++
					if got.status < 400 || got.status != want.status || got.body != want.body {
						t.Errorf("%s %s%s, %s: %d %s, an unknown id: %d %s", try.method, try.address, id, who.name, got.status, got.body, want.status, want.body)
					}
				}
			}
			for _, query := range []string{"", "&sort=-id&filter=" + url.QueryEscape("id != ''"), "&expand=" + w.references(c, all)} {
				got := who.ask(t, "GET", records+"?perPage=500"+query, "")
				w.silent(t, "the list of "+c.Name+query+", "+who.name, got)
			}
			if got := who.ask(t, "POST", records, `{"account":"`+w.theirs+`","user":"`+w.ids["user"]+`"}`); got.status < 400 {
				t.Errorf("POST %s, %s: %d %s", records, who.name, got.status, got.body)
			}
		}
		for _, topic := range []string{c.Name, c.Name + "/*", c.Name + "/" + ids[0]} {
			for _, who := range []asker{w.bob, w.guest} {
				if got := who.ask(t, "POST", "/api/realtime", `{"clientId":"x","subscriptions":["`+topic+`"]}`); got.status != http.StatusNotFound {
					t.Errorf("the topic %s, %s: %d", topic, who.name, got.status)
				}
			}
		}
	}
	if asked < 400 {
		t.Errorf("only %d records were asked for; the test would prove little", asked)
	}
	// Both accounts are of one agency, through which no filter may look.
	for filter, want := range map[string]string{
		"agency.accounts_via_agency.memberships_via_account.user.email ?~ 'alice'": "", "agency.accounts_via_agency.name != ''": "",
		"memberships_via_account.role ?= 'owner'": w.mine,
	} {
		got := w.bob.ask(t, "GET", "/api/collections/accounts/records?filter="+url.QueryEscape(filter), "")
		if want == "" && strings.Contains(got.body, w.mine) || !strings.Contains(got.body, want) {
			t.Errorf("accounts by %s: %d %s", filter, got.status, got.body)
		}
	}
	// Who may see an account sees through its references no one else's address.
	got := w.andrew.ask(t, "GET", "/api/collections/accounts/records?expand=memberships_via_account.user", "")
	if !strings.Contains(got.body, w.theirs) || strings.Contains(got.body, "alice@") || strings.Contains(got.body, w.ids["user"]) {
		t.Errorf("a viewer's accounts with who belongs to them: %d %s", got.status, got.body)
	}
}

// references names everything that records of the collection refer to, and what
// refers to them, two deep.
func (w *tenants) references(c *core.Collection, all []*core.Collection) string {
	var names []string
	for _, f := range c.Fields {
		if f, ok := f.(*core.RelationField); ok {
			names = append(names, f.Name, f.Name+".memberships_via_account.user", f.Name+".agency.accounts_via_agency")
		}
	}
	for _, other := range all {
		for _, f := range other.Fields {
			if f, ok := f.(*core.RelationField); ok && f.CollectionId == c.Id {
				names = append(names, other.Name+"_via_"+f.Name)
			}
		}
	}
	return url.QueryEscape(strings.Join(names, ","))
}

// batch tries to delete alice's records in a transaction: shut as installed, and
// under the collections' rules if somebody opens it.
func (w *tenants) batch(t *testing.T) {
	t.Helper()
	ask := func(collection, id string) answer {
		return w.bob.ask(t, "POST", "/api/batch", `{"requests":[{"method":"DELETE","url":"/api/collections/`+collection+`/records/`+id+`"}]}`)
	}
	if got := ask("accounts", w.theirs); got.status != http.StatusForbidden {
		t.Errorf("a batch: %d %s", got.status, got.body)
	}
	settings := w.App.Settings()
	settings.Batch.Enabled, settings.Batch.MaxRequests, settings.Batch.Timeout = true, 50, 3
	if err := w.App.Save(settings); err != nil {
		t.Fatal(err)
	}
	all, err := w.App.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		got := ask(c.Name, w.idsOf(t, c)[0])
		if want := ask(c.Name, unknownID); got.status < 400 || got.body != want.body {
			t.Errorf("a batch with a record of %s: %d %s, with an unknown one: %d %s", c.Name, got.status, got.body, want.status, want.body)
		}
	}
}
