//go:build !testclock

package cli

import (
	"errors"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// canAdvance says that --advance is known.
const canAdvance = false

func advance(clock.Clock, time.Time) error {
	return errors.New("this build's clock cannot be moved")
}
