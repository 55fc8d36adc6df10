package ads

import (
	"context"
	"encoding/json/jsontext"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/internal/clock"
)

// Status is how far Amazon is with a report. Values that are not listed here
// mean: keep asking until the deadline.
type Status string

// The statuses of a report.
const (
	Pending    Status = "PENDING"
	Processing Status = "PROCESSING"
	Completed  Status = "COMPLETED"
	Failed     Status = "FAILED"
)

// Report is what Amazon tells of a report. URL is a secret for the hour that it
// is good for; printing or logging a Report shows the id and status alone.
type Report struct {
	ID                 string
	Status             Status
	URL                string // of a completed report; without one, it has no rows
	URLExpiresAt       time.Time
	Created, Generated time.Time
	FailureReason      string
	FileSize           int64 // bytes; 0 where unknown
	From, To           clock.Day
	Configuration      Configuration
}

// String implements fmt.Stringer.
func (r Report) String() string { return "report " + r.ID + " " + string(r.Status) }

// GoString implements fmt.GoStringer.
func (r Report) GoString() string { return r.String() }

// LogValue implements slog.LogValuer.
func (r Report) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Matches reports whether the report is what spec asks for. A duplicate that
// Amazon points at has been a SUMMARY for a DAILY request (adsapi.md §1.3).
func (r Report) Matches(spec ReportSpec) bool {
	want, got := spec.configuration(), r.Configuration
	return r.From == spec.From && r.To == spec.To &&
		got.AdProduct == want.AdProduct && got.ReportTypeID == want.ReportTypeID && got.TimeUnit == want.TimeUnit &&
		sameSet(got.GroupBy, want.GroupBy) && sameSet(got.Columns, want.Columns) && len(got.Filters) == 0
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// CreateReport asks for a report and returns its id. A report that is already
// under way is a *DuplicateError with its id; a window that begins too early is
// a *RetentionError.
func (c *Client) CreateReport(ctx context.Context, spec ReportSpec) (string, error) {
	body, err := spec.Body()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", OpCreateReport, ErrNotSent, err)
	}
	var in struct {
		ID string `json:"reportId"`
	}
	r := request{op: OpCreateReport, method: http.MethodPost, path: "/reporting/reports", profile: spec.Profile,
		contentType: mediaCreateRequest, accept: mediaCreateResponse, body: body}
	if err := c.call(ctx, r, &in); err != nil {
		return "", err
	}
	if !reportID.MatchString(in.ID) {
		return "", fmt.Errorf("%s: %w", OpCreateReport, ErrAnswer)
	}
	return in.ID, nil
}

var reportID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)

// Report returns the state of a report, with a fresh address once it is
// completed.
func (c *Client) Report(ctx context.Context, profile int64, id string) (Report, error) {
	if !reportID.MatchString(id) || profile <= 0 {
		return Report{}, fmt.Errorf("%s: %w: that is not a report id of a profile", OpReport, ErrNotSent)
	}
	var in struct {
		ID        string         `json:"reportId"`
		Status    Status         `json:"status"`
		Start     string         `json:"startDate"`
		End       string         `json:"endDate"`
		Created   string         `json:"createdAt"`
		Generated string         `json:"generatedAt"`
		Reason    string         `json:"failureReason"`
		URL       string         `json:"url"`
		Expires   string         `json:"urlExpiresAt"`
		Size      jsontext.Value `json:"fileSize"`

		Configuration Configuration `json:"configuration"`
	}
	r := request{op: OpReport, method: http.MethodGet, path: "/reporting/reports/" + id, profile: profile, accept: mediaGetResponse}
	if err := c.call(ctx, r, &in); err != nil {
		return Report{}, err
	}
	out := Report{ID: in.ID, Status: in.Status, URL: in.URL, FailureReason: lwa.Redact(in.Reason), Configuration: in.Configuration}
	var err error
	for _, t := range []struct {
		text string
		to   *time.Time
	}{{in.Created, &out.Created}, {in.Generated, &out.Generated}, {in.Expires, &out.URLExpiresAt}} {
		if t.text != "" && err == nil {
			*t.to, err = time.Parse(time.RFC3339, t.text)
		}
	}
	for _, d := range []struct {
		text string
		to   *clock.Day
	}{{in.Start, &out.From}, {in.End, &out.To}} {
		if d.text != "" && err == nil {
			*d.to, err = clock.ParseDay(d.text)
		}
	}
	if err != nil || in.ID == "" || in.Status == "" {
		return Report{}, fmt.Errorf("%s: %w", OpReport, ErrAnswer)
	}
	// A size is a courtesy: nothing depends on it.
	if size, err := document.ParseID(in.Size); err == nil {
		out.FileSize = size
	}
	return out, nil
}
