//go:build !testclock

package config

import (
	"os"
	"strings"
	"testing"
)

// The table is written by: go test ./internal/config -update
func TestReadmeTableIsCurrent(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	table, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md has no place for the table between %q and %q", begin, end)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+Table()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != Table() {
		t.Error("README's table of settings is not what variables.go says; run: go test ./internal/config -update")
	}
}

func TestTableNamesEverySettingOnce(t *testing.T) {
	table := Table()
	for _, v := range variables {
		if n := strings.Count(table, "`"+v.name+"`"); n != 1 {
			t.Errorf("%s stands %d times in the table", v.name, n)
		}
	}
}
