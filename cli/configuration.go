package cli

import (
	"errors"
	"fmt"

	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/vault"
)

// configurationError marks what the settings or the key are to blame for, so
// that it exits with 2, and says what to do about a folder in use.
func configurationError(err error) error {
	if errors.Is(err, database.ErrLocked) {
		return fmt.Errorf("%w; stop it, or take another folder with --dir", err)
	}
	for _, target := range []error{vault.ErrNoKey, vault.ErrBadKey, vault.ErrKeyOpen, vault.ErrKeyInside, vault.ErrWrongKey} {
		if errors.Is(err, target) {
			return usageError{err}
		}
	}
	return err
}
