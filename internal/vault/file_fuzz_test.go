package vault

import (
	"bytes"
	"testing"
)

// FuzzSealedFile holds a spooled document that was changed on the disk, in any
// way, to: no panic, and not one byte that was not sealed.
func FuzzSealedFile(f *testing.F) {
	x := newFixture(f)
	content := bytes.Repeat([]byte("canary! "), segment/4)
	sealed := sealFile(f, x.Vault, "acc1", "spool-1", content)
	f.Add(0, 0, []byte(nil))
	f.Add(40, 10, []byte("0123456789"))
	f.Add(segment, segment, []byte(nil))
	f.Add(len(sealed), 0, []byte{0})
	f.Fuzz(func(t *testing.T, at, cut int, with []byte) {
		at = min(max(at, 0), len(sealed))
		cut = min(max(cut, 0), len(sealed)-at)
		changed := append(append(bytes.Clone(sealed[:at]), with...), sealed[at+cut:]...)
		got, err := openFile(x.Vault, "acc1", "spool-1", changed)
		if same := bytes.Equal(changed, sealed); same != (err == nil) || !bytes.HasPrefix(content, got) {
			t.Fatalf("unchanged %v: %d bytes, %v", same, len(got), err)
		}
	})
}
