package ingest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// stallingHost is a network on which, while it stalls, documents begin and go
// no further.
type stallingHost struct {
	http.RoundTripper
	documents atomic.Pointer[string] // where documents are; nil: nothing stalls
}

func (h *stallingHost) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := h.RoundTripper.RoundTrip(r)
	if at := h.documents.Load(); err == nil && at != nil && strings.HasPrefix(r.URL.String(), *at) {
		_ = res.Body.Close()
		res.Body = io.NopCloser(io.MultiReader(strings.NewReader("\x1f\x8b"), endless{r.Context()}))
	}
	return res, err
}

type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func TestADocumentThatStopsIsAskedForAgain(t *testing.T) {
	host := &stallingHost{RoundTripper: &http.Transport{}}
	r := newRig(t, sim.Config{}, func(c *Config) { c.Transport = readonly.New(c.Endpoints, host) })
	report := r.untilReady(string(spapi.SQP))
	at := r.amazon.DocumentsURL()
	host.documents.Store(&at)
	r.in.stall = 50 * time.Millisecond
	r.run()
	host.documents.Store(nil)
	r.in.stall = downloadStall
	for _, l := range r.ledger(velmora) {
		if l.ID == report.ID && (l.State != history.Ready || !strings.Contains(l.Error, errStalled.Error()) || !l.NextAt.After(r.now.Now())) {
			t.Errorf("state %s until %s, error %q", l.State, l.NextAt, l.Error)
		}
	}
	r.untilIdle()
	r.wantWhole(velmora)
}
