package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/pocketbase/dbx"
)

// FactKey returns the 32-byte key of the account's fact file, and makes it on
// first use. Its opening is logged once per run of the program; after that it
// comes from memory. The caller wipes its copy.
//
// It must not be called inside a PocketBase transaction: it needs the one
// writing connection.
func (v *Vault) FactKey(ctx context.Context, account string) ([]byte, error) {
	ref := Ref{Account: account, Table: "facts", Record: account, Field: "key"}
	key, err := v.storeKey(ctx, ref, "create the key of the fact file", "open the fact file")
	if err != nil {
		return nil, fmt.Errorf("get the fact file's key of account %s: %w", account, err)
	}
	return key, nil
}

// storeKey returns the 32-byte key that a store of the account's is sealed
// with, and makes it on first use unless created, the log's words for that, is
// empty. Its opening is logged once per run.
func (v *Vault) storeKey(ctx context.Context, ref Ref, created, opened string) ([]byte, error) {
	if err := ref.check(); err != nil {
		return nil, err
	}
	var key []byte
	err := v.transact(ctx, func(tx dbx.Builder) error {
		row, err := v.sealedRow(ctx, tx, ref)
		if errors.Is(err, ErrNotFound) && created != "" {
			key = make([]byte, KeySize)
			if _, err := rand.Read(key); err != nil {
				return err
			}
			if err := v.log(ctx, tx, ActionCreate, ref, actor(ctx), created); err != nil {
				return err
			}
			return v.put(ctx, tx, ref, key)
		}
		if err != nil {
			return err
		}
		if k, ok := v.cache.store(ref, row.Sealed); ok {
			key = k
			return nil
		}
		if err := v.log(ctx, tx, ActionOpen, ref, actor(ctx), opened); err != nil {
			return err
		}
		if key, err = v.unseal(ctx, tx, ref, row); err != nil {
			return err
		}
		v.cache.setStore(ref, row.Sealed, key)
		return nil
	})
	if err != nil {
		clear(key)
		return nil, err
	}
	return key, nil
}
