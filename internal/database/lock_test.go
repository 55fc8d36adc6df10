package database

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestOneOwnerPerFolder(t *testing.T) {
	dir := t.TempDir()
	// A process that was killed leaves the file, but no lock.
	if err := os.WriteFile(filepath.Join(dir, LockName), []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = LockFolder(dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("error %v, want ErrLocked with the process", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if lock, err = LockFolder(dir); err != nil {
		t.Fatal(err)
	}
	lock.Unlock()
}
