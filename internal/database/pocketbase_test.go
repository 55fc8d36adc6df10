package database

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	_ "github.com/pocketbase/pocketbase/migrations" // the system collections
)

func testApp(t *testing.T, dir string, key []byte) *core.BaseApp {
	t.Helper()
	app := core.NewBaseApp(core.BaseAppConfig{
		DataDir: dir, DBConnect: ConnectPocketBase(key),
		DataMaxOpenConns: MaxPocketBaseConns, DataMaxIdleConns: MaxPocketBaseConns,
		AuxMaxOpenConns: MaxPocketBaseConns, AuxMaxIdleConns: MaxPocketBaseConns,
	})
	return app
}

// pocketbase.md §5.3, pocketbase.md trap 26
func TestPocketBaseAndItsBackupAreCiphertext(t *testing.T) {
	dir := t.TempDir()
	app := testApp(t, dir, testKey(3))
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	defer app.ClearBootstrap()
	if err := app.RunAllMigrations(); err != nil {
		t.Fatal(err)
	}
	exec := func(query string, params dbx.Params) {
		t.Helper()
		if _, err := app.NonconcurrentDB().NewQuery(query).Bind(params).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE canaries (v TEXT)", nil)
	for range 500 {
		exec("INSERT INTO canaries VALUES ({:v})", dbx.Params{"v": canary})
	}
	var mode, secure string
	for pragma, value := range map[string]*string{"journal_mode": &mode, "secure_delete": &secure} {
		if err := app.DB().NewQuery("PRAGMA " + pragma).Row(value); err != nil {
			t.Fatal(err)
		}
	}
	if mode != "wal" || secure != "1" {
		t.Errorf("journal_mode %s, secure_delete %s", mode, secure)
	}
	if err := app.CreateBackup(t.Context(), "test.zip"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data.db", "data.db-wal", "auxiliary.db"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(canary)) || bytes.Contains(content, []byte("SQLite format 3")) {
			t.Errorf("%s holds plaintext", name)
		}
	}
	restored := t.TempDir()
	unzip(t, filepath.Join(dir, "backups", "test.zip"), restored)
	f := openTest(t, filepath.Join(restored, "data.db"), testKey(3))
	var n int64
	err := f.Read(t.Context(), func(c *Conn) error {
		return c.Query("SELECT count(*) FROM canaries", func(r Row) error { n = r.Int(0); return nil })
	})
	if err != nil || n != 500 {
		t.Errorf("the backup has %d rows, %v; want 500", n, err)
	}
	f.Close()

	if err := testApp(t, restored, testKey(4)).Bootstrap(); !errors.Is(err, ErrKey) {
		t.Errorf("with another key: %v, want ErrKey", err)
	}
	if err := testApp(t, t.TempDir(), nil).Bootstrap(); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v, want ErrNoKey", err)
	}
}

func unzip(t *testing.T, path, dir string) {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	found := false
	for _, entry := range archive.File {
		if entry.Name != "data.db" {
			continue
		}
		found = true
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(canary)) || bytes.HasPrefix(content, []byte("SQLite format 3")) {
			t.Error("data.db within the backup is plaintext")
		}
		if err := os.WriteFile(filepath.Join(dir, "data.db"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !found {
		t.Fatal("the backup has no data.db")
	}
}
