package ads

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
	ClientID  string
	UserAgent string
}
type Client struct{ cfg Config }

func New(cfg Config) *Client { return &Client{cfg} }

type Profile struct {
	ID                      int64
	Country, Currency, Zone string
	SellerID, MarketplaceID string
	Type, SubType, Name     string
	Editable                bool
}
type ReportType string

const (
	SPSearchTerm ReportType = "spSearchTerm"
	SBSearchTerm ReportType = "sbSearchTerm"
	SPCampaigns  ReportType = "spCampaigns"
	SBCampaigns  ReportType = "sbCampaigns"
)

func (t ReportType) Product() Product  { return SponsoredProducts }
func (t ReportType) Columns() []string { return nil }

type ReportSpec struct {
	Profile  int64
	Type     ReportType
	From, To clock.Day
}

func (s ReportSpec) Product() Product      { return s.Type.Product() }
func (s ReportSpec) Columns() []string     { return s.Type.Columns() }
func (s ReportSpec) Body() ([]byte, error) { return nil, errors.ErrUnsupported }

type Status string

const (
	Pending    Status = "PENDING"
	Processing Status = "PROCESSING"
	Completed  Status = "COMPLETED"
	Failed     Status = "FAILED"
)

type Configuration struct {
	AdProduct, ReportTypeID, TimeUnit, Format string
	GroupBy, Columns                          []string
	Filters                                   []Filter
}
type Filter struct {
	Field  string
	Values []string
}
type Report struct {
	ID                 string
	Status             Status
	URL                string
	URLExpiresAt       time.Time
	Created, Generated time.Time
	FailureReason      string
	FileSize           int64
	From, To           clock.Day
	Configuration      Configuration
}

func (r Report) Matches(s ReportSpec) bool { return false }

func (c *Client) Profiles(ctx context.Context) ([]Profile, error) { return nil, errors.ErrUnsupported }
func (c *Client) CreateReport(ctx context.Context, s ReportSpec) (string, error) {
	return "", errors.ErrUnsupported
}
func (c *Client) Report(ctx context.Context, profile int64, id string) (Report, error) {
	return Report{}, errors.ErrUnsupported
}
func (c *Client) Download(ctx context.Context, url string) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return document.Plain(r, max) }

type Summary struct {
	Rows    int
	Skipped int
}

func DecodeTerms(r io.Reader, s ReportSpec, yield func(*TermRow) error) (Summary, error) {
	return Summary{}, errors.ErrUnsupported
}
func DecodeCampaigns(r io.Reader, s ReportSpec, yield func(*CampaignRow) error) (Summary, error) {
	return Summary{}, errors.ErrUnsupported
}

type DocumentError = document.Error
type DuplicateError struct{ ID string }

func (e *DuplicateError) Error() string { return "duplicate of report " + e.ID }

type RetentionError struct{ Earliest clock.Day }

func (e *RetentionError) Error() string { return "not kept before " + e.Earliest.String() }

type Error struct {
	Op           string
	Status       int
	Code, Detail string
	RetryAfter   time.Duration
}

func (e *Error) Error() string { return fmt.Sprintf("%s: status %d", e.Op, e.Status) }

var (
	ErrThrottled    = errors.New("throttled")
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("unauthorized")
	ErrURLExpired   = errors.New("the download address has expired")
	ErrInvalid      = errors.New("invalid input")
	ErrUnavailable  = errors.New("unavailable")
)
