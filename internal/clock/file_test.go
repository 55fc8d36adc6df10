//go:build testclock

package clock

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFileClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenFile(path); err == nil {
		t.Fatal("a missing file was taken")
	}
	write("soon")
	if _, err := OpenFile(path); err == nil {
		t.Fatal("a file without an instant was taken")
	}
	write("2026-11-15T06:00:00Z\n")
	start := time.Date(2026, 11, 15, 6, 0, 0, 0, time.UTC)
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- other.WaitUntil(context.Background(), start.Add(time.Hour)) }()
	if err := f.Advance(start.Add(30 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := f.Advance(start); err != nil { // never backwards
		t.Fatal(err)
	}
	for _, c := range []*File{f, other} {
		if got := c.Now(); !got.Equal(start.Add(30 * time.Minute)) {
			t.Fatalf("now = %v", got)
		}
	}
	write("") // half written: the time stands
	if got := f.Now(); !got.Equal(start.Add(30 * time.Minute)) {
		t.Fatalf("now = %v", got)
	}
	write("2026-11-15T07:00:00.5Z")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.WaitUntil(ctx, start.Add(24*time.Hour)); err != context.Canceled {
		t.Fatalf("err = %v, want context.Canceled", err)
	}
}
