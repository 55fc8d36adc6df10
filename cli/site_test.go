package cli

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/waitlist"
)

const anna = `{"name":"Anna Berg","email":"anna@example.com","businessType":"brand","adSpendBand":"5k_20k","marketplaces":["DE","US"],"notes":"Bamboo boards"}`

// newSite is a world with the public pages on, before a proxy that tells where
// requests come from.
func newSite(t *testing.T) (*world, *browser) {
	t.Helper()
	w := newWorld(t, 1)
	w.Config.Site = true
	w.Config.TrustedProxy = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	return w, newBrowser(t, w.serveWorld(t))
}

// mails returns the parameters of the mails of a template that wait for an
// address, oldest first.
func (w *world) mails(t *testing.T, template, address string) (all []map[string]string) {
	t.Helper()
	rows, err := w.App.FindRecordsByFilter("mail_queue", "template = {:t} && to_email = {:a}", "@rowid", 0, 0, dbx.Params{"t": template, "a": address})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		var params map[string]string
		if err := r.UnmarshalJSONField("params", &params); err != nil {
			t.Fatal(err)
		}
		all = append(all, params)
	}
	return all
}

// pathOf is a mailed link without the address of the server.
func pathOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

func (w *world) applied(t *testing.T, email string) *core.Record {
	t.Helper()
	r, err := w.App.FindFirstRecordByFilter(waitlist.Collection, "email = {:e}", dbx.Params{"e": email})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *browser) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return b.do(t, "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestApplyingByJSON(t *testing.T) {
	w, b := newSite(t)
	const route = "/api/halotrack/waitlist"
	first := b.do(t, "POST", route, anna)
	if first.status != http.StatusAccepted {
		t.Fatalf("%d %s", first.status, first.body)
	}
	again := b.do(t, "POST", route, strings.Replace(strings.Replace(anna, "anna@example.com", "ANNA@Example.com", 1), "Bamboo", "Other", 1))
	if again.status != first.status || again.body != first.body {
		t.Errorf("a known address gets another answer: %d %s", again.status, again.body)
	}
	for name := range first.header {
		if name != "Date" && first.header.Get(name) != again.header.Get(name) {
			t.Errorf("a known address gets another %s: %q and %q", name, again.header.Get(name), first.header.Get(name))
		}
	}
	r := w.applied(t, "anna@example.com")
	if r.GetString("notes") != "Bamboo boards" || r.GetString("status") != "new" || !slices.Equal(r.GetStringSlice("marketplaces"), []string{"DE", "US"}) {
		t.Errorf("the application is %v", r)
	}
	if n := len(w.mails(t, mail.WaitlistConfirm, "anna@example.com")); n != 2 {
		t.Errorf("%d mails for two applications", n)
	}
	if n, err := w.App.CountRecords(consent.Collection); err != nil || n != 0 {
		t.Errorf("%d consents without a tick, %v", n, err)
	}
	for name, c := range map[string]struct {
		body string
		want int
		says string
	}{
		"unknown key":     {strings.Replace(anna, `"notes"`, `"phone":"1","notes"`, 1), 400, "phone"},
		"the trap's name": {strings.Replace(anna, `"notes"`, `"website":"x","notes"`, 1), 400, "website"},
		"a figure":        {strings.Replace(anna, `"5k_20k"`, `12500`, 1), 422, "adSpendBand"},
		"figure as text":  {strings.Replace(anna, "5k_20k", "12500", 1), 422, "adSpendBand"},
		"no address":      {strings.Replace(anna, "anna@example.com", "anna", 1), 422, "email"},
		"named address":   {strings.Replace(anna, "anna@example.com", "Anna <anna@example.com>", 1), 422, "email"},
		"no marketplace":  {strings.Replace(anna, `["DE","US"]`, `[]`, 1), 422, "marketplaces"},
		"a password":      {strings.Replace(anna, "Bamboo boards", "my password: hunter22", 1), 422, "notes"},
		"a token":         {strings.Replace(anna, "Bamboo boards", "Atzr|IwEBIJ4v3rYl0ng", 1), 422, "notes"},
		"status":          {strings.Replace(anna, `"notes"`, `"status":"invited","notes"`, 1), 400, "status"},
	} {
		w.now.Set(w.now.Now().Add(time.Minute))
		got := b.do(t, "POST", route, strings.Replace(c.body, "anna@", "other@", 1))
		if got.status != c.want || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n, err := w.App.CountRecords(waitlist.Collection); err != nil || n != 1 {
		t.Errorf("%d applications, %v", n, err)
	}
	if uk := b.do(t, "POST", route, strings.NewReplacer("anna@", "uk@", `["DE","US"]`, `["UK","ATVPDKIKX0DER","GB"]`).Replace(anna)); uk.status != 202 {
		t.Errorf("%d %s", uk.status, uk.body)
	} else if r := w.applied(t, "uk@example.com"); !slices.Equal(r.GetStringSlice("marketplaces"), []string{"GB", "US"}) {
		t.Errorf("marketplaces %v", r.GetStringSlice("marketplaces"))
	}
}

func annasForm() url.Values {
	return url.Values{
		"name": {"Anna Berg"}, "email": {"anna@example.com"}, "businessType": {"brand"}, "adSpendBand": {"none"},
		"marketplaces": {"DE", "US"}, "notes": {"<script>alert(1)</script>"}, "marketingConsent": {"yes"}, "website": {""},
	}
}

// The whole way without JavaScript: apply, confirm, correct, stop the news,
// withdraw, delete.
func TestAnApplicantsWay(t *testing.T) {
	w, b := newSite(t)
	if page := b.get(t, "/waitlist"); page.status != 200 || strings.Contains(page.body, "checked") || strings.Contains(page.body, "<script") {
		t.Fatalf("the form: %d, ticked or scripted: %s", page.status, page.body)
	}
	bad := annasForm()
	bad.Set("notes", "pwd: geheim123")
	if page := b.post(t, "/waitlist", bad); page.status != 422 || !strings.Contains(page.body, "never ask for passwords") || !strings.Contains(page.body, "Anna Berg") {
		t.Errorf("a pasted password: %d", page.status)
	}
	extra := annasForm()
	extra.Set("phone", "1")
	if page := b.post(t, "/waitlist", extra); page.status != 400 {
		t.Errorf("an unknown field: %d", page.status)
	}
	robot := annasForm()
	robot.Set("website", "https://spam.example")
	robot.Set("email", "robot@example.com")
	thanks := b.post(t, "/waitlist", annasForm())
	if caught := b.post(t, "/waitlist", robot); caught.status != 200 || caught.body != thanks.body {
		t.Errorf("the robot was told: %d", caught.status)
	}
	if n, err := w.App.CountRecords(waitlist.Collection); err != nil || n != 1 {
		t.Fatalf("%d applications, %v", n, err)
	}
	news := func(want consent.Status) {
		t.Helper()
		if at, err := waitlist.Marketing(w.App, w.applied(t, "anna@example.com")); err != nil || at != want {
			t.Errorf("the consent is %s, want %s (%v)", at, want, err)
		}
	}
	news(consent.Pending)

	letter := w.mails(t, mail.WaitlistConfirm, "anna@example.com")[0]
	confirm, status := pathOf(t, letter["link"]), pathOf(t, letter["status"])
	// ASVS 3.5.3: what opens links in mails changes nothing.
	for range 2 {
		if page := b.get(t, confirm); page.status != 200 || !strings.Contains(page.body, "method=\"post\"") {
			t.Fatalf("%d %s", page.status, page.body)
		}
		if page := b.get(t, status+"?action=delete"); page.status != 200 || strings.Contains(page.body, "<script>") || !strings.Contains(page.body, "&lt;script&gt;") {
			t.Fatalf("%d %s", page.status, page.body)
		}
	}
	news(consent.Pending)
	if r := w.applied(t, "anna@example.com"); !r.GetDateTime("confirmed_at").IsZero() {
		t.Error("opening the link confirmed the address")
	}
	if page := b.post(t, confirm, url.Values{"news": {"yes"}}); page.status != 200 || !strings.Contains(page.body, "confirmed") {
		t.Errorf("%d %s", page.status, page.body)
	}
	news(consent.Given)
	if r := w.applied(t, "anna@example.com"); r.GetDateTime("confirmed_at").IsZero() {
		t.Error("the address is not confirmed")
	}
	// A stranger who applies for her address changes nothing of hers.
	strange := annasForm()
	strange.Set("name", "Mallory")
	b.post(t, "/waitlist", strange)
	news(consent.Given)
	if got := w.mails(t, mail.WaitlistKnown, "anna@example.com"); len(got) != 1 || w.applied(t, "anna@example.com").GetString("name") != "Anna Berg" {
		t.Errorf("known: %v", got)
	}

	fixed := url.Values{"action": {"correct"}, "name": {"Anna B."}, "businessType": {"agency"}, "adSpendBand": {"1k_5k"}, "marketplaces": {"GB"}, "notes": {""}}
	if page := b.post(t, status, fixed); page.status != 200 || !strings.Contains(page.body, "Your changes are stored") {
		t.Errorf("correcting: %d %s", page.status, page.body)
	}
	if r := w.applied(t, "anna@example.com"); r.GetString("name") != "Anna B." || r.GetString("business_type") != "agency" {
		t.Errorf("corrected: %v", r)
	}
	b.post(t, status, url.Values{"action": {"news-off"}})
	news(consent.Withdrawn)
	b.post(t, status, url.Values{"action": {"news-on"}})
	news(consent.Given)
	b.post(t, status, url.Values{"action": {"withdraw"}})
	r := w.applied(t, "anna@example.com")
	if r.GetString("status") != "withdrawn" || r.GetDateTime("resolved_at").IsZero() {
		t.Errorf("withdrawn: %v", r)
	}
	if page := b.post(t, status, url.Values{"action": {"withdraw"}}); page.status != 409 {
		t.Errorf("twice: %d", page.status)
	}
	if page := b.post(t, status, url.Values{"action": {"delete"}}); page.status != 200 || !strings.Contains(page.body, "deleted") {
		t.Errorf("deleting: %d %s", page.status, page.body)
	}
	for table, column := range map[string]string{"waitlist": "email", "consents": "email", "mail_queue": "to_email"} {
		var n int
		if err := w.App.DB().Select("count(*)").From(table).Where(dbx.NewExp("[[" + column + "]] LIKE 'anna@%'")).Row(&n); err != nil || n != 0 {
			t.Errorf("%s holds the address %d times after deletion (%v)", table, n, err)
		}
	}
	if page := b.get(t, status); page.status != 404 {
		t.Errorf("after deletion: %d", page.status)
	}
	b.post(t, "/waitlist", annasForm())
	if fresh := w.applied(t, "anna@example.com"); fresh.Id == r.Id || fresh.GetString("status") != "new" {
		t.Errorf("applying again: %v", fresh)
	}
	if strings.Contains(w.log.String(), "anna@") {
		t.Error("the log holds the address")
	}
}

func TestCodesOfOthersOpenNothing(t *testing.T) {
	w, b := newSite(t)
	b.do(t, "POST", "/api/halotrack/waitlist", anna)
	letter := w.mails(t, mail.WaitlistConfirm, "anna@example.com")[0]
	confirm, status := pathOf(t, letter["link"]), pathOf(t, letter["status"])
	for name, p := range map[string]string{
		"a confirmation as status": strings.Replace(confirm, "/confirm/", "/application/", 1),
		"a status as confirmation": strings.Replace(status, "/application/", "/confirm/", 1),
		"cut off":                  status[:len(status)-4],
		"made up":                  "/waitlist/application/aaaaaaaaaaaaaaa.zzzzzz.AAAA",
	} {
		for _, got := range []answer{b.get(t, p), b.post(t, p, url.Values{"action": {"delete"}})} {
			if got.status != 404 || strings.Contains(got.body, "Anna") || strings.Contains(got.body, "anna@") {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
	}
	if got := b.do(t, "POST", status, "action=delete", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); got.status != 403 {
		t.Errorf("from a foreign page: %d", got.status)
	}
	w.now.Set(w.now.Now().Add(8 * 24 * time.Hour))
	if got := b.post(t, confirm, url.Values{}); got.status != 410 {
		t.Errorf("after its time: %d", got.status)
	}
	w.applied(t, "anna@example.com")
}

// ASVS 2.4.1: one address gets no further than its part, and only that address.
func TestWaitlistAnswersRobotsWith429(t *testing.T) {
	w, b := newSite(t)
	post := func(i int, from string) answer {
		return b.do(t, "POST", "/api/halotrack/waitlist", strings.Replace(anna, "anna@", fmt.Sprintf("a%d@", i), 1), "X-Forwarded-For", from)
	}
	taken := 0
	for i := range 100 {
		switch got := post(i, "198.51.100.7"); got.status {
		case 202:
			taken++
		case 429:
			if got.header.Get("Retry-After") == "" {
				t.Fatal("429 does not say when to come back")
			}
		default:
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if n, err := w.App.CountRecords(waitlist.Collection); err != nil || taken != 10 || n != 10 {
		t.Errorf("%d of 100 taken, %d stored, %v", taken, n, err)
	}
	if got := post(101, "198.51.100.8"); got.status != 202 {
		t.Errorf("the neighbour: %d", got.status)
	}
	for i, want := range []int{202, 202, 202, 429} { // each is a mail to the same person
		got := b.do(t, "POST", "/api/halotrack/waitlist", anna, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
		if got.status != want {
			t.Errorf("application %d for one address: %d, want %d", i, got.status, want)
		}
	}
	if n := len(w.mails(t, mail.WaitlistConfirm, "anna@example.com")); n != 3 {
		t.Errorf("%d mails to one address", n)
	}
	for i, want := range []int{202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 429} { // one IPv6 network is one sender
		if got := post(200+i, fmt.Sprintf("2001:db8:1:2::%x", i+1)); got.status != want {
			t.Errorf("IPv6 %d: %d, want %d", i, got.status, want)
		}
	}
}

// A thousand applications from a thousand addresses, thirty at a time; every
// other one for an address that is known.
func TestThousandApplicationsInAMinute(t *testing.T) {
	w, b := newSite(t)
	b.Transport = &http.Transport{MaxIdleConnsPerHost: 30}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const people = 500
	for i := range people {
		a := waitlist.Application{Name: "P", Email: fmt.Sprintf("known%d@example.com", i), BusinessType: "brand", AdSpendBand: "none", Marketplaces: []string{"US"}}
		if err := w.Desk.Apply(w.App, a, false); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	took, codes := map[string][]time.Duration{}, map[int]int{}
	start := time.Now()
	var wg sync.WaitGroup
	jobs := make(chan int)
	for range 30 {
		wg.Go(func() {
			for i := range jobs {
				kind := []string{"known", "fresh"}[i%2]
				begun := time.Now()
				got := b.do(t, "POST", "/api/halotrack/waitlist", strings.Replace(anna, "anna@", fmt.Sprintf("%s%d@", kind, i/2), 1),
					"X-Forwarded-For", fmt.Sprintf("10.9.%d.%d", i/250, i%250+1))
				mu.Lock()
				took[kind] = append(took[kind], time.Since(begun))
				codes[got.status]++
				mu.Unlock()
			}
		})
	}
	for i := range 2 * people {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	elapsed := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	median := func(kind string) time.Duration { slices.Sort(took[kind]); return took[kind][people/2] }
	t.Logf("1,000 applications in %v; median for unknown addresses %v, for known %v; heap %+d KiB", elapsed.Round(time.Millisecond),
		median("fresh").Round(time.Microsecond), median("known").Round(time.Microsecond), (int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024)
	if codes[202] != 2*people {
		t.Errorf("answers %v", codes)
	}
	if n, err := w.App.CountRecords(waitlist.Collection); err != nil || n != 2*people {
		t.Errorf("%d applications, %v", n, err)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestStartPage(t *testing.T) {
	w, b := newSite(t)
	page := b.get(t, "/")
	if page.status != 200 || !strings.Contains(page.body, "Demo data") || len(page.header.Values("Set-Cookie")) > 0 {
		t.Errorf("%d %v", page.status, page.header)
	}
	for _, bad := range []string{"<script", "<style", " style=", "onclick=", `src="http`, `href="http`} {
		if strings.Contains(page.body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, path := range append(regexp.MustCompile(`(?:href|src)="(/[^"#]*)`).FindAllString(page.body, -1), `href="/waitlist/thanks`) {
		_, path, _ = strings.Cut(path, `"`)
		if got := b.get(t, path); got.status != 200 && path != "/favicon.svg" { // the favicon is built with the pages
			t.Errorf("%s: %d", path, got.status)
		}
	}
	setup := w.connect(t)
	b.signIn(t, w.person(t, "alice@example.com", setup.clients[0], "viewer"))
	if own := b.get(t, "/"); own.status != 200 || strings.Contains(own.body, "Demo data") {
		t.Errorf("someone signed in sees the landing page: %d", own.status)
	}
}

// Who still lacks a required second factor gets the pages, which lead to setting
// it up, and not what strangers see.
func TestStartPageWithoutTheSecondFactor(t *testing.T) {
	w := newWorld(t, 1)
	w.Config.Site, w.Config.SecondFactor = true, string(session.OfAll)
	login, account := w.alice(t)
	base := w.serveWorld(t)
	b := newBrowser(t, base)
	b.signIn(t, login)
	pages, landing := b.get(t, "/me"), newBrowser(t, base).get(t, "/")
	if got := b.get(t, "/"); got.status != http.StatusOK || got.body != pages.body || got.body == landing.body {
		t.Errorf("half signed in: %d %s", got.status, got.body)
	}
	if got := b.get(t, accountsPath+account+"/overview"); got.status != http.StatusForbidden {
		t.Errorf("the account without the second factor: %d", got.status)
	}
	// PocketBase's own routes take them for nobody.
	if got, guest := b.get(t, "/api/collections/users/records"), newBrowser(t, base).get(t, "/api/collections/users/records"); got.status != guest.status || got.body != guest.body {
		t.Errorf("the collections: %d %s, a guest: %d %s", got.status, got.body, guest.status, guest.body)
	}
	expect(t, b.do(t, "DELETE", sessionPath, ""), http.StatusNoContent)
	if got := b.get(t, "/"); got.body != landing.body {
		t.Error("after logging out the landing page is not there")
	}
}

func TestWithoutSiteThereIsNone(t *testing.T) {
	w := newWorld(t, 1)
	b := newBrowser(t, w.serveWorld(t))
	for _, path := range []string{"/waitlist", "/waitlist/thanks", "/site.css"} {
		if got := b.get(t, path); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := b.do(t, "POST", "/api/halotrack/waitlist", anna); got.status != 404 && got.status != 405 {
		t.Errorf("applying: %d", got.status)
	}
}
