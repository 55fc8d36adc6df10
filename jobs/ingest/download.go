package ingest

import (
	"context"
	"errors"
	"io"
	"time"

	"halotrack.ai/halotrack/internal/history"
)

// A host that stops in the middle of a document would hold up every account:
// nothing else ends a body that never does.
const (
	downloadStall   = time.Minute      // without a byte
	downloadTimeout = 30 * time.Minute // in all; the largest document then comes at 1.2 MB/s
)

var errStalled = errors.New("the document host stopped sending")

// download puts a document into the spool.
func (p *pass) download(ctx context.Context, r history.Report, get func(context.Context) (io.ReadCloser, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, downloadTimeout, errStalled)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	body, err := get(ctx)
	if err == nil {
		watch := time.AfterFunc(p.in.stall, func() { stop(errStalled) })
		err = p.in.spool.write(ctx, p.conn.Account, r.ID, watched{body, watch, p.in.stall})
		watch.Stop()
		err = errors.Join(err, body.Close())
	}
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// watched puts the watch off with all that arrives.
type watched struct {
	io.Reader
	watch *time.Timer
	stall time.Duration
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if n > 0 {
		w.watch.Reset(w.stall)
	}
	return n, err
}
