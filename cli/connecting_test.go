package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/tools/logger"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/hooks/connect"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/jobs/ingest"
)

type connectionItem struct {
	ID, API, Region, SellerID, Status, Message, Mismatch, AccessLevel string
	GrantedBy, Method, App, AppVersion                                string
	Scopes                                                            []string
	Marketplaces                                                      []struct {
		ID                 string
		Tracked, Trackable bool
		Problem            string
	}
	Profiles []struct {
		ID                           string
		Editable, Tracked, Trackable bool
	}
}

// office is one account with an owner and a viewer, and nothing connected.
type office struct {
	*world
	account, base string
	owner, viewer *browser
	ownerLogin    demoLogin
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return newOfficeOf(t, config.OperatorSelf)
}

func newOfficeOf(t *testing.T, operator config.Operator) *office {
	t.Helper()
	o := &office{world: newWorld(t, 3)}
	o.Config.Operator = operator
	o.Retention = o.newRetention()
	account, err := findOrMakeAccount(t.Context(), o.App, o.Vault, "Velmora", "business", "")
	if err != nil {
		t.Fatal(err)
	}
	o.account = account.Id
	o.Config.SPAPIAppID = o.amazon.ApplicationID()
	owner := o.person(t, "owner@example.com", account.Id, access.Owner)
	viewer := o.person(t, "viewer@example.com", account.Id, access.Viewer)
	o.base = o.serveWorld(t)
	o.owner, o.viewer = newBrowser(t, o.base), newBrowser(t, o.base)
	for _, b := range []*browser{o.owner, o.viewer} {
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	o.ownerLogin = owner
	o.owner.signIn(t, owner)
	o.viewer.signIn(t, viewer)
	return o
}

func (o *office) path(rest string) string {
	return "/api/halotrack/accounts/" + o.account + "/connections" + rest
}

func (o *office) list(t *testing.T) []connectionItem {
	t.Helper()
	return decode[struct{ Items []connectionItem }](t, o.owner.get(t, o.path(""))).Items
}

// consent begins at our route, clicks through Amazon's page and returns the
// callback's path and query.
func (o *office) consent(t *testing.T, api, body string, choice sim.Choice) string {
	t.Helper()
	begun := decode[struct{ URL string }](t, o.owner.do(t, "POST", o.path("/"+api+"/authorize"), body))
	back, err := o.amazon.Consent(t.Context(), begun.URL, choice)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Scheme + "://" + u.Host; got != o.Config.URL {
		t.Fatalf("Amazon sends the browser to %s", got)
	}
	return u.RequestURI()
}

func (o *office) exchanges() (n int) {
	for _, entry := range o.amazon.Journal() {
		if strings.Contains(string(entry.Body), "grant_type=authorization_code") {
			n++
		}
	}
	return n
}

// logs is everything that was logged: by the program, and by PocketBase into
// its own table.
func (o *office) logs(t *testing.T) string {
	t.Helper()
	batch, ok := o.App.Logger().Handler().(*logger.BatchHandler)
	if !ok {
		t.Fatalf("the log is a %T", o.App.Logger().Handler())
	}
	if err := batch.WriteAll(context.WithValue(t.Context(), logger.BlockKey, true)); err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Message, Data string }
	if err := o.App.AuxDB().Select("message", "data").From("_logs").All(&rows); err != nil {
		t.Fatal(err)
	}
	text := o.log.String()
	for _, row := range rows {
		text += row.Message + row.Data + "\n"
	}
	return text
}

const (
	sellerBody = `{"marketplace":"ATVPDKIKX0DER"}`
	adsBody    = `{"region":"na"}`
)

