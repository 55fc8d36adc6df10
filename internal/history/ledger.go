package history

import (
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// ReportState is where a report is on its way from plan to facts.
type ReportState string

// The states, in order. Requesting is committed before the POST, so that after
// a kill it is known that Amazon may have accepted a request.
const (
	Planned     ReportState = "planned"
	Requesting  ReportState = "requesting"
	Waiting     ReportState = "waiting" // accepted, not done at Amazon
	Ready       ReportState = "ready"   // done at Amazon, not downloaded
	ReportDone  ReportState = "stored"
	ReportEmpty ReportState = "empty"
	Failed      ReportState = "failed"
	Abandoned   ReportState = "abandoned"
)

// Open tells whether a report in this state is still to be worked on.
func (s ReportState) Open() bool {
	return s == Planned || s == Requesting || s == Waiting || s == Ready
}

// APIs of a report.
const (
	SPAPI = "spapi"
	Ads   = "ads"
)

// Report is one row of the ledger: one report asked, or to be asked, of
// Amazon. Zero times are unknown.
type Report struct {
	ID          int64
	Connection  string // the grant through which it is asked
	API         string // SPAPI or Ads
	Seller      string
	Profile     int64 // ads profile id
	Marketplace string
	Type        string // spapi.ReportType or ads.ReportType
	Period      string // of SQP and SCP
	Start, End  clock.Day
	ASINs       []string
	State       ReportState
	AmazonID    string
	DocumentID  string

	Created, Requested, NextAt, Deadline, Finished time.Time

	Attempts   int
	ErrorClass string
	Error      string
	Rows       int64
}

// ReportFilter chooses ledger rows; zero fields choose all.
type ReportFilter struct {
	Connection  string
	API         string
	Type        string
	Marketplace string
	Profile     int64
	States      []ReportState
	Since       time.Time // created at or after
	Limit       int       // newest first; 0 for all
}

// Bucket is the persisted state of one token bucket.
type Bucket struct {
	Key         string // operation, seller and region, as the ingest names them
	Tokens      float64
	Rate, Burst float64 // tokens per second; capacity
	At          time.Time
}
