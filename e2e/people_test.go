package e2e

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

const colleaguePassword = "quarterly narwhal teapot 93"

// client asks the server past the browser.
var client = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// invitationTo waits for the mail that invites an address and returns its link.
func (s *site) invitationTo(t *testing.T, address string) string {
	t.Helper()
	return s.mailedTo(t, address, `/join#[\w-]+`)
}

// mailedTo waits for a mail to an address with a link to a page, and returns
// the link.
func (s *site) mailedTo(t *testing.T, address, page string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	fetch := func(path string) string {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.mails+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatalf("no mail to %s arrived: %v", address, err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(string(body))
	}
	link := regexp.MustCompile(`http://[^\s"<]+` + page)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		for _, m := range regexp.MustCompile(`href="\./(\d+)"`).FindAllStringSubmatch(fetch("/"), -1) {
			if mail := fetch("/" + m[1]); strings.Contains(mail, address) && link.MatchString(mail) {
				return link.FindString(mail)
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("no mail to %s with a link to %s arrived", address, page)
		}
	}
}

// press presses the button whose words or name hold text, within a part of the
// page.
func (x *tab) press(within, text string) {
	x.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%q)].find((b) => (b.innerText + " " + (b.ariaLabel ?? "")).includes(%q) && !b.disabled && b.offsetParent !== null)`, within+" button", text)
	x.waitFor(find + ` !== undefined`)
	eval[bool](x, `setTimeout((button) => button.click(), 0, `+find+`), true`) // after the answer: it may lead away
}

// fill types into an empty field.
func (x *tab) fill(name, text string) { x.t.Helper(); x.typeInto("input[name="+name+"]", text) }

// inviteFrom invites from the team page and returns the link that was mailed.
func (x *tab) inviteFrom(base, address, role string) string {
	x.t.Helper()
	x.goTo(base + "/team")
	x.waitFor(`document.querySelector("select[name=invite-role]") !== null`)
	eval[bool](x, fmt.Sprintf(`(() => { const s = document.querySelector("select[name=invite-role]"); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`, role))
	x.fill("invite-email", address)
	x.press("section[aria-labelledby=invite]", "Send the invitation")
	x.waitFor(fmt.Sprintf(`document.querySelector("[data-invitations]")?.innerText.includes(%q)`, address))
	return x.site.invitationTo(x.t, address)
}

// joinBy signs up by the link of an invitation.
func (x *tab) joinBy(link, name string) {
	x.t.Helper()
	x.goTo(link)
	x.waitFor(`document.querySelector("input[name=name]") !== null`)
	if at := eval[string](x, `location.href`); strings.Contains(at, "#") {
		x.t.Errorf("the secret stays in the address: %s", at)
	}
	x.settled("join-"+strings.ToLower(name), "desktop", 1440)
	x.fill("name", name)
	x.fill("new-password", colleaguePassword)
	x.press("form", "Join")
	x.waitFor(`location.pathname.endsWith("/overview") && document.querySelector("main h1") !== null`)
}

// authenticator is a person's app. The demo runs on this machine's clock.
type authenticator struct {
	secret string
	used   int64 // step of the last code
}

// code returns the code to type now: that of the present step or, because none
// counts twice, of the next one, which the server takes as well. Ask for it
// when it is typed: a page that was slow to come would find it over.
func (a *authenticator) code(t *testing.T) string {
	t.Helper()
	const step = 30
	if a.used = max(time.Now().Unix()/step, a.used+1); a.used > time.Now().Unix()/step+1 {
		t.Fatal("more codes are wanted than the server takes in this time")
	}
	c, err := totp.GenerateCode(a.secret, time.Unix(a.used*step, 0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logIn fills the form of the password, and then that of the code, which is
// asked for when its field is there.
func (x *tab) logIn(email string, code func() string) {
	x.t.Helper()
	x.goTo(x.site.address + "/login")
	x.fill("email", email)
	x.fill("password", colleaguePassword+"\r")
	x.waitFor(`document.querySelector("input[name=otp]") !== null`)
	x.shot("login-code")
	x.fill("otp", code()+"\r")
	x.waitFor(`location.pathname.endsWith("/overview")`)
}

// logoChosen draws a picture and chooses it as the logo, as a person would a
// file.
const logoChosen = `(async () => {
	const canvas = Object.assign(document.createElement("canvas"), {width: 64, height: 64});
	const context = canvas.getContext("2d");
	context.fillStyle = "#2f7d32";
	context.fillRect(8, 8, 48, 48);
	const files = new DataTransfer();
	files.items.add(new File([await new Promise((done) => canvas.toBlob(done, "image/png"))], "logo.png"));
	const input = document.querySelector("input[type=file]");
	input.files = files.files;
	input.dispatchEvent(new Event("change", {bubbles: true}));
	return true;
})()`

// TestPeopleInABrowser walks from an invitation to a replayed cookie.
func TestPeopleInABrowser(t *testing.T) {
	owner := open(t, 1440, 900, false)
	owner.signIn()
	base := owner.accountAddress()
	joan := open(t, 1440, 900, false)
	joan.joinBy(owner.inviteFrom(base, "joan@lanternfish.example", "owner"), "Joan")

	// The second factor, with the recovery codes.
	joan.goTo(joan.site.address + "/me")
	joan.press("section[aria-labelledby=factor]", "Set up")
	joan.waitFor(`document.querySelector("[data-secret]") !== null && document.querySelector("main img")?.naturalWidth > 0`)
	joan.settled("me-factor", "desktop", 1440)
	secret := strings.ReplaceAll(joan.text("[data-secret]"), " ", "")
	app := &authenticator{secret: secret}
	joan.fill("totp", app.code(t)+"\r")
	joan.waitFor(`document.querySelectorAll("[data-codes] li").length === 10`)
	joan.settled("me-codes", "desktop", 1440)
	recovery := strings.Fields(joan.text("[data-codes]"))

	// Logging in asks for a code: another one, because none counts twice.
	joan.press("header", "Log out")
	joan.waitFor(`document.querySelector("input[name=email]") !== null`)
	joan.logIn("joan@lanternfish.example", func() string { return app.code(t) })

	// A colleague who may look at everything and change nothing.
	viewer := open(t, 1440, 900, false)
	viewer.joinBy(joan.inviteFrom(base, "vic@lanternfish.example", "viewer"), "Vic")
	viewer.goTo(base + "/team")
	viewer.waitFor(`document.querySelectorAll("[data-members] li").length === 2`)
	viewer.settled("team-viewer", "desktop", 1440)
	if n := eval[int](viewer, `document.querySelectorAll("main select, main form, main [data-members] button").length`); n != 0 {
		t.Errorf("a viewer is offered %d ways to change the team", n)
	}
	api := strings.Replace(base, "/accounts/", "/api/halotrack/accounts/", 1)
	for _, try := range [][3]string{{"PATCH", "", `{"name":"Mine"}`}, {"POST", "/members", `{"email":"x@example.com","role":"owner"}`}, {"POST", "/keys", `{"name":"x","scopes":["read"],"days":1}`}, {"POST", "/connections/ads/authorize", `{"region":"na"}`}} {
		if status := eval[int](viewer, fmt.Sprintf(`fetch(%q, {method: %q, headers: {"Content-Type": "application/json"}, body: %q}).then((r) => r.status)`, api+try[1], try[0], try[2])); status != http.StatusNotFound {
			t.Errorf("a viewer's %s %s: %d", try[0], try[1], status)
		}
	}
	viewer.goTo(base + "/settings")
	viewer.waitFor(`/Only owners/.test(document.querySelector("main")?.innerText ?? "")`)

	// Another device, logged out from afar.
	phone := open(t, 390, 844, true)
	phone.logIn("joan@lanternfish.example", func() string { return recovery[0] })
	phone.goTo(phone.site.address + "/me")
	phone.waitFor(`document.querySelectorAll("section[aria-labelledby=devices] li").length === 2`)
	phone.settled("me-devices", "phone", 390)
	joan.goTo(joan.site.address + "/me")
	joan.press("section[aria-labelledby=devices] li", "Log out")
	joan.waitFor(`document.querySelectorAll("section[aria-labelledby=devices] li").length === 1`)
	phone.goTo(base + "/overview")
	phone.waitFor(`location.pathname === "/login"`)

	// The agency's white label stands in the client's frame.
	agency := eval[string](owner, `fetch("/api/halotrack/accounts").then((r) => r.json()).then((b) => b.items.find((a) => a.kind === "agency").id)`)
	owner.goTo(owner.site.address + "/accounts/" + agency + "/settings")
	owner.fill("brand-name", "Brightwater")
	owner.fill("brand-colour", "#2f7d32")
	eval[bool](owner, logoChosen)
	owner.waitFor(`document.querySelector("main img")?.naturalWidth === 64`)
	owner.press("main form", "Save")
	owner.waitFor(`/Saved/.test(document.querySelector("main [role=status]").innerText) && document.querySelector("header").innerText.includes("Brightwater")`)
	owner.settled("whitelabel-set", "desktop", 1440)
	joan.goTo(base + "/team")
	joan.waitFor(`document.querySelector("header a img")?.naturalWidth === 64 && document.querySelector("header").innerText.includes("Brightwater") && document.querySelector("[data-members] select") !== null`)
	joan.settled("team-owner", "desktop", 1440)

	// Light or dark is kept with the person, and nothing in the browser.
	if theme := eval[string](joan, `document.documentElement.dataset.theme ?? "system"`); theme != "system" {
		t.Errorf("the pages are %s before a choice", theme)
	}
	joan.press("header", "Colours")
	joan.waitFor(`document.documentElement.dataset.theme === "light"`)
	joan.waitFor(`fetch("/api/halotrack/session").then((r) => r.json()).then((b) => b.theme === "light")`)
	joan.goTo(base + "/keys")
	joan.waitFor(`document.documentElement.dataset.theme === "light" && document.querySelector("input[name=key-name]") !== null`)
	if n := eval[int](joan, `localStorage.length + sessionStorage.length`); n != 0 {
		t.Errorf("the browser keeps %d things after the choice", n)
	}

	// A key asks who it is: the first answer is that of ten minutes later.
	eval[bool](joan, `(() => {
		const real = window.fetch;
		let first = true;
		window.fetch = (path, init) => {
			if (!first || init?.method !== "POST" || !path.endsWith("/keys")) return real(path, init);
			first = false;
			return Promise.resolve(new Response('{"message":"","data":{"fresh":"required"}}', {status: 403}));
		};
		return true;
	})()`)
	joan.fill("key-name", "Warehouse")
	joan.press("section[aria-labelledby=make]", "Make the key")
	joan.waitFor(`document.querySelector("dialog[open] input[name=fresh-password]") !== null`)
	joan.fill("fresh-password", colleaguePassword)
	joan.fill("fresh-otp", recovery[1]+"\r")
	joan.waitFor(`/^ht_/m.test(document.querySelector("section[aria-labelledby=made]")?.innerText ?? "")`)
	joan.settled("keys-made", "desktop", 1440)

	// Before joan is removed, the dialog says what ends with it.
	owner.goTo(base + "/team")
	owner.press("[data-members]", "Remove Joan")
	owner.waitFor(`/The API key that they made will end/.test(document.querySelector("dialog[open]")?.innerText ?? "")`)
	owner.settled("team-removal", "desktop", 1440)
	owner.press("dialog[open]", "Cancel")

	// Logging out ends the cookie, whoever kept a copy.
	cookies, err := chromedp.Call(joan.Context, network.GetCookies, network.GetCookiesParams{})
	if err != nil || len(cookies.Cookies) != 1 {
		t.Fatalf("%d cookies, %v", len(cookies.Cookies), err)
	}
	held := cookies.Cookies[0].Name + "=" + cookies.Cookies[0].Value
	replay := func() int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, joan.site.address+"/api/halotrack/session", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Cookie", held)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if status := replay(); status != http.StatusOK {
		t.Fatalf("the cookie before logging out: %d", status)
	}
	joan.press("header", "Log out")
	joan.waitFor(`document.querySelector("input[name=email]") !== null`)
	if status := replay(); status != http.StatusUnauthorized {
		t.Errorf("the cookie after logging out: %d", status)
	}
	if stored := eval[int](joan, `localStorage.length + sessionStorage.length + document.cookie.length`); stored != 0 {
		t.Errorf("the browser keeps %d things that scripts can read", stored)
	}
}
