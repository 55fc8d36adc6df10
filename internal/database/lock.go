package database

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LockName is the name of the lock file within a data folder.
const LockName = "halotrack.lock"

// ErrLocked means that another process owns the data folder; the error's text
// names it.
var ErrLocked = errors.New("another process uses the data folder")

// Lock is the ownership of a data folder by this process (design decision:
// quotas, tokens and the log chain have one owner).
type Lock struct{ file *os.File }

// LockFolder takes the folder dir for this process. The lock belongs to the
// open file and not to its content, so a process that was killed leaves none
// behind. It fails with ErrLocked if another process holds it.
func LockFolder(dir string) (*Lock, error) {
	path := filepath.Join(dir, LockName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := lockFile(f); err != nil {
		holder, _ := os.ReadFile(path)
		f.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("lock data folder: %w", err)
		}
		if pid := strings.TrimSpace(string(holder)); pid != "" {
			return nil, fmt.Errorf("%w: process %s holds %s", ErrLocked, pid, path)
		}
		return nil, fmt.Errorf("%w: %s is held", ErrLocked, path)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return &Lock{f}, nil
}

// Unlock gives the folder up. The lock file stays: removing it would let two
// processes lock two files of the same name.
func (l *Lock) Unlock() error {
	l.file.Truncate(0)
	unlockFile(l.file)
	return l.file.Close()
}

var errHeld = errors.New("held")
