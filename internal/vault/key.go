// Package vault keeps what must not be readable in data.db: the credentials of
// connections and the keys of the accounts' files. Every account has its own
// key, wrapped by the key encryption key that lies in a file outside the data
// folder; every ciphertext is tied to its place; every opening is written to a
// hash-chained log (privacy.md §5.2–5.4).
package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"encoding/json/v2"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeySize is the length in bytes of the database key, of an account's key and
// of a fact file's key.
const KeySize = 32

const (
	keyFileVersion = 1
	saltSize       = 12 // XAES-256-GCM with a 192-bit nonce
	maxKEKs        = 16
)

// Key is the content of the key file: the key of PocketBase's two databases and
// the keyset whose primary key wraps the accounts' keys. It prints as its
// fingerprint only.
type Key struct {
	database []byte
	handle   *keyset.Handle
	wrap     tink.AEAD
}

// NewKey makes a fresh key.
func NewKey() (*Key, error) {
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make the keyset: %w", err)
	}
	database := make([]byte, KeySize)
	if _, err := rand.Read(database); err != nil {
		return nil, fmt.Errorf("make the database key: %w", err)
	}
	return makeKey(database, h)
}

func makeKey(database []byte, h *keyset.Handle) (*Key, error) {
	if len(database) != KeySize {
		return nil, fmt.Errorf("the database key has %d bytes, not %d", len(database), KeySize)
	}
	if _, err := kekEntries(h); err != nil {
		return nil, err
	}
	wrap, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("use the keyset: %w", err)
	}
	return &Key{database, h, wrap}, nil
}

// Database returns a copy of the key of PocketBase's two databases.
func (k *Key) Database() []byte { return bytes.Clone(k.database) }

// Fingerprint names the key without telling anything about it: ab12-cd34-….
func (k *Key) Fingerprint() string {
	h := sha256.New()
	h.Write([]byte("halotrack key fingerprint v1\x00"))
	h.Write(k.compact())
	s := hex.EncodeToString(h.Sum(nil)[:8])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}

// String returns the fingerprint.
func (k *Key) String() string { return "key " + k.Fingerprint() }

// GoString returns the fingerprint.
func (k *Key) GoString() string { return k.String() }

// Format implements fmt.Formatter: every verb shows the fingerprint.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue implements slog.LogValuer.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON implements json.Marshaler; it shows the fingerprint, the key file
// is written by Write alone.
func (k *Key) MarshalJSON() ([]byte, error) { return []byte(`"` + k.String() + `"`), nil }

// kek is one key of the keyset.
type kek struct {
	id      uint32
	bytes   []byte
	primary bool
}

// kekEntries lists the keyset, and refuses any other kind of key than
// XAES-256-GCM with id prefix.
func kekEntries(h *keyset.Handle) ([]kek, error) {
	if h.Len() > maxKEKs {
		return nil, fmt.Errorf("the keyset has %d keys, more than %d", h.Len(), maxKEKs)
	}
	keks := make([]kek, 0, h.Len())
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("read the keyset: %w", err)
		}
		x, ok := e.Key().(*xaesgcm.Key)
		if !ok || e.KeyStatus() != keyset.Enabled {
			return nil, errors.New("the keyset holds a key that is not an enabled XAES-256-GCM key")
		}
		if p, ok := x.Parameters().(*xaesgcm.Parameters); !ok || p.Variant() != xaesgcm.VariantTink || p.SaltSizeInBytes() != saltSize {
			return nil, errors.New("the keyset holds an XAES-256-GCM key of another variant")
		}
		keks = append(keks, kek{e.KeyID(), x.KeyBytes().Data(insecuresecretdataaccess.Token{}), e.IsPrimary()})
	}
	return keks, nil
}

// compact is the whole key in as few bytes as possible, for the recovery sheet
// and the fingerprint: version, database key, then id and key of each entry of
// the keyset, the primary one first.
func (k *Key) compact() []byte {
	keks, err := kekEntries(k.handle)
	if err != nil {
		panic("vault: " + err.Error()) // makeKey has read the same entries
	}
	b := append([]byte{keyFileVersion}, k.database...)
	for _, primary := range []bool{true, false} {
		for _, e := range keks {
			if e.primary == primary {
				b = binary.BigEndian.AppendUint32(b, e.id)
				b = append(b, e.bytes...)
			}
		}
	}
	return b
}

func fromCompact(b []byte) (*Key, error) {
	const entry = 4 + KeySize
	if len(b) < 1+KeySize+entry || (len(b)-1-KeySize)%entry != 0 {
		return nil, fmt.Errorf("%d bytes are not a key", len(b))
	}
	if b[0] != keyFileVersion {
		return nil, fmt.Errorf("version %d of the key is unknown", b[0])
	}
	params, err := xaesgcm.NewParameters(xaesgcm.VariantTink, saltSize)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManager()
	for i, rest := 0, b[1+KeySize:]; len(rest) > 0; i, rest = i+1, rest[entry:] {
		id := binary.BigEndian.Uint32(rest)
		x, err := xaesgcm.NewKey(secretdata.NewBytesFromData(rest[4:entry], insecuresecretdataaccess.Token{}), id, params)
		if err != nil {
			return nil, err
		}
		if _, err := m.AddKey(x); err != nil {
			return nil, err
		}
		if i == 0 {
			if err := m.SetPrimary(id); err != nil {
				return nil, err
			}
		}
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return makeKey(bytes.Clone(b[1:1+KeySize]), h)
}

// keyFile is the JSON of the key file.
type keyFile struct {
	Version  int    `json:"version"`
	Database []byte `json:"databaseKey"` // base64
	Keyset   []byte `json:"keyset"`      // base64 of Tink's binary keyset
}

func (k *Key) encode() ([]byte, error) {
	var set bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewBinaryWriter(&set)); err != nil {
		return nil, fmt.Errorf("write the keyset: %w", err)
	}
	b, err := json.Marshal(keyFile{keyFileVersion, k.database, set.Bytes()})
	return append(b, '\n'), err
}

func decodeKey(b []byte) (*Key, error) {
	var f keyFile
	if err := json.Unmarshal(b, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, errors.New("it is not the JSON of a key file") // the JSON error may quote the key
	}
	if f.Version != keyFileVersion {
		return nil, fmt.Errorf("its version %d is unknown to this program", f.Version)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(f.Keyset)))
	if err != nil {
		return nil, errors.New("its keyset cannot be read")
	}
	return makeKey(f.Database, h)
}

// crockford is base32 without the letters that are mistaken for others.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
