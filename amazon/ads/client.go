// Package ads speaks to the Amazon Ads API: profiles, and the reports of
// Reporting v3 on search terms and campaigns (adsapi.md §1, §2). It never waits
// and never retries, except for one token refresh; quotas and patience are its
// caller's.
package ads

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/lwa"
)

// Config is what a Client needs. All but UserAgent are required.
type Config struct {
	HTTP      *http.Client // readonly.Transport.Client
	BaseURL   string       // readonly.Endpoints.Ads of one region
	Tokens    *lwa.Source
	ClientID  string // of the application
	UserAgent string
}

// Client asks in one region. It is safe for concurrent use.
type Client struct{ cfg Config }

// New returns a client.
func New(cfg Config) *Client {
	if cfg.UserAgent == "" {
		cfg.UserAgent = "HaloTrack"
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	return &Client{cfg: cfg}
}

// The names of the operations in errors and quotas.
const (
	OpProfiles     = "listProfiles"
	OpCreateReport = "createAsyncReport"
	OpReport       = "getAsyncReport"
	OpDownload     = "download"
)

// The media types of Reporting v3.
const (
	mediaCreateRequest  = "application/vnd.createasyncreportrequest.v3+json"
	mediaCreateResponse = "application/vnd.createasyncreportresponse.v3+json"
	mediaGetResponse    = "application/vnd.getasyncreportresponse.v3+json"
)

// maxAnswer bounds an answer of the API itself: 5,000 profiles take about 2 MB.
const maxAnswer = 16 << 20

// answerTimeout bounds one operation to the last byte of its answer. A
// download is bounded by its caller, who knows how long rows take to store.
const answerTimeout = 2 * time.Minute

type request struct {
	op, method, path string
	profile          int64 // 0: no scope header
	contentType      string
	accept           string
	body             []byte
}

// call does one operation and decodes its answer into out. After any 401 the
// access token is replaced once, because Amazon words an expired or revoked
// token in many ways; a second 401 means something else, which its text says
// (adsapi.md §2.2).
func (c *Client) call(ctx context.Context, r request, out any) error {
	for attempt := 0; ; attempt++ {
		token, err := c.cfg.Tokens.Token(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", r.op, ErrNotSent, err)
		}
		err = c.once(ctx, r, token, out)
		var refusal *Error
		if errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized && attempt == 0 {
			c.cfg.Tokens.Invalidate(token)
			continue
		}
		return err
	}
}

func (c *Client) once(ctx context.Context, r request, token string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var in io.Reader
	if r.body != nil {
		in = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.BaseURL+r.path, in)
	if err != nil {
		return fmt.Errorf("%s: the address of the service is not usable", r.op)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Amazon-Advertising-API-ClientId", c.cfg.ClientID)
	if r.profile != 0 {
		req.Header.Set("Amazon-Advertising-API-Scope", strconv.FormatInt(r.profile, 10))
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept", r.accept)
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	_, err = answer.Read(c.cfg.HTTP, req, r.op, maxAnswer, out, refused(r.op))
	return err
}
