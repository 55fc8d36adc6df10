package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/pocketbase/dbx"
)

// Action is what was done to a secret.
type Action string

// The actions of the log.
const (
	ActionOpen    Action = "open"
	ActionCreate  Action = "create"
	ActionRotate  Action = "rotate" // replaced by a new value
	ActionDestroy Action = "destroy"
)

// Entry is one line of the access log. It holds opaque ids only.
type Entry struct {
	Seq     int64  `db:"seq"` // 1, 2, 3, …
	At      int64  `db:"at"`  // Unix milliseconds, UTC
	Actor   string `db:"actor"`
	Action  Action `db:"action"`
	Account string `db:"account"`
	Table   string `db:"tbl"`
	Record  string `db:"record"`
	Field   string `db:"field"`
	Purpose string `db:"purpose"`

	PrevHash []byte `db:"prev_hash"`
	Hash     []byte `db:"hash"` // SHA-256(canonical ‖ PrevHash)
	MAC      []byte `db:"mac"`  // HMAC-SHA256 of Hash under the ratchet key of Seq
}

// canonical is the entry without its hashes, each text with its length before
// it, so that no two entries have the same form.
func (e *Entry) canonical() []byte {
	b := []byte("halotrack vault log v1\x00")
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At))
	for _, s := range []string{e.Actor, string(e.Action), e.Account, e.Table, e.Record, e.Field, e.Purpose} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

func (e *Entry) digest() []byte {
	h := sha256.New()
	h.Write(e.canonical())
	h.Write(e.PrevHash)
	return h.Sum(nil)
}

func mac(key, hash []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(hash)
	return m.Sum(nil)
}

// next turns the ratchet: from the key of an entry follows that of the next
// one, never that of the one before.
func next(key []byte) []byte {
	h := sha256.Sum256(append([]byte("halotrack vault ratchet v1\x00"), key...))
	return h[:]
}

// genesis stands in the first entry in place of a hash before it.
func genesis() []byte { return make([]byte, sha256.Size) }

var errNoLog = errors.New("the log has not begun")

// ratchet is the state of the log: the sequence number of the entry to come,
// and the key for it.
type ratchet struct {
	seq int64
	key []byte
}

func ratchetAAD(name string, seq int64) []byte {
	return []byte("log|" + name + "|" + strconv.FormatInt(seq, 10))
}

// ratchet reads the state; errNoLog before the first entry.
func (v *Vault) ratchet(ctx context.Context, db dbx.Builder) (ratchet, error) {
	return v.logKey(ctx, db, "current")
}

func (v *Vault) logKey(ctx context.Context, db dbx.Builder, name string) (ratchet, error) {
	var row struct {
		Version int64  `db:"version"`
		Wrapped []byte `db:"wrapped"`
		KEK     string `db:"kek"`
	}
	err := db.Select("version", "wrapped", "kek").From("vault_keys").
		Where(dbx.HashExp{"kind": kindLog, "name": name}).WithContext(ctx).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return ratchet{}, errNoLog
	}
	if err != nil {
		return ratchet{}, fmt.Errorf("read the log's key: %w", err)
	}
	key, err := v.key.wrap.Decrypt(row.Wrapped, ratchetAAD(name, row.Version))
	if err != nil {
		return ratchet{}, v.notOpened("the log's key "+name, row.KEK)
	}
	return ratchet{row.Version, key}, nil
}

func (v *Vault) wrapLogKey(name string, r ratchet) ([]byte, error) {
	wrapped, err := v.key.wrap.Encrypt(r.key, ratchetAAD(name, r.seq))
	if err != nil {
		return nil, fmt.Errorf("wrap the log's key: %w", err)
	}
	return wrapped, nil
}

// begin makes the first ratchet key. It is kept sealed beside the current one,
// for verification.
func (v *Vault) begin(ctx context.Context, tx dbx.Builder) (ratchet, error) {
	r := ratchet{1, make([]byte, sha256.Size)}
	if _, err := rand.Read(r.key); err != nil {
		return r, err
	}
	for _, name := range []string{"first", "current"} {
		wrapped, err := v.wrapLogKey(name, r)
		if err != nil {
			return r, err
		}
		if err := v.insertKey(ctx, tx, kindLog, name, r.seq, wrapped); err != nil {
			return r, err
		}
	}
	return r, nil
}

// log appends an entry within tx and turns the ratchet.
func (v *Vault) log(ctx context.Context, tx dbx.Builder, action Action, ref Ref, actor, purpose string) error {
	if err := errors.Join(checkLogText("actor", actor), checkLogText("purpose", purpose)); err != nil {
		return err
	}
	// a write first takes SQLite's write lock, so that what is read next is the head
	_, err := tx.NewQuery(`UPDATE vault_keys SET kek = kek WHERE kind = 'log'`).WithContext(ctx).Execute()
	if err != nil {
		return fmt.Errorf("begin the log entry: %w", err)
	}
	r, err := v.ratchet(ctx, tx)
	if errors.Is(err, errNoLog) {
		r, err = v.begin(ctx, tx)
	}
	if err != nil {
		return err
	}
	defer clear(r.key)
	e := Entry{Seq: r.seq, At: v.clock.Now().UnixMilli(), Actor: actor, Action: action,
		Account: ref.Account, Table: ref.Table, Record: ref.Record, Field: ref.Field, Purpose: purpose}
	err = tx.Select("hash").From("vault_log").OrderBy("seq DESC").Limit(1).WithContext(ctx).Row(&e.PrevHash)
	if errors.Is(err, sql.ErrNoRows) {
		e.PrevHash, err = genesis(), nil
	}
	if err != nil {
		return fmt.Errorf("read the head of the log: %w", err)
	}
	e.Hash = e.digest()
	e.MAC = mac(r.key, e.Hash)
	return errors.Join(v.insertEntry(ctx, tx, &e), v.turn(ctx, tx, r))
}

func (v *Vault) insertEntry(ctx context.Context, tx dbx.Builder, e *Entry) error {
	_, err := tx.Insert("vault_log", dbx.Params{"seq": e.Seq, "at": e.At, "actor": e.Actor, "action": string(e.Action),
		"account": e.Account, "tbl": e.Table, "record": e.Record, "field": e.Field, "purpose": e.Purpose,
		"prev_hash": e.PrevHash, "hash": e.Hash, "mac": e.MAC}).WithContext(ctx).Execute()
	if err != nil {
		return fmt.Errorf("append to the log: %w", err)
	}
	return nil
}

// turn replaces the sealed ratchet key by the one for the next entry; the old
// one is gone from here on.
func (v *Vault) turn(ctx context.Context, tx dbx.Builder, r ratchet) error {
	after := ratchet{r.seq + 1, next(r.key)}
	defer clear(after.key)
	wrapped, err := v.wrapLogKey("current", after)
	if err != nil {
		return err
	}
	_, err = tx.Update("vault_keys", dbx.Params{"version": after.seq, "wrapped": wrapped, "kek": v.print},
		dbx.HashExp{"kind": kindLog, "name": "current"}).WithContext(ctx).Execute()
	if err != nil {
		return fmt.Errorf("turn the log's ratchet: %w", err)
	}
	return nil
}
