package ads

import (
	"fmt"
	"io"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/internal/clock"
)

// DocumentError says what is wrong with a document and where.
type DocumentError = document.Error

// Summary is what a decoder found besides the rows.
type Summary struct {
	Rows    int // yielded
	Skipped int // elements that hold nothing at all: null and {}
}

const (
	// maxRows is beyond any report of 31 days.
	maxRows = 20_000_000
	// maxTerm bounds a search term in bytes.
	maxTerm = 4096
	// maxName bounds names and targeting expressions in bytes.
	maxName = 16 << 10
	// noTerm is what Amazon writes where a click had no search term.
	noTerm = "*"
)

// table walks a report's document, which is one JSON array of rows.
type table struct {
	spec    ReportSpec
	doc     *document.Reader
	cursor  *document.Cursor
	names   document.Intern
	codes   document.Intern
	day     string // of the row before, because rows of a day come together
	date    clock.Day
	summary Summary
}

func newTable(r io.Reader, spec ReportSpec) *table {
	return &table{spec: spec, doc: document.NewReader(r), cursor: document.NewCursor("")}
}

// decode hands each element to row, which reports whether it holds anything.
func (t *table) decode(row func() (bool, error)) (Summary, error) {
	if err := t.doc.Open('['); err != nil {
		return Summary{}, err
	}
	for i := 0; ; i++ {
		raw, more, err := t.doc.Element()
		if err != nil {
			return Summary{}, err
		}
		if !more {
			break
		}
		t.cursor.Reset(i, raw)
		if i == maxRows {
			t.cursor.Fail("", fmt.Sprintf("is beyond the %d rows that a document can hold", maxRows))
			return Summary{}, t.cursor.Err()
		}
		full, err := row()
		if err != nil {
			return Summary{}, err
		}
		if full {
			t.summary.Rows++
		} else {
			t.summary.Skipped++
		}
	}
	if err := t.doc.End(); err != nil {
		return Summary{}, err
	}
	return t.summary, nil
}

// dated consumes a row's date, which must lie in the window asked for.
func (t *table) dated() (clock.Day, bool) {
	text, ok := t.cursor.Text(32)
	if !ok {
		return 0, false
	}
	if len(text) > 0 && string(text) == t.day {
		return t.date, true
	}
	day, err := clock.ParseDay(string(text))
	if err != nil {
		t.cursor.Mismatch("is not a date")
		return 0, false
	}
	if day < t.spec.From || day > t.spec.To {
		t.cursor.Mismatch(fmt.Sprintf("is %s, outside the window from %s to %s", day, t.spec.From, t.spec.To))
		return 0, false
	}
	t.day, t.date = string(text), day
	return day, true
}

// name consumes a name that repeats from row to row.
func (t *table) name() string {
	text, ok := t.cursor.Text(maxName)
	if !ok || len(text) == 0 {
		return ""
	}
	return t.names.String(text)
}

// code consumes one of a few words: a status, a match type, a currency.
func (t *table) code() string {
	text, ok := t.cursor.Text(64)
	if !ok || len(text) == 0 {
		return ""
	}
	return t.codes.String(text)
}

func (t *table) currency() string {
	code := t.code()
	if code != "" && len(code) != 3 {
		t.cursor.Mismatch("is not a currency code")
	}
	return code
}
