package e2e

import (
	"fmt"
	"testing"
)

// hostileTexts makes the pages' own requests answer with texts that are markup,
// that reorder the line and that never end, wherever Amazon, a shopper or a
// client chose the words.
const hostileTexts = `(() => {
	const real = window.fetch;
	// What "connect" holds are names of this program.
	const free = new Set(["term", "text", "name", "message", "toDo", "campaign", "brand", "title", "authorisedBy", "by", "sellerId", "app", "problem"]);
	const evil = (s) => s + "<img src=x onerror='window.pwned=1'><script>window.pwned=1<\/script>\u202Emoc.live\u2066\u0000" + "W".repeat(400);
	const taint = (v, key) => key === "connect" ? v : typeof v === "string" ? (free.has(key) ? evil(v) : v)
		: Array.isArray(v) ? v.map((w) => taint(w, key))
		: v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, taint(w, k)])) : v;
	window.fetch = async (...asked) => {
		const answer = await real(...asked);
		if (!(answer.headers.get("Content-Type") ?? "").includes("json")) return answer;
		window.tainted = (window.tainted ?? 0) + 1;
		return new Response(JSON.stringify(taint(await answer.json())), { status: answer.status, headers: { "Content-Type": "application/json" } });
	};
	return true;
})()`

// TestTextsOfOthersAreOnlyTexts walks through the pages with hostile texts in
// every answer: none becomes markup, and none makes a page wider than its
// window.
func TestTextsOfOthersAreOnlyTexts(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int64
	}{{"desk", 1440, 900}, {"phone", 390, 844}} {
		t.Run(c.name, func(t *testing.T) {
			x := open(t, c.width, c.height, false)
			x.signIn()
			base := x.accountAddress()
			for _, page := range []struct{ name, ready string }{
				{"overview", `document.querySelector("#newest-audit") !== null`},
				{"terms", termLinks + `.length > 5`},
				{"connections", `document.querySelectorAll("main article").length > 1`},
				{"quarantine", `document.querySelectorAll("main li").length > 0`},
			} {
				// The page is left and come back to within the document, so that
				// its requests are the changed ones.
				x.goTo(base + "/password")
				x.waitFor(`document.readyState === "complete"`)
				eval[bool](x, hostileTexts)
				eval[bool](x, fmt.Sprintf(`history.pushState({}, "", %q), dispatchEvent(new PopStateEvent("popstate")), true`, base+"/"+page.name))
				x.waitFor(`window.tainted > 0 && ` + page.ready)
				x.waitFor(`document.body.innerText.includes("<img src=x")`)
				x.shot("hostile-" + page.name + "-" + c.name)
				if eval[bool](x, `window.pwned === 1 || document.querySelector("img[src=x]") !== null || [...document.scripts].some((s) => s.text.includes("pwned"))`) {
					t.Errorf("%s: a text became markup", page.name)
				}
				if wide := eval[int](x, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s is %d pixels too wide", page.name, wide)
				}
			}
		})
	}
}