// ASVS 10.1.1
func TestConsentConnectsBothAPIs(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		api, body, param string
		choice           sim.Choice
	}{
		{"spapi", sellerBody, "spapi_oauth_code", sim.Choice{}},
		{"ads", adsBody, "code", sim.Choice{Editor: true}},
	} {
		callback := o.consent(t, c.api, c.body, c.choice)
		got := o.owner.get(t, callback)
		to := got.header.Get("Location")
		if got.status != http.StatusSeeOther || !strings.HasPrefix(to, "/accounts/"+o.account+"/connections?connected=") {
			t.Fatalf("%s: %d to %q %s", c.api, got.status, to, got.body)
		}
		if got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.api, got.header)
		}
		u, _ := url.Parse(callback)
		for _, secret := range []string{u.Query().Get(c.param), u.Query().Get("state")} {
			if secret == "" || strings.Contains(to, secret) || strings.Contains(got.body, secret) || strings.Contains(o.logs(t), secret) {
				t.Errorf("%s: a code or state is missing or leaks", c.api)
			}
		}
		// A second visit, as by the browser's back button, spends nothing.
		before := o.exchanges()
		if again := o.owner.get(t, callback); again.status != http.StatusBadRequest || o.exchanges() != before {
			t.Errorf("%s, again: %d, %d token requests more", c.api, again.status, o.exchanges()-before)
		}
	}
	items := o.list(t)
	if len(items) != 2 {
		t.Fatalf("%d connections", len(items))
	}
	for _, it := range items {
		if it.Status != "active" || it.GrantedBy != "Test Person" || it.Method != "consent" || it.App != o.Config.LWA.ID || len(it.Scopes) != 1 || it.Mismatch != "" {
			t.Errorf("%+v", it)
		}
		switch it.API {
		case "spapi":
			if it.Region != "na" || it.SellerID == "" || it.AppVersion != "published" || len(it.Marketplaces) == 0 || !it.Marketplaces[0].Tracked {
				t.Errorf("%+v", it)
			}
		case "ads":
			if it.AccessLevel != "edit" || len(it.Profiles) == 0 {
				t.Errorf("%+v", it)
			}
		}
	}
	if n := o.exchanges(); n != 2 {
		t.Errorf("%d codes were exchanged", n)
	}
	// A viewer's consent covers the same profiles and replaces the editor's.
	if got := o.owner.get(t, o.consent(t, "ads", adsBody, sim.Choice{})); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	levels := map[string]string{}
	for _, it := range o.list(t) {
		if it.API == "ads" {
			levels[it.Status] = it.AccessLevel
		}
	}
	if levels["active"] != "view" || levels["disconnected"] != "edit" {
		t.Errorf("access by status: %v", levels)
	}
}

// spapi.md trap 56
// ASVS 10.2.1
func TestAStateIsOneSessionsAndGoodOnce(t *testing.T) {
	o := newOffice(t)
	stranger := newBrowser(t, o.base)
	other := newBrowser(t, o.base) // the same owner elsewhere
	other.signIn(t, o.person(t, "second@example.com", o.account, access.Owner))
	stale := o.consent(t, "ads", adsBody, sim.Choice{})
	o.now.Advance(10 * time.Minute)
	fresh := o.consent(t, "ads", adsBody, sim.Choice{})
	before := o.exchanges()
	u, _ := url.Parse(fresh)
	query := u.Query()
	query.Del("state")
	stateless := u.Path + "?" + query.Encode()
	query.Set("state", "made-up")
	for name, try := range map[string]struct {
		who  *browser
		path string
	}{
		"missing":         {o.owner, stateless},
		"foreign":         {o.owner, u.Path + "?" + query.Encode()},
		"another session": {other, fresh},
		"no session":      {stranger, fresh},
		"expired":         {o.owner, stale},
		"other API":       {o.owner, strings.Replace(fresh, "/ads/", "/spapi/", 1)},
	} {
		got := try.who.get(t, try.path)
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
		if html := try.who.do(t, "GET", try.path, "", "Accept", "text/html"); html.status != http.StatusBadRequest || !strings.Contains(html.body, "<h1>") {
			t.Errorf("%s in a browser: %d", name, html.status)
		}
	}
	if n := o.exchanges(); n != before {
		t.Errorf("%d token requests were made for states that are not good", n-before)
	}
	// None of these attempts spoiled the state for its own session.
	if got := o.owner.get(t, fresh); got.status != http.StatusSeeOther || !strings.Contains(got.header.Get("Location"), "connected=") {
		t.Errorf("%d %s", got.status, got.header.Get("Location"))
	}
	if err := connect.Sweep(t.Context(), o.App, o.Vault, o.now.Now()); err != nil {
		t.Fatal(err)
	}
	var consents, verifiers int
	if err := o.App.DB().Select("count(*)").From("grants_pending").Row(&consents); err != nil {
		t.Fatal(err)
	}
	if err := o.App.DB().Select("count(*)").From("vault_secrets").Where(dbx.HashExp{"tbl": "grants_pending"}).Row(&verifiers); err != nil {
		t.Fatal(err)
	}
	if consents != 0 || verifiers != 0 {
		t.Errorf("%d consents and %d verifiers are left", consents, verifiers)
	}
}

