package document

import (
	"bytes"
	"database/sql"
	"encoding/json/jsontext"
	"strconv"
	"strings"
)

// Cursor walks one value that a Reader has checked, without allocating. Its
// first error sticks: after it every method returns nothing, so that a walk
// looks at Err once, at its end.
type Cursor struct {
	array string // JSON pointer of the array whose elements are walked
	index int

	b     []byte
	i     int
	name  []byte
	path  [maxDepth][]byte // names of the open objects
	depth int
	err   *Error
}

// NewCursor returns a cursor for the elements of the array at a JSON pointer
// ("" is the document itself).
func NewCursor(array string) *Cursor { return &Cursor{array: array} }

// Reset begins with the array's element at index. raw must be valid JSON.
func (c *Cursor) Reset(index int, raw []byte) {
	c.index, c.b, c.i, c.depth, c.name, c.err = index, raw, 0, 0, nil, nil
}

// Err returns the first error.
func (c *Cursor) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// Fail notes that the element is wrong, or what is at a path of member names
// in it, such as searchQueryData/searchQuery.
func (c *Cursor) Fail(path, reason string) {
	if c.err != nil {
		return
	}
	c.depth, c.name = 0, nil
	c.fail(reason)
	if path != "" {
		c.err.Path += "/" + path
	}
}

// Mismatch notes that the value just consumed is wrong.
func (c *Cursor) Mismatch(reason string) { c.fail(reason) }

func (c *Cursor) fail(reason string) {
	if c.err != nil {
		return
	}
	var b strings.Builder
	b.WriteString(c.array)
	b.WriteByte('/')
	b.WriteString(strconv.Itoa(c.index))
	for _, name := range c.path[:c.depth] {
		if name != nil {
			writeToken(&b, name)
		}
	}
	if c.name != nil {
		writeToken(&b, c.name)
	}
	c.err = &Error{Path: shorten(b.String()), Reason: reason}
	c.i = len(c.b)
}

func writeToken(b *strings.Builder, name []byte) {
	b.WriteByte('/')
	b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(string(name)))
}

func (c *Cursor) space() {
	for c.i < len(c.b) && c.b[c.i] <= ' ' {
		c.i++
	}
}

// null consumes null, and reports at any error too: nothing is to be read.
func (c *Cursor) null() bool {
	if c.err != nil {
		return true
	}
	c.space()
	if c.i < len(c.b) && c.b[c.i] == 'n' {
		c.i += len("null")
		return true
	}
	return false
}

// Object enters an object and reports whether there is one; null is passed
// over. Its members follow by Member until that returns false.
func (c *Cursor) Object() bool {
	if c.null() {
		return false
	}
	if c.b[c.i] != '{' {
		c.fail("is not an object")
		return false
	}
	if c.depth == len(c.path) {
		c.fail("is nested too deeply")
		return false
	}
	c.i++
	c.path[c.depth] = c.name
	c.depth++
	c.name = nil
	return true
}

// Member moves to the next member, whose value the caller must consume by one
// other method, and returns false at the object's end.
func (c *Cursor) Member() bool {
	if c.err != nil {
		return false
	}
	c.space()
	if c.b[c.i] == ',' {
		c.i++
		c.space()
	}
	if c.b[c.i] == '}' {
		c.i++
		c.depth--
		c.name = c.path[c.depth]
		return false
	}
	c.name = c.text()
	c.space()
	c.i++ // colon
	return true
}

// Name returns the current member's name.
func (c *Cursor) Name() []byte { return c.name }

// text consumes a string; what it returns is valid until the next escaped one.
func (c *Cursor) text() []byte {
	body := c.b[c.i+1:]
	end := bytes.IndexByte(body, '"')
	if bytes.IndexByte(body[:end], '\\') < 0 {
		c.i += end + 2
		return body[:end:end]
	}
	end = 0
	for body[end] != '"' {
		if body[end] == '\\' {
			end++
		}
		end++
	}
	quoted := c.b[c.i : c.i+end+2]
	c.i += end + 2
	// A fresh slice, because names stay in use while values are read.
	plain, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		c.fail("is not a valid string")
	}
	return plain
}

// Text consumes a string of at most max bytes and reports whether there is
// one; null is passed over.
func (c *Cursor) Text(max int) (text []byte, ok bool) {
	if c.null() {
		return nil, false
	}
	if c.b[c.i] != '"' {
		c.fail("is not a string")
		return nil, false
	}
	text = c.text()
	if len(text) > max {
		c.fail("is longer than " + strconv.Itoa(max) + " bytes")
		return nil, false
	}
	return text, c.err == nil
}

