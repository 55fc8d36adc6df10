// Package document reads the files that Amazon's report hosts send: gzip or
// plain JSON of unknown size, streamed value by value with bounded memory
// (spapi.md §3.3, adsapi.md §1.2).
package document

import (
	"errors"
	"io"
	"strings"
)

// Error says what is wrong with a document and where. It never holds a value
// from the document: values may be search terms.
type Error struct {
	Path   string // JSON pointer (RFC 6901); "" is the whole document
	Reason string // for a person, in lower case
	Err    error  // cause, may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("document")
	if e.Path != "" {
		b.WriteString(" at ")
		b.WriteString(e.Path)
	}
	b.WriteString(": ")
	b.WriteString(e.Reason)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Truncated reports whether the document ended too early, so that downloading
// it again may help.
func (e *Error) Truncated() bool { return errors.Is(e.Err, io.ErrUnexpectedEOF) }

// ErrTooLarge is the cause of an Error about a document, or one value in it,
// beyond what is accepted.
var ErrTooLarge = errors.New("too large")
