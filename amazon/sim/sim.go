package sim

import (
	"context"
	"errors"
	"time"

	"halotrack.ai/halotrack/amazon/readonly"
)

// Sim is a running simulator.
type Sim struct {
	cfg   Config
	world *World
}

// Start opens the listeners and serves until Close or the end of ctx.
func Start(ctx context.Context, cfg Config) (*Sim, error) { return nil, errors.ErrUnsupported }

// Close stops serving.
func (s *Sim) Close() error { return nil }

// Endpoints returns the base URLs by service and region.
func (s *Sim) Endpoints() readonly.Endpoints { return readonly.Endpoints{} }

// Env returns HALOTRACK_LWA_URL, HALOTRACK_SPAPI_URL and HALOTRACK_ADS_URL in
// the form na=…,eu=…,fe=….
func (s *Sim) Env() map[string]string { return nil }

// DocumentsURL returns the base URL of the document host.
func (s *Sim) DocumentsURL() string { return "" }

// Connections returns what a client needs for each account and region.
func (s *Sim) Connections() []Connection { return nil }

// Journal returns a copy of the kept entries, oldest first.
func (s *Sim) Journal() []Entry { return nil }

// World returns the world that is served.
func (s *Sim) World() *World { return s.world }

// Throttle answers 429 to an operation until the clock has reached t.
func (s *Sim) Throttle(operation string, until time.Time) {}

// RevokeToken makes a refresh token invalid, as when the seller withdrew
// access; its access tokens end at once.
func (s *Sim) RevokeToken(refreshToken string) {}

// FailNext applies a fault to the next request of an operation; several calls
// queue up.
func (s *Sim) FailNext(operation string, f Fault) {}
