package document

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// MaxSize is the decompressed size that Plain accepts when max is 0: 2 GiB.
const MaxSize = 2 << 30

// Plain returns the plain text of a downloaded document. Whether it is gzip is
// read from its first bytes alone: Amazon's own mark is wrong at times, and a
// transport may have decompressed already (spapi.md §3.3). A byte order mark
// is dropped. Reading beyond max decompressed bytes (0: MaxSize) fails with
// ErrTooLarge, a truncated stream with io.ErrUnexpectedEOF. Closing it closes r
// where that is an io.Closer.
func Plain(r io.Reader, max int64) (io.ReadCloser, error) {
	if max <= 0 {
		max = MaxSize
	}
	p := &plain{left: max}
	if c, ok := r.(io.Closer); ok {
		p.close = c.Close
	}
	raw := bufio.NewReaderSize(r, 64<<10)
	magic, err := raw.Peek(2)
	if err != nil && err != io.EOF {
		p.Close()
		return nil, fmt.Errorf("read document: %w", err)
	}
	p.r = raw
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		gz, err := gzip.NewReader(raw)
		if err != nil {
			p.Close()
			return nil, readError("", err)
		}
		p.r = gz
	}
	return p, nil
}

type plain struct {
	r     io.Reader
	left  int64
	close func() error
}

func (p *plain) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if p.left <= 0 {
		// Exactly at the limit the document may still end.
		if n, err := p.r.Read(b[:1]); n == 0 {
			return 0, err
		}
		return 0, &Error{Reason: "is larger than any report", Err: ErrTooLarge}
	}
	if int64(len(b)) > p.left {
		b = b[:p.left]
	}
	n, err := p.r.Read(b)
	p.left -= int64(n)
	return n, err
}

func (p *plain) Close() error {
	if p.close == nil {
		return nil
	}
	return p.close()
}

// withoutBOM drops a UTF-8 byte order mark.
func withoutBOM(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, 32<<10)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	return b
}

// readError sorts an error of reading: what the bytes are to blame for is an
// *Error, what the network or the caller did is not.
func readError(path string, err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{Path: path, Reason: "ends too early", Err: io.ErrUnexpectedEOF}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), isCorrupt(err):
		return &Error{Path: path, Reason: "is not intact gzip", Err: gzip.ErrChecksum}
	}
	return fmt.Errorf("read document: %w", err)
}
