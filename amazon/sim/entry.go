package sim

import (
	"net/http"
	"time"
)

// Listener names, to which "-na", "-eu" or "-fe" is added except for the
// documents.
const (
	ListenerLWA       = "lwa"
	ListenerSPAPI     = "spapi"
	ListenerAds       = "ads"
	ListenerDocuments = "documents"
)

// Operations as Entry and the controls name them.
const (
	OpToken          = "token"
	OpParticipations = "getMarketplaceParticipations"
	OpCreateReport   = "createReport"
	OpGetReports     = "getReports"
	OpGetReport      = "getReport"
	OpGetDocument    = "getReportDocument"
	OpProfiles       = "listProfiles"
	OpAdsCreate      = "createAsyncReport"
	OpAdsGet         = "getAsyncReport"
	OpDownload       = "download"
	OpUnknown        = "unknown"

	// The consent pages, GET and POST; a browser opens them, never the product.
	OpSellerConsent = "consentSellerCentral"
	OpAdsConsent    = "consentAds"
)

// Entry is one request as it arrived and the status it was answered with. It
// holds credentials: a journal is for tests and never leaves the machine.
type Entry struct {
	At        time.Time   `json:"at"` // the injected clock's
	Listener  string      `json:"listener"`
	Operation string      `json:"operation"`
	Method    string      `json:"method"`
	Path      string      `json:"path"` // escaped, as sent
	RawQuery  string      `json:"rawQuery,omitempty"`
	Header    http.Header `json:"header"`
	Body      []byte      `json:"body,omitempty"`
	Status    int         `json:"status,omitempty"` // 0: the connection was dropped
	// Account is whose grant the request showed, empty where it showed none that
	// is known.
	Account string `json:"account,omitempty"`
	// Began and Ended number all arrivals and answers in their order: of two
	// requests neither of which ended before the other began, both were under
	// way at once.
	Began int64 `json:"began"`
	Ended int64 `json:"ended"`
}

// Fault overrides the answer to one request.
type Fault struct {
	// Status, Header and Body are answered instead, and the request is not
	// handled. Status 0 lets it be handled.
	Status int
	Header http.Header
	Body   []byte

	// Drop handles the request and closes the connection without an answer, as
	// when Amazon accepted a report and the answer was lost.
	Drop bool
	// Truncate ends the answer cleanly after so many bytes, if above 0.
	Truncate int
	// Rewrite replaces the answer's bytes as sent (a document's are gzip).
	Rewrite func(body []byte) []byte
	// Document replaces a document's text; it is compressed again afterwards.
	Document func(text []byte) []byte

	reset    bool          // the connection is closed before anything is handled
	hold     time.Duration // Drop: the connection is kept open so long
	cut      bool          // the connection ends in the middle of the answer
	add      http.Header   // added to the answer's headers
	harmless bool          // the answer is as good as without
}
