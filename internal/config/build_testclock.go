//go:build testclock

package config

import (
	"errors"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

// buildVariables are the settings that only this build has.
var buildVariables = []variable{
	{name: "HALOTRACK_CLOCK_FILE", example: "/tmp/clock",
		help: "Test build only: a file with the RFC 3339 instant that the program takes for the present.",
		set:  func(c *Config, v string) (err error) { c.ClockFile, err = absolute(v); return err }},
}

// settleBuild keeps a program on a false clock away from Amazon: it has all
// three addresses replaced, or reaches none.
func (c *Config) settleBuild() []error {
	a := c.Amazon
	if a.Overridden() && (a.LWA == nil || a.SPAPI == nil || a.Ads == nil) {
		return []error{errors.New("this test build never talks to Amazon: give all of HALOTRACK_LWA_URL, HALOTRACK_SPAPI_URL and HALOTRACK_ADS_URL, or none")}
	}
	return nil
}

// Clock returns the clock the program runs on: the clock file's, or the
// machine's without one.
func (c *Config) Clock() (clock.Clock, error) {
	if c.ClockFile == "" {
		return clock.System(), nil
	}
	return clock.OpenFile(c.ClockFile)
}

// Endpoints returns the addresses that stand in for Amazon's services; without
// them nothing is reachable.
func (c *Config) Endpoints() (readonly.Endpoints, error) {
	if !c.Amazon.Overridden() {
		return readonly.Endpoints{}, nil
	}
	return readonly.Loopback(c.Amazon.LWA, c.Amazon.SPAPI, c.Amazon.Ads)
}
