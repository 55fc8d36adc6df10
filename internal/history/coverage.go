package history

import (
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// CellState says what is known of one cell of coverage: one ASIN in one
// period, or one day of one ads profile and report type.
type CellState string

// The states of a cell. A cell that nobody has asked for has no state: it is
// absent from the list.
const (
	Complete     CellState = "stored"
	Empty        CellState = "empty"         // Amazon answered: no rows
	Truncated    CellState = "truncated"     // stored, cut off by Amazon's limit on rows
	NotPublished CellState = "not_published" // Amazon had no data yet
)

// Cell is the coverage of one ASIN in one period.
type Cell struct {
	Seller, Marketplace, Period string
	Start, End                  clock.Day
	ASIN                        string
	State                       CellState
	Rows                        int64
	FetchedAt                   time.Time
	Report                      int64  // ledger id; 0 for none
	Source                      string // SourceAPI or SourceFile
	Unit                        string // spapi.Unit of the document's shares
}

// DayCell is the coverage of one day of one ads profile and report type.
type DayCell struct {
	Date      clock.Day
	State     CellState
	Rows      int64
	FetchedAt time.Time
	Report    int64
	Clicks    int64 // totals of the day as last fetched
	Cost      int64 // micros
}
