package ads

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"halotrack.ai/halotrack/amazon/document"
)

// Download returns the bytes of a completed report as its host sends them, for
// Plain. url is Report.URL; no header of ours goes there. ErrURLExpired asks
// for one more Report.
func (c *Client) Download(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the address is not usable", OpDownload)
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	// Keeps net/http from asking for, and undoing, a compression of its own.
	req.Header.Set("Accept-Encoding", "identity")
	res, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", OpDownload, withoutAddress(err))
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close() // XML of the host, which may name the address
		return nil, &Error{Op: OpDownload, Status: res.StatusCode, RetryAfter: document.RetryAfter(res.Header)}
	}
	return res.Body, nil
}

// Plain returns the plain text of a download; see document.Plain.
func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return document.Plain(r, max) }
