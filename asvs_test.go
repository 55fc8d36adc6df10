package main_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// verified are the requirements of OWASP's Application Security Verification
// Standard 5.0 about people, sessions and access that this program holds itself
// to, in short. Each is named by the test that shows it: `// ASVS 3.3.1`.
var verified = map[string]string{
	"2.4.1":  "slow automation down",
	"3.3.1":  "cookies are Secure, with the __Host- prefix",
	"3.3.4":  "session cookies are HttpOnly, and their value stands nowhere else",
	"3.4.1":  "HSTS of a year on every answer",
	"3.4.3":  "a content security policy on every answer",
	"3.4.5":  "a referrer policy on every answer",
	"3.5.3":  "GET changes nothing",
	"3.6.1":  "pages load nothing from elsewhere",
	"4.1.3":  "addresses in headers are not believed",
	"6.2.4":  "the most common passwords are refused",
	"6.3.1":  "guessing is slowed down",
	"6.3.3":  "a second factor where it is required",
	"6.3.8":  "nobody can find out who has an account",
	"6.5.5":  "codes live for minutes",
	"7.2.4":  "every proof of who someone is gives the session a new id",
	"7.3.2":  "sessions end, however busy",
	"7.4.1":  "signing out ends the session on the server",
	"7.4.2":  "deactivation and changes end all sessions",
	"7.5.1":  "proof anew before what guards an account is changed",
	"8.2.2":  "no one else's data by their id",
	"8.2.3":  "no field past its rule",
	"8.4.1":  "no tenant reaches another",
	"10.1.1": "tokens stay on the server",
	"10.2.1": "sign-in elsewhere is bound to its browser",
	"10.2.3": "no more is asked of a provider than is needed",
}

var (
	asvsLine   = regexp.MustCompile(`(?m)^\s*//.*\bASVS (\d[\d., ]*\d)`)
	asvsNumber = regexp.MustCompile(`\d+\.\d+\.\d+`)
)

// namedRequirements finds the requirements that the comments of a source name.
func namedRequirements(text string) (named []string) {
	for _, m := range asvsLine.FindAllStringSubmatch(text, -1) {
		named = append(named, asvsNumber.FindAllString(m[1], -1)...)
	}
	return named
}

// TestEveryRequirementHasATest keeps the list and the tests together.
func TestEveryRequirementHasATest(t *testing.T) {
	shown := map[string]bool{}
	for _, s := range parseAll(t) {
		if !s.test() || s.name == "asvs_test.go" {
			continue
		}
		text, err := os.ReadFile(s.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range namedRequirements(string(text)) {
			shown[number] = true
			if verified[number] == "" {
				t.Errorf("%s names ASVS %s, which the list of requirements lacks", s.name, number)
			}
		}
	}
	for number, what := range verified {
		if !shown[number] {
			t.Errorf("no test names ASVS %s: %s", number, what)
		}
	}
}

func TestRequirementsAreReadFromComments(t *testing.T) {
	for text, want := range map[string][]string{
		"// ASVS 3.3.1":                          {"3.3.1"},
		"\t// ASVS 7.5.1: what guards":           {"7.5.1"},
		"// traps 1 and 3; ASVS 8.2.3, 10.2.1\n": {"8.2.3", "10.2.1"},
		"s := \"ASVS 1.2.3\"":                    nil,
	} {
		if got := namedRequirements(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
