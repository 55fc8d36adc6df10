// Package simtest checks what a simulator was sent against Amazon's own
// published models.
package simtest

import (
	"errors"

	"halotrack.ai/halotrack/amazon/sim"
)

// ValidateJournal checks every entry's path, parameters, headers, media types
// and body against the models in sharedDir (the folder that holds
// amazon/spapi/models and amazon/ads). It returns all violations joined.
func ValidateJournal(entries []sim.Entry, sharedDir string) error { return errors.ErrUnsupported }
