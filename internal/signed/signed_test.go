package signed_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/signed"
)

func TestCodes(t *testing.T) {
	s := signed.New([]byte("0123456789abcdef0123456789abcdef"))
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	code := s.Sign(signed.WaitlistStatus, "abc123def456ghi", now.Add(time.Hour))
	if id, err := s.Verify(signed.WaitlistStatus, code, now); err != nil || id != "abc123def456ghi" {
		t.Fatalf("%q: %q, %v", code, id, err)
	}
	if _, err := s.Verify(signed.WaitlistStatus, code, now.Add(time.Hour)); !errors.Is(err, signed.ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
	other := signed.New([]byte("fedcba9876543210fedcba9876543210"))
	for name, try := range map[string]func() error{
		"another purpose":      func() error { _, err := s.Verify(signed.WaitlistConfirm, code, now); return err },
		"another installation": func() error { _, err := other.Verify(signed.WaitlistStatus, code, now); return err },
		"another id": func() error {
			_, err := s.Verify(signed.WaitlistStatus, strings.Replace(code, "abc", "abd", 1), now)
			return err
		},
		"another time": func() error {
			parts := strings.Split(code, ".")
			_, err := s.Verify(signed.WaitlistStatus, parts[0]+".zzzzzz."+parts[2], now)
			return err
		},
		"cut off": func() error { _, err := s.Verify(signed.WaitlistStatus, code[:len(code)-3], now); return err },
		"empty":   func() error { _, err := s.Verify(signed.WaitlistStatus, "", now); return err },
	} {
		if err := try(); !errors.Is(err, signed.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := signed.New([]byte("0123456789abcdef0123456789abcdef"))
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	f.Add(s.Sign(signed.WaitlistStatus, "a", now.Add(time.Hour)))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, code string) {
		id, err := s.Verify(signed.WaitlistConfirm, code, now)
		if err == nil {
			t.Errorf("%q opens %q though no code was made for this purpose", code, id)
		}
	})
}
