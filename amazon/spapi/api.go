package spapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/internal/clock"
)

type Config struct {
	HTTP      *http.Client
	BaseURL   string
	Tokens    *lwa.Source
	UserAgent string
	OnRate    func(op string, rps float64)
}
type Client struct{ cfg Config }

func New(cfg Config) *Client { return &Client{cfg} }

type Participation struct {
	MarketplaceID, Name, Country, Currency, StoreName string
	Participating, Suspended                          bool
}
type ReportType string

const (
	SQP ReportType = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
	SCP ReportType = "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT"
)

type Period string

const (
	Week    Period = "WEEK"
	Month   Period = "MONTH"
	Quarter Period = "QUARTER"
)

type ReportSpec struct {
	Type        ReportType
	Marketplace string
	Period      Period
	Start, End  clock.Day
	ASINs       []string
}

func (s ReportSpec) Body() ([]byte, error) { return nil, errors.ErrUnsupported }

type Status string

const (
	InQueue    Status = "IN_QUEUE"
	InProgress Status = "IN_PROGRESS"
	Done       Status = "DONE"
	Cancelled  Status = "CANCELLED"
	Fatal      Status = "FATAL"
)

type Report struct {
	ID           string
	Type         ReportType
	Status       Status
	Marketplaces []string
	Start, End   time.Time
	Created      time.Time
	DocumentID   string
}
type ReportsQuery struct {
	Types                      []ReportType
	Statuses                   []Status
	Marketplaces               []string
	CreatedSince, CreatedUntil time.Time
	PageSize                   int
	Next                       string
}
type Document struct {
	ID, URL string
	GZIP    bool
}

func (c *Client) Participations(ctx context.Context) ([]Participation, error) {
	return nil, errors.ErrUnsupported
}
func (c *Client) CreateReport(ctx context.Context, s ReportSpec) (string, error) {
	return "", errors.ErrUnsupported
}
func (c *Client) Report(ctx context.Context, id string) (Report, error) {
	return Report{}, errors.ErrUnsupported
}
func (c *Client) Reports(ctx context.Context, q ReportsQuery) ([]Report, string, error) {
	return nil, "", errors.ErrUnsupported
}
func (c *Client) Document(ctx context.Context, id string) (Document, error) {
	return Document{}, errors.ErrUnsupported
}
func (c *Client) Download(ctx context.Context, d Document) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return document.Plain(r, max) }

type Expect struct {
	Marketplace string
	Period      Period
	Start, End  clock.Day
	ASINs       []string
}
type Summary struct {
	Rows           int
	Unit           Unit
	RateMismatches int
	RowsByASIN     map[string]int
	Unrequested    []string
	Duplicates     int
}

func DecodeSQP(r io.Reader, want Expect, yield func(*SQPRow) error) (Summary, error) {
	return Summary{}, errors.ErrUnsupported
}
func DecodeSCP(r io.Reader, want Expect, yield func(*SCPRow) error) (Summary, error) {
	return Summary{}, errors.ErrUnsupported
}
func FatalText(r io.Reader) (string, error) { return "", errors.ErrUnsupported }

type FatalClass string

const (
	FatalOurs      FatalClass = "ours"
	FatalNotYet    FatalClass = "not yet"
	FatalAmbiguous FatalClass = "ambiguous"
)

func Classify(text string) FatalClass     { return FatalAmbiguous }
func PackASINs(asins []string) [][]string { return nil }

type DocumentError = document.Error

type Error struct {
	Op                     string
	Status                 int
	Code, Message, Details string
	RetryAfter             time.Duration
}

func (e *Error) Error() string { return fmt.Sprintf("%s: status %d", e.Op, e.Status) }

var (
	ErrThrottled     = errors.New("throttled")
	ErrNotFound      = errors.New("not found")
	ErrRoleMissing   = errors.New("role missing")
	ErrUnauthorized  = errors.New("unauthorized")
	ErrSecretExpired = errors.New("secret expired")
	ErrURLExpired    = errors.New("the download address has expired")
	ErrInvalid       = errors.New("invalid input")
	ErrUnavailable   = errors.New("unavailable")
)
