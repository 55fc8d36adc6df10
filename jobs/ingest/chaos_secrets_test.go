package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"
)

// wantNoSecret looks for credentials, addresses and what people typed in the
// logs of all processes, in the ledgers, in every row of PocketBase's databases
// as they are read, and in every byte of the data folder as it lies there.
func (r *rig) wantNoSecret(t *testing.T, texts []string, stderr string) {
	const keyFile = "test.key" // lies outside the data folder in the product
	key, err := os.ReadFile(filepath.Join(r.dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Fields(string(key)) {
		if len(line) >= 16 {
			texts = append(texts, line)
		}
	}
	s := r.secrets(t, texts...)
	if len(s.texts) < 2 || len(s.signs) < 100 {
		t.Fatalf("only %d texts and %d signatures: the search would prove little", len(s.texts), len(s.signs))
	}
	s.wantNoneIn(t, "the log of the children", stderr)
	s.wantNoneIn(t, "the log", r.log.String())
	r.mu.Lock()
	s.wantNoneIn(t, "what owners were told", strings.Join(r.notified, "\n"))
	r.mu.Unlock()
	for name := range r.ids {
		s.wantNoneIn(t, "the ledger of "+name, r.ledgerTexts(name))
	}
	for name, db := range map[string]dbx.Builder{"data.db": r.app.ConcurrentDB(), "auxiliary.db": r.app.AuxConcurrentDB()} {
		for table, text := range dumped(t, db) {
			if table == "users" {
				text = strings.ReplaceAll(text, texts[0], "") // its only place
			}
			s.wantNoneIn(t, name+", table "+table, text)
		}
	}
	files := 0
	err = filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == keyFile {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		s.wantNoneIn(t, path, string(b))
		if bytes.HasPrefix(b, []byte("SQLite format 3")) {
			t.Errorf("%s is not encrypted", path)
		}
		return nil
	})
	if err != nil || files < 3+len(r.ids) {
		t.Errorf("%d files searched: %v", files, err)
	}
}

// dumped are all values of all tables of a database, by table.
func dumped(t *testing.T, db dbx.Builder) map[string]string {
	var names []string
	if err := db.NewQuery("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").Column(&names); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		rows, err := db.Select("*").From(name).Rows()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for rows.Next() {
			row := dbx.NullStringMap{}
			if err := rows.ScanMap(row); err != nil {
				t.Fatal(err)
			}
			for column, v := range row {
				_, _ = io.WriteString(&b, fmt.Sprintf("%s=%s\n", column, v.String))
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		out[name] = b.String()
	}
	return out
}
