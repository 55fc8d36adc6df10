package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Links of the terms table and of the list of audits.
const (
	termLinks  = `document.querySelectorAll("main a[href*='/terms/']")`
	auditLinks = `document.querySelectorAll("main a[href*='/audits/']")`
)

func TestSigningInAndOut(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.goTo(x.site.address + "/login")
	x.typeInto(`input[name=email]`, x.site.email)
	x.typeInto(`input[name=password]`, "not the password\r")
	x.waitFor(`document.querySelector("[role=alert]")?.innerText.length > 0`)
	x.logInOnThePage()
	stored := eval[string](x, `document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`)
	if strings.Contains(stored, "session") || strings.Contains(stored, "token") {
		t.Errorf("scripts can read %q", stored)
	}
	eval[bool](x, `[...document.querySelectorAll("button")].find((b) => /log out/i.test(b.innerText + b.ariaLabel + b.title)).click(), true`)
	x.waitFor(`document.querySelector("input[name=email]") !== null`)
	x.goTo(x.site.address + "/accounts/x/overview")
	x.waitFor(`location.pathname === "/login"`)
}

// sizes are the windows that every page is looked at in.
var sizes = []struct {
	name          string
	width, height int64
	dark          bool
}{
	{"desktop-light", 1440, 900, false}, {"desktop-dark", 1440, 900, true},
	{"phone-light", 390, 844, false}, {"phone-dark", 390, 844, true},
}

func TestEveryPageAtEverySize(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.width, size.height, size.dark)
			visit := func(page, address, ready string) {
				t.Helper()
				x.goTo(address)
				x.waitFor(ready)
				x.settled(page, size.name, size.width)
			}
			visit("login", x.site.address+"/login", `document.querySelector("input[name=email]") !== null`)
			x.signIn()
			base := x.accountAddress()
			visit("overview", base+"/overview", `document.querySelectorAll("main canvas").length > 0 && document.querySelector("#newest-audit") !== null`)
			visit("terms", base+"/terms", termLinks+`.length > 5`)
			visit("term", eval[string](x, termLinks+`[0].href`), `document.querySelectorAll("main canvas").length > 0`)
			visit("audits", base+"/audits", auditLinks+`.length > 0`)
			visit("audit", eval[string](x, auditLinks+`[0].href`), `/\d\d\d\d/.test(document.querySelector("main")?.innerText ?? "") && document.querySelector("main h1") !== null`)
			visit("alerts", base+"/alerts", `document.querySelector("main h1") !== null && document.querySelector("main article, main p") !== null`)
			visit("connections", base+"/connections", `document.querySelectorAll("main article").length > 1`)
			visit("evidence", eval[string](x, `document.querySelector("main article a[href*='/connections/']").href`), `document.querySelectorAll("main li").length > 3`)
			visit("quarantine", base+"/quarantine", `document.querySelector("main h1") !== null && document.querySelector("main ul, main section") !== null`)
			visit("team", base+"/team", `document.querySelector("input[name=invite-email]") !== null`)
			visit("products", base+"/products", `document.querySelectorAll("[data-products] li").length > 3`)
			visit("settings", base+"/settings", `document.querySelector("input[name=account-name]") !== null && document.querySelector("textarea[name=brand-words]") !== null && document.querySelector("input[name=threshold-value]") !== null && document.querySelector("input[name=event-from]") !== null`)
			visit("keys", base+"/keys", `document.querySelector("input[name=key-name]") !== null`)
			agency := eval[string](x, `fetch("/api/halotrack/accounts").then((r) => r.json()).then((b) => b.items.find((a) => a.kind === "agency")?.id ?? "")`)
			if agency == "" {
				t.Fatal("the demo has no agency")
			}
			visit("clients", x.site.address+"/accounts/"+agency+"/overview", `document.querySelector("input[name=client-name]") !== null`)
			visit("whitelabel", x.site.address+"/accounts/"+agency+"/settings", `document.querySelector("input[name=brand-name]") !== null`)
			visit("me", x.site.address+"/me", `document.querySelector("#devices") !== null && document.querySelector("section[aria-labelledby=devices] li") !== null`)
			visit("forgot", x.site.address+"/forgot", `document.querySelector("input[name=email]") !== null`)
			visit("email", x.site.address+"/email#x", `document.querySelector("main button") !== null`)
			visit("join", x.site.address+"/join#x", `document.querySelector("main [role=alert]") !== null`)
			visit("password", x.site.address+"/password#x", `document.querySelector("main h1") !== null && document.querySelector("input[type=password]") !== null`)
			visit("notfound", x.site.address+"/nowhere/at/all/here", `document.querySelector("main h1") !== null`)
		})
	}
}

