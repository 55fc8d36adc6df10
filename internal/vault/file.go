package vault

import (
	"context"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// segment is the ciphertext size, in bytes, that is authenticated at a time:
// what a reader holds in memory before it returns the first byte.
const segment = 64 << 10

// SealFile returns a writer that encrypts to w under the account's key, tied to
// name. Close writes the last segment and must be called; it does not close w.
// The account's key is made on first use.
func (v *Vault) SealFile(ctx context.Context, account, name string, w io.Writer) (io.WriteCloser, error) {
	if err := checkFile(account, name); err != nil {
		return nil, err
	}
	if err := v.CreateAccount(ctx, account); err != nil {
		return nil, err
	}
	stream, err := v.stream(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("seal file %s: %w", name, err)
	}
	return stream.NewEncryptingWriter(w, fileAAD(account, name))
}

// OpenFile returns a reader of what SealFile wrote to r for the same account
// and name. A file that was changed, cut off or renamed fails while it is read,
// before any wrong byte is returned.
func (v *Vault) OpenFile(ctx context.Context, account, name string, r io.Reader) (io.Reader, error) {
	if err := checkFile(account, name); err != nil {
		return nil, err
	}
	stream, err := v.stream(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("open sealed file %s: %w", name, err)
	}
	return stream.NewDecryptingReader(r, fileAAD(account, name))
}

func checkFile(account, name string) error {
	if err := checkName("account", account); err != nil {
		return err
	}
	return checkName("file name", name)
}

func fileAAD(account, name string) []byte { return []byte("v1|file|" + name + "|" + account) }

func (v *Vault) stream(ctx context.Context, account string) (*subtle.AESGCMHKDF, error) {
	k, err := v.accountKey(ctx, v.db(), account, 0, false)
	if err != nil {
		return nil, err
	}
	var stream *subtle.AESGCMHKDF
	err = v.cache.use(k, func(key []byte) error {
		sub, err := subkey(key, "file")
		if err != nil {
			return err
		}
		stream, err = subtle.NewAESGCMHKDF(sub, "SHA256", KeySize, segment, 0)
		return err
	})
	return stream, err
}
