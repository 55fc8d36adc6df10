package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
)

// TestDataOfEarlierReleases opens what earlier releases wrote: it is migrated
// and served, and its people sign in.
func TestDataOfEarlierReleases(t *testing.T) {
	archives, err := filepath.Glob("testdata/upgrade/*.tar.gz")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no data of earlier releases, %v", err)
	}
	for _, archive := range archives {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			dir := t.TempDir()
			unpack(t, archive, dir)
			w := &world{now: clock.NewManual(present.AddDate(0, 0, 3)), log: &bytes.Buffer{}}
			if w.amazon, err = sim.Start(t.Context(), sim.Config{Seed: 7, ASINs: 1, Terms: 12, Clock: w.now, JournalKeep: -1}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = w.amazon.Close() })
			w.reopen(t, filepath.Join(dir, "data"))
			for name := range access.Rules {
				if _, err := w.App.FindCollectionByNameOrId(name); err != nil {
					t.Errorf("the collection %s is missing: %v", name, err)
				}
			}
			b := newBrowser(t, w.serveWorld(t))
			b.signIn(t, demoLogin{"owner@example.com", "lamp gravel otter sonnet"})
			accounts := decode[struct {
				Items []struct{ ID, Name, NewestWeek string }
			}](t, b.get(t, "/api/halotrack/accounts"))
			if len(accounts.Items) != 1 || accounts.Items[0].Name != "Velmora Goods" || accounts.Items[0].NewestWeek != "2026-11-08" {
				t.Fatalf("%+v", accounts)
			}
			of := "/api/halotrack/accounts/" + accounts.Items[0].ID
			if overview := decode[struct{ Week string }](t, b.get(t, of+"/overview")); overview.Week != "2026-11-08" {
				t.Errorf("the overview is of the week of %s", overview.Week)
			}
			if terms := decode[struct{ Items []struct{ ID string } }](t, b.get(t, of+"/terms")); len(terms.Items) == 0 {
				t.Error("no search terms")
			}
			for _, page := range []string{"/coverage", "/audits", "/connections", "/quarantine"} {
				if got := b.get(t, of+page); got.status != http.StatusOK {
					t.Errorf("%s: %d %s", page, got.status, got.body)
				}
			}
			b.makeKey(t, accounts.Items[0].ID, `"read"`, 1)
			if err := w.beat(t.Context()); err != nil { // its credentials can be opened, and its jobs run
				t.Errorf("the jobs: %v", err)
			}
		})
	}
}

// unpack unpacks an archive into a folder.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.FileInfo().IsDir() {
			err = root.MkdirAll(strings.TrimSuffix(entry.Name, "/"), 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(entries); err == nil {
				err = root.WriteFile(entry.Name, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
