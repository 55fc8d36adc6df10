package vault

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newTestKey(t testing.TB) *Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyFileRoundTrip(t *testing.T) {
	k := newTestKey(t)
	path := filepath.Join(t.TempDir(), "deep", "halotrack.key")
	if err := k.Write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode = %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode of the folder = %v, %v", info.Mode(), err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Fingerprint() != k.Fingerprint() || !bytes.Equal(got.Database(), k.Database()) {
		t.Fatal("another key came back")
	}
	sealed, err := k.wrap.Encrypt([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.wrap.Decrypt(sealed, nil); err != nil {
		t.Fatal(err)
	}
	if err := newTestKey(t).Write(path); !errors.Is(err, ErrKeyExists) {
		t.Fatalf("overwriting: %v, want ErrKeyExists", err)
	}
}

func TestReadRefusesWhatIsNoKey(t *testing.T) {
	dir := t.TempDir()
	good, err := newTestKey(t).encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
		want    error
	}{
		"group may read":  {string(good), 0o640, ErrKeyOpen},
		"others may read": {string(good), 0o604, ErrKeyOpen},
		"empty":           {"", 0o600, ErrBadKey},
		"truncated":       {string(good[:len(good)/2]), 0o600, ErrBadKey},
		"unknown member":  {`{"version":1,"more":1}`, 0o600, ErrBadKey},
		"other version":   {strings.Replace(string(good), `"version":1`, `"version":2`, 1), 0o600, ErrBadKey},
		"no keyset":       {`{"version":1,"databaseKey":"` + strings.Repeat("A", 43) + `=","keyset":""}`, 0o600, ErrBadKey},
		"too large":       {strings.Repeat(" ", maxKeyFile+1), 0o600, ErrBadKey},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "databaseKey") {
				t.Fatalf("the message quotes the file: %v", err)
			}
		})
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, ErrNoKey) {
		t.Fatalf("%v, want ErrNoKey", err)
	}
	if _, err := Read(dir); err == nil {
		t.Fatal("a folder was read as a key")
	}
}

