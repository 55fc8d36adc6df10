package portfolio

import "strings"

// formulaSigns begin what a spreadsheet would reckon instead of showing it.
const formulaSigns = "=+-@\t\r"

// guard returns a text as a cell of a file that a spreadsheet shows and does not
// reckon.
func guard(text string) string {
	if text != "" && strings.ContainsRune(formulaSigns+"'", rune(text[0])) {
		return "'" + text
	}
	return text
}

// unguard returns the text of a cell that guard, or a spreadsheet's habit of
// ="B000000001", has kept from being reckoned.
func unguard(cell string) string {
	cell = strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(inner, `"`) {
		return strings.TrimSpace(strings.TrimSuffix(inner, `"`))
	}
	if rest, ok := strings.CutPrefix(cell, "'"); ok && rest != "" && strings.ContainsRune(formulaSigns+"'", rune(rest[0])) {
		return rest
	}
	return cell
}
