package spapi

import (
	"fmt"
	"io"
	"strings"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/internal/clock"
)

// DocumentError says what is wrong with a document and where.
type DocumentError = document.Error

// FatalError is the cause of a DocumentError about a document that holds, in
// place of rows, Amazon's reason for there being none.
type FatalError struct{ Text string }

func (e *FatalError) Error() string { return e.Text }

// Expect is what a document must be of, all of it checked: a row of another
// period, or a document of another marketplace, is refused.
type Expect struct {
	Marketplace string
	Period      Period
	Start, End  clock.Day
	ASINs       []string // asked for; empty is the whole catalogue
}

// Summary is what a decoder found besides the rows.
type Summary struct {
	Rows int // yielded
	Unit Unit
	// RateMismatches counts shares and rates that agree with the counts
	// neither as percents nor as fractions; the official example has some.
	RateMismatches int
	RowsByASIN     map[string]int
	Echoed         []string // ASINs that the document says it is for, in upper case; empty where it does not say
	Unrequested    []string // ASINs that were not asked for, in their order; their rows are yielded
	Duplicates     int      // identical rows that came again and were passed over
}

const (
	// maxRows is beyond any report: 18 ASINs have at most some 18,000 rows.
	maxRows = 5_000_000
	// maxQuery bounds a search query in bytes.
	maxQuery = 4096
	// maxDocumentASINs bounds the ASINs of one document; a whole catalogue is
	// smaller.
	maxDocumentASINs = 500_000
)

// envelope walks what SQP and SCP documents have in common.
type envelope struct {
	kind    ReportType
	want    Expect
	start   string
	end     string
	doc     *document.Reader
	cursor  *document.Cursor
	seen    *document.Seen
	names   document.Intern
	asins   map[string]*asinRows
	order   []*asinRows
	last    *asinRows
	votes   votes
	summary Summary
}

type asinRows struct {
	name  string
	index int
	rows  int
}

func newEnvelope(kind ReportType, r io.Reader, want Expect) *envelope {
	return &envelope{
		kind: kind, want: want, start: want.Start.String(), end: want.End.String(),
		doc: document.NewReader(r), cursor: document.NewCursor("/dataByAsin"),
		seen: document.NewSeen(maxRows), asins: make(map[string]*asinRows),
	}
}

// decode walks the document and hands each element of dataByAsin to row. A
// document without specification or without rows' array is not one.
func (e *envelope) decode(row func(raw []byte) error) (Summary, error) {
	specified, listed := false, false
	if err := e.doc.Open('{'); err != nil {
		return Summary{}, err
	}
	for {
		name, more, err := e.doc.Name()
		if err != nil {
			return Summary{}, err
		}
		if !more {
			break
		}
		switch name {
		case "reportSpecification":
			specified = true
			err = e.specification()
		case "dataByAsin":
			listed = true
			err = e.elements(row)
		case "errorDetails":
			var text string
			if text, err = errorDetails(e.doc); err == nil {
				err = &DocumentError{Path: "/errorDetails", Reason: "is Amazon's refusal of the report", Err: &FatalError{Text: text}}
			}
		default:
			err = e.doc.Skip()
		}
		if err != nil {
			return Summary{}, err
		}
	}
	if err := e.doc.End(); err != nil {
		return Summary{}, err
	}
	switch {
	case !specified:
		return Summary{}, &DocumentError{Path: "/reportSpecification", Reason: "is missing"}
	case !listed:
		return Summary{}, &DocumentError{Path: "/dataByAsin", Reason: "is missing"}
	}
	return e.finish(), nil
}

func (e *envelope) elements(row func(raw []byte) error) error {
	if err := e.doc.Open('['); err != nil {
		return err
	}
	for i := 0; ; i++ {
		raw, more, err := e.doc.Element()
		if err != nil || !more {
			return err
		}
		e.cursor.Reset(i, raw)
		if err := row(raw); err != nil {
			return err
		}
	}
}

