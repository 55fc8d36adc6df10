//go:build unix

package vault

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAPipeIsNoKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.key")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); !errors.Is(err, ErrBadKey) {
		t.Errorf("%v, want ErrBadKey", err)
	}
}
