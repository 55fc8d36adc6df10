package ads

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

// The classes of an Error, for errors.Is.
var (
	// ErrThrottled: too many requests; RetryAfter is 0 where Amazon is silent.
	ErrThrottled = answer.ErrThrottled
	// ErrNotFound: Amazon does not know the report, or keeps it no more.
	ErrNotFound = answer.ErrNotFound
	// ErrUnauthorized: the token, the profile or the user's permission is not
	// accepted, also after one refresh; Detail says which.
	ErrUnauthorized = errors.New("amazon does not grant access to this profile")
	// ErrInvalid: the request is wrong; the same one will never be accepted.
	ErrInvalid = answer.ErrInvalid
	// ErrUnavailable: Amazon is in trouble (5xx). A report may have been
	// accepted all the same; asking again then answers *DuplicateError.
	ErrUnavailable = answer.ErrUnavailable
	// ErrURLExpired: a report's address is over an hour old; ask for the report
	// again, which has a fresh one.
	ErrURLExpired = answer.ErrURLExpired
	// ErrAnswer: a success whose body is not what the model says.
	ErrAnswer = answer.ErrUnreadable
	// ErrNotSent is wrapped by an error that came before anything was sent.
	ErrNotSent = answer.ErrNotSent
)

// Error is an answer of the API that is not a success. It holds neither a
// token nor an address. errors.Is finds its class.
type Error struct {
	Op         string // createAsyncReport, …, download
	Status     int    // HTTP status
	Code       string
	Detail     string
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	text := e.Op + ": amazon answered " + strconv.Itoa(e.Status)
	for _, part := range []string{e.Code, e.Detail} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// Is implements the classes for errors.Is.
func (e *Error) Is(target error) bool { return target == e.class() }

func (e *Error) class() error {
	switch {
	case e.Op == OpDownload && e.Status == http.StatusForbidden:
		return ErrURLExpired
	case e.Status == http.StatusTooManyRequests,
		e.Status == http.StatusTooEarly: // a duplicate whose id Amazon does not name
		return ErrThrottled
	case e.Status == http.StatusNotFound:
		return ErrNotFound
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return ErrUnauthorized
	case e.Status >= 500:
		return ErrUnavailable
	}
	return ErrInvalid
}

// DuplicateError is the answer to a report that is already under way (425). Its
// report may be of another configuration: see Report.Matches.
type DuplicateError struct {
	ID  string // of the report that is under way
	Err *Error
}

func (e *DuplicateError) Error() string {
	return OpCreateReport + ": amazon already makes this report: " + e.ID
}

// Unwrap returns Amazon's answer.
func (e *DuplicateError) Unwrap() error { return e.Err }

// RetentionError is the answer to a window that begins before what Amazon
// keeps.
type RetentionError struct {
	Earliest clock.Day // first day that Amazon accepts
	Err      *Error
}

func (e *RetentionError) Error() string {
	return OpCreateReport + ": amazon keeps nothing before " + e.Earliest.String()
}

// Unwrap returns Amazon's answer.
func (e *RetentionError) Unwrap() error { return e.Err }

// Uncertain reports whether a CreateReport that failed with err may have been
// accepted by Amazon all the same. Asking again is then safe: it answers with
// *DuplicateError (adsapi.md §1.3).
func Uncertain(err error) bool {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Status >= 500 || refusal.Status == http.StatusTooManyRequests
	}
	return err != nil && !errors.Is(err, ErrNotSent) && !errors.Is(err, readonly.ErrRefused)
}

var (
	duplicateOf = regexp.MustCompile(`(?i)duplicate of\s*:?\s*([0-9a-f]{8}-[0-9a-f-]{27})`)
	retention   = regexp.MustCompile(`(?i)equal to or after .*?retention start date\s*\(?\s*(\d{4}-\d{2}-\d{2})`)
)

func refused(op string) answer.Refused {
	return func(res *http.Response, body []byte) error { return newError(op, res, body) }
}

// newError reads the error bodies of the Ads API: {code, detail} of reporting,
// {code, details} and {message} of others, and what a gateway answers in their
// place: HTML, nothing, half of it.
func newError(op string, res *http.Response, body []byte) error {
	const most = 64 << 10
	if len(body) > most {
		body = body[:most]
	}
	var in struct {
		Code    jsontext.Value `json:"code"`
		Detail  jsontext.Value `json:"detail"`
		Details jsontext.Value `json:"details"`
		Message jsontext.Value `json:"message"`
	}
	_ = json.Unmarshal(body, &in)
	e := &Error{Op: op, Status: res.StatusCode, Code: text(in.Code), RetryAfter: document.RetryAfter(res.Header)}
	for _, part := range []jsontext.Value{in.Detail, in.Details, in.Message} {
		if e.Detail == "" {
			e.Detail = text(part)
		}
	}
	if op != OpCreateReport {
		return e
	}
	if m := duplicateOf.FindSubmatch(body); m != nil && res.StatusCode == http.StatusTooEarly {
		return &DuplicateError{ID: string(m[1]), Err: e}
	}
	if m := retention.FindSubmatch(body); m != nil && res.StatusCode == http.StatusBadRequest {
		if day, err := clock.ParseDay(string(m[1])); err == nil {
			return &RetentionError{Earliest: day, Err: e}
		}
	}
	return e
}

// text returns a string or number of an error body; anything else as it stands.
func text(v jsontext.Value) string {
	if v.Kind() == '"' {
		if plain, err := jsontext.AppendUnquote(nil, v); err == nil {
			return lwa.Redact(string(plain))
		}
	}
	if v.Kind() == 'n' {
		return ""
	}
	return lwa.Redact(string(v))
}
