//go:build !unix

package database

import (
	"fmt"
	"os"
)

// lockFile marks the folder by a second file that exists while the lock is
// held: without flock a killed process leaves it behind, and the message says
// what to remove.
func lockFile(f *os.File) error {
	held, err := os.OpenFile(f.Name()+".held", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return fmt.Errorf("%w: remove %s.held if no such process runs", errHeld, f.Name())
	}
	if err != nil {
		return err
	}
	return held.Close()
}

func unlockFile(f *os.File) { os.Remove(f.Name() + ".held") }
