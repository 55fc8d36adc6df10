package sim

import (
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const amzDate = "20060102T150405Z"

// presign returns a URL of the document host that is good for a time, as S3's
// query authentication does it.
func (s *Sim) presign(path string, lifetime time.Duration, encoding string, now time.Time) string {
	q := url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Date": {now.UTC().Format(amzDate)}, "X-Amz-SignedHeaders": {"host"},
		"X-Amz-Expires":    {strconv.Itoa(int(lifetime / time.Second))},
		"X-Amz-Credential": {"AKIASIMULATEDACCESS0/" + now.UTC().Format("20060102") + "/us-east-1/s3/aws4_request"},
	}
	if encoding != "identity" {
		q.Set("response-content-encoding", encoding)
	}
	q.Set("X-Amz-Signature", s.signature(path, q))
	return s.DocumentsURL() + path + "?" + q.Encode()
}

func (s *Sim) signature(path string, q url.Values) string {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], mix(uint64(s.cfg.Seed), 60))
	h := hmac.New(sha256.New, key[:])
	_, _ = io.WriteString(h, path)
	for _, name := range []string{"X-Amz-Date", "X-Amz-Expires", "X-Amz-Credential", "response-content-encoding"} {
		_, _ = io.WriteString(h, "\n"+q.Get(name))
	}
	return hex.EncodeToString(h.Sum(nil))
}

var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

// compress runs write with a writer whose bytes reach w as gzip.
func compress(w io.Writer, write func(io.Writer) error) error {
	z, _ := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	return errors.Join(write(z), z.Close())
}

// leaking are the headers that have no business at the document host.
var leaking = []string{"Authorization", "X-Amz-Access-Token", "Amazon-Advertising-Api-Clientid", "Amazon-Advertising-Api-Scope", "Amazon-Ads-Accountid", "Cookie"}

func (s *Sim) serveDocument(w http.ResponseWriter, r *request) {
	fail := func(status int, code, message, more string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Error><Code>%s</Code><Message>%s</Message>%s<RequestId>%s</RequestId></Error>`, code, message, more, s.requestID())
	}
	now := s.clock.Now()
	if r.op == OpUnknown {
		fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.", "")
		return
	}
	if s.isThrottled(r.op, now) {
		fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.", "")
		return
	}
	for _, name := range leaking {
		if v := r.Header.Get(name); v != "" {
			fail(http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified", "<ArgumentName>"+name+"</ArgumentName>")
			return
		}
	}
	q := r.URL.Query()
	path := r.URL.EscapedPath()
	if !hmac.Equal([]byte(q.Get("X-Amz-Signature")), []byte(s.signature(path, q))) {
		fail(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", "")
		return
	}
	at, err := time.Parse(amzDate, q.Get("X-Amz-Date"))
	lifetime, err2 := strconv.Atoi(q.Get("X-Amz-Expires"))
	if expires := at.Add(time.Duration(lifetime) * time.Second); err != nil || err2 != nil || !now.Before(expires) {
		fail(http.StatusForbidden, "AccessDenied", "Request has expired", fmt.Sprintf("<X-Amz-Expires>%d</X-Amz-Expires><Expires>%s</Expires><ServerTime>%s</ServerTime>", lifetime, expires.Format(time.RFC3339), now.Format(time.RFC3339)))
		return
	}
	if e := q.Get("response-content-encoding"); e != "" {
		w.Header().Set("Content-Encoding", e)
	}
	id, _ := url.PathUnescape(path[strings.LastIndexByte(path, '/')+1:])
	w.Header().Set("Content-Type", "binary/octet-stream")
	switch {
	case strings.HasPrefix(path, "/spapi/"):
		if rep := s.documentOf(id, now); rep != nil {
			r.sent = func() { rep.fetched = append(rep.fetched, now) }
			_ = compress(w, rep.write) // an error means that the client has gone
			return
		}
	case strings.HasPrefix(path, "/ads/"):
		s.mu.Lock()
		rep := s.adReports[id]
		s.mu.Unlock()
		if rep != nil {
			r.sent = func() { rep.fetched = append(rep.fetched, now) }
			_, _ = w.Write(s.fileOf(rep))
			return
		}
	}
	fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "")
}
