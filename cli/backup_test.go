package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// TestBackupTakenDuringAnIngest opens the databases of a backup that was made
// while reports were being stored (pocketbase.md trap 26).
func TestBackupTakenDuringAnIngest(t *testing.T) {
	w := newWorld(t, 6)
	setup := w.connect(t)
	w.sync(t)
	w.now.Advance(week)
	syncing := make(chan error, 1)
	backups := make(chan error, 1)
	started := false
	go func() {
		_, err := w.untilIdle(t.Context(), "", func(at time.Time) error {
			if !started {
				started = true
				go func() { backups <- w.App.CreateBackup(context.WithoutCancel(t.Context()), "during.zip") }()
			}
			w.now.Set(at)
			return nil
		})
		syncing <- err
	}()
	if err := <-syncing; err != nil {
		t.Fatal(err)
	}
	if err := <-backups; err != nil {
		t.Fatal(err)
	}

	restored := filepath.Join(t.TempDir(), "restored")
	names := unzip(t, filepath.Join(w.Dir, "backups", "during.zip"), restored)
	for _, name := range names {
		if strings.HasPrefix(name, factsDir+"/") || strings.HasPrefix(name, spoolDir) || name == socketName || strings.HasSuffix(name, ".key") {
			t.Errorf("the archive holds %s", name)
		}
	}
	if found := scan(t, restored, []string{"SQLite format 3", demoUser, "Atzr|"}); len(found) > 0 {
		t.Errorf("in clear in the backup: %v", found)
	}
	keyPath := w.KeyPath
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(keyPath)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(restored+".key", key, 0o600); err != nil {
		t.Fatal(err)
	}
	w.reopen(t, restored)
	if _, err := w.App.FindAuthRecordByEmail("users", demoUser); err != nil {
		t.Errorf("data.db of the backup: %v", err)
	}
	for _, account := range setup.clients {
		err := w.Store.Use(t.Context(), account, func(f *history.Facts) error {
			size, err := f.Size(t.Context())
			if err == nil && size.SQPRows == 0 {
				t.Errorf("account %s: no rows in the restored history", account)
			}
			return err
		})
		if err != nil {
			t.Errorf("history of the backup: %v", err)
		}
	}
	// What the backup cut off is fetched again.
	w.sync(t)
}

func unzip(t *testing.T, archive, dir string) (names []string) {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, f := range r.File {
		names = append(names, f.Name)
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, in); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}
