package ads

import (
	"context"
	"io"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/document"
)

// Download returns the bytes of a completed report as its host sends them, for
// Plain. url is Report.URL; no header of ours goes there. ErrURLExpired asks
// for one more Report.
func (c *Client) Download(ctx context.Context, url string) (io.ReadCloser, error) {
	return answer.Download(ctx, c.cfg.HTTP, OpDownload, url, c.cfg.UserAgent, refused(OpDownload))
}

// Plain returns the plain text of a download; see document.Plain.
func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return document.Plain(r, max) }
