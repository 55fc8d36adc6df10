package sim

import (
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// plan is a usage plan: requests per second and burst.
type plan struct {
	rate  float64
	burst float64
	text  string // as in x-amzn-RateLimit-Limit
}

// The Selling Partner API's documented usage plans (spapi.md §3.1, §4).
var plans = map[string]plan{
	OpParticipations: {.016, 15, "0.016"},
	OpGetReports:     {.0222, 10, "0.0222"},
	OpCreateReport:   {.0167, 15, "0.0167"},
	OpGetReport:      {2, 15, "2.0"},
	OpGetDocument:    {.0167, 15, "0.0167"},
}

// The Ads API publishes no figures (adsapi.md §1.4); these are generous.
var adPlans = map[string]plan{
	OpProfiles:  {1, 20, ""},
	OpAdsCreate: {.5, 40, ""},
	OpAdsGet:    {5, 60, ""},
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token of a bucket and says how long to wait if there is none.
func (s *Sim) take(key string, p plan, now time.Time) (wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{tokens: p.burst, at: now}
		s.buckets[key] = b
	}
	if now.After(b.at) {
		b.tokens = min(p.burst, b.tokens+now.Sub(b.at).Seconds()*p.rate)
		b.at = now
	}
	// A client that waits exactly 1/rate must find its token whole.
	if b.tokens < 1-1e-6 {
		return time.Duration((1 - b.tokens) / p.rate * float64(time.Second)), false
	}
	b.tokens--
	return 0, true
}

// takeDaily books one Search Query Performance report of the seller's day
// (UTC), however many apps ask (spapi.md §1.9).
func (s *Sim) takeDaily(sel *seller, now time.Time) bool {
	if s.cfg.SQPDaily <= 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if today := clock.DayOf(now, time.UTC); sel.day != today {
		sel.day, sel.today = today, 0
	}
	if sel.today >= s.cfg.SQPDaily {
		return false
	}
	sel.today++
	return true
}
