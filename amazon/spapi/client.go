// Package spapi speaks to the Selling Partner API: who the seller is, and the
// Search Query Performance (SQP) and Search Catalog Performance (SCP) reports
// (spapi.md). It never waits and never retries, except for one token refresh;
// quotas and patience are its caller's.
package spapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/lwa"
)

// Config is what a Client needs. HTTP, BaseURL and Tokens are required.
type Config struct {
	HTTP      *http.Client // readonly.Transport.Client
	BaseURL   string       // readonly.Endpoints.SPAPI of the seller's region
	Tokens    *lwa.Source
	UserAgent string // in Amazon's form, see UserAgent; at most 500 characters
	// OnRate is told of the quota that an answer states for an operation, in
	// requests per second (0.0167 is one a minute). Amazon states it at best,
	// and never on a 429 (spapi.md §3.4). May be nil.
	OnRate func(op string, rps float64)
}

// Client asks for one seller in one region. It is safe for concurrent use.
type Client struct{ cfg Config }

// New returns a client.
func New(cfg Config) *Client {
	if cfg.UserAgent == "" {
		cfg.UserAgent = UserAgent("0")
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	return &Client{cfg: cfg}
}

// UserAgent returns the header that Amazon requires of every request, for a
// version of this product: HaloTrack/1.2 (Language=Go/1.27.1; Platform=linux).
func UserAgent(version string) string {
	escape := strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, `;`, `\;`, "\r", "", "\n", "")
	if len(version) > 100 {
		version = version[:100]
	}
	return "HaloTrack/" + escape.Replace(version) + " (Language=Go/" + escape.Replace(strings.TrimPrefix(runtime.Version(), "go")) + "; Platform=" + runtime.GOOS + ")"
}

// The names of the operations in errors, quotas and OnRate.
const (
	OpParticipations = "getMarketplaceParticipations"
	OpCreateReport   = "createReport"
	OpReport         = "getReport"
	OpReports        = "getReports"
	OpDocument       = "getReportDocument"
	OpDownload       = "download"
)

// maxAnswer bounds an answer of the API itself; documents come by Download.
const maxAnswer = 4 << 20

// answerTimeout bounds one operation to the last byte of its answer. A
// download is bounded by its caller, who knows how long rows take to store.
const answerTimeout = 2 * time.Minute

// call does one operation and decodes its answer into out. An access token
// that Amazon calls expired is replaced once.
func (c *Client) call(ctx context.Context, op, method, path string, query url.Values, body []byte, out any) error {
	for attempt := 0; ; attempt++ {
		token, err := c.cfg.Tokens.Token(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", op, ErrNotSent, err)
		}
		err = c.once(ctx, op, method, path, query, body, token, out)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.expiredToken() {
			c.cfg.Tokens.Invalidate(token)
			if attempt == 0 {
				continue
			}
		}
		return err
	}
}

func (c *Client) once(ctx context.Context, op, method, path string, query url.Values, body []byte, token string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	address := c.cfg.BaseURL + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return fmt.Errorf("%s: the address of the service is not usable", op)
	}
	req.Header.Set("X-Amz-Access-Token", token)
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	header, err := answer.Read(c.cfg.HTTP, req, op, maxAnswer, out, refused(op))
	c.noteRate(op, header)
	return err
}

func (c *Client) noteRate(op string, h http.Header) {
	if c.cfg.OnRate == nil {
		return
	}
	rps, err := strconv.ParseFloat(h.Get("X-Amzn-Ratelimit-Limit"), 64)
	if err == nil && rps > 0 && rps < 10_000 {
		c.cfg.OnRate(op, rps)
	}
}
