package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
)

// Readers is how many connections of a File read at the same time, beside its
// one writer.
const Readers = 2

// filePragmas: a page of the log costs its header and, not being aligned to
// the cipher's blocks, two half-written ones; pages of 8 KB halve that. The
// size is that of a new file and stays with it.
var filePragmas = []string{
	"busy_timeout(10000)",
	"page_size(8192)",
	"journal_mode(WAL)",
	"journal_size_limit(4000000)",
	"synchronous(NORMAL)",
	"foreign_keys(ON)",
	"temp_store(MEMORY)",
	"cache_size(-4000)",
	"secure_delete(ON)",
	"trusted_schema(OFF)",
}

// File is one encrypted database file of ours: one writer, two readers, 4 MB
// of page cache each. It is safe for concurrent use.
type File struct {
	path   string
	vfs    string
	source string
	writer chan *Conn // holds the writer while nobody writes
	reader chan *Conn // holds Readers connections, nil where not opened yet
	mu     sync.Mutex
	closed bool
}

// Options are choices of OpenFile. The zero value makes the file if it does
// not exist.
type Options struct {
	MustExist bool // fail with os.ErrNotExist instead of making the file
}

var files atomic.Int64

// OpenFile opens, and unless told otherwise makes, the database at path,
// encrypted under key. It fails with ErrNoKey without a key of 32 bytes and
// with ErrKey if the file was written under another one.
func OpenFile(ctx context.Context, path string, key []byte, o Options) (*File, error) {
	if o.MustExist {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	name := "halotrack-file-" + strconv.FormatInt(files.Add(1), 10)
	if err := Register(name, key); err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	f := &File{
		path: full, vfs: name, source: dsn(full, name, filePragmas),
		writer: make(chan *Conn, 1), reader: make(chan *Conn, Readers),
	}
	w, err := openConn(ctx, f.source)
	if err != nil {
		Unregister(name)
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	f.writer <- w
	for range Readers {
		f.reader <- nil
	}
	return f, nil
}

// Path returns the file's absolute path.
func (f *File) Path() string { return f.path }

// ErrClosed means that the file has been closed.
var ErrClosed = errors.New("the database file is closed")

// Write runs fn in one transaction on the writer; writers wait for each other.
// The transaction is committed if fn returns nil and rolled back otherwise,
// also when fn panics. fn must not call Write.
func (f *File) Write(ctx context.Context, fn func(*Conn) error) error {
	c, err := f.take(ctx, f.writer)
	if err != nil {
		return err
	}
	defer func() { f.writer <- c }()
	c.raw.SetInterrupt(ctx)
	defer c.raw.SetInterrupt(context.Background())
	return c.transaction("BEGIN IMMEDIATE", fn)
}

// Read runs fn on a reader; all that fn reads belongs to one state of the
// database.
func (f *File) Read(ctx context.Context, fn func(*Conn) error) error {
	c, err := f.take(ctx, f.reader)
	if err != nil {
		return err
	}
	defer func() { f.reader <- c }()
	if c == nil {
		if c, err = openConn(ctx, f.source); err != nil {
			return err
		}
		if err := c.Script("PRAGMA query_only = ON"); err != nil {
			c.close()
			c = nil
			return fmt.Errorf("open reader: %w", err)
		}
	}
	c.raw.SetInterrupt(ctx)
	defer c.raw.SetInterrupt(context.Background())
	return c.transaction("BEGIN DEFERRED", fn)
}

func (f *File) take(ctx context.Context, pool chan *Conn) (*Conn, error) {
	select {
	case c, ok := <-pool:
		if !ok {
			return nil, ErrClosed
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *Conn) transaction(begin string, fn func(*Conn) error) (err error) {
	if _, err := c.Exec(begin); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	done := false
	defer func() {
		if done {
			return
		}
		// A cancelled context must not keep the roll-back from running.
		c.raw.SetInterrupt(context.Background())
		if !c.raw.GetAutocommit() {
			if _, rollback := c.Exec("ROLLBACK"); rollback != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
			}
		}
	}()
	if err := fn(c); err != nil {
		return err
	}
	if _, err := c.Exec("COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// Snapshot writes a consistent copy of the database to dst, which must not
// exist, encrypted under the same key. It may run while others read and write.
func (f *File) Snapshot(ctx context.Context, dst string) error {
	full, err := filepath.Abs(dst)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if _, err := os.Lstat(full); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("snapshot: %s exists already", filepath.Base(dst))
	}
	// A connection of its own: copying a large file must not keep readers out.
	c, err := openConn(ctx, f.source)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer c.close()
	old := c.raw.SetInterrupt(ctx)
	defer c.raw.SetInterrupt(old)
	if _, err := c.Exec("VACUUM INTO ?1", full); err != nil {
		os.Remove(full)
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// Checkpoint moves the write-ahead log into the file and truncates it.
func (f *File) Checkpoint(ctx context.Context) error {
	c, err := f.take(ctx, f.writer)
	if err != nil {
		return err
	}
	defer func() { f.writer <- c }()
	if _, _, err := c.raw.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Close waits for running reads and writes, closes all connections and forgets
// the key. Closing twice is harmless.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	var errs []error
	for range Readers {
		if c := <-f.reader; c != nil {
			errs = append(errs, c.close())
		}
	}
	// The last connection to close folds the log into the file and removes it.
	errs = append(errs, (<-f.writer).close())
	close(f.reader)
	close(f.writer)
	Unregister(f.vfs)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", filepath.Base(f.path), err)
	}
	return nil
}

// Destroy closes the file and removes it with its log and index.
func (f *File) Destroy() error {
	return errors.Join(f.Close(), Remove(f.path))
}

// Remove removes a closed database with its log and index; none of them need
// exist.
func Remove(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove database: %w", err))
		}
	}
	return errors.Join(errs...)
}
