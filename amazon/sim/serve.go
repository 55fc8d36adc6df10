package sim

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// request is one request being answered.
type request struct {
	*http.Request
	body   []byte
	region marketplace.Region
	op     string
	id     string // the path's last part, where the operation has one
	sent   func() // called with Sim.mu held once the answer has left whole
}

const maxRequestBody = 1 << 20

func (s *Sim) handler(kind, listener string, region marketplace.Region) http.Handler {
	answer := map[string]func(http.ResponseWriter, *request){
		ListenerLWA: s.serveLWA, ListenerSPAPI: s.serveSPAPI, ListenerAds: s.serveAds, ListenerDocuments: s.serveDocument,
	}[kind]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		req := &request{Request: r, body: body, region: region}
		req.op, req.id = operation(kind, r)
		e := Entry{
			At: s.clock.Now(), Listener: listener, Operation: req.op, Method: r.Method,
			Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Header: r.Header.Clone(), Body: body,
			Account: s.accountOf(kind, req), Began: s.moments.Add(1),
		}
		w.Header().Set("Date", e.At.Add(s.skewOf(kind, region, e.At)).UTC().Format(http.TimeFormat))
		answer := answer
		if req.op == OpSellerConsent || req.op == OpAdsConsent {
			answer = s.serveConsent
		}
		f := s.faultFor(e)
		if f == nil {
			f = s.scenarioFault(kind, req)
		}
		switch {
		case f == nil:
			sw := &statusWriter{ResponseWriter: w}
			defer func() { e.Status = sw.status; s.record(e) }()
			answer(sw, req)
			s.delivered(req)
		case f.reset:
			s.record(e)
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			e.Status = f.Status
			s.record(e)
			for k, v := range f.Header {
				w.Header()[k] = v
			}
			w.WriteHeader(f.Status)
			_, _ = w.Write(f.Body)
		default:
			b := &bufferWriter{header: http.Header{}, status: http.StatusOK}
			answer(b, req)
			if !f.Drop {
				e.Status = b.status
			}
			s.record(e)
			if f.Drop {
				f.wait(r.Context())
				panic(http.ErrAbortHandler)
			}
			b.send(w, f)
			if req.op != OpDownload || f.harmless {
				s.delivered(req)
			}
		}
	})
}

// delivered books that the answer has left.
func (s *Sim) delivered(r *request) {
	if r.sent != nil {
		s.mu.Lock()
		r.sent()
		s.mu.Unlock()
	}
}

// wait keeps the connection for the fault's time or until the client gives up.
func (f *Fault) wait(ctx context.Context) {
	if f.hold > 0 {
		ctx, stop := context.WithTimeout(ctx, f.hold)
		<-ctx.Done()
		stop()
	}
}

// operation names what a request asks for by its exact path and method.
func operation(kind string, r *http.Request) (op, id string) {
	path := r.URL.EscapedPath()
	page := r.Method == http.MethodGet || r.Method == http.MethodPost
	switch kind {
	case ListenerLWA:
		if path == AdsConsentPath && page {
			return OpAdsConsent, ""
		}
		if path == "/auth/o2/token" && r.Method == http.MethodPost {
			return OpToken, ""
		}
	case ListenerSPAPI:
		const reports, documents = "/reports/2021-06-30/reports", "/reports/2021-06-30/documents/"
		get := r.Method == http.MethodGet
		switch {
		case path == SellerConsentPath && page:
			return OpSellerConsent, ""
		case path == "/sellers/v1/marketplaceParticipations" && get:
			return OpParticipations, ""
		case path == reports && get:
			return OpGetReports, ""
		case path == reports && r.Method == http.MethodPost:
			return OpCreateReport, ""
		case get && one(path, reports+"/"):
			return OpGetReport, path[len(reports)+1:]
		case get && one(path, documents):
			return OpGetDocument, path[len(documents):]
		}
	case ListenerAds:
		const reports = "/reporting/reports"
		switch {
		case path == AdsConsentPath && page:
			return OpAdsConsent, ""
		case path == "/v2/profiles" && r.Method == http.MethodGet:
			return OpProfiles, ""
		case path == reports && r.Method == http.MethodPost:
			return OpAdsCreate, ""
		case r.Method == http.MethodGet && one(path, reports+"/"):
			return OpAdsGet, path[len(reports)+1:]
		}
	case ListenerDocuments:
		if r.Method == http.MethodGet {
			return OpDownload, path
		}
	}
	return OpUnknown, ""
}

// one reports whether path is prefix and exactly one more segment.
func one(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && rest != "" && !strings.Contains(rest, "/")
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// bufferWriter keeps an answer so that a fault can change it.
type bufferWriter struct {
	header http.Header
	status int
	bytes.Buffer
}

func (w *bufferWriter) Header() http.Header    { return w.header }
func (w *bufferWriter) WriteHeader(status int) { w.status = status }

func (w *bufferWriter) send(to http.ResponseWriter, f *Fault) {
	body := w.Bytes()
	if f.Document != nil && w.status == http.StatusOK {
		body = gzipped(f.Document(gunzipped(body)))
	}
	if f.Rewrite != nil {
		body = f.Rewrite(body)
	}
	if f.Truncate > 0 && f.Truncate < len(body) {
		body = body[:f.Truncate]
	}
	for k, v := range w.header {
		to.Header()[k] = v
	}
	for k, v := range f.add {
		to.Header()[k] = v
	}
	to.Header().Set("Content-Length", strconv.Itoa(len(body)))
	to.WriteHeader(w.status)
	if f.cut {
		_, _ = to.Write(body[:len(body)/2])
		if flusher, ok := to.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = to.Write(body)
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text) // to memory: cannot fail
	_ = z.Close()
	return b.Bytes()
}

func gunzipped(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return b
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return b
	}
	return text
}
