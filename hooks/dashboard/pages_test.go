package dashboard

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The server and the pages' router must agree on which addresses there are, so
// this reads the router's own test table.
func TestServerKnowsThePagesAddresses(t *testing.T) {
	const path = "../../ui/src/lib/router/routes.test.ts"
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`\['(/[^'%]*)', \{ name: '(\w+)'`).FindAllStringSubmatch(string(source), -1)
	if len(rows) < 8 {
		t.Fatalf("only %d addresses found in %s", len(rows), path)
	}
	for _, row := range rows {
		if want := row[2] != "notFound"; isPage(strings.TrimPrefix(row[1], "/")) != want {
			t.Errorf("isPage(%q) is not %v, but the router says %s", row[1], want, row[2])
		}
	}
}
