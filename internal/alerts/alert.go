// Package alerts keeps what needs a person: alerts with their states, who looks
// after them and what was noted to them. jobs/alert finds the causes; people
// act on alerts through hooks/alerts.
//
// An alert lives as long as its cause. While it is open, acknowledged or
// snoozed the same cause raises no other. When the cause ends, the job closes
// it and says why. What a person closed stays quiet for as long as its cause
// goes on; once that ended, the next one is a new alert.
package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

// Kind is what an alert is about.
type Kind string

// The kinds. The first four are findings of the audit.
const (
	ShareDrop      = Kind(analysis.ShareDrop)
	Vanished       = Kind(analysis.Vanished)
	Drift          = Kind(analysis.Drifting)
	AccountShift   = Kind(analysis.AccountShift)
	SpendSpike     = Kind("spend_spike")
	ACOS           = Kind("acos")
	ConnectionLost = Kind("connection_lost")
	WeekLate       = Kind("week_late")
	QuotaExhausted = Kind("quota_exhausted")
	Threshold      = Kind("threshold")
)

// Kinds lists all kinds.
var Kinds = []Kind{AccountShift, ShareDrop, Vanished, Drift, SpendSpike, ACOS, ConnectionLost, WeekLate, QuotaExhausted, Threshold}

// FromAudit tells whether alerts of the kind are findings of the week's one
// scan.
func (k Kind) FromAudit() bool {
	return k == ShareDrop || k == Vanished || k == Drift || k == AccountShift
}

// State is where an alert stands.
type State string

// The states.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged" // somebody knows and looks after it
	Snoozed      State = "snoozed"      // open again on a day
	Closed       State = "closed"
)

// States lists all states.
var States = []State{Open, Acknowledged, Snoozed, Closed}

// Severity is how urgent an alert is.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Cause is what the job found: why there is to be an alert.
type Cause struct {
	Key         string // stable: the same cause has the same key in every run
	Kind        Kind
	Marketplace string    // empty: of the account
	Week        clock.Day // that it rests on; 0: none
	Term, ASIN  string
	Text        string // what happened
	Meaning     string // what it means
	ToDo        string // what to do
	Protected   bool   // its rate of false alarms is controlled and stated
	Severity    Severity
	MoneyLow    analysis.Count // micros of Currency
	Currency    string
	Level       string // of a share change
	Group       string
	Step        string
}

// NewKey makes the key of a cause: its kind, its marketplace or "account", and
// what it is about. A long part, such as a search term, is named by its hash.
func NewKey(kind Kind, marketplace string, about ...string) string {
	parts := []string{string(kind), marketplace}
	if marketplace == "" {
		parts[1] = "account"
	}
	for _, part := range about {
		if len(part) > 32 || strings.ContainsAny(part, "/ ") {
			sum := sha256.Sum256([]byte(part))
			part = hex.EncodeToString(sum[:12])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "/")
}

// Scan is what one run of the job found.
type Scan struct {
	Now    time.Time
	Causes []Cause
	// Ended tells of an alert whose cause was not found whether it has ended,
	// and why; ok is false where the run could not judge it.
	Ended func(kind Kind, marketplace, key string) (reason string, ok bool)
}