// spapi.md trap 55: a code that is made up, or five minutes old, connects
// nothing.
func TestAConsentThatComesToNothing(t *testing.T) {
	o := newOffice(t)
	denied := o.consent(t, "ads", adsBody, sim.Choice{Cancel: true})
	late := o.consent(t, "spapi", sellerBody, sim.Choice{})
	u, _ := url.Parse(o.consent(t, "spapi", sellerBody, sim.Choice{}))
	q := u.Query()
	q.Set("spapi_oauth_code", "RHCANARYcode")
	forged := u.Path + "?" + q.Encode()
	q = url.Values{"state": {mustQuery(t, o.consent(t, "spapi", sellerBody, sim.Choice{})).Get("state")}}
	empty := u.Path + "?" + q.Encode()
	o.now.Advance(6 * time.Minute) // codes live five
	for path, word := range map[string]string{denied: "denied", late: "code", forged: "code", empty: "answer"} {
		got := o.owner.get(t, path)
		if want := "/accounts/" + o.account + "/connections?failed=" + word; got.status != http.StatusSeeOther || got.header.Get("Location") != want {
			t.Errorf("%s: %d %s", word, got.status, got.header.Get("Location"))
		}
	}
	if items := o.list(t); len(items) != 0 {
		t.Errorf("%+v", items)
	}
	logs := o.logs(t)
	if strings.Contains(logs, "CANARY") {
		t.Error("a code is in the log")
	}
	if !strings.Contains(logs, "could not be redeemed") {
		t.Error("the failure is not in the log, so the check proves nothing")
	}
}

// Amazon's refusals of a new grant are told apart as far as they can be, and
// nothing is kept of it (spapi.md traps 51 and 60).
func TestARefusedGrantSaysWhy(t *testing.T) {
	o := newOffice(t)
	g := o.amazon.Connections()[0]
	denied := func(details string) sim.Fault {
		b, err := json.Marshal(map[string]any{"errors": []map[string]string{{"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": details}}})
		if err != nil {
			t.Fatal(err)
		}
		return sim.Fault{Status: http.StatusForbidden, Body: b}
	}
	body, err := json.Marshal(map[string]string{"region": string(g.Region), "sellerId": g.SellerID, "refreshToken": g.RefreshToken})
	if err != nil {
		t.Fatal(err)
	}
	for details, want := range map[string]string{
		"": "Brand Analytics",
		"The access token you provided is revoked, malformed or invalid.": "region",
		"The LWA secret token you provided has expired.":                  "client id or secret",
	} {
		o.amazon.FailNext(sim.OpParticipations, denied(details))
		if got := o.owner.do(t, "POST", o.path("/spapi"), string(body)); got.status != http.StatusBadRequest || !strings.Contains(got.body, want) || !strings.Contains(got.body, "Nothing was stored") {
			t.Errorf("%q: %d %s", details, got.status, got.body)
		}
	}
	if items := o.list(t); len(items) != 0 {
		t.Errorf("%+v", items)
	}
}

