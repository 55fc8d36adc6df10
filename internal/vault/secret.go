package vault

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is plaintext from the vault. It shows itself in no print verb, JSON
// document or log; convert it with string(s) or []byte(s) where it is used, and
// call Wipe afterwards.
type Secret []byte

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb (%x, %q, %d) shows the bytes.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler; JSON uses it too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Wipe overwrites the bytes.
func (s Secret) Wipe() { clear(s) }
