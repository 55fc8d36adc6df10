package e2e

import (
	"fmt"
	"testing"
)

// TestFromTheWaitlistToAnAccount walks the whole way of a customer: applying,
// confirming, being invited by an operator, signing up.
func TestFromTheWaitlistToAnAccount(t *testing.T) {
	chromium(t)
	s, err := startDemo("--site", "--weeks", "2", "--asins", "3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	const address = "carla@brightwater.example"

	guest := openAt(t, s, 1440, 900, false)
	guest.goTo(s.address)
	guest.waitFor(`document.querySelector("a[href='/waitlist']") !== null`)
	guest.settled("landing", "desktop-light", 1440)
	guest.goTo(s.address + "/waitlist")
	guest.fill("name", "Carla Applicant")
	guest.fill("email", address)
	eval[bool](guest, `(() => {
		document.querySelector("select[name=businessType]").value = "brand";
		document.querySelector("select[name=adSpendBand]").value = "5k_20k";
		document.querySelector("input[name=marketplaces][value=US]").checked = true;
		return true;
	})()`)
	guest.settled("apply", "desktop-light", 1440)
	guest.press("form", "")
	guest.arrive(`location.pathname === "/waitlist/thanks"`)
	guest.goTo(s.mailedTo(t, address, `/waitlist/confirm/[\w.-]+`))
	guest.press("form", "Yes, confirm the address")
	guest.arrive(`document.querySelector("h1")?.innerText === "Your address is confirmed"`)
	if stored := eval[string](guest, `document.cookie + localStorage.length + sessionStorage.length`); stored != "00" {
		t.Errorf("the public pages store %q", stored)
	}

	operator := openAt(t, s, 1440, 900, false)
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
