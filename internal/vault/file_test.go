package vault

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func sealFile(t testing.TB, v *Vault, account, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := v.SealFile(ctx, account, name, &b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openFile(v *Vault, account, name string, sealed []byte) ([]byte, error) {
	r, err := v.OpenFile(ctx, account, name, bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestSealedFileOpens(t *testing.T) {
	f := newFixture(t)
	for _, size := range []int{0, 1, segment - 40, segment, 3*segment + 17} {
		content := bytes.Repeat([]byte("canary! "), size/8+1)[:size]
		sealed := sealFile(t, f.Vault, "acc1", "spool-1", content)
		if bytes.Contains(sealed, []byte("canary!")) {
			t.Fatal("plaintext in the file")
		}
		got, err := openFile(f.reopen(t), "acc1", "spool-1", sealed)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
}

func TestSealedFileIsTiedToItsPlace(t *testing.T) {
	f := newFixture(t)
	content := bytes.Repeat([]byte("canary! "), segment/4)
	sealed := sealFile(t, f.Vault, "acc1", "spool-1", content)
	if err := f.CreateAccount(ctx, "acc2"); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		account, file string
		sealed        []byte
	}{
		"other name":        {"acc1", "spool-2", sealed},
		"other account":     {"acc2", "spool-1", sealed},
		"no such account":   {"acc3", "spool-1", sealed},
		"changed":           {"acc1", "spool-1", flipped},
		"cut at a segment":  {"acc1", "spool-1", sealed[:segment]},
		"cut in a segment":  {"acc1", "spool-1", sealed[:len(sealed)-3]},
		"segment left out":  {"acc1", "spool-1", append(bytes.Clone(sealed[:segment]), sealed[2*segment:]...)},
		"nothing":           {"acc1", "spool-1", nil},
		"something after":   {"acc1", "spool-1", append(bytes.Clone(sealed), 0)},
		"a file name of |s": {"acc1", "a|b", sealed},
	} {
		if got, err := openFile(f.Vault, c.account, c.file, c.sealed); err == nil {
			t.Errorf("%s: %d bytes were read without error", name, len(got))
		} else if !bytes.HasPrefix(content, got) {
			t.Errorf("%s: wrong bytes were returned", name)
		}
	}
	if err := f.DestroyAccount(ctx, "acc1"); err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(f.Vault, "acc1", "spool-1", sealed); !errors.Is(err, ErrDestroyed) {
		t.Errorf("after the account's end: %v, want ErrDestroyed", err)
	}
}
