package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/spapi"
)

// verdict is what an error of a request means for what comes next.
type verdict int

const (
	verdictLater     verdict = iota // nothing is known: try again after a pause
	verdictStopped                  // we were told to stop
	verdictThrottled                // too fast; certainly not accepted (SP-API)
	verdictRevoked                  // the grant is gone
	verdictOperator                 // our application's credentials are wrong
	verdictForbidden                // the grant does not allow it
	verdictRefused                  // Amazon calls the request wrong
	verdictGone                     // Amazon does not know the report
	verdictExpired                  // the download address has expired
)

// judge classifies an error of a client.
func judge(err error) verdict {
	switch {
	case errors.Is(err, lwa.ErrRevoked):
		return verdictRevoked
	case errors.Is(err, lwa.ErrClient), errors.Is(err, spapi.ErrSecretExpired):
		return verdictOperator
	case errors.Is(err, context.Canceled), errors.Is(err, errKilled):
		return verdictStopped
	case errors.Is(err, spapi.ErrThrottled), errors.Is(err, ads.ErrThrottled):
		return verdictThrottled
	case errors.Is(err, spapi.ErrRoleMissing), errors.Is(err, spapi.ErrUnauthorized), errors.Is(err, ads.ErrUnauthorized):
		return verdictForbidden
	case errors.Is(err, spapi.ErrURLExpired), errors.Is(err, ads.ErrURLExpired):
		return verdictExpired
	case errors.Is(err, spapi.ErrNotFound), errors.Is(err, ads.ErrNotFound):
		return verdictGone
	case errors.Is(err, spapi.ErrInvalid), errors.Is(err, ads.ErrInvalid), errors.Is(err, readonly.ErrRefused):
		return verdictRefused
	}
	return verdictLater
}

// retryAfter returns how long an answer asked to wait, 0 if it did not.
func retryAfter(err error) time.Duration {
	var s *spapi.Error
	if errors.As(err, &s) {
		return s.RetryAfter
	}
	var a *ads.Error
	if errors.As(err, &a) {
		return a.RetryAfter
	}
	return 0
}

// plain is the text of an error for the ledger: no secret, address or search
// term can be in it, because the clients' errors hold none.
func plain(doing string, err error) string {
	text := fmt.Sprintf("%s: %v", doing, err)
	if len(text) > 1000 {
		text = text[:1000]
	}
	return text
}

// errKilled stops a pass at a failpoint; only tests make one.
var errKilled = errors.New("stopped at a failpoint")
