package sim

import (
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Accepted is what the simulator accepted of one and the same report
// configuration.
type Accepted struct {
	API         string // ListenerSPAPI or ListenerAds
	Account     string
	Region      marketplace.Region
	SellerID    string // Selling Partner API
	Profile     int64  // Ads API
	Type        string // the report type as asked for
	Start       string // first and last day, 2006-01-02
	End         string
	Marketplace string
	Config      string           // all of the configuration in one canonical line
	Reports     []AcceptedReport // oldest first; more than one: repeats
}

// AcceptedReport is one report that was accepted.
type AcceptedReport struct {
	ID       string
	At       time.Time
	Answered bool      // its id was sent; false: the answer was lost
	Done     time.Time // when it is processed
	Fetched  int       // how often its document was sent whole
}

// AcceptedReports lists all that was accepted, by configuration, in the order
// of the first acceptance.
func (s *Sim) AcceptedReports() []Accepted { return nil }

// Repeats counts the reports that were accepted although one of the same
// configuration, accepted before, was not fetched yet.
func (s *Sim) Repeats() (spapi, ads int) { return 0, 0 }
