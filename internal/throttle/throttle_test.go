package throttle_test

import (
	"strconv"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/throttle"
)

func TestEveryKeyHasItsPart(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	l := throttle.New(now, 3, time.Minute, 100)
	for range 3 {
		if wait := l.Take("a"); wait != 0 {
			t.Fatalf("refused within the burst: %v", wait)
		}
	}
	if wait := l.Take("a"); wait != 20*time.Second {
		t.Errorf("the fourth waits %v, want 20 s", wait)
	}
	if wait := l.Take("b"); wait != 0 {
		t.Errorf("another key pays for it: %v", wait)
	}
	now.Set(now.Now().Add(20 * time.Second))
	if wait := l.Take("a"); wait != 0 {
		t.Errorf("after waiting: %v", wait)
	}
	if wait := l.Take("a"); wait == 0 {
		t.Error("waiting for one gave two")
	}
	now.Set(now.Now().Add(24 * time.Hour))
	for i := range 4 {
		if wait := l.Take("a"); (wait == 0) != (i < 3) {
			t.Errorf("%d after a day: %v", i, wait)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	l := throttle.New(now, 1, time.Minute, 50)
	for i := range 1000 {
		if wait := l.Take(strconv.Itoa(i)); wait != 0 {
			t.Fatalf("newcomer %d refused: %v", i, wait)
		}
	}
	if n := l.Len(); n > 50 {
		t.Errorf("%d keys are remembered", n)
	}
}
