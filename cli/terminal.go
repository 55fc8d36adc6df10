package cli

import (
	"bytes"
	"io"
	"os"
	"unicode"
)

// isTerminal reports whether a person reads w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// plain keeps control characters out of what a person reads: search terms and
// Amazon's messages are strangers' words and could steer a terminal, or turn
// the direction of a line.
type plain struct{ io.Writer }

func (p plain) Write(b []byte) (int, error) {
	clean := bytes.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, b)
	_, err := p.Writer.Write(clean)
	return len(b), err
}
