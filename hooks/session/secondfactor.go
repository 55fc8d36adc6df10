package session

import (
	"github.com/pocketbase/pocketbase/core"
)

// Requirement says of whom a second factor is required.
type Requirement string

// The requirements.
const (
	OfStaff Requirement = "staff" // of operators
	OfAll   Requirement = "all"   // of everyone who sees Amazon's data
	OfNone  Requirement = "none"  // the demo's, which has no secrets
)

func (r Requirement) of(user *core.Record) bool {
	return r == OfAll || r != OfNone && len(user.GetStringSlice("staff")) > 0
}

// hasTOTP reports whether the person has set up a second factor.
func hasTOTP(user *core.Record) bool { return !user.GetDateTime("second_factor_since").IsZero() }
