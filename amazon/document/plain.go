package document

import (
	"errors"
	"io"
)

// MaxSize is the decompressed size that Plain accepts when max is 0: 2 GiB.
const MaxSize = 2 << 30

// Plain returns the plain text of a downloaded document.
func Plain(r io.Reader, max int64) (io.ReadCloser, error) { return nil, errors.ErrUnsupported }
