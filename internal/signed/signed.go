// Package signed makes the codes in links that we send by mail: they say whom
// they are for and until when, hold no personal data, and cannot be forged.
// Nothing is stored for them.
package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid means that a code was not made by us for this purpose, or was cut
// off on its way; ErrExpired that its time is over.
var (
	ErrInvalid = errors.New("this link is not valid: open it again from the mail, whole")
	ErrExpired = errors.New("this link has run out")
)

// Purpose says what a code may be used for; a code for one is worth nothing for
// another.
type Purpose string

// The purposes.
const (
	WaitlistConfirm Purpose = "waitlist.confirm" // confirms the address of an application
	WaitlistStatus  Purpose = "waitlist.status"  // shows, corrects, withdraws an application
)

// Signer makes and reads codes.
type Signer struct{ key []byte }

// New returns a signer for a key of 32 bytes (vault.InstallationKey).
func New(key []byte) *Signer { return &Signer{append([]byte(nil), key...)} }

// Sign returns a code for the record with this id, good until expires, which is
// kept to the second: letters, digits, '-', '_' and '.'.
func (s *Signer) Sign(p Purpose, id string, expires time.Time) string {
	until := expires.Unix()
	return id + "." + strconv.FormatInt(until, 36) + "." + base64.RawURLEncoding.EncodeToString(s.mac(p, id, until))
}

// Verify returns the id that a code was made for.
func (s *Signer) Verify(p Purpose, code string, now time.Time) (id string, err error) {
	parts := strings.Split(code, ".")
	if len(parts) != 3 || parts[0] == "" {
		return "", ErrInvalid
	}
	until, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return "", ErrInvalid
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(mac, s.mac(p, parts[0], until)) {
		return "", ErrInvalid
	}
	if now.Unix() >= until {
		return "", ErrExpired
	}
	return parts[0], nil
}

func (s *Signer) mac(p Purpose, id string, until int64) []byte {
	h := hmac.New(sha256.New, s.key)
	for _, part := range []string{string(p), id} {
		_ = binary.Write(h, binary.BigEndian, int64(len(part))) // a hash does not fail
		h.Write([]byte(part))
	}
	_ = binary.Write(h, binary.BigEndian, until)
	return h.Sum(nil)
}
