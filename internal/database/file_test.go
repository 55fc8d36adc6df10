package database

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"
	"lukechampine.com/adiantum"
)

const canary = "CANARY-9f2b-plain-text"

func testKey(fill byte) []byte { return bytes.Repeat([]byte{fill}, KeySize) }

func openTest(t *testing.T, path string, key []byte) *File {
	t.Helper()
	f, err := OpenFile(t.Context(), path, key, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, f *File, script string, args ...any) {
	t.Helper()
	err := f.Write(t.Context(), func(c *Conn) error {
		_, err := c.Exec(script, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rowCount(t *testing.T, f *File) (n int64) {
	t.Helper()
	err := f.Read(t.Context(), func(c *Conn) error {
		return c.Query("SELECT count(*) FROM t", func(r Row) error { n = r.Int(0); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noPlaintext fails if a file of a folder holds the canary or SQLite's header.
func noPlaintext(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, needle := range []string{canary, "SQLite format 3", "CREATE TABLE"} {
			if bytes.Contains(content, []byte(needle)) {
				t.Errorf("%s holds %q", e.Name(), needle)
			}
		}
		if info, _ := e.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", e.Name(), info.Mode())
		}
	}
}

func TestFilesAndSnapshotsAreCiphertext(t *testing.T) {
	dir := t.TempDir()
	f := openTest(t, filepath.Join(dir, "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v TEXT)")
	for range 500 {
		write(t, f, "INSERT INTO t VALUES (?)", strings.Repeat(canary, 5))
	}
	if info, err := os.Stat(f.Path() + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("no write-ahead log to look into: %v", err)
	}
	if err := f.Snapshot(t.Context(), filepath.Join(dir, "snapshot.db")); err != nil {
		t.Fatal(err)
	}
	noPlaintext(t, dir)
	if err := f.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.Path() + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the log is not truncated: %v, %v", info, err)
	}
	noPlaintext(t, dir)
	s := openTest(t, filepath.Join(dir, "snapshot.db"), testKey(1))
	if n := rowCount(t, s); n != 500 {
		t.Errorf("the snapshot has %d rows, want 500", n)
	}
	if err := f.Snapshot(t.Context(), s.Path()); err == nil {
		t.Error("a snapshot overwrote a file")
	}
}

func TestSnapshotWhileWriting(t *testing.T) {
	dir := t.TempDir()
	f := openTest(t, filepath.Join(dir, "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v INTEGER)")
	write(t, f, "INSERT INTO t VALUES (1)")
	err := f.Write(t.Context(), func(c *Conn) error {
		for range 1000 {
			if _, err := c.Exec("INSERT INTO t VALUES (2)"); err != nil {
				return err
			}
		}
		return f.Snapshot(t.Context(), filepath.Join(dir, "s.db"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, openTest(t, filepath.Join(dir, "s.db"), testKey(1))); n != 1 {
		t.Errorf("the snapshot has %d rows, want the one that was committed", n)
	}
}

func TestWrongAndMissingKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	f := openTest(t, path, testKey(1))
	write(t, f, "CREATE TABLE t (v TEXT)")
	f.Close()
	for name, c := range map[string]struct {
		key  []byte
		want error
	}{
		"wrong":     {testKey(2), ErrKey},
		"missing":   {nil, ErrNoKey},
		"too short": {testKey(1)[:16], ErrNoKey},
		"right":     {testKey(1), nil},
	} {
		g, err := OpenFile(t.Context(), path, c.key, Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s key: error %v, want %v", name, err, c.want)
		}
		if err == nil {
			g.Close()
		}
	}
	if _, err := OpenFile(t.Context(), path+"x", testKey(1), Options{MustExist: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v for a file that must exist", err)
	}
}

func TestTheKeyIsForgottenOnClose(t *testing.T) {
	f := openTest(t, filepath.Join(t.TempDir(), "a.db"), testKey(1))
	if strings.Contains(f.source, "0101") || vfs.Find(f.vfs) == nil {
		t.Errorf("source %q: the key belongs to the VFS alone", f.source)
	}
	f.Close()
	if vfs.Find(f.vfs) != nil {
		t.Error("the VFS is still registered")
	}
	if err := f.Read(t.Context(), func(*Conn) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("reading a closed file: %v", err)
	}
}

// pocketbase.md trap 15: what is deleted must leave the file. Under
// encryption no needle could be found anyhow, so the pages are decrypted first.
func TestDeletedBytesAreOverwritten(t *testing.T) {
	f := openTest(t, filepath.Join(t.TempDir(), "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v TEXT)")
	for range 300 {
		write(t, f, "INSERT INTO t VALUES (?)", canary)
	}
	write(t, f, "DELETE FROM t WHERE rowid > 10")
	write(t, f, "DELETE FROM t")
	if err := f.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	cipher := adiantum.New(testKey(1))
	for at := 0; at < len(content); at += 4096 {
		var tweak [8]byte
		binary.LittleEndian.PutUint64(tweak[:], uint64(at))
		cipher.Decrypt(content[at:at+4096], tweak[:])
	}
	if !bytes.HasPrefix(content, []byte("SQLite format 3")) {
		t.Fatal("the view of the plaintext is none")
	}
	if bytes.Contains(content, []byte(canary)) {
		t.Error("deleted text is still in the file")
	}
}

func TestWritesRollBack(t *testing.T) {
	f := openTest(t, filepath.Join(t.TempDir(), "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v INTEGER)")
	insert := func(c *Conn) {
		if _, err := c.Exec("INSERT INTO t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
	}
	failed := errors.New("failed")
	if err := f.Write(t.Context(), func(c *Conn) error { insert(c); return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	func() {
		defer func() { recover() }()
		f.Write(t.Context(), func(c *Conn) error { insert(c); panic("stop") })
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Write(ctx, func(c *Conn) error { insert(c); cancel(); return ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if n := rowCount(t, f); n != 0 {
		t.Errorf("%d rows after three roll-backs", n)
	}
	if err := f.Read(t.Context(), func(c *Conn) error { _, err := c.Exec("DELETE FROM t"); return err }); err == nil {
		t.Error("a reader wrote")
	}
}

// What was not committed when the process died is not there afterwards: a
// copy of the files in the middle of a transaction is what a kill leaves.
func TestAKillLosesOnlyWhatWasNotCommitted(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	f := openTest(t, filepath.Join(dir, "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v TEXT)")
	write(t, f, "INSERT INTO t VALUES (?)", canary)
	err := f.Write(t.Context(), func(c *Conn) error {
		for range 20000 { // more than the page cache holds, so that pages reach the log
			if _, err := c.Exec("INSERT INTO t VALUES (?)", strings.Repeat(canary, 20)); err != nil {
				return err
			}
		}
		for _, suffix := range []string{"", "-wal"} {
			content, err := os.ReadFile(f.Path() + suffix)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(killed, "a.db"+suffix), content, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := rowCount(t, openTest(t, filepath.Join(killed, "a.db"), testKey(1))); n != 1 {
		t.Errorf("%d rows after the kill, want the one that was committed", n)
	}
}

func TestDestroyRemovesAllFiles(t *testing.T) {
	dir := t.TempDir()
	f := openTest(t, filepath.Join(dir, "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (v TEXT)")
	if err := f.Destroy(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestBulkHandsOutRowsThatAreThere(t *testing.T) {
	f := openTest(t, filepath.Join(t.TempDir(), "a.db"), testKey(1))
	write(t, f, "CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER) WITHOUT ROWID")
	write(t, f, "INSERT INTO t VALUES (5, 0), (17, 0), (18, 0)")
	var rejected []int64
	err := f.Write(t.Context(), func(c *Conn) error {
		b, err := c.Bulk("t (k, v)", 2)
		if err != nil {
			return err
		}
		defer b.Release()
		b.Rejected = func(row []sql.Null[int64]) error { rejected = append(rejected, row[0].V); return nil }
		for k := range int64(100) {
			if err := b.Add([]sql.Null[int64]{{V: k % 90, Valid: true}, {}}); err != nil {
				return err
			}
		}
		return b.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []int64{5, 17, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	if len(rejected) != len(want) || rowCount(t, f) != 90 {
		t.Fatalf("rejected %v, want %v", rejected, want)
	}
	for i := range want {
		if rejected[i] != want[i] {
			t.Errorf("rejected %v, want %v", rejected, want)
		}
	}
}

// A batch binds only what differs from the batch before.
func TestBulkKeepsWhatBatchesShare(t *testing.T) {
	f := openTest(t, filepath.Join(t.TempDir(), "bulk.db"), testKey(1))
	write(t, f, "CREATE TABLE t (k INTEGER PRIMARY KEY, shared INTEGER, v INTEGER)")
	value := func(k int64) sql.Null[int64] {
		// Values, NULLs and zeros change places from batch to batch.
		return sql.Null[int64]{V: k / 3 % 2, Valid: k%3 != 0 && k/bulkRows%4 != 2}
	}
	const rows = 7*bulkRows + 5
	err := f.Write(t.Context(), func(c *Conn) error {
		for range 2 { // the second time with the statements of the first
			b, err := c.Bulk("t (k, shared, v)", 3)
			if err != nil {
				return err
			}
			if _, err := c.Exec("DELETE FROM t"); err != nil {
				return err
			}
			for k := range int64(rows) {
				if err := b.Add([]sql.Null[int64]{{V: k, Valid: true}, {V: 7, Valid: true}, value(k)}); err != nil {
					return err
				}
			}
			if err := b.Flush(); err != nil {
				return err
			}
			b.Release()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	err = f.Read(t.Context(), func(c *Conn) error {
		return c.Query("SELECT k, shared, v FROM t ORDER BY k", func(r Row) error {
			want := value(n)
			if !want.Valid {
				want.V = 0
			}
			if r.Int(0) != n || r.Int(1) != 7 || r.Count(2) != want {
				t.Errorf("row %d: %d %d %v, want %v", n, r.Int(0), r.Int(1), r.Count(2), want)
			}
			n++
			return nil
		})
	})
	if err != nil || n != rows {
		t.Fatalf("%d rows, %v", n, err)
	}
}
