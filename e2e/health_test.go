package e2e

import (
	"fmt"
	"testing"
)

// failingHealth makes the pages' own requests answer a connection that Amazon
// refuses, with reports that failed and a queue; what the server says of such a
// connection is tested beside the server.
const failingHealth = `(() => {
	const real = window.fetch;
	window.fetch = async (...asked) => {
		const answer = await real(...asked);
		if (!String(asked[0]).endsWith("/evidence")) return answer;
		const body = await answer.json();
		const one = body.connection;
		one.status = "failed";
		one.message = "Amazon does not accept the application’s client id or secret. Nothing is fetched until they are corrected; the seller’s authorisation is not affected.";
		Object.assign(one.health, { state: "stopped", text: one.message, progress: null, next: null });
		Object.assign(one.health.queue, { open: 3, planned: 1, atAmazon: 2, oldestSince: one.grantedAt });
		one.health.errors = [
			{ cause: "document", count: 2, last: one.grantedAt, text: "Amazon’s answer could not be read. It is kept sealed for 30 days.", toDo: "It is asked for again. If it keeps happening, update this program." },
			{ cause: "deadline", count: 1, last: one.grantedAt, text: "Amazon was still working on the report when its time was over.", toDo: "Nothing: it is asked for again." },
		];
		return new Response(JSON.stringify(body), { status: 200, headers: { "Content-Type": "application/json" } });
	};
	return true;
})()`

// openConnection follows the link of the connection whose card names the API.
func (x *tab) openConnection(base, api string) {
	x.t.Helper()
	x.goTo(base + "/connections")
	x.waitFor(`document.querySelectorAll("main article").length > 1`)
	x.follow(api)
}

func (x *tab) follow(api string) {
	x.t.Helper()
	eval[bool](x, fmt.Sprintf(`[...document.querySelectorAll("main article")].find((a) => a.innerText.includes(%q)).querySelector("a[href*='/connections/']").click(), true`, api))
	x.waitFor(`document.querySelector("#health") !== null`)
}

// TestConnectionPageSaysHowTheDataStand reads the page of a connection that
// works, then of one that fails, on a desk and on a phone.
func TestConnectionPageSaysHowTheDataStand(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"desk", 1440, 900, false}, {"phone-dark", 390, 844, true}} {
		t.Run(c.name, func(t *testing.T) {
			x := open(t, c.width, c.height, c.dark)
			x.signIn()
			base := x.accountAddress()
			x.openConnection(base, "Selling Partner")
			x.waitFor(`/Search reports today/.test(document.querySelector("main").innerText) && /weeks of marketplaces/.test(document.querySelector("main").innerText)`)
			if meters := eval[int](x, `document.querySelectorAll("main [role=meter]").length`); meters < 2 {
				t.Errorf("%d meters", meters)
			}
			x.shot("health-seller-" + c.name)
			x.openConnection(base, "Advertising")
			x.waitFor(`/Ads days/.test(document.querySelector("main").innerText)`)
			x.shot("health-ads-" + c.name)

			x.goTo(base + "/connections")
			x.waitFor(`document.querySelectorAll("main article").length > 1`)
			x.shot("health-list-" + c.name)
			eval[bool](x, failingHealth)
			x.follow("Selling Partner")
			x.waitFor(`/Stopped/.test(document.querySelector("main").innerText) && /could not be read/.test(document.querySelector("main").innerText) && /2 being made at Amazon/.test(document.querySelector("main").innerText)`)
			if wide := eval[int](x, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
				t.Errorf("the page is %d pixels too wide", wide)
			}
			x.shot("health-failed-" + c.name)
		})
	}
}
