package history

import (
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
)

// Sources of a slice.
const (
	SourceAPI  = "api"
	SourceFile = "file"
)

// Periods of SQP and SCP slices.
const (
	Week    = "WEEK"
	Month   = "MONTH"
	Quarter = "QUARTER"
)

// SQPSlice names what one search query performance document replaces: the
// rows of the asked ASINs in one period of one marketplace.
type SQPSlice struct {
	Seller      string // selling partner id: a grant may change, the seller does not
	Marketplace string // Amazon's id
	Period      string // Week, Month or Quarter
	Start, End  clock.Day
	ASINs       []string  // asked for; absent from the document means covered without rows
	Report      int64     // id of the ledger row that the slice finishes; 0 for none
	FetchedAt   time.Time // of the document
	Source      string    // SourceAPI (default) or SourceFile
}

// SCPSlice is SQPSlice for search catalogue performance.
type SCPSlice SQPSlice

// AdSlice names what one ads report replaces: all rows of one profile and
// report type on the days From to To.
type AdSlice struct {
	Profile   int64 // ads profile id, saved by SaveProfiles before
	Type      ads.ReportType
	From, To  clock.Day
	Report    int64 // id of the ledger row that the slice finishes; 0 for none
	FetchedAt time.Time
}

// Slice is an SQPSlice, an SCPSlice or an AdSlice.
type Slice interface{ isSlice() }

func (SQPSlice) isSlice() {}
func (SCPSlice) isSlice() {}
func (AdSlice) isSlice()  {}

// Stored says what a replacement did.
type Stored struct {
	Rows      int64 // in the document, of what was asked for
	Changed   bool  // anything but the time of the fetch differs from what was stored
	Cells     int   // covered: ASINs of an SQP or SCP slice, days of an ads slice
	Empty     int   // of them without a row
	Truncated int   // of them cut off by Amazon's limit on rows
	Summed    int64 // ads rows added to one of the same key
	Unasked   int64 // rows of ASINs that were not asked for, left out

	Quarantined int64 // of Rows, those whose search term looks like personal data
}
