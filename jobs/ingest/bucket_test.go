package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// spapi.md traps 45, 46 and 49
func TestABucketAllowsItsBurstAndThenItsRate(t *testing.T) {
	now := instant(t, "2026-11-25T09:00:00Z")
	b := history.Bucket{Tokens: 15, Rate: 0.0167, Burst: 15, At: now}
	ok, taken := true, 0
	for ; ok; taken++ {
		b, ok = take(b, now)
	}
	if taken-1 != 15 {
		t.Errorf("%d requests at once, want 15", taken-1)
	}
	wait := ready(b, now).Sub(now)
	if wait < 59*time.Second || wait > 61*time.Second {
		t.Errorf("the next one after %s, want a minute", wait)
	}
	if _, ok := take(b, now.Add(wait-time.Second)); ok {
		t.Error("a token before its time")
	}
	if b, ok = take(b, now.Add(wait)); !ok {
		t.Error("no token at the instant that was named")
	}
	if _, ok = take(b, now.Add(wait)); ok {
		t.Error("two tokens after one interval")
	}

	// A refusal that says nothing costs one interval and up to a fifth more.
	for _, jitter := range []float64{0, .5, 1} {
		d := drain(b, now, jitter)
		wait := ready(d, now).Sub(now).Seconds()
		if low, high := 59.8*(1+jitter/5), 60.2*(1+jitter/5); wait < low || wait > high {
			t.Errorf("jitter %v: %v s, want %v to %v", jitter, wait, low, high)
		}
	}
	// One that says when is believed.
	c := closeUntil(b, now.Add(42*time.Second))
	if got := ready(c, now).Sub(now); got != 42*time.Second {
		t.Errorf("told 42 s, waits %s", got)
	}

	// 0.0167 is requests per second: a minute each.
	fast := history.Bucket{Tokens: 0, Rate: 2, Burst: 15, At: now}
	learnt := learn(fast, 0.0167, now)
	if wait := ready(learnt, now).Sub(now); wait < 59*time.Second || wait > 61*time.Second {
		t.Errorf("learnt 0.0167, waits %s", wait)
	}
	for _, nonsense := range []float64{0, -1} {
		if learn(fast, nonsense, now) != fast {
			t.Errorf("learnt a rate of %v", nonsense)
		}
	}
}
