package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/database"
)

// bindBackup makes PocketBase's backup whole: it would copy the accounts' live
// files byte by byte while they are written, so they are left out and a
// snapshot of each goes into the archive (pocketbase.md trap 26).
func (a *appliance) bindBackup() {
	a.App.OnBackupCreate().BindFunc(func(e *core.BackupEvent) (err error) {
		dir := filepath.Join(a.Dir, snapshotsDir)
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear old snapshots: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the folder of snapshots: %w", err)
		}
		accounts, err := a.Store.Accounts()
		if err != nil {
			return err
		}
		for _, account := range accounts {
			if err := a.Store.Snapshot(e.Context, account, filepath.Join(dir, account+".db")); err != nil {
				return fmt.Errorf("snapshot the history of account %s: %w", account, err)
			}
		}
		e.Exclude = append(e.Exclude, factsDir, spoolDir, socketName, database.LockName)
		return e.Next()
	})
}

// adoptSnapshots puts the snapshots of a restored backup in the place of the
// live files. Snapshots beside live files were left by a backup that was
// killed.
func adoptSnapshots(dir string) error {
	from, to := filepath.Join(dir, snapshotsDir), filepath.Join(dir, factsDir)
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(to); err == nil {
		return os.RemoveAll(from)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("restore the accounts' files: %w", err)
	}
	return nil
}
