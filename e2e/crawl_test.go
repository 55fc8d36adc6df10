package e2e

import (
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"halotrack.ai/halotrack/internal/inventory"
)

// keepsNothing fails the test if the page left anything in the browser that the
// inventory does not declare: a cookie of another name, one that scripts can
// read, or anything in the storage of the page. Requests to other origins fail
// every test by themselves.
func (x *tab) keepsNothing(page string) {
	x.t.Helper()
	inv, err := inventory.Load()
	if err != nil {
		x.t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, c := range inv.Cookies {
		declared[c.Name] = true
	}
	result, err := chromedp.Call(x.Context, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		x.t.Fatal(err)
	}
	for _, c := range result.Cookies {
		if !declared[c.Name] || !c.HTTPOnly {
			x.t.Errorf("%s: the cookie %s is not in inventory.yaml, or scripts can read it", page, c.Name)
		}
		if signedOut(page) {
			x.t.Errorf("%s: a page for everyone set the cookie %s", page, c.Name)
		}
	}
	const stored = `(async () => JSON.stringify([document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage),
		...(await indexedDB.databases()).map((d) => d.name), ...(globalThis.caches ? await caches.keys() : []),
		...(await navigator.serviceWorker?.getRegistrations() ?? []).map((r) => r.scope)]))()`
	if got := eval[string](x, stored); got != `[""]` {
		x.t.Errorf("%s keeps in the browser: %s", page, got)
	}
}

// signedOut reports whether the page is visited before anybody signs in.
func signedOut(page string) bool { return page == "login" || strings.HasPrefix(page, public) }

// public begins the names of the pages for strangers.
const public = "public-"

var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../ui/node_modules/axe-core/axe.min.js")
	return string(source), err
})

// accessible fails the test on what axe-core calls a serious or critical
// violation.
func (x *tab) accessible(page, size string) {
	x.t.Helper()
	source, err := axe()
	if err != nil {
		x.t.Fatalf("axe-core is not installed, run npm ci in ui: %v", err)
	}
	eval[bool](x, source+"\n;true")
	const run = `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => v.impact + " " + v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " (" + (n.any[0]?.message ?? "") + ")").join(" ; ")))`
	for _, violation := range eval[[]string](x, run) {
		x.t.Errorf("%s on %s: %s", page, size, strings.TrimSpace(violation))
	}
}
