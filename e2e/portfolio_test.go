package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// upload puts a file into the page's file field, as a person who chooses one.
func (x *tab) upload(field, name, content string) {
	x.t.Helper()
	eval[bool](x, fmt.Sprintf(`(() => {
		const files = new DataTransfer();
		files.items.add(new File([%q], %q, {type: "text/csv"}));
		const input = document.querySelector(%q);
		input.files = files.files;
		input.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, content, name, field))
}

// put writes into a field over what it holds, as if it had been typed.
func (x *tab) put(field, value string) {
	x.t.Helper()
	eval[bool](x, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.value = %q;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, field, value))
}

func TestTheProductTable(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"desktop", 1440, 900, false}, {"phone", 390, 844, true}} {
		t.Run(size.name, func(t *testing.T) {
			x := open(t, size.width, size.height, size.dark)
			x.signIn()
			x.goTo(x.accountAddress() + "/products")
			x.waitFor(`document.querySelectorAll("[data-products] li").length > 3`)
			asin := eval[string](x, `document.querySelector("[data-products] li").dataset.asin`)
			row := `[data-asin=` + asin + `]`
			was := eval[string](x, `document.querySelector("`+row+`").innerText`)

			// One line in place.
			x.press(row, "Edit")
			x.put(row+" input[name=margin]", "lots")
			x.press(row, "Save")
			x.waitFor(`document.querySelector("` + row + ` [role=alert]").innerText.includes("write a number")`)
			x.settled("products-edit", size.name, size.width)
			x.put(row+" input[name=margin]", "37,5")
			x.put(row+" input[name=price]", "21.5")
			x.press(row, "Save")
			x.waitFor(`document.querySelector("` + row + `").innerText.includes("37.5%") && document.querySelector("` + row + `").innerText.includes("21.50")`)

			// A table: what it would change, then done, then undone.
			x.upload("input[type=file]", "mine.csv", "ASIN;Title;Margin %\r\n"+asin+";\"=A new title\";\"12,5\"\r\nB0NEW00001;New one;40\r\nB1;Wrong;40\r\n")
			x.waitFor(`document.querySelector("[data-preview]")?.innerText.includes("1 new, 1 changed") && document.querySelector("[data-problems]").innerText.includes("Line 4")`)
			x.settled("products-import", size.name, size.width)
			if strings.Contains(eval[string](x, `document.querySelector("`+row+`").innerText`), "12.5%") {
				t.Error("a preview changed the table")
			}
			x.press("[data-preview]", "Take over 2 lines")
			x.waitFor(`document.querySelector("` + row + `").innerText.includes("=A new title") && document.querySelector("[data-asin=B0NEW00001]") !== null`)
			x.waitFor(`document.querySelector("[data-imports]")?.innerText.includes("mine.csv")`)
			x.press("[data-imports] li:first-child", "Undo")
			x.waitFor(`document.querySelector("dialog[open]") !== null`)
			x.press("dialog[open]", "Undo")
			x.waitFor(`document.querySelector("[data-asin=B0NEW00001]") === null && document.querySelector("` + row + `").innerText.includes("37.5%")`)

			// Search, and a file that is no table.
			x.put("input[name=q]", asin)
			x.waitFor(`document.querySelectorAll("[data-products] li").length === 1`)
			x.put("input[name=q]", "nothing of the kind")
			x.waitFor(`document.querySelectorAll("[data-products] li").length === 0`)
			x.upload("input[type=file]", "x.csv", "price\r\n1\r\n")
			x.waitFor(`document.querySelector("main [role=alert]").innerText.includes("No column is named ASIN")`)
			if was == "" {
				t.Error("the first product shows nothing")
			}
		})
	}
}

func TestTheSettingsOfAnalysis(t *testing.T) {
	x := open(t, 1440, 900, false)
	x.signIn()
	base := x.accountAddress()
	x.goTo(base + "/settings")
	x.waitFor(`document.querySelector("textarea[name=brand-words]")?.value.length > 2 && document.querySelector("input[name=threshold-value]") !== null && document.querySelector("input[name=event-from]") !== null`)

	x.put("input[name=event-title]", "Autumn sale")
	x.put("input[name=event-from]", "2026-10-06")
	x.put("input[name=event-to]", "2026-10-07")
	x.press("section[aria-labelledby=calendar]", "Add")
	x.waitFor(`document.querySelector("[data-events]")?.innerText.includes("Autumn sale")`)
	x.put("input[name=threshold-value]", "35")
	x.press("section[aria-labelledby=thresholds]", "Add")
	x.waitFor(`document.querySelector("[data-thresholds]")?.innerText.includes("ACOS above 35%")`)
	brand := eval[string](x, `document.querySelector("textarea[name=brand-words]").value`)
	x.put("textarea[name=brand-words]", brand+"\nzzyzx")
	x.put("input[name=default-margin]", "32,5")
	x.press("section[aria-labelledby=words]", "Save")
	x.waitFor(`document.querySelector("section[aria-labelledby=words] [role=status]")?.innerText.length > 0`)
	x.settled("settings-analysis", "desktop", 1440)
	x.goTo(base + "/settings")
	x.waitFor(`document.querySelector("textarea[name=brand-words]")?.value.includes("zzyzx") && document.querySelector("input[name=default-margin]").value === "32.5"`)

	// A term's own choice.
	x.goTo(base + "/terms")
	x.waitFor(termLinks + `.length > 5`)
	x.goTo(eval[string](x, termLinks+`[0].href`))
	x.waitFor(`document.querySelector("input[name=term-watched]") !== null`)
	eval[bool](x, `document.querySelector("input[name=term-watched]").click(), true`)
	x.press("section[aria-labelledby=choice]", "Save")
	x.waitFor(`document.querySelector("section[aria-labelledby=choice] [role=status]")?.innerText === "Saved."`)
}
