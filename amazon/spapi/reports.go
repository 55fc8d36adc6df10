package spapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const reportsPath = "/reports/2021-06-30/reports"

// Status is how far Amazon is with a report. Values that are not listed here
// mean: keep asking until the deadline (spapi.md §3.2).
type Status string

// The statuses of a report.
const (
	InQueue    Status = "IN_QUEUE"
	InProgress Status = "IN_PROGRESS"
	Done       Status = "DONE"      // its document may hold no row
	Cancelled  Status = "CANCELLED" // no data, not a failure
	Fatal      Status = "FATAL"     // its document, if any, says why
)

// Report is what Amazon tells of a report. It does not tell the ASINs: whoever
// asked for it must remember them.
type Report struct {
	ID           string // unique within one seller
	Type         ReportType
	Status       Status
	Marketplaces []string
	Start, End   time.Time // as asked; zero where Amazon left them out
	Created      time.Time
	Processed    time.Time // end of processing; zero while it runs
	DocumentID   string    // several reports may have the same document
}

// CreateReport asks for a report and returns its id. Amazon has no idempotency
// key: where Uncertain(err), look with Reports before asking again.
func (c *Client) CreateReport(ctx context.Context, spec ReportSpec) (string, error) {
	body, err := spec.Body()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", OpCreateReport, ErrNotSent, err)
	}
	var in struct {
		ID string `json:"reportId"`
	}
	if err := c.call(ctx, OpCreateReport, http.MethodPost, reportsPath, nil, body, &in); err != nil {
		return "", err
	}
	if !plainID(in.ID) {
		return "", fmt.Errorf("%s: %w", OpCreateReport, ErrAnswer)
	}
	return in.ID, nil
}

// Report returns the state of a report.
func (c *Client) Report(ctx context.Context, id string) (Report, error) {
	if !plainID(id) {
		return Report{}, fmt.Errorf("%s: %w: that is not a report id", OpReport, ErrNotSent)
	}
	var in wireReport
	if err := c.call(ctx, OpReport, http.MethodGet, reportsPath+"/"+id, nil, nil, &in); err != nil {
		return Report{}, err
	}
	return in.report()
}

// ReportsQuery says which reports to list; Next, if set, stands alone.
type ReportsQuery struct {
	Types                      []ReportType
	Statuses                   []Status
	Marketplaces               []string
	CreatedSince, CreatedUntil time.Time // Amazon keeps 90 days
	PageSize                   int       // 1 to 100; 0 is Amazon's 10
	Next                       string    // of the page before
}

func (q ReportsQuery) values() url.Values {
	v := url.Values{}
	if q.Next != "" {
		v.Set("nextToken", q.Next)
		return v
	}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("reportTypes", join(q.Types))
	set("processingStatuses", join(q.Statuses))
	set("marketplaceIds", join(q.Marketplaces))
	if q.PageSize > 0 {
		set("pageSize", strconv.Itoa(q.PageSize))
	}
	for name, t := range map[string]time.Time{"createdSince": q.CreatedSince, "createdUntil": q.CreatedUntil} {
		if !t.IsZero() {
			set(name, t.UTC().Format(time.RFC3339))
		}
	}
	return v
}

// join writes a list as Amazon's model wants it: with commas, not as repeated
// parameters.
func join[T ~string](list []T) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = string(x)
	}
	return strings.Join(parts, ",")
}

// Reports lists reports and returns the token of the next page, empty on the
// last.
func (c *Client) Reports(ctx context.Context, q ReportsQuery) ([]Report, string, error) {
	var in struct {
		Reports []wireReport `json:"reports"`
		Next    string       `json:"nextToken"`
	}
	if err := c.call(ctx, OpReports, http.MethodGet, reportsPath, q.values(), nil, &in); err != nil {
		return nil, "", err
	}
	list := make([]Report, 0, len(in.Reports))
	for _, w := range in.Reports {
		r, err := w.report()
		if err != nil {
			return nil, "", err
		}
		list = append(list, r)
	}
	return list, in.Next, nil
}

type wireReport struct {
	ID           string     `json:"reportId"`
	Type         ReportType `json:"reportType"`
	Status       Status     `json:"processingStatus"`
	Marketplaces []string   `json:"marketplaceIds"`
	Start        string     `json:"dataStartTime"`
	End          string     `json:"dataEndTime"`
	Created      string     `json:"createdTime"`
	Processed    string     `json:"processingEndTime"`
	DocumentID   string     `json:"reportDocumentId"`
}

func (w wireReport) report() (Report, error) {
	r := Report{ID: w.ID, Type: w.Type, Status: w.Status, Marketplaces: w.Marketplaces, DocumentID: w.DocumentID}
	for _, t := range []struct {
		text string
		to   *time.Time
	}{{w.Start, &r.Start}, {w.End, &r.End}, {w.Created, &r.Created}, {w.Processed, &r.Processed}} {
		if t.text == "" {
			continue
		}
		parsed, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			return Report{}, fmt.Errorf("%s: a time of the report: %w", OpReport, ErrAnswer)
		}
		*t.to = parsed.UTC()
	}
	if !plainID(r.ID) || r.Status == "" {
		return Report{}, fmt.Errorf("%s: %w", OpReport, ErrAnswer)
	}
	return r, nil
}

// plainID accepts what Amazon's ids consist of, so that none can change a path.
func plainID(id string) bool {
	if id == "" || len(id) > 512 || strings.Trim(id, ".") == "" {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.~", r))
	})
}
