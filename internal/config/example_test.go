//go:build !testclock

package config

import (
	"os"
	"testing"
)

// The file is written by: go test ./internal/config -update
func TestEnvExampleIsCurrent(t *testing.T) {
	const path = "../../.env.example"
	if *update {
		if err := os.WriteFile(path, []byte(Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != Example() {
		t.Error(".env.example is not what the table of settings says; run: go test ./internal/config -update")
	}
}

func TestReleaseKnowsNoClockFile(t *testing.T) {
	if _, errs := Load([]string{"HALOTRACK_CLOCK_FILE=/tmp/clock"}, files(nil)); len(errs) != 1 {
		t.Fatalf("%v, want it refused as unknown", errs)
	}
}
