package ingest

import (
	"math"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// plan is a default usage plan: requests per second and burst (spapi.md §3.1).
type plan struct{ rate, burst float64 }

// The operations that have a bucket. Amazon publishes no figures for the Ads
// API: its limits are dynamic per region (adsapi.md §1.4), so these only keep
// us polite, and a refusal empties them.
var plans = map[string]plan{
	"spapi." + spapi.OpParticipations: {0.016, 15},
	"spapi." + spapi.OpCreateReport:   {0.0167, 15},
	"spapi." + spapi.OpReports:        {0.0222, 10},
	"spapi." + spapi.OpReport:         {2, 15},
	"spapi." + spapi.OpDocument:       {0.0167, 15},
	"ads." + ads.OpProfiles:           {0.02, 3},
	"ads." + ads.OpCreateReport:       {1, 10},
	"ads." + ads.OpReport:             {5, 20},
}

// smallest fraction of a token that counts: what floating point can lose.
// Instants are whole milliseconds and waits are rounded up to them.
const tokenRounding = 1e-7

// level returns the tokens that b holds at now; a bucket whose instant lies in
// the future is closed until then.
func level(b history.Bucket, now time.Time) float64 {
	elapsed := max(now.Sub(b.At).Seconds(), 0)
	return min(b.Tokens+elapsed*b.Rate, b.Burst)
}

// ready returns when b has a token, not before now.
func ready(b history.Bucket, now time.Time) time.Time {
	from := now
	if b.At.After(now) {
		from = b.At
	}
	missing := 1 - level(b, from)
	if missing <= tokenRounding {
		return from
	}
	wait := time.Duration(math.Ceil(missing/b.Rate*1000)) * time.Millisecond
	return from.Add(wait)
}

// take removes a token at now; ok is false, and b unchanged, without one.
func take(b history.Bucket, now time.Time) (history.Bucket, bool) {
	if ready(b, now).After(now) {
		return b, false
	}
	b.Tokens, b.At = level(b, now)-1, now
	return b, true
}

// drain empties b after a refusal that says nothing about when to come back
// (spapi.md §3.4): the next token is one interval away, and up to a fifth more
// so that several sellers do not come back at the same instant.
func drain(b history.Bucket, now time.Time, jitter float64) history.Bucket {
	b.Tokens, b.At = -jitter/5, now
	return b
}

// closeUntil shuts b until the instant that a refusal named.
func closeUntil(b history.Bucket, at time.Time) history.Bucket {
	b.Tokens, b.At = 1, at
	return b
}

// learn sets the rate that an answer named (requests per second, spapi.md
// §3.4).
func learn(b history.Bucket, rate float64, now time.Time) history.Bucket {
	if rate <= 0 || math.IsInf(rate, 0) || math.IsNaN(rate) || rate == b.Rate || b.At.After(now) {
		return b
	}
	b.Tokens, b.At, b.Rate = level(b, now), now, rate
	return b
}
