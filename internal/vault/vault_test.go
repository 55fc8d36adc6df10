package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/testapp"
)

type testDB struct{ dbx.Builder }

func (d testDB) NonconcurrentDB() dbx.Builder { return d.Builder }

// fixture is a vault over a database of its own.
type fixture struct {
	*Vault
	db    *dbx.DB
	key   *Key
	clock *clock.Manual
	dir   string // data folder
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	app := testapp.New(t)
	f := &fixture{db: app.NonconcurrentDB().(*dbx.DB), key: newTestKey(t), dir: app.DataDir(),
		clock: clock.NewManual(time.Date(2026, 11, 15, 6, 0, 0, 0, time.UTC))}
	f.Vault = f.reopen(t)
	return f
}

// clean empties the vault, for the next subtest.
func (f *fixture) clean(t testing.TB) {
	t.Helper()
	for _, table := range []string{"vault_keys", "vault_secrets", "vault_log"} {
		if _, err := f.db.Delete(table, nil).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	f.Vault = f.reopen(t)
}

// reopen is what a restart does.
func (f *fixture) reopen(t testing.TB) *Vault {
	t.Helper()
	v, err := Open(testDB{f.db}, f.key, f.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func (f *fixture) exec(t testing.TB, sql string) {
	t.Helper()
	if _, err := f.db.NewQuery(sql).Execute(); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := f.db.Select("count(*)").From(table).Row(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	ctx   = context.Background()
	token = Ref{Account: "acc1", Table: "connections", Record: "con1", Field: "refresh_token"}
)

func (f *fixture) seal(t testing.TB, ref Ref, secret string) {
	t.Helper()
	if err := f.Seal(ctx, ref, []byte(secret), "cli", "connect"); err != nil {
		t.Fatal(err)
	}
}

func TestSealedSecretOpens(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	f.seal(t, token, "Atzr|two")
	for name, v := range map[string]*Vault{"same run": f.Vault, "after a restart": f.reopen(t)} {
		got, err := v.Open(ctx, token, "job:ingest", "refresh")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(got) != "Atzr|two" {
			t.Errorf("%s: %q", name, []byte(got))
		}
	}
	if ok, err := f.Exists(ctx, token); !ok || err != nil {
		t.Fatalf("exists = %v, %v", ok, err)
	}
	if err := f.Destroy(ctx, token, "user:u1", "disconnect"); err != nil {
		t.Fatal(err)
	}
	if ok, err := f.Exists(ctx, token); ok || err != nil {
		t.Fatalf("exists = %v, %v after Destroy", ok, err)
	}
	if _, err := f.Open(ctx, token, "job:ingest", "refresh"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("%v, want ErrNotFound", err)
	}
	if err := f.Destroy(ctx, token, "user:u1", "disconnect"); err != nil {
		t.Fatalf("destroying nothing: %v", err)
	}
}

// A ciphertext moved to another row, field or account does not open
// (privacy.md §0.11).
func TestMovedCiphertextDoesNotOpen(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	f.exec(t, `INSERT INTO vault_keys SELECT kind, 'acc2', version, wrapped, kek, created FROM vault_keys WHERE name = 'acc1'`)
	for name, to := range map[string]Ref{
		"row":     {"acc1", "connections", "con2", "refresh_token"},
		"field":   {"acc1", "connections", "con1", "client_secret"},
		"table":   {"acc1", "others", "con1", "refresh_token"},
		"account": {"acc2", "connections", "con1", "refresh_token"},
	} {
		_, err := f.db.NewQuery(`INSERT INTO vault_secrets SELECT {:a}, {:t}, {:r}, {:f}, key_version, sealed, created, updated
			FROM vault_secrets WHERE record = 'con1' AND account = 'acc1' AND field = 'refresh_token' AND tbl = 'connections'`).
			Bind(dbx.Params{"a": to.Account, "t": to.Table, "r": to.Record, "f": to.Field}).Execute()
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Open(ctx, to, "job:ingest", "refresh")
		if err == nil || bytes.Contains(got, []byte("Atzr")) {
			t.Errorf("%s: it opened", name)
		}
	}
	// the account with its own key
	f.seal(t, Ref{"acc3", "connections", "con1", "refresh_token"}, "mine")
	f.exec(t, `UPDATE vault_secrets SET sealed = (SELECT sealed FROM vault_secrets WHERE account = 'acc1' AND record = 'con1' AND field = 'refresh_token' AND tbl = 'connections') WHERE account = 'acc3'`)
	if _, err := f.Open(ctx, Ref{"acc3", "connections", "con1", "refresh_token"}, "cli", "check"); !errors.Is(err, ErrSealed) {
		t.Errorf("another account's ciphertext: %v, want ErrSealed", err)
	}
}

func TestNothingIsOpenedUnlogged(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	before := f.count(t, "vault_log")
	f.exec(t, `CREATE TRIGGER full BEFORE INSERT ON vault_log BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	if s, err := f.Open(ctx, token, "job:ingest", "refresh"); err == nil || s != nil {
		t.Fatalf("opened %v without a log entry", s)
	}
	if err := f.Seal(ctx, token, []byte("Atzr|two"), "cli", "connect"); err == nil {
		t.Fatal("sealed without a log entry")
	}
	if err := f.Destroy(ctx, token, "cli", "disconnect"); err == nil {
		t.Fatal("destroyed without a log entry")
	}
	f.exec(t, `DROP TRIGGER full`)
	if got, err := f.Open(ctx, token, "job:ingest", "refresh"); err != nil || string(got) != "Atzr|one" {
		t.Fatalf("%q, %v", []byte(got), err)
	}
	if after := f.count(t, "vault_log"); after != before+1 {
		t.Fatalf("%d entries, want %d", after, before+1)
	}
}

func TestLogNamesActorAndPurpose(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	f.seal(t, token, "Atzr|two")
	if _, err := f.Open(ctx, token, "job:ingest", "refresh the access token"); err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	if err := f.db.Select("*").From("vault_log").OrderBy("seq").All(&entries); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%d %s %s %s.%s of %s: %s", e.Seq, e.Actor, e.Action, e.Table, e.Field, e.Account, e.Purpose))
	}
	want := []string{
		"1 cli create connections.refresh_token of acc1: connect",
		"2 system create vault_keys.key of acc1: create the account's key",
		"3 cli rotate connections.refresh_token of acc1: connect",
		"4 job:ingest open connections.refresh_token of acc1: refresh the access token",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, bad := range []struct{ actor, purpose string }{{"", "x"}, {"cli", ""}, {"ann@example.com", "x"}, {"cli", "for ann@example.com"}, {"cli", "two\nlines"}} {
		if _, err := f.Open(ctx, token, bad.actor, bad.purpose); err == nil {
			t.Errorf("actor %q, purpose %q were accepted", bad.actor, bad.purpose)
		}
	}
	for _, bad := range []Ref{{}, {"a|b", "t", "r", "f"}, {"a", "t", "r\n", "f"}, {"a", "t", "", "f"}} {
		if err := f.Seal(ctx, bad, []byte("x"), "cli", "x"); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestWrongKeyIsToldApart(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	other := newTestKey(t)
	_, err := Open(testDB{f.db}, other, f.clock)
	if !errors.Is(err, ErrWrongKey) {
		t.Fatalf("%v, want ErrWrongKey", err)
	}
	for _, part := range []string{f.key.Fingerprint(), other.Fingerprint(), "put back"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message does not say %q: %v", part, err)
		}
	}
}

func TestDestroyedAccountStaysDestroyed(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "Atzr|one")
	f.seal(t, Ref{"acc2", "connections", "con9", "refresh_token"}, "theirs")
	if _, err := f.FactKey(ctx, "acc1"); err != nil {
		t.Fatal(err)
	}
	held := f.cache.keys["acc1"].plain
	if len(held) != KeySize || bytes.Equal(held, make([]byte, KeySize)) {
		t.Fatal("the key is not in memory")
	}
	for range 2 {
		if err := f.DestroyAccount(WithActor(ctx, "job:erasure"), "acc1"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(held, make([]byte, KeySize)) {
		t.Error("the key in memory was not overwritten")
	}
	if err := f.Seal(ctx, token, []byte("x"), "cli", "connect"); !errors.Is(err, ErrDestroyed) {
		t.Errorf("seal: %v, want ErrDestroyed", err)
	}
	if err := f.CreateAccount(ctx, "acc1"); !errors.Is(err, ErrDestroyed) {
		t.Errorf("create: %v, want ErrDestroyed", err)
	}
	if _, err := f.FactKey(ctx, "acc1"); !errors.Is(err, ErrDestroyed) {
		t.Errorf("fact key: %v, want ErrDestroyed", err)
	}
	if _, err := f.Open(ctx, token, "cli", "check"); !errors.Is(err, ErrNotFound) {
		t.Errorf("open: %v, want ErrNotFound", err)
	}
	if got, err := f.Open(ctx, Ref{"acc2", "connections", "con9", "refresh_token"}, "cli", "check"); err != nil || string(got) != "theirs" {
		t.Errorf("the other account: %q, %v", []byte(got), err)
	}
	if r, err := f.VerifyLog(ctx); err != nil || !r.OK() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestFactKeyIsLoggedOncePerRun(t *testing.T) {
	f := newFixture(t)
	first, err := f.FactKey(ctx, "acc1")
	if err != nil || len(first) != KeySize {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	v := f.reopen(t)
	before := f.count(t, "vault_log")
	for range 5 {
		again, err := v.FactKey(ctx, "acc1")
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("another key, %v", err)
		}
		clear(again) // a caller's wiping leaves the vault's copy alone
	}
	if n := f.count(t, "vault_log") - before; n != 1 {
		t.Fatalf("%d entries for five openings in one run, want 1", n)
	}
	other, err := v.FactKey(ctx, "acc2")
	if err != nil || bytes.Equal(first, other) {
		t.Fatalf("two accounts have one key, %v", err)
	}
}

// pocketbase.md trap 4
func TestWorksInsideTheCallersTransaction(t *testing.T) {
	f := newFixture(t)
	boom := errors.New("rolled back")
	err := f.db.Transactional(func(tx *dbx.Tx) error {
		v := f.In(testDB{tx})
		if err := v.Seal(ctx, token, []byte("Atzr|one"), "cli", "connect"); err != nil {
			return err
		}
		if got, err := v.Open(ctx, token, "cli", "check"); err != nil || string(got) != "Atzr|one" {
			return fmt.Errorf("%q, %w", []byte(got), err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if n := f.count(t, "vault_secrets") + f.count(t, "vault_log") + f.count(t, "vault_keys"); n != 0 {
		t.Fatalf("%d rows are left of a transaction that was rolled back", n)
	}
	f.seal(t, token, "Atzr|two") // the key of the rolled-back transaction is not used again
	if got, err := f.reopen(t).Open(ctx, token, "cli", "check"); err != nil || string(got) != "Atzr|two" {
		t.Fatalf("%q, %v", []byte(got), err)
	}
}

// spapi.md trap 65
func TestNoPlaintextReachesTheDisk(t *testing.T) {
	f := newFixture(t)
	const canary = "Atzr|CANARY-7f3a91"
	f.seal(t, token, canary)
	key, err := f.FactKey(ctx, "acc1")
	if err != nil {
		t.Fatal(err)
	}
	dek := bytes.Clone(f.cache.keys["acc1"].plain)
	for _, row := range []string{"vault_secrets", "vault_keys", "vault_log"} {
		var all []dbx.NullStringMap
		if err := f.db.Select("*").From(row).All(&all); err != nil {
			t.Fatal(err)
		}
		dump := fmt.Sprint(all)
		for name, secret := range map[string]string{"secret": canary, "fact key": string(key), "account key": string(dek)} {
			if strings.Contains(dump, secret) {
				t.Errorf("%s holds the %s", row, name)
			}
		}
	}
	names, err := filepath.Glob(filepath.Join(f.dir, "*.db*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range [][]byte{[]byte(canary), []byte("CANARY"), key, dek, f.key.Database(), []byte("SQLite format"), []byte("refresh_token")} {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds plaintext", filepath.Base(name))
			}
		}
	}
}

func TestSecretNeverPrints(t *testing.T) {
	s := Secret("Atzr|CANARY")
	wrapped := struct{ Token Secret }{s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%b", "%T %v"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", wrapped)
		fmt.Fprintf(&out, verb+"\n", []Secret{s})
	}
	b, err := json.Marshal(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "secret", s, "wrapped", wrapped)
	}
	for _, leak := range []string{"Atzr", "CANARY", "41747a72", "41747A72", "65 116"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q was printed", leak)
		}
	}
	s.Wipe()
	if strings.Trim(string(s), "\x00") != "" {
		t.Error("Wipe left bytes")
	}
}
