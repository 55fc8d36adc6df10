//go:build !testclock

package config

import (
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

// buildVariables are the settings that only this build has.
var buildVariables []variable

func (c *Config) settleBuild() []error { return nil }

// Clock returns the clock the program runs on: the machine's.
func (c *Config) Clock() (clock.Clock, error) { return clock.System(), nil }

// Endpoints returns the addresses of Amazon's services, or of those that stand
// in for them.
func (c *Config) Endpoints() (readonly.Endpoints, error) {
	return readonly.Loopback(c.Amazon.LWA, c.Amazon.SPAPI, c.Amazon.Ads)
}
