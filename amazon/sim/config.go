package sim

import (
	"io"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// Config says which world is played and how. The zero value is usable: two
// accounts, 40 ASINs each, the machine's clock.
type Config struct {
	Seed  int64
	Clock clock.Clock // nil: the machine's

	Accounts []AccountSpec // nil: DefaultAccounts
	ASINs    int           // per account; 0: 40
	Terms    int           // search terms per marketplace; 0: 2400

	Host   string // loopback address to listen on; empty: 127.0.0.1
	Delays Delays // zero fields: DefaultDelays

	// PublicationLag is how long after the end of its Saturday a week becomes
	// readable; 0: three days (spapi.md §1.8).
	PublicationLag time.Duration
	// SPDataDays is how far back sponsored products reports hold rows although
	// requests are accepted for 95 days; 0: 65, as seen live (adsapi.md §1.6).
	SPDataDays int

	// JournalKeep bounds the journal: the newest n entries are kept; 0: 1000,
	// negative: all.
	JournalKeep int
	// JournalWriter, if set, receives every entry as one line of JSON.
	JournalWriter io.Writer

	// Quiet plants nothing: own shares only move by chance from week to week,
	// every offer fares like the market's, no campaign rests and every bid pays.
	Quiet bool

	// Scenario, if set, makes the simulator hostile.
	Scenario *Scenario
	// SQPDaily is how many Search Query Performance reports a seller may ask
	// for in a UTC day, all apps together; 0: any number (spapi.md §1.9).
	SQPDaily int

	// RedirectURIs are those registered for the app; nil: any at a loopback
	// address.
	RedirectURIs []string
	// DraftApp makes consent without version=beta fail with MD1000.
	DraftApp bool

	// Faults, if set, is asked about every request after it was read and before
	// it is handled; nil lets it pass.
	Faults func(Entry) *Fault
}

// AccountSpec is one seller with its ads account.
type AccountSpec struct {
	Name      string   // unique; the key of the account in World
	Countries []string // ISO 3166 alpha-2 country codes of its marketplaces
	ASINs     int      // 0: those of Config
	// Viewer grants the ads user the view permission only, as Amazon's docs
	// advise: GET /v2/profiles with default parameters then returns nothing
	// (adsapi.md §2.3).
	Viewer bool
	// NoBrandRights makes every Brand Analytics report fail with the generic
	// text, as for a seller that is not the brand's representative.
	NoBrandRights bool
}

// DefaultAccounts returns the two clients of the demo's agency: one in the
// United States, one in the United Kingdom and Germany.
func DefaultAccounts() []AccountSpec {
	return []AccountSpec{
		{Name: "Velmora Goods", Countries: []string{"US"}},
		{Name: "Nordhain Outdoor", Countries: []string{"DE", "GB"}, Viewer: true},
	}
}

// Delays are the bounds between which the waiting time of a report lies; which
// value it is depends on the report.
type Delays struct {
	Queue      [2]time.Duration // SP-API: IN_QUEUE, apart from waiting for the report before it
	Processing [2]time.Duration // SP-API: IN_PROGRESS
	AdsPending [2]time.Duration
	AdsProcess [2]time.Duration
}

// DefaultDelays are those of a good day at Amazon.
func DefaultDelays() Delays {
	return Delays{
		Queue:      [2]time.Duration{30 * time.Second, 4 * time.Minute},
		Processing: [2]time.Duration{20 * time.Second, 2 * time.Minute},
		AdsPending: [2]time.Duration{10 * time.Second, time.Minute},
		AdsProcess: [2]time.Duration{time.Minute, 8 * time.Minute},
	}
}

// Connection is what a client needs to be let in: one account in one region.
type Connection struct {
	Account           string
	Region            marketplace.Region
	SellerID          string
	RefreshToken      string // of the Selling Partner API, valid in this region only
	AdsRefreshToken   string // of the Ads API; the same in all regions of an account
	JointRefreshToken string // of one consent to both APIs, for scripts that keep one token
	ClientID          string // of the app, the same for both APIs
	ClientSecret      string
}

func (d Delays) orDefault() Delays {
	def := DefaultDelays()
	for _, p := range []struct{ have, def *[2]time.Duration }{
		{&d.Queue, &def.Queue}, {&d.Processing, &def.Processing}, {&d.AdsPending, &def.AdsPending}, {&d.AdsProcess, &def.AdsProcess},
	} {
		if *p.have == [2]time.Duration{} {
			*p.have = *p.def
		}
	}
	return d
}

// within picks the delay of the thing with this hash.
func within(bounds [2]time.Duration, h uint64) time.Duration {
	span := bounds[1] - bounds[0]
	if span <= 0 {
		return bounds[0]
	}
	return bounds[0] + time.Duration(h%uint64(span/time.Millisecond+1))*time.Millisecond
}
