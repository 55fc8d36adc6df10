//go:build !testclock

package cli

import (
	"errors"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
)

// canAdvance says that --advance is known.
const canAdvance = false

func newClock(*config.Config) (clock.Clock, error) { return clock.System(), nil }

func advance(clock.Clock, time.Time) error {
	return errors.New("this build's clock cannot be moved")
}
