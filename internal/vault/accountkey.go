package vault

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/pocketbase/dbx"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Kinds of rows in vault_keys.
const (
	kindAccount = "account"
	kindLog     = "log"
	kindGone    = "gone" // a tombstone: the account's key was destroyed
)

// CreateAccount makes the account's key. It does nothing if there is one; after
// DestroyAccount the error is ErrDestroyed. Sealing makes the key as well.
func (v *Vault) CreateAccount(ctx context.Context, account string) error {
	if err := checkName("account", account); err != nil {
		return err
	}
	err := v.transact(ctx, func(tx dbx.Builder) error {
		_, err := v.accountKey(ctx, tx, account, 0, true)
		return err
	})
	if err != nil {
		return fmt.Errorf("create the key of account %s: %w", account, err)
	}
	return nil
}

// DestroyAccount removes the account's key and every secret sealed under it,
// and overwrites the copy in memory. A tombstone stays, so that nothing can be
// sealed for the account again. Done twice, the second does nothing.
func (v *Vault) DestroyAccount(ctx context.Context, account string) error {
	if err := checkName("account", account); err != nil {
		return err
	}
	v.cache.forget(account)
	err := v.transact(ctx, func(tx dbx.Builder) error {
		if err := v.alive(ctx, tx, account); errors.Is(err, ErrDestroyed) {
			return nil
		} else if err != nil {
			return err
		}
		ref := Ref{Account: account, Table: "vault_keys", Record: account, Field: "key"}
		if err := v.log(ctx, tx, ActionDestroy, ref, actor(ctx), "destroy the account's key"); err != nil {
			return err
		}
		if _, err := tx.Delete("vault_secrets", dbx.HashExp{"account": account}).WithContext(ctx).Execute(); err != nil {
			return err
		}
		if _, err := tx.Delete("vault_keys", dbx.HashExp{"kind": kindAccount, "name": account}).WithContext(ctx).Execute(); err != nil {
			return err
		}
		return v.insertKey(ctx, tx, kindGone, account, 0, []byte{})
	})
	v.cache.forget(account) // who read it meanwhile has put it back
	if err != nil {
		return fmt.Errorf("destroy the key of account %s: %w", account, err)
	}
	return nil
}

// alive returns ErrDestroyed if the account has a tombstone.
func (v *Vault) alive(ctx context.Context, db dbx.Builder, account string) error {
	var n int
	err := db.Select("count(*)").From("vault_keys").Where(dbx.HashExp{"kind": kindGone, "name": account}).WithContext(ctx).Row(&n)
	if err == nil && n > 0 {
		return ErrDestroyed
	}
	return err
}

// dek names an unwrapped account key in the cache.
type dek struct {
	account string
	version int
	wrapped []byte
	unwrap  func() ([]byte, error)
}

// accountKey finds the account's key; version 0 is the newest. With create it
// makes one where there is none.
func (v *Vault) accountKey(ctx context.Context, db dbx.Builder, account string, version int, create bool) (dek, error) {
	where := dbx.HashExp{"kind": kindAccount, "name": account}
	if version > 0 {
		where["version"] = version
	}
	var row struct {
		Version int    `db:"version"`
		Wrapped []byte `db:"wrapped"`
		KEK     string `db:"kek"`
	}
	err := db.Select("version", "wrapped", "kek").From("vault_keys").Where(where).OrderBy("version DESC").Limit(1).WithContext(ctx).One(&row)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if err := v.alive(ctx, db, account); err != nil {
			return dek{}, err
		}
		if !create {
			return dek{}, fmt.Errorf("%w: its account has no key", ErrSealed)
		}
		if row.Wrapped, err = v.newAccountKey(ctx, db, account); err != nil {
			return dek{}, err
		}
		row.Version, row.KEK = 1, v.print
	case err != nil:
		return dek{}, fmt.Errorf("read the account's key: %w", err)
	}
	return dek{account, row.Version, row.Wrapped, func() ([]byte, error) {
		key, err := v.key.wrap.Decrypt(row.Wrapped, dekAAD(account, row.Version))
		if err != nil {
			return nil, v.notOpened("the key of account "+account, row.KEK)
		}
		return key, nil
	}}, nil
}

func dekAAD(account string, version int) []byte {
	return []byte("dek|" + account + "|" + strconv.Itoa(version))
}

func (v *Vault) newAccountKey(ctx context.Context, tx dbx.Builder, account string) ([]byte, error) {
	ref := Ref{Account: account, Table: "vault_keys", Record: account, Field: "key"}
	if err := v.log(ctx, tx, ActionCreate, ref, actor(ctx), "create the account's key"); err != nil {
		return nil, err
	}
	key := make([]byte, KeySize)
	defer clear(key)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	wrapped, err := v.key.wrap.Encrypt(key, dekAAD(account, 1))
	if err != nil {
		return nil, fmt.Errorf("wrap the account's key: %w", err)
	}
	return wrapped, v.insertKey(ctx, tx, kindAccount, account, 1, wrapped)
}

func (v *Vault) insertKey(ctx context.Context, tx dbx.Builder, kind, name string, version int64, wrapped []byte) error {
	_, err := tx.Insert("vault_keys", dbx.Params{"kind": kind, "name": name, "version": version, "wrapped": wrapped,
		"kek": v.print, "created": v.clock.Now().UnixMilli()}).WithContext(ctx).Execute()
	if err != nil {
		return fmt.Errorf("store the %s key: %w", kind, err)
	}
	return nil
}

// subkey derives a key for one use from an account's key.
func subkey(key []byte, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "halotrack "+use+" v1", KeySize)
}

// fieldAEAD is the AEAD of an account's secrets.
func fieldAEAD(key []byte) (tink.AEAD, error) {
	sub, err := subkey(key, "field")
	if err != nil {
		return nil, err
	}
	defer clear(sub)
	params, err := xaesgcm.NewParameters(xaesgcm.VariantNoPrefix, saltSize)
	if err != nil {
		return nil, err
	}
	k, err := xaesgcm.NewKey(secretdata.NewBytesFromData(bytes.Clone(sub), insecuresecretdataaccess.Token{}), 0, params)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManager()
	id, err := m.AddKey(k)
	if err != nil {
		return nil, err
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return aead.New(h)
}