// Texts consumes an array of strings, of at most so many elements and bytes
// each; null is passed over.
func (c *Cursor) Texts(most, max int) []string {
	if c.null() {
		return nil
	}
	if c.b[c.i] != '[' {
		c.fail("is not an array")
		return nil
	}
	c.i++
	var list []string
	for c.err == nil {
		c.space()
		switch c.b[c.i] {
		case ']':
			c.i++
			return list
		case ',':
			c.i++
			continue
		}
		text, _ := c.Text(max)
		if list = append(list, string(text)); len(list) > most {
			c.fail("has too many elements")
		}
	}
	return nil
}

func (c *Cursor) number() (literal []byte, ok bool) {
	if c.null() {
		return nil, false
	}
	if b := c.b[c.i]; b != '-' && (b < '0' || b > '9') {
		c.fail("is not a number")
		return nil, false
	}
	start := c.i
	for c.i < len(c.b) {
		switch b := c.b[c.i]; {
		case b >= '0' && b <= '9', b == '.', b == '-', b == '+', b == 'e', b == 'E':
			c.i++
			continue
		}
		break
	}
	return c.b[start:c.i], true
}

// MaxCount is the largest count that is believed.
const MaxCount = 1_000_000_000_000_000

// Count consumes a count: a whole number from 0 to MaxCount, also written as
// 12.0. Null is no count, which is not 0.
func (c *Cursor) Count() (n sql.Null[int64]) {
	literal, ok := c.number()
	if !ok {
		return n
	}
	v, exact, ok := Scaled(literal, 0)
	switch {
	case !ok || v > MaxCount:
		c.fail("is too large a number")
	case !exact:
		c.fail("is not a whole number")
	case v < 0:
		c.fail("is negative")
	default:
		n.V, n.Valid = v, true
	}
	return n
}

// MaxMicros is the largest amount of money that is believed, in millionths.
const MaxMicros = 1_000_000_000_000_000_000

// Micros consumes an amount of money and returns it in millionths, rounded
// half away from zero, never through a float. Null is no amount.
func (c *Cursor) Micros() (n sql.Null[int64]) {
	literal, ok := c.number()
	if !ok {
		return n
	}
	v, _, ok := Scaled(literal, 6)
	if !ok || v > MaxMicros || v < -MaxMicros {
		c.fail("is too large an amount")
		return n
	}
	n.V, n.Valid = v, true
	return n
}

// Ratio consumes a share or rate for comparison; it is never stored.
func (c *Cursor) Ratio() (n sql.Null[float64]) {
	literal, ok := c.number()
	if !ok {
		return n
	}
	v, ok := ratio(literal)
	if !ok {
		c.fail("is too large a number")
		return n
	}
	n.V, n.Valid = v, true
	return n
}

// ID consumes a 64-bit id, which Amazon writes as a number or as a string
// (adsapi.md §1.2); null is 0.
func (c *Cursor) ID() int64 {
	if c.null() {
		return 0
	}
	var literal []byte
	if c.b[c.i] == '"' {
		literal = c.text()
	} else if literal, _ = c.number(); literal == nil {
		return 0
	}
	v, ok := wholeID(literal)
	if !ok {
		c.fail("is not a 64-bit id")
	}
	return v
}

// Skip passes over a value of any kind.
func (c *Cursor) Skip() {
	if c.err != nil {
		return
	}
	c.space()
	for depth := 0; ; {
		switch c.b[c.i] {
		case '"':
			c.skipText()
		case '{', '[':
			depth++
			c.i++
		case '}', ']':
			depth--
			c.i++
		case ',', ':', ' ', '\t', '\n', '\r':
			c.i++
			continue
		default:
			for c.i < len(c.b) && !delimiter(c.b[c.i]) {
				c.i++
			}
		}
		if depth == 0 {
			return
		}
	}
}

func (c *Cursor) skipText() {
	for c.i++; c.b[c.i] != '"'; c.i++ {
		if c.b[c.i] == '\\' {
			c.i++
		}
	}
	c.i++
}

func delimiter(b byte) bool {
	return b == ',' || b == '}' || b == ']' || b == ':' || b <= ' '
}
