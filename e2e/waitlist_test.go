package e2e

import (
	"fmt"
	"testing"
)

// headed is true once the page has that heading.
func headed(text string) string {
	return fmt.Sprintf(`document.querySelector("h1")?.innerText === %q`, text)
}

// apply fills the waitlist's form and sends it.
func (x *tab) apply(name, address string) {
	x.t.Helper()
	x.fill("name", name)
	x.fill("email", address)
	eval[bool](x, `(() => {
		document.querySelector("select[name=businessType]").value = "brand";
		document.querySelector("select[name=adSpendBand]").value = "5k_20k";
		document.querySelector("input[name=marketplaces][value=US]").checked = true;
		return true;
	})()`)
	x.press("main form", "Apply")
	x.arrive(`location.pathname === "/waitlist/thanks"`)
}

// sendUnchecked sends the form of a button without the browser's own checks, so
// that the server's are seen.
func (x *tab) sendUnchecked(button string) {
	x.t.Helper()
	eval[bool](x, `document.querySelectorAll("main form").forEach((f) => { f.noValidate = true; }), true`)
	x.press("main form", button)
}

// TestPublicPagesAtEverySize looks at all that strangers see: nothing is stored
// in the browser or asked of others, and everybody can use it.
func TestPublicPagesAtEverySize(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.width, size.height, size.dark)
			address := "visitor-" + size.name + "@brightwater.example"
			settled := func(page, ready string) {
				t.Helper()
				x.arrive(ready)
				x.settled(public+page, size.name, size.width)
			}
			x.goTo(x.site.address)
			settled("landing", `document.querySelector("#sample table") !== null`)
			x.goTo(x.site.address + "/waitlist")
			settled("apply", headed("Apply for a place"))
			eval[bool](x, `document.querySelector("[name=notes]").value = "the password: hunter2hunter2", true`)
			x.sendUnchecked("Apply")
			settled("apply-wrong", `document.querySelectorAll("main [role=alert], main [aria-invalid=true]").length > 4`)
			x.goTo(x.site.address + "/waitlist")
			x.apply("Vera Visitor", address)
			settled("thanks", headed("Thank you"))

			x.goTo(x.site.mailedTo(t, address, `/waitlist/confirm/[\w.-]+`))
			settled("confirm", headed("Confirm your address"))
			x.press("form", "Yes, confirm the address")
			settled("confirmed", headed("Your address is confirmed"))
			x.goTo(x.site.mailedTo(t, address, `/waitlist/application/[\w.-]+`))
			settled("application", headed("Your application"))
			eval[bool](x, `document.querySelector("input[name=name]").value = "", true`)
			x.sendUnchecked("Store the changes")
			settled("application-wrong", `document.querySelector("main [role=alert]") !== null && document.querySelector("input[name=name][aria-invalid=true]") !== null`)
			eval[bool](x, `document.querySelector("input[name=name]").value = "Vera V. Visitor", true`)
			x.press("main form", "Store the changes")
			settled("application-changed", `document.querySelector("main [role=status]") !== null && document.querySelector("input[name=name]").value === "Vera V. Visitor"`)
			x.press("main form", "Delete the application")
			settled("application-gone", `document.querySelector("main form") === null && document.querySelector("h1") !== null`)
			x.goTo(x.site.address + "/waitlist/application/nonsense")
			settled("link-wrong", headed("This link is not valid"))
		})
	}
}

// TestFromTheWaitlistToAnAccount walks the whole way of a customer: applying,
// confirming, being invited by an operator, signing up.
func TestFromTheWaitlistToAnAccount(t *testing.T) {
	const address = "carla@brightwater.example"
	guest := open(t, 1440, 900, false)
	s := guest.site
	guest.goTo(s.address)
	guest.waitFor(`document.querySelector("a[href='/waitlist']") !== null`)
	guest.goTo(s.address + "/waitlist")
	guest.apply("Carla Applicant", address)
	guest.goTo(s.mailedTo(t, address, `/waitlist/confirm/[\w.-]+`))
	guest.press("form", "Yes, confirm the address")
	guest.arrive(headed("Your address is confirmed"))
	if stored := eval[string](guest, `document.cookie + localStorage.length + sessionStorage.length`); stored != "00" {
		t.Errorf("the public pages store %q", stored)
	}

	operator := open(t, 1440, 900, false)
	operator.goTo(s.address + "/login")
	operator.fill("email", s.operator[0])
	operator.fill("password", s.operator[1]+"\r")
	operator.waitFor(`location.pathname === "/operator/waitlist"`)
	operator.waitFor(fmt.Sprintf(`document.querySelector("main li")?.innerText.includes(%q)`, address))
	operator.settled("triage", "desktop-light", 1440)
	operator.press("main li", "Invite")
	link := s.mailedTo(t, address, `/join#[\w-]+`)

	guest.goTo(link)
	guest.fill("name", "Carla Applicant")
	guest.fill("organization", "Brightwater Goods")
	guest.fill("new-password", colleaguePassword)
	guest.press("form", "Join")
	guest.waitFor(`location.pathname.endsWith("/overview") && document.body.innerText.includes("Brightwater Goods")`)
	operator.goTo(s.address + "/operator/waitlist")
	operator.waitFor(`document.querySelector("main form select") !== null`)
	eval[bool](operator, `(() => { const s = document.querySelector("main form select, form select"); s.value = "joined"; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`)
	operator.waitFor(fmt.Sprintf(`document.querySelector("main li")?.innerText.includes(%q)`, address))
}