// specification checks the echo of the request. The list of ASINs in it is not
// compared: whether Amazon keeps its order and case is not known.
func (e *envelope) specification() error {
	raw, err := e.doc.Value()
	if err != nil {
		return err
	}
	const root = "/reportSpecification"
	c := document.NewCursor(root)
	c.Reset(0, raw)
	wrong := func(member, reason string) error {
		return &DocumentError{Path: root + "/" + member, Reason: reason}
	}
	var kind, period, start, end string
	var markets []string
	text := func() string { b, _ := c.Text(256); return string(b) }
	if !c.Object() {
		return &DocumentError{Path: root, Reason: "is not an object"}
	}
	for c.Member() {
		switch string(c.Name()) {
		case "reportType":
			kind = text()
		case "dataStartTime":
			start = text()
		case "dataEndTime":
			end = text()
		case "reportOptions":
			for in := c.Object(); in && c.Member(); {
				switch string(c.Name()) {
				case "reportPeriod":
					period = text()
				case "asin":
					b, _ := c.Text(4096)
					e.summary.Echoed = strings.Fields(strings.ToUpper(string(b)))
				default:
					c.Skip()
				}
			}
		case "marketplaceIds":
			markets = c.Texts(64, 256)
		default:
			c.Skip()
		}
	}
	if c.Err() != nil {
		return &DocumentError{Path: root, Reason: "has a member of another type"}
	}
	switch {
	case kind != string(e.kind):
		return wrong("reportType", "is of another report")
	case period != e.want.Period:
		return wrong("reportOptions/reportPeriod", fmt.Sprintf("is not the %s that was asked for", strings.ToLower(e.want.Period)))
	case !isDay(start, e.start):
		return wrong("dataStartTime", "is of another period than the one from "+e.start)
	case !isDay(end, e.end):
		return wrong("dataEndTime", "is of another period than the one until "+e.end)
	case len(markets) != 1 || markets[0] != e.want.Marketplace:
		return wrong("marketplaceIds", "is not the marketplace that was asked for")
	}
	return nil
}

// isDay accepts a date and a time on it.
func isDay(text, day string) bool {
	return text == day || strings.HasPrefix(text, day+"T")
}

// date consumes a row's date, which must be day.
func (e *envelope) date(day string) bool {
	text, ok := e.cursor.Text(64)
	if !ok {
		return false
	}
	if string(text) != day && !isDay(string(text), day) {
		e.cursor.Mismatch("is of another period than the one that was asked for")
		return false
	}
	return true
}

// asin consumes a row's ASIN.
func (e *envelope) asin() *asinRows {
	text, ok := e.cursor.Text(32)
	if !ok {
		return nil
	}
	if e.last != nil && e.last.name == string(text) {
		return e.last
	}
	a, known := e.asins[string(text)]
	if !known {
		if !isASIN(string(text)) {
			e.cursor.Mismatch("is not an ASIN")
			return nil
		}
		if len(e.order) == maxDocumentASINs {
			e.cursor.Mismatch("is one ASIN more than a document can hold")
			return nil
		}
		// One ASIN in two cases is one ASIN.
		name := strings.ToUpper(string(text))
		if a = e.asins[name]; a == nil {
			a = &asinRows{name: name, index: len(e.order)}
			e.asins[name] = a
			e.order = append(e.order, a)
		}
		e.asins[string(text)] = a
	}
	e.last = a
	return a
}

// price consumes {amount, currencyCode}; null is no price, which is not 0.
func (e *envelope) price() (p Price) {
	c := e.cursor
	if !c.Object() {
		return p
	}
	amount, currency := false, false
	for c.Member() {
		switch string(c.Name()) {
		case "amount":
			n := c.Micros()
			if n.V < 0 {
				c.Mismatch("is negative")
			}
			p.Micros, amount = n.V, n.Valid
		case "currencyCode":
			if text, ok := c.Text(8); ok {
				if !isCurrency(text) {
					c.Mismatch("is not a currency code")
				}
				p.Currency, currency = e.names.String(text), true
			}
		default:
			c.Skip()
		}
	}
	if p.Valid = amount && currency; !p.Valid {
		return Price{}
	}
	return p
}

func isCurrency(text []byte) bool {
	if len(text) != 3 {
		return false
	}
	for _, b := range text {
		if b < 'A' || b > 'Z' {
			return false
		}
	}
	return true
}

// admit tells a row that came before from a new one, which it counts.
func (e *envelope) admit(a *asinRows, key, raw []byte) (fresh bool, err error) {
	switch e.seen.Add(a.index, key, raw) {
	case document.Repeated:
		e.summary.Duplicates++
		return false, nil
	case document.Conflict:
		e.cursor.Fail("", "contradicts an earlier row of the same ASIN and search query")
		return false, e.cursor.Err()
	case document.Full:
		e.cursor.Fail("", fmt.Sprintf("is beyond the %d rows that a document can hold", maxRows))
		return false, e.cursor.Err()
	}
	a.rows++
	e.summary.Rows++
	return true, nil
}

func (e *envelope) finish() Summary {
	s := e.summary
	s.Unit, s.RateMismatches = e.votes.unit(), e.votes.neither
	s.RowsByASIN = make(map[string]int, len(e.order))
	requested := make(map[string]bool, len(e.want.ASINs))
	for _, asin := range e.want.ASINs {
		requested[strings.ToUpper(asin)] = true
	}
	for _, a := range e.order {
		s.RowsByASIN[a.name] = a.rows
		if len(requested) > 0 && !requested[strings.ToUpper(a.name)] {
			s.Unrequested = append(s.Unrequested, a.name)
		}
	}
	return s
}
