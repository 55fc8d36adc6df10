package main_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A trap is one numbered line of docs/amazon.md, such as "spapi.md 16".
type trap struct {
	document string
	number   int
}

func (t trap) String() string { return fmt.Sprintf("%s trap %d", t.document, t.number) }

// TestEveryTrapOfAmazonsHasATest keeps docs/amazon.md and the tests together:
// each trap that it states is named by a test, and each trap that the code
// names is stated.
func TestEveryTrapOfAmazonsHasATest(t *testing.T) {
	text, err := os.ReadFile("docs/amazon.md")
	if err != nil {
		t.Fatal(err)
	}
	stated := statedTraps(string(text))
	if len(stated) < 100 {
		t.Fatalf("docs/amazon.md states only %d traps", len(stated))
	}
	tests, code := map[trap]bool{}, map[trap]bool{}
	for _, s := range parseAll(t) {
		text, err := os.ReadFile(s.name)
		if err != nil {
			t.Fatal(err)
		}
		if s.name == "traps_test.go" {
			continue
		}
		for _, named := range namedTraps(string(text)) {
			code[named] = true
			if s.test() {
				tests[named] = true
			}
		}
	}
	for _, gap := range trapGaps(stated, tests, code) {
		t.Error(gap)
	}
}

var (
	partOf   = regexp.MustCompile("^# Part .*\\(`([a-z]+\\.md)`\\)")
	trapLine = regexp.MustCompile(`^- \*\*(\d+)\.\*\* `)
	trapName = regexp.MustCompile(`\b((?:sp|ads)api\.md)(?: §[0-9.]+,)? traps? (\d+(?:(?:, and|,| and) \d+)*)`)
	newLine  = regexp.MustCompile(`\n\s*// ?`)
	digits   = regexp.MustCompile(`\d+`)
)

// statedTraps reads the document's lines; the value tells whether a line says
// that there is no test.
func statedTraps(text string) map[trap]bool {
	stated, document := map[trap]bool{}, ""
	for line := range strings.Lines(text) {
		if m := partOf.FindStringSubmatch(line); m != nil {
			document = m[1]
		}
		if m := trapLine.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			stated[trap{document, n}] = strings.Contains(line, "*Not tested:*")
		}
	}
	return stated
}

// namedTraps finds the traps that the comments of a source name.
func namedTraps(text string) (named []trap) {
	for _, m := range trapName.FindAllStringSubmatch(newLine.ReplaceAllString(text, " "), -1) {
		for _, number := range digits.FindAllString(m[2], -1) {
			n, _ := strconv.Atoi(number)
			named = append(named, trap{m[1], n})
		}
	}
	return named
}

// trapGaps returns one line for each trap that is stated and not tested, or
// named and not stated.
func trapGaps(stated, tests, code map[trap]bool) (gaps []string) {
	for t, without := range stated {
		switch {
		case !without && !tests[t]:
			gaps = append(gaps, fmt.Sprintf("docs/amazon.md states %s, which no test names: mark one, or say there why not", t))
		case without && tests[t]:
			gaps = append(gaps, fmt.Sprintf("docs/amazon.md says that %s is not tested, but a test names it", t))
		}
	}
	for t := range maps.Keys(code) {
		if _, ok := stated[t]; !ok {
			gaps = append(gaps, fmt.Sprintf("the code names %s, which docs/amazon.md does not state", t))
		}
	}
	slices.Sort(gaps)
	return gaps
}

// A rule that cannot fail protects nothing.
func TestTheTrapRuleCanFail(t *testing.T) {
	const document = "# Part one: A (`spapi.md`)\n\n- **1.** One.\n- **2.** Two. *Not tested:* no.\n# Part two: B (`adsapi.md`)\n- **1.** One.\n"
	for _, c := range []struct{ tests, code, want string }{
		{"// spapi.md trap 1; adsapi.md trap 1", "", ""},
		{"// spapi.md traps 1,\n// and 1. adsapi.md trap 1: so", "", ""},
		{"// spapi.md trap 1", "", "states adsapi.md trap 1, which no test names"},
		{"// spapi.md traps 1, 2 and 1; adsapi.md trap 1", "", "spapi.md trap 2 is not tested, but"},
		{"// spapi.md trap 1; adsapi.md trap 1", "// (adsapi.md §1.2, trap 3)", "names adsapi.md trap 3"},
		{"// spapi.md trap 1; adsapi.md traps 1 and 12", "", "names adsapi.md trap 12"},
	} {
		tests, code := map[trap]bool{}, map[trap]bool{}
		for _, named := range namedTraps(c.tests) {
			tests[named], code[named] = true, true
		}
		for _, named := range namedTraps(c.code) {
			code[named] = true
		}
		got := strings.Join(trapGaps(statedTraps(document), tests, code), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%q and %q: %q, want %q", c.tests, c.code, got, c.want)
		}
	}
}
