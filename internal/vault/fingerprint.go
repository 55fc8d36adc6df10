package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Fingerprint recognises a secret without keeping it: a keyed hash of 32 hex
// digits, which tells nothing to one who has not the key file. what separates
// the kinds of secrets. With another database key it is another one.
func (v *Vault) Fingerprint(what string, secret []byte) (string, error) {
	database := v.key.Database()
	defer clear(database)
	key, err := hkdf.Key(sha256.New, database, nil, "halotrack secret fingerprint v1", sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive the key of fingerprints: %w", err)
	}
	defer clear(key)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(what))
	mac.Write([]byte{0})
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}
