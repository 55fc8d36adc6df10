package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pocketbase/dbx"
)

// Seal stores secret under ref, replacing what was there. actor is who does it
// ("user:<id>", "job:<name>", "cli"), purpose why, in words for the log.
func (v *Vault) Seal(ctx context.Context, ref Ref, secret []byte, actor, purpose string) error {
	if err := ref.check(); err != nil {
		return err
	}
	err := v.transact(ctx, func(tx dbx.Builder) error {
		action := ActionCreate
		if _, err := v.sealedRow(ctx, tx, ref); err == nil {
			action = ActionRotate
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := v.log(ctx, tx, action, ref, actor, purpose); err != nil {
			return err
		}
		return v.put(ctx, tx, ref, secret)
	})
	if err != nil {
		return fmt.Errorf("seal %s of %s %s: %w", ref.Field, ref.Table, ref.Record, err)
	}
	return nil
}

// Open returns the secret under ref; ErrNotFound without one, ErrSealed if its
// ciphertext was changed or moved. Wipe the secret after use.
func (v *Vault) Open(ctx context.Context, ref Ref, actor, purpose string) (Secret, error) {
	if err := ref.check(); err != nil {
		return nil, err
	}
	var secret Secret
	err := v.transact(ctx, func(tx dbx.Builder) error {
		row, err := v.sealedRow(ctx, tx, ref)
		if err != nil {
			return err
		}
		if err := v.log(ctx, tx, ActionOpen, ref, actor, purpose); err != nil {
			return err
		}
		secret, err = v.unseal(ctx, tx, ref, row)
		return err
	})
	if err != nil {
		secret.Wipe()
		return nil, fmt.Errorf("open %s of %s %s: %w", ref.Field, ref.Table, ref.Record, err)
	}
	return secret, nil
}

// Destroy removes the secret under ref. Without one it does nothing and logs
// nothing.
func (v *Vault) Destroy(ctx context.Context, ref Ref, actor, purpose string) error {
	if err := ref.check(); err != nil {
		return err
	}
	err := v.transact(ctx, func(tx dbx.Builder) error {
		if _, err := v.sealedRow(ctx, tx, ref); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := v.log(ctx, tx, ActionDestroy, ref, actor, purpose); err != nil {
			return err
		}
		_, err := tx.Delete("vault_secrets", ref.where()).WithContext(ctx).Execute()
		return err
	})
	if err != nil {
		return fmt.Errorf("destroy %s of %s %s: %w", ref.Field, ref.Table, ref.Record, err)
	}
	return nil
}

// Exists reports whether there is a secret under ref. It opens nothing and is
// not logged.
func (v *Vault) Exists(ctx context.Context, ref Ref) (bool, error) {
	if err := ref.check(); err != nil {
		return false, err
	}
	_, err := v.sealedRow(ctx, v.db(), ref)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (r Ref) where() dbx.HashExp {
	return dbx.HashExp{"account": r.Account, "tbl": r.Table, "record": r.Record, "field": r.Field}
}

type sealedRow struct {
	KeyVersion int    `db:"key_version"`
	Sealed     []byte `db:"sealed"`
}

func (v *Vault) sealedRow(ctx context.Context, db dbx.Builder, ref Ref) (sealedRow, error) {
	var row sealedRow
	err := db.Select("key_version", "sealed").From("vault_secrets").Where(ref.where()).WithContext(ctx).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return row, ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("read the sealed value: %w", err)
	}
	return row, nil
}

func (v *Vault) put(ctx context.Context, tx dbx.Builder, ref Ref, secret []byte) error {
	dek, err := v.accountKey(ctx, tx, ref.Account, 0, true)
	if err != nil {
		return err
	}
	var sealed []byte
	err = v.cache.use(dek, func(key []byte) error {
		a, err := fieldAEAD(key)
		if err != nil {
			return err
		}
		sealed, err = a.Encrypt(secret, ref.aad())
		return err
	})
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	now := v.clock.Now().UnixMilli()
	_, err = tx.NewQuery(`INSERT INTO vault_secrets (account, tbl, record, field, key_version, sealed, created, updated)
		VALUES ({:account}, {:tbl}, {:record}, {:field}, {:version}, {:sealed}, {:now}, {:now})
		ON CONFLICT (account, tbl, record, field) DO UPDATE SET
			key_version = excluded.key_version, sealed = excluded.sealed, updated = excluded.updated`).
		Bind(dbx.Params{"account": ref.Account, "tbl": ref.Table, "record": ref.Record, "field": ref.Field,
			"version": dek.version, "sealed": sealed, "now": now}).WithContext(ctx).Execute()
	if err != nil {
		return fmt.Errorf("store the sealed value: %w", err)
	}
	return nil
}

func (v *Vault) unseal(ctx context.Context, db dbx.Builder, ref Ref, row sealedRow) (Secret, error) {
	dek, err := v.accountKey(ctx, db, ref.Account, row.KeyVersion, false)
	if err != nil {
		return nil, err
	}
	var plain []byte
	err = v.cache.use(dek, func(key []byte) error {
		a, err := fieldAEAD(key)
		if err != nil {
			return err
		}
		if plain, err = a.Decrypt(row.Sealed, ref.aad()); err != nil {
			return ErrSealed
		}
		return nil
	})
	return plain, err
}