// accountAddress is the address of the account that is shown.
func (x *tab) accountAddress() string {
	x.t.Helper()
	return eval[string](x, `location.origin + location.pathname.replace(/\/overview$/, "")`)
}

// settled checks what every page must keep to, and takes its picture.
func (x *tab) settled(page, size string, width int64) {
	x.t.Helper()
	if wide := eval[int64](x, `document.documentElement.scrollWidth`); wide > width {
		x.t.Errorf("%s on %s scrolls sideways: %v of %d pixels", page, size, wide, width)
	}
	for _, problem := range eval[[]string](x, rules) {
		x.t.Errorf("%s on %s: %s", page, size, problem)
	}
	x.keepsNothing(page)
	x.accessible(page, size)
	x.shot(page + "-" + size)
}

// rules lists what a page breaks of what every page keeps to.
const rules = `(() => {
	const out = [];
	if (document.querySelectorAll("h1").length !== 1) out.push(document.querySelectorAll("h1").length + " h1");
	if (document.querySelectorAll("main").length !== 1) out.push("not one main");
	if (!document.documentElement.lang) out.push("no language");
	if (!document.title.includes("HaloTrack")) out.push("title " + document.title);
	if (/NaN|undefined|Infinity|\[object/.test(document.body.innerText)) out.push("shows a figure that is none");
	for (const e of document.querySelectorAll("button, a[href], input, select")) {
		if (e.closest("[hidden], [aria-hidden=true]")) continue;
		const name = e.innerText || e.ariaLabel || e.title || e.labels?.length || e.placeholder || e.textContent.trim();
		if (!name) out.push("nameless " + e.outerHTML.slice(0, 120));
	}
	return out;
})()`

func TestTermsTable(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.signIn()
	base := x.accountAddress()
	x.goTo(base + "/terms")
	x.waitFor(termLinks + `.length > 5`)
	if n := eval[int](x, termLinks+`.length`); n > 120 {
		t.Errorf("%v rows are in the document: the table is not virtualised", n)
	}
	word := strings.Fields(eval[string](x, termLinks+`[0].innerText`))[0]

	// Search from the keyboard; the address carries it.
	x.do(chromedp.KeyEvent("/"))
	x.waitFor(`document.activeElement?.type === "search"`)
	// The protocol types the key although the page took it; a keyboard would not.
	eval[bool](x, `document.activeElement.value = "", true`)
	x.typeInto(`input[type=search]`, word)
	x.waitFor(fmt.Sprintf(`new URLSearchParams(location.search).get("q") === %q`, word))
	x.waitFor(fmt.Sprintf(`(() => { const a = [...`+termLinks+`]; return a.length > 0 && a.every((e) => e.innerText.toLowerCase().includes(%q)); })()`, strings.ToLower(word)))

	// The same address shows the same table.
	x.goTo(eval[string](x, `location.href`))
	x.waitFor(fmt.Sprintf(`document.querySelector("input[type=search]")?.value === %q`, word))

	x.goTo(base + "/terms?sort=term")
	x.waitFor(`new URLSearchParams(location.search).has("week")`) // the page completes its address and asks again
	x.waitFor(termLinks + `.length > 5`)
	terms := eval[[]string](x, `[...`+termLinks+`].slice(0, 8).map((e) => e.innerText)`)
	for i := 1; i < len(terms); i++ {
		if terms[i] < terms[i-1] {
			t.Errorf("sorted by term: %q after %q", terms[i], terms[i-1])
		}
	}
	x.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	x.waitFor(`document.activeElement?.closest("[data-row='1']") != null`) // the focus follows in the next frame
	x.do(chromedp.KeyEvent("\r"))
	x.waitFor(`/\/terms\/.+/.test(location.pathname)`)
}

func TestOverviewShowsTheAudit(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.signIn()
	page := x.text("main")
	for _, want := range []string{"Impression share", "Click share", "Cart add share", "Purchase share", "%"} {
		if !strings.Contains(page, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(strings.ToLower(page), "confirmed drop") || strings.Contains(strings.ToLower(page), "confirmed gain") {
		t.Error("an observation is called confirmed")
	}
	// Each client has figures of its own.
	accounts := eval[[]string](x, `fetch("/api/halotrack/accounts").then((r) => r.json()).then((b) => b.items.filter((a) => a.kind === "business").map((a) => a.id))`)
	if len(accounts) != 2 {
		t.Fatalf("%d accounts", len(accounts))
	}
	for _, id := range accounts {
		x.goTo(x.site.address + "/accounts/" + id + "/overview")
		x.waitFor(fmt.Sprintf(`location.pathname.includes(%q) && document.querySelector("#newest-audit") !== null`, id))
	}
}
