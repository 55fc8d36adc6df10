package document

import (
	"compress/flate"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// maxValue bounds one row, one name and one skipped scalar: a row of any
	// report is a few kilobytes.
	maxValue = 1 << 20
	// maxDepth bounds the nesting of what is skipped.
	maxDepth = 64
	// maxMembers bounds the names of one skipped object, which the JSON
	// decoder remembers to find duplicates.
	maxMembers = 100_000
)

// Reader walks a document from its beginning to its end. Its memory is bounded
// whatever the document holds. Its errors are *Error unless reading itself
// failed.
type Reader struct {
	dec   *jsontext.Decoder
	guard *guard
}

// NewReader returns a Reader of plain JSON; a byte order mark is tolerated.
func NewReader(r io.Reader) *Reader {
	g := &guard{r: withoutBOM(r)}
	return &Reader{dec: jsontext.NewDecoder(g), guard: g}
}

// guard keeps the decoder's buffer from growing with the document: it may read
// only so far beyond the last whole value.
type guard struct {
	r           io.Reader
	read, limit int64
	err         error // what reading failed with, other than the end
}

var errValueTooLong = fmt.Errorf("value of more than %d bytes: %w", maxValue, ErrTooLarge)

func (g *guard) Read(b []byte) (int, error) {
	if g.read >= g.limit {
		return 0, errValueTooLong
	}
	n, err := g.r.Read(b)
	g.read += int64(n)
	if err != nil && err != io.EOF {
		g.err = err
	}
	return n, err
}

func (r *Reader) arm() { r.guard.limit = r.dec.InputOffset() + maxValue }

// Open consumes the beginning of an object ('{') or array ('[').
func (r *Reader) Open(kind jsontext.Kind) error {
	r.arm()
	switch k := r.dec.PeekKind(); k {
	case kind:
		_, err := r.dec.ReadToken()
		return r.fail(err)
	case 0:
		_, err := r.dec.ReadToken()
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return r.fail(err)
	default:
		return &Error{Path: r.Path(), Reason: "is " + kindName(k) + ", not " + kindName(kind)}
	}
}

// Name returns the name of the next member of the object being read, and false
// at its end, which it consumes.
func (r *Reader) Name() (name string, more bool, err error) {
	r.arm()
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", false, r.fail(err)
	}
	if token.Kind() == '}' {
		return "", false, nil
	}
	return token.String(), true, nil
}

// Element returns the raw JSON of the next element of the array being read,
// checked and valid until the next call, and false at the array's end, which
// it consumes.
func (r *Reader) Element() (raw []byte, more bool, err error) {
	r.arm()
	if r.dec.PeekKind() == ']' {
		_, err := r.dec.ReadToken()
		return nil, false, r.fail(err)
	}
	raw, err = r.dec.ReadValue()
	if err != nil {
		return nil, false, r.fail(err)
	}
	return raw, true, nil
}

// Value returns the raw JSON of the value of the member just named.
func (r *Reader) Value() (raw []byte, err error) {
	r.arm()
	raw, err = r.dec.ReadValue()
	return raw, r.fail(err)
}

// Skip passes over the next value, of any size, in bounded memory.
func (r *Reader) Skip() error {
	for depth := 0; ; {
		r.arm()
		token, err := r.dec.ReadToken()
		if err != nil {
			return r.fail(err)
		}
		switch token.Kind() {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth > maxDepth {
			return &Error{Path: r.Path(), Reason: "is nested too deeply", Err: ErrTooLarge}
		}
		if depth == 0 {
			return nil
		}
		if kind, n := r.dec.StackIndex(r.dec.StackDepth()); kind == '{' && n > 2*maxMembers {
			return &Error{Path: r.Path(), Reason: "has too many members", Err: ErrTooLarge}
		}
	}
}

// End checks that nothing but white space follows: a document that was cut off
// or has a second one behind it is refused as a whole.
func (r *Reader) End() error {
	r.arm()
	switch _, err := r.dec.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return r.fail(err)
	}
	return &Error{Reason: "goes on after its end"}
}

// Path returns the JSON pointer of what was read last, shortened where a
// document's own names are long.
func (r *Reader) Path() string { return shorten(string(r.dec.StackPointer())) }

func (r *Reader) fail(err error) error {
	if err == nil {
		return nil
	}
	path := r.Path()
	var syntax *jsontext.SyntacticError
	isSyntax := errors.As(err, &syntax)
	if isSyntax {
		path = shorten(string(syntax.JSONPointer))
	}
	switch {
	case errors.Is(err, errValueTooLong):
		return &Error{Path: path, Reason: "holds a value of more than 1 MiB", Err: ErrTooLarge}
	case r.guard.err != nil:
		return readError(path, r.guard.err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return readError(path, io.ErrUnexpectedEOF)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Path: path, Reason: "names a member twice", Err: jsontext.ErrDuplicateName}
	case isSyntax:
		return &Error{Path: path, Reason: "is not valid JSON near byte " + strconv.FormatInt(syntax.ByteOffset, 10)}
	}
	return readError(path, err)
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}

func shorten(path string) string {
	const most = 200
	if len(path) > most {
		return path[:most] + "…"
	}
	return path
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 'n':
		return "null"
	}
	return "a truth value"
}
