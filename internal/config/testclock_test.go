//go:build testclock

package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTestBuildNeverReachesAmazon(t *testing.T) {
	c, errs := Load(nil, files(nil))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	e, err := c.Endpoints()
	if err != nil || len(e.LWA)+len(e.SPAPI)+len(e.Ads) != 0 {
		t.Fatalf("without addresses %v is reachable, %v", e, err)
	}
	if _, errs := Load([]string{"HALOTRACK_LWA_URL=http://127.0.0.1:1", "HALOTRACK_ADS_URL=http://127.0.0.1:1"}, files(nil)); len(errs) != 1 {
		t.Fatalf("two of three addresses: %v", errs)
	}
}

func TestTestBuildReadsTheClockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	if err := os.WriteFile(path, []byte("2026-11-15T06:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, errs := Load([]string{"HALOTRACK_CLOCK_FILE=" + path}, files(nil))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	k, err := c.Clock()
	if err != nil || !k.Now().Equal(time.Date(2026, 11, 15, 6, 0, 0, 0, time.UTC)) {
		t.Fatalf("%v, %v", k, err)
	}
}
