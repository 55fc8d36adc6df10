package e2e

import (
	"fmt"
	"strings"
	"testing"
)

const adsForm = `document.querySelector("section[aria-labelledby=connect-ads]")`

// TestConsentInABrowser connects advertising at the simulated Amazon as an
// editor, is warned, connects again as a viewer, and looks at the evidence.
func TestConsentInABrowser(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.signIn()
	base := x.accountAddress()
	name := eval[string](x, `fetch("/api/halotrack/accounts").then((r) => r.json()).then((b) => b.items.find((a) => location.pathname.includes(a.id)).name)`)
	origin := eval[string](x, fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"region":"na"}'}).then((r) => r.json()).then((b) => new URL(b.url).origin)`,
		strings.Replace(base, "/accounts/", "/api/halotrack/accounts/", 1)+"/connections/ads/authorize"))
	x.allow(origin)

	consent := func(user, decision string) {
		t.Helper()
		x.goTo(base + "/connections")
		x.waitFor(adsForm + `?.querySelector("form button") != null`)
		eval[bool](x, adsForm+`.querySelector("form button").click(), true`)
		x.arrive(fmt.Sprintf(`location.origin === %q && document.querySelector("button[name=decision]") !== null`, origin))
		// The answer to the click is the next page, so nothing is read from it.
		eval[bool](x, fmt.Sprintf(`(() => {
			document.querySelector('input[name=account][value=%q]').checked = true;
			document.querySelector("input[name=user][value=%s]").checked = true;
			setTimeout(() => document.querySelector("button[value=%s]").click());
			return true;
		})()`, name, user, decision))
		x.arrive(`location.pathname.endsWith("/connections") && location.search === "" && document.querySelector("main [role=status], main [role=alert]") !== null && document.querySelectorAll("main article").length > 1`)
		for _, secret := range []string{"code=", "state="} {
			if at := eval[string](x, `location.href + document.referrer + JSON.stringify(history.state)`); strings.Contains(at, secret) {
				t.Errorf("the address or the referrer holds %s", secret)
			}
		}
	}
	consent("editor", "authorise")
	x.waitFor(`/could change campaigns/.test(document.querySelector("main").innerText)`)
	x.shot("connections-edit")
	consent("viewer", "authorise")
	x.waitFor(`!/could change campaigns/.test(document.querySelector("main").innerText)`)
	consent("viewer", "cancel")
	x.waitFor(`/access was not permitted/.test(document.querySelector("main").innerText)`)

	eval[bool](x, `[...document.querySelectorAll("main article")].find((a) => /Advertising/.test(a.innerText)).querySelector("a[href*='/connections/']").click(), true`)
	x.waitFor(`/ads\.listProfiles/.test(document.querySelector("main").innerText) && /Nothing else/.test(document.querySelector("main").innerText)`)
}
