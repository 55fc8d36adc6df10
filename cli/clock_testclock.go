//go:build testclock

package cli

import (
	"errors"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// canAdvance says that --advance is known.
const canAdvance = true

func advance(c clock.Clock, t time.Time) error {
	file, ok := c.(*clock.File)
	if !ok {
		return errors.New("--advance needs HALOTRACK_CLOCK_FILE")
	}
	return file.Advance(t)
}
