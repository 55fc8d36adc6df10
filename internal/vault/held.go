package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pocketbase/dbx"
)

// heldRef names the key under which an account's held-back search terms are
// sealed: a key of its own, so that whoever can read the account's facts cannot
// read what is held back from them.
func heldRef(account string) Ref {
	return Ref{Account: account, Table: "quarantine", Record: account, Field: "key"}
}

func heldTerm(account, id string) Ref {
	return Ref{Account: account, Table: "quarantine", Record: id, Field: "term"}
}

// heldIDSize is the size of a held term's id in bytes.
const heldIDSize = 16

// Holder returns how search terms of an account are held back: the id is a
// keyed hash of the text, by which it is known again, and sealed is the text,
// tied to id and account. The key is made on first use. Sealing is not logged,
// as that of files is not; OpenHeld is.
//
// It must not be called inside a PocketBase transaction: it needs the one
// writing connection.
func (v *Vault) Holder(ctx context.Context, account string) (hold func(text string) (id string, sealed []byte, err error), err error) {
	key, err := v.storeKey(ctx, heldRef(account), "create the key of held-back search terms", "hold back search terms")
	if err != nil {
		return nil, fmt.Errorf("get the key of held-back search terms of account %s: %w", account, err)
	}
	defer clear(key)
	seal, err := fieldAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("derive the key of held-back search terms: %w", err)
	}
	name, err := subkey(key, "held term id")
	if err != nil {
		return nil, fmt.Errorf("derive the key of held-back search terms: %w", err)
	}
	return func(text string) (string, []byte, error) {
		h := hmac.New(sha256.New, name)
		h.Write([]byte(text))
		id := hex.EncodeToString(h.Sum(nil)[:heldIDSize])
		sealed, err := seal.Encrypt([]byte(text), heldTerm(account, id).aad())
		if err != nil {
			return "", nil, fmt.Errorf("seal a search term: %w", err)
		}
		return id, sealed, nil
	}, nil
}

// OpenHeld opens what Holder has sealed; ErrSealed if it was changed, or moved
// from another id or account. Each opening is logged. Wipe the text after use.
func (v *Vault) OpenHeld(ctx context.Context, account, id string, sealed []byte, actor, purpose string) (Secret, error) {
	ref := heldTerm(account, id)
	if err := ref.check(); err != nil {
		return nil, err
	}
	key, err := v.storeKey(ctx, heldRef(account), "", "open held-back search terms")
	if err != nil {
		return nil, fmt.Errorf("get the key of held-back search terms of account %s: %w", account, err)
	}
	defer clear(key)
	if err := v.NoteHeld(ctx, account, id, ActionOpen, actor, purpose); err != nil {
		return nil, err
	}
	a, err := fieldAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("derive the key of held-back search terms: %w", err)
	}
	plain, err := a.Decrypt(sealed, ref.aad())
	if err != nil {
		return nil, fmt.Errorf("%w: a held-back search term", ErrSealed)
	}
	return plain, nil
}

// NoteHeld logs what is done with a held-back term: ActionOpen where it is shown
// or released, ActionDestroy where it is deleted.
func (v *Vault) NoteHeld(ctx context.Context, account, id string, action Action, actor, purpose string) error {
	ref := heldTerm(account, id)
	if err := ref.check(); err != nil {
		return err
	}
	err := v.transact(ctx, func(tx dbx.Builder) error { return v.log(ctx, tx, action, ref, actor, purpose) })
	if err != nil {
		return fmt.Errorf("log a held-back search term: %w", err)
	}
	return nil
}
