package ingest

import (
	"context"
	"io"

	"halotrack.ai/halotrack/amazon/ads"
)

// adReporting is what the ingest needs of an ads reporting service. Today that
// is Reporting v3 (*ads.Client); Amazon has announced its successor, which
// creates, describes and parts reports differently but serves the same rows
// (adsapi.md §3). Its errors are those of package ads.
type adReporting interface {
	// CreateReport asks for a report and returns Amazon's id of it.
	CreateReport(ctx context.Context, spec ads.ReportSpec) (string, error)
	// Report tells how far a report is, and where its document lies.
	Report(ctx context.Context, profile int64, id string) (ads.Report, error)
	// Download returns a document as its host sends it.
	Download(ctx context.Context, url string) (io.ReadCloser, error)
	// Decode reads the rows of a document's plain text.
	Decode(text io.Reader, spec ads.ReportSpec, rows ads.Rows) (ads.Summary, error)
}

var _ adReporting = (*ads.Client)(nil)