// One marketplace that Amazon refuses is shown with its reason, and the owner
// gets a mail about it, one, while the connection works.
func TestAMarketplaceThatIsRefusedIsShownAndTold(t *testing.T) {
	o := newOffice(t)
	g := o.amazon.Connections()[1] // two marketplaces
	body, err := json.Marshal(map[string]string{"region": string(g.Region), "sellerId": g.SellerID, "refreshToken": g.RefreshToken})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.owner.do(t, "POST", o.path("/spapi"), string(body)); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	o.amazon.FailNext(sim.OpCreateReport, sim.Fault{Status: http.StatusForbidden, Body: []byte(`{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":""}]}`)})
	for range 2 {
		if _, err := o.Ingest.Run(t.Context(), o.account); err != nil {
			t.Fatal(err)
		}
		o.now.Advance(time.Minute)
	}
	problems := 0
	for _, it := range o.list(t) {
		if it.Status != "active" || it.Message != "" {
			t.Errorf("the connection is %s: %s", it.Status, it.Message)
		}
		for _, m := range it.Marketplaces {
			if m.Problem != "" {
				problems++
			}
		}
	}
	var mails []struct{ Template, Params string }
	if err := o.App.DB().Select("template", "params").From("mail_queue").All(&mails); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, m := range mails {
		if m.Template == mail.MarketStopped && strings.Contains(m.Params, "Brand Registry") && strings.Contains(m.Params, "Velmora") {
			told++
		}
	}
	if problems != 1 || told != 1 {
		t.Errorf("%d marketplaces show a problem, %d mails tell of one: %+v", problems, told, mails)
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestPastedTokens(t *testing.T) {
	o := newOffice(t)
	g := o.amazon.Connections()[0]
	form := func(change map[string]string) string {
		in := map[string]string{"region": string(g.Region), "sellerId": g.SellerID, "refreshToken": g.RefreshToken}
		for k, v := range change {
			in[k] = v
		}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, change := range map[string]map[string]string{
		"region":      {"region": "mars"},
		"seller":      {"sellerId": "my shop"},
		"token":       {"refreshToken": "CANARY"},
		"half an app": {"clientId": "amzn1.application-oa2-client.x"},
		"dead token":  {"refreshToken": "Atzr|CANARY0000"},
		"wrong app":   {"clientId": "amzn1.application-oa2-client.x", "clientSecret": "CANARYsecret"},
	} {
		got := o.owner.do(t, "POST", o.path("/spapi"), form(change))
		if got.status != http.StatusBadRequest || strings.Contains(got.body, "CANARY") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if len(o.list(t)) != 0 || strings.Contains(o.logs(t), "CANARY") {
		t.Error("something was stored, or a secret is in the log")
	}
	// The seller id cannot be checked at the Selling Partner API; the Ads
	// profiles tell.
	got := o.owner.do(t, "POST", o.path("/spapi"), form(map[string]string{"sellerId": "A0MISTYPED0000", "clientId": g.ClientID, "clientSecret": g.ClientSecret}))
	if got.status != http.StatusCreated || strings.Contains(got.body, g.RefreshToken) || strings.Contains(got.body, g.ClientSecret) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	body, _ := json.Marshal(map[string]string{"refreshToken": g.AdsRefreshToken})
	if got := o.owner.do(t, "POST", o.path("/ads"), string(body)); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, it := range o.list(t) {
		if it.Mismatch == "" || it.Method != "token" || it.App != g.ClientID {
			t.Errorf("%+v", it)
		}
	}
	if got := o.owner.do(t, "POST", o.path("/spapi"), form(nil)); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, it := range o.list(t) {
		if wrong := it.SellerID == "A0MISTYPED0000"; wrong != (it.Mismatch != "") && it.API == "spapi" {
			t.Errorf("%+v", it)
		}
	}
}

// spapi.md trap 64
func TestTrackingEvidenceAndDisconnecting(t *testing.T) {
	o := newOffice(t)
	if got := o.owner.get(t, o.consent(t, "spapi", sellerBody, sim.Choice{})); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	it := o.list(t)[0]
	one := "/" + it.ID
	for body, want := range map[string]int{`{}`: 400, `{"tracked":["A1F83G8C2ARO7P"]}`: 400, `{"tracked":["ATVPDKIKX0DER","ATVPDKIKX0DER"]}`: 400} {
		if got := o.owner.do(t, "PATCH", o.path(one), body); got.status != want {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := decode[connectionItem](t, o.owner.do(t, "PATCH", o.path(one), `{"tracked":[]}`)); got.Marketplaces[0].Tracked {
		t.Errorf("still tracked: %+v", got)
	}
	if got := decode[connectionItem](t, o.owner.do(t, "PATCH", o.path(one), `{"tracked":["ATVPDKIKX0DER"]}`)); !got.Marketplaces[0].Tracked {
		t.Errorf("not tracked: %+v", got)
	}
	// What a viewer sees and may not do.
	for _, try := range [][2]string{{"POST", "/spapi/authorize"}, {"POST", "/ads/authorize"}, {"POST", "/spapi"}, {"POST", "/ads"}, {"PATCH", one}, {"DELETE", one}} {
		if got := o.viewer.do(t, try[0], o.path(try[1]), "{}"); got.status != http.StatusNotFound {
			t.Errorf("a viewer's %s %s: %d", try[0], try[1], got.status)
		}
	}
	type evidence struct {
		Operations []struct {
			Operation, Method, Path, LastAt string
			Calls, Failed, LastStatus       int
		}
		NothingElse string
	}
	proof := decode[evidence](t, o.viewer.get(t, o.path(one+"/evidence")))
	calls := map[string]int{}
	for _, op := range proof.Operations {
		calls[op.Operation] = op.Calls
		if op.Method != "GET" && op.Method != "POST" || strings.HasPrefix(op.Operation, "ads.") || op.Calls > 0 && (op.LastAt == "" || op.LastStatus != 200) {
			t.Errorf("%+v", op)
		}
	}
	if calls["spapi.getMarketplaceParticipations"] != 1 || calls["lwa.token"] != 2 || len(calls) != 7 || proof.NothingElse == "" {
		t.Errorf("%v", calls)
	}
	// Access tokens live an hour; this one must not.
	gone := decode[struct{ Status, Revoke string }](t, o.owner.do(t, "DELETE", o.path(one), ""))
	if gone.Status != "disconnected" || !strings.Contains(gone.Revoke, "Seller Central") {
		t.Errorf("%+v", gone)
	}
	if exists, err := o.Vault.Exists(t.Context(), grants.RefreshToken(o.account, it.ID)); err != nil || exists {
		t.Errorf("the credential is still there (%v)", err)
	}
	if _, err := o.Ingest.Discover(t.Context(), it.ID); err == nil {
		t.Error("the access token outlived the grant")
	}
	if got := o.list(t); len(got) != 1 || got[0].Status != ingest.StatusDisconnected {
		t.Errorf("%+v", got)
	}
	if got := o.owner.do(t, "DELETE", o.path(one), ""); got.status != http.StatusOK {
		t.Errorf("again: %d", got.status)
	}
	if got := o.owner.do(t, "PATCH", o.path(one), `{"tracked":[]}`); got.status != http.StatusBadRequest {
		t.Errorf("tracking with it: %d", got.status)
	}
}

// spapi.md trap 57: no address of a request is ever gone on to, whatever Amazon's
// app store would send: neither the callback nor any other page reads one.
func TestNoAddressOfARequestIsFollowed(t *testing.T) {
	o := newOffice(t)
	for _, evil := range []string{"https://amazon.com.evil.tld/x", "https://evil.tld/amazon.com", "//evil.tld", "https://sellercentral.amazon.com@evil.tld/"} {
		begun := mustQuery(t, o.consent(t, "spapi", sellerBody, sim.Choice{}))
		for _, path := range []string{"/", "/connect", "/api/halotrack/connect/spapi/callback", "/api/halotrack/connect/spapi/login", "/api/halotrack/connect/ads/callback", o.path("/spapi/authorize")} {
			q := url.Values{"amazon_callback_uri": {evil}, "amazon_state": {"s"}, "selling_partner_id": {"A1"}, "redirect_uri": {evil}, "version": {"beta"}}
			if strings.HasSuffix(path, "spapi/callback") {
				q.Set("state", begun.Get("state"))
				q.Set("spapi_oauth_code", begun.Get("spapi_oauth_code"))
			}
			got := o.owner.get(t, path+"?"+q.Encode())
			if to := got.header.Get("Location"); strings.Contains(to, "evil") || strings.Contains(to, "//") {
				t.Errorf("%s goes on to %s", path, to)
			}
			if strings.Contains(got.body, "evil.tld") {
				t.Errorf("%s repeats the address", path)
			}
		}
	}
	// The address to come back to is the registered one, whatever is asked for.
	q := mustQuery(t, decode[struct{ URL string }](t, o.owner.do(t, "POST", o.path("/spapi/authorize?redirect_uri=https://evil.tld"), sellerBody)).URL)
	if q.Get("redirect_uri") != o.Config.URL+"/api/halotrack/connect/spapi/callback" {
		t.Errorf("Amazon is told to come back to %s", q.Get("redirect_uri"))
	}
}

// spapi.md trap 58: the draft's mark goes along when asked for, and never else.
// spapi.md §5.2, adsapi.md §2.2
// ASVS 10.2.3
func TestConsentAddresses(t *testing.T) {
	o := newOffice(t)
	address := func(api, body string) url.Values {
		t.Helper()
		return mustQuery(t, decode[struct{ URL string }](t, o.owner.do(t, "POST", o.path("/"+api+"/authorize"), body)).URL)
	}
	has := func(q url.Values, want map[string]string) {
		t.Helper()
		for name, value := range want {
			if q.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, q.Get(name), value)
			}
		}
		if len(q.Get("state")) < 40 || len(q) != len(want)+1 && !q.Has("code_challenge") {
			t.Errorf("the address asks with %d parameters", len(q))
		}
	}
	seller := map[string]string{"application_id": o.Config.SPAPIAppID, "redirect_uri": o.Config.URL + "/api/halotrack/connect/spapi/callback"}
	has(address("spapi", sellerBody), seller)
	seller["version"] = "beta"
	has(address("spapi", `{"marketplace":"ATVPDKIKX0DER","draft":true}`), seller)
	first := address("ads", adsBody)
	has(first, map[string]string{"client_id": o.Config.Ads.ID, "scope": grants.AdsScope, "response_type": "code",
		"redirect_uri": o.Config.URL + "/api/halotrack/connect/ads/callback", "code_challenge_method": "S256"})
	second := address("ads", adsBody)
	if first.Get("code_challenge") == second.Get("code_challenge") || first.Get("state") == second.Get("state") {
		t.Error("two consents share a secret")
	}
	for api, body := range map[string]string{"spapi": `{"marketplace":"nowhere"}`, "ads": `{"region":"mars"}`} {
		if got := o.owner.do(t, "POST", o.path("/"+api+"/authorize"), body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
}