func TestCheckLocation(t *testing.T) {
	root := t.TempDir()
	data := filepath.Join(root, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(data, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		dirs []string
		bad  bool
	}{
		{"halotrack.key", []string{"data", "backups"}, false},
		{"data.key", []string{"data"}, false},
		{"data/halotrack.key", []string{"data"}, true},
		{"data/not/yet/there.key", []string{"data"}, true},
		{"link/halotrack.key", []string{"data"}, true},
		{"data/halotrack.key", []string{"link"}, true},
		{"data/../halotrack.key", []string{"data"}, false},
		{"data/..hidden.key", []string{"data"}, true},
		{"backups/k.key", []string{"data", "backups"}, true},
		{"backups/k.key", []string{"data", ""}, false},
	} {
		dirs := make([]string, len(c.dirs))
		for i, d := range c.dirs {
			if d != "" {
				dirs[i] = root + "/" + d
			}
		}
		err := CheckLocation(root+"/"+c.key, dirs...)
		if errors.Is(err, ErrKeyInside) != c.bad || !c.bad && err != nil {
			t.Errorf("%s in %v: %v, want refused = %v", c.key, c.dirs, err, c.bad)
		}
	}
}

func TestKeyNeverPrints(t *testing.T) {
	k := newTestKey(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "key "+k.Fingerprint() {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func TestRecoverySheetRoundTrip(t *testing.T) {
	k := newTestKey(t)
	sheet := k.RecoverySheet()
	_, key, _ := strings.Cut(sheet, sheetBegin)
	key, _, _ = strings.Cut(key, sheetEnd)
	for name, text := range map[string]string{
		"as printed":     sheet,
		"Windows lines":  strings.ReplaceAll(sheet, "\n", "\r\n"),
		"only the lines": key,
		"small letters":  strings.ToLower(key),
		"no groups":      noGroups(key),
	} {
		got, err := ParseRecoverySheet(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Fingerprint() != k.Fingerprint() || !bytes.Equal(got.Database(), k.Database()) {
			t.Fatalf("%s: another key came back", name)
		}
		sealed, err := k.wrap.Encrypt([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := got.wrap.Decrypt(sealed, nil); err != nil {
			t.Fatalf("%s: the keyset came back changed: %v", name, err)
		}
	}
}

func noGroups(key string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(key)) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), "  ")
		b.WriteString(number + " " + strings.ReplaceAll(rest, " ", "") + "\n")
	}
	return b.String()
}

// Every letter of the key's lines, replaced by every other letter, is found,
// and on the right line.
func TestRecoverySheetFindsEveryWrongLetter(t *testing.T) {
	sheet := newTestKey(t).RecoverySheet()
	_, key, _ := strings.Cut(sheet, sheetBegin)
	key, _, _ = strings.Cut(key, sheetEnd)
	key = strings.TrimSpace(key)
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*"
	start := 0
	for line := range strings.Lines(key) {
		for i := range len(strings.TrimSpace(line)) {
			at := start + i
			for _, r := range alphabet {
				if key[at] == ' ' || rune(key[at]) == r {
					continue
				}
				typed := key[:at] + string(r) + key[at+1:]
				_, err := ParseRecoverySheet(typed)
				if err == nil {
					t.Fatalf("%q instead of %q at %d of line %q was not noticed", r, key[at], i, line)
				}
				if i > 2 && !strings.Contains(err.Error(), "line "+line[:2]) {
					t.Fatalf("wrong letter on line %s, told: %v", line[:2], err)
				}
			}
		}
		start += len(line)
	}
}

func TestRecoverySheetFindsLostAndSwappedText(t *testing.T) {
	sheet := newTestKey(t).RecoverySheet()
	_, key, _ := strings.Cut(sheet, sheetBegin)
	key, _, _ = strings.Cut(key, sheetEnd)
	lines := strings.Split(strings.TrimSpace(key), "\n")
	for i := range lines {
		without := append(append([]string{}, lines[:i]...), lines[i+1:]...)
		if _, err := ParseRecoverySheet(strings.Join(without, "\n")); err == nil {
			t.Errorf("line %d left out was not noticed", i)
		}
		twice := append(append([]string{}, lines...), lines[i])
		if _, err := ParseRecoverySheet(strings.Join(twice, "\n")); err == nil {
			t.Errorf("line %d typed twice was not noticed", i)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	text := strings.Join(lines, "\n")
	for range 500 {
		i := r.IntN(len(text) - 1)
		a, b := text[i], text[i+1]
		if a == b || strings.ContainsAny(string([]byte{a, b}), " \n=") {
			continue
		}
		if _, err := ParseRecoverySheet(text[:i] + string(b) + string(a) + text[i+2:]); err == nil {
			t.Fatalf("swapped %q at %d was not noticed", text[i:i+2], i)
		}
	}
	for _, s := range []string{"", "hello", sheetBegin, sheetBegin + "\n" + sheetEnd} {
		if _, err := ParseRecoverySheet(s); err == nil {
			t.Errorf("%q was taken for a key", s)
		}
	}
}

func FuzzKeyFile(f *testing.F) {
	good, err := newTestKey(f).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"databaseKey":"","keyset":"AAAA"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := decodeKey(b)
		if (k == nil) == (err == nil) {
			t.Fatalf("key %v, error %v", k, err)
		}
		if k != nil && len(k.Database()) != KeySize {
			t.Fatal("a key without database key was accepted")
		}
	})
}

func FuzzRecoverySheet(f *testing.F) {
	f.Add(newTestKey(f).RecoverySheet())
	f.Add("01  0000 = 0000000\n00 0 = 0")
	f.Add("00  0000")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseRecoverySheet(text)
		if (k == nil) == (err == nil) {
			t.Fatalf("key %v, error %v", k, err)
		}
	})
}
