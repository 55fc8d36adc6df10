package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestHeldBackTermsInABrowser looks at what is held back, deletes one term and
// releases another.
func TestHeldBackTermsInABrowser(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.signIn()
	base := x.accountAddress()
	count := func() int {
		t.Helper()
		return eval[int](x, fmt.Sprintf(`fetch(%q).then((r) => r.json()).then((b) => b.total)`, strings.Replace(base, "/accounts/", "/api/halotrack/accounts/", 1)+"/quarantine"))
	}
	before := count()
	if before < 2 {
		t.Fatalf("%d terms are held back in the demo; the test needs two", before)
	}
	x.goTo(base + "/connections")
	x.waitFor(`document.querySelector("main a[href*='/quarantine']") !== null`)
	eval[bool](x, `document.querySelector("main a[href*='/quarantine']").click(), true`)
	x.waitFor(`document.querySelectorAll("main li").length > 0`)
	x.settled("quarantine", "desktop", 1440)

	decide := func(button string, left int) {
		t.Helper()
		eval[bool](x, fmt.Sprintf(`[...document.querySelectorAll("main li:first-child button")].find((b) => b.innerText === %q).click(), true`, button))
		x.waitFor(`document.querySelector("main dialog[open]") !== null`)
		x.shot("quarantine-" + strings.ToLower(button))
		eval[bool](x, fmt.Sprintf(`[...document.querySelectorAll("main dialog[open] button")].find((b) => b.innerText === %q).click(), true`, button))
		x.waitFor(fmt.Sprintf(`document.querySelector("main [role=status]").innerText !== "" && (document.querySelectorAll("main ul li").length === %d || %d >= 50)`, left, left))
		if got := count(); got != left {
			t.Errorf("after %s %d terms are held back, want %d", button, got, left)
		}
	}
	decide("Delete", before-1)
	decide("Release", before-2)
}
