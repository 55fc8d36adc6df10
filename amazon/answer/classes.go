// Package answer is what the answers of Amazon's two APIs have in common: the
// classes of their refusals, and how an answer and a document are fetched.
package answer

import "errors"

// The classes that both APIs know, for errors.Is.
var (
	// ErrThrottled: a quota is used up.
	ErrThrottled = errors.New("throttled by amazon")
	// ErrNotFound: Amazon does not know it, or keeps it no more.
	ErrNotFound = errors.New("amazon does not know it")
	// ErrInvalid: the request is wrong; the same one will never be accepted.
	ErrInvalid = errors.New("amazon refuses the request as invalid")
	// ErrUnavailable: Amazon is in trouble (5xx). What was asked for may have
	// been accepted all the same.
	ErrUnavailable = errors.New("amazon is not available")
	// ErrURLExpired: a document's address is too old; a fresh one helps.
	ErrURLExpired = errors.New("the download address has expired")
	// ErrUnreadable: a success whose body is not what the model says.
	ErrUnreadable = errors.New("amazon gave an answer that is not understood")
	// ErrNotSent is wrapped by an error that came before anything was sent.
	ErrNotSent = errors.New("nothing was sent")
)
