package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// contents returns every file below dir with its bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPeekReadsAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	app := testApp(t, dir, testKey(3))
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	if err := app.RunAllMigrations(); err != nil {
		t.Fatal(err)
	}
	if err := app.ClearBootstrap(); err != nil {
		t.Fatal(err)
	}
	before, path := contents(t, dir), filepath.Join(dir, "data.db")
	db, err := Peek(path, testKey(3))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.NewQuery("SELECT count(*) FROM _collections").Row(&n); err != nil || n == 0 {
		t.Errorf("%d collections, %v", n, err)
	}
	if _, err := db.NewQuery("DELETE FROM _collections").Execute(); err == nil {
		t.Error("a row could be deleted")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Peek(path, testKey(4)); !errors.Is(err, ErrKey) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := Peek(filepath.Join(dir, "none.db"), testKey(3)); err == nil {
		t.Error("a database that is not there was opened")
	}
	after := contents(t, dir)
	for name, content := range after {
		if before[name] != content {
			t.Errorf("%s changed or is new", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files before, %d after", len(before), len(after))
	}
}
