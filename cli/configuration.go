package cli

import (
	"errors"

	"halotrack.ai/halotrack/internal/vault"
)

// configurationError marks what the settings or the key are to blame for, so
// that it exits with 2.
func configurationError(err error) error {
	for _, target := range []error{vault.ErrNoKey, vault.ErrBadKey, vault.ErrKeyOpen, vault.ErrKeyInside, vault.ErrWrongKey} {
		if errors.Is(err, target) {
			return usageError{err}
		}
	}
	return err
}
