package spapi

import (
	"encoding/json/v2"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/answer"
	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
)

// The classes of an Error, for errors.Is.
var (
	// ErrThrottled: a quota is used up, of the minute or of the day; Amazon
	// does not say which nor until when (spapi.md §3.4).
	ErrThrottled = answer.ErrThrottled
	// ErrNotFound: Amazon does not know the report, or keeps it no more.
	ErrNotFound = answer.ErrNotFound
	// ErrRoleMissing: the application lacks the Brand Analytics role, the seller
	// is not the brand's representative, or the grant is of another region.
	ErrRoleMissing = errors.New("amazon refuses access: the application lacks the Brand Analytics role, the seller is not the brand's representative, or the authorisation belongs to another region")
	// ErrUnauthorized: the access token is not accepted, also after one refresh.
	ErrUnauthorized = errors.New("amazon does not accept the access token")
	// ErrSecretExpired: the application's client secret is older than 180 days.
	ErrSecretExpired = errors.New("the application's client secret has expired; the operator must renew it")
	// ErrInvalid: the request is wrong; the same one will never be accepted.
	ErrInvalid = answer.ErrInvalid
	// ErrUnavailable: Amazon is in trouble (5xx). A createReport may have been
	// accepted all the same.
	ErrUnavailable = answer.ErrUnavailable
	// ErrURLExpired: a document's address is over 5 minutes old; ask for the
	// document again.
	ErrURLExpired = answer.ErrURLExpired
	// ErrAnswer: a success whose body is not what the model says.
	ErrAnswer = answer.ErrUnreadable
	// ErrNotSent is wrapped by an error that came before anything was sent.
	ErrNotSent = answer.ErrNotSent
)

// Error is an answer of the API that is not a success. It holds neither a
// token nor an address. errors.Is finds its class.
type Error struct {
	Op      string // createReport, …, download
	Status  int    // HTTP status
	Code    string // QuotaExceeded, NotFound, Unauthorized, InvalidInput, …
	Message string
	Details string
	// RetryAfter is 0 where Amazon does not say, which is the rule.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	text := e.Op + ": amazon answered " + strconv.Itoa(e.Status)
	for _, part := range []string{e.Code, e.Message, e.Details} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// Is implements the classes for errors.Is.
func (e *Error) Is(target error) bool { return target == e.class() }

func (e *Error) class() error {
	details := strings.ToLower(e.Details)
	switch {
	case e.Op == OpDownload && e.Status == http.StatusForbidden:
		return ErrURLExpired
	case e.Status == http.StatusTooManyRequests, e.Code == "QuotaExceeded":
		return ErrThrottled
	case e.Status == http.StatusNotFound:
		return ErrNotFound
	case strings.Contains(details, "lwa secret"):
		return ErrSecretExpired
	case e.Status == http.StatusUnauthorized,
		e.Status == http.StatusForbidden && (strings.Contains(details, "access token") || e.Code == "MissingAuthenticationToken"):
		return ErrUnauthorized
	case e.Status == http.StatusForbidden:
		return ErrRoleMissing
	case e.Status >= 500:
		return ErrUnavailable
	}
	return ErrInvalid
}

// expiredToken reports whether another access token may help, which is so in
// one case alone: every other refusal would come again.
func (e *Error) expiredToken() bool {
	details := strings.ToLower(e.Details)
	return (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized) &&
		strings.Contains(details, "access token") && strings.Contains(details, "expired")
}

// Uncertain reports whether a createReport that failed with err may have been
// accepted by Amazon all the same, so that it must be looked for with Reports
// before it is sent again (spapi.md §3.6).
func Uncertain(err error) bool {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Status >= 500
	}
	return err != nil && !errors.Is(err, ErrNotSent) && !errors.Is(err, readonly.ErrRefused)
}

func refused(op string) answer.Refused {
	return func(res *http.Response, body []byte) error { return newError(op, res, body) }
}

func newError(op string, res *http.Response, body []byte) *Error {
	e := &Error{Op: op, Status: res.StatusCode, RetryAfter: document.RetryAfter(res.Header)}
	var in struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Details string `json:"details"`
		} `json:"errors"`
	}
	// Whatever was decoded before a mistake counts: a gateway's HTML, an empty
	// body and a truncated one are answers too.
	_ = json.Unmarshal(body, &in)
	if len(in.Errors) > 0 {
		first := in.Errors[0]
		e.Code, e.Message, e.Details = lwa.Redact(first.Code), lwa.Redact(first.Message), lwa.Redact(first.Details)
	}
	if kind := res.Header.Get("X-Amzn-Errortype"); e.Code == "" && kind != "" {
		e.Code = lwa.Redact(kind)
	}
	return e
}
