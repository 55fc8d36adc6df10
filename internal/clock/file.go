//go:build testclock

package clock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// poll is how often, in real time, a waiter looks at the file.
const poll = 20 * time.Millisecond

// File is the clock of the testclock build: a file that holds an RFC 3339
// instant and is read on every use, so that several processes share one time.
type File struct {
	path string
	mu   sync.Mutex
	last time.Time // the instant read last: what stands while the file is being replaced
}

// OpenFile returns the clock in the file at path, which must hold an instant.
func OpenFile(path string) (*File, error) {
	f := &File{path: path}
	t, err := f.read()
	if err != nil {
		return nil, err
	}
	f.last = t
	return f, nil
}

func (f *File) read() (time.Time, error) {
	b, err := os.ReadFile(f.path)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock file: %w", err)
	}
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s must hold an instant like 2026-11-15T06:00:00Z", f.path)
	}
	return t.UTC(), nil
}

// Now implements Clock. A file that is missing or half written leaves the time
// where it was; time never runs backwards within a process.
func (f *File) Now() time.Time {
	t, err := f.read()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && t.After(f.last) {
		f.last = t
	}
	return f.last
}

// WaitUntil implements Clock.
func (f *File) WaitUntil(ctx context.Context, t time.Time) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for f.Now().Before(t) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Advance moves the clock to t by replacing the file; an instant that is not
// after the present is ignored.
func (f *File) Advance(t time.Time) (err error) {
	if !t.After(f.Now()) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*")
	if err != nil {
		return fmt.Errorf("move the clock file: %w", err)
	}
	_, err = tmp.WriteString(t.UTC().Format(time.RFC3339Nano) + "\n")
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("move the clock file: %w", err)
	}
	return nil
}
