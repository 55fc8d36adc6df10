package spapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/document"
)

// Document is where a report's document lies for the next five minutes. Its
// address is a secret: whoever has it can read the document, so it shows in no
// log and no error.
type Document struct {
	ID   string
	URL  string
	GZIP bool // what Amazon says; the bytes decide
}

// String implements fmt.Stringer.
func (d Document) String() string { return "document " + d.ID }

// GoString implements fmt.GoStringer.
func (d Document) GoString() string { return d.String() }

// LogValue implements slog.LogValuer.
func (d Document) LogValue() slog.Value { return slog.StringValue(d.String()) }

// Document returns a fresh address of a document. Amazon allows it about once
// a minute, so it is asked only when the download can begin at once.
func (c *Client) Document(ctx context.Context, id string) (Document, error) {
	if !plainID(id) {
		return Document{}, fmt.Errorf("%s: %w: that is not a document id", OpDocument, ErrNotSent)
	}
	var in struct {
		URL         string `json:"url"`
		Compression string `json:"compressionAlgorithm"`
	}
	if err := c.call(ctx, OpDocument, http.MethodGet, "/reports/2021-06-30/documents/"+id, nil, nil, &in); err != nil {
		return Document{}, err
	}
	if in.URL == "" {
		return Document{}, fmt.Errorf("%s: %w", OpDocument, ErrAnswer)
	}
	return Document{ID: id, URL: in.URL, GZIP: in.Compression == "GZIP"}, nil
}

// Download returns the bytes of a document as its host sends them, for Plain.
// ErrURLExpired asks for one more Document.
func (c *Client) Download(ctx context.Context, d Document) (io.ReadCloser, error) {
	return answer.Download(ctx, c.cfg.HTTP, OpDownload, d.URL, c.cfg.UserAgent, refused(OpDownload))
}

// Plain returns the plain text of a download; see document.Plain.
func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return document.Plain(r, max) }
