package vault

import (
	"context"
	"fmt"
)

// installation owns what belongs to no account.
const installation = "installation"

// InstallationKey returns 32 bytes that are this installation's own, the same
// for the same use for as long as its data folder lives: for codes that links
// carry, and for hashes of what may be guessed. Rotating the key file does not
// change them. Like FactKey it must not be called inside a transaction.
func (v *Vault) InstallationKey(ctx context.Context, use string) ([]byte, error) {
	key, err := v.FactKey(ctx, installation)
	if err != nil {
		return nil, fmt.Errorf("get the key for %s: %w", use, err)
	}
	defer clear(key)
	return subkey(key, use)
}
