package spapi

import (
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// repeated is a document of so many rows, made as it is read.
type repeated struct {
	head, row, tail string
	rows            int
	distinct        bool

	n       int
	pending []byte
}

func (d *repeated) Read(b []byte) (int, error) {
	if len(d.pending) == 0 {
		switch {
		case d.n == 0:
			d.pending = append(d.pending[:0], d.head...)
		case d.n <= d.rows:
			if d.pending = d.pending[:0]; d.n > 1 {
				d.pending = append(d.pending, ',')
			}
			before, after, _ := strings.Cut(d.row, "@")
			d.pending = append(d.pending, before...)
			if d.distinct {
				d.pending = strconv.AppendInt(d.pending, int64(d.n), 36)
			}
			d.pending = append(d.pending, after...)
		case d.n == d.rows+1:
			d.pending = append(d.pending[:0], d.tail...)
		default:
			return 0, io.EOF
		}
		d.n++
	}
	n := copy(b, d.pending)
	d.pending = d.pending[n:]
	return n, nil
}

func newRepeated(rows int, distinct bool) *repeated {
	head, tail, _ := strings.Cut(sqpDocument(SQP, "@"), "@")
	return &repeated{head: head, tail: tail, rows: rows, distinct: distinct, row: strings.Replace(usRow, "steel water bottle", "steel water bottle @", 1)}
}

// peak decodes and returns the largest live heap seen above the one before.
func peak(tb testing.TB, doc io.Reader) (Summary, uint64) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, most, n := heap(), uint64(0), 0
	look := func() {
		runtime.GC()
		if now := heap(); now > before {
			most = max(most, now-before)
		}
	}
	s, err := DecodeSQP(doc, week(tb), func(*SQPRow) error {
		if n++; n%50_000 == 1 {
			look()
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s, most
}

func TestMemoryIsBoundedByRowsNotBySize(t *testing.T) {
	const rows = 150_000 // about 180 MB
	s, most := peak(t, newRepeated(rows, false))
	if s.Rows != 1 || s.Duplicates != rows-1 || most > 2<<20 {
		t.Errorf("one row %d times: %+v, %d bytes", rows, s, most)
	}
	s, most = peak(t, newRepeated(rows, true))
	if s.Rows != rows || s.Duplicates != 0 || most > 40*rows {
		t.Errorf("%d rows: %d bytes", rows, most)
	}
}

func TestRowsAreCapped(t *testing.T) {
	e := newEnvelope(SQP, strings.NewReader(""), week(t))
	e.asins["B000000001"] = &asinRows{name: "B000000001"}
	e.cursor.Reset(7, []byte("{}"))
	for range maxDocumentASINs {
		e.order = append(e.order, nil)
	}
	e.cursor.Reset(7, []byte(`"B000000002"`))
	var bad *DocumentError
	if a := e.asin(); a != nil || !errors.As(e.cursor.Err(), &bad) || bad.Path != "/dataByAsin/7" {
		t.Errorf("one ASIN too many: %v", e.cursor.Err())
	}
}

// A gigabyte of rows that repeat one term.
func BenchmarkDecodeSQPGigabyte(b *testing.B) {
	const rows = 1_000_000
	for name, distinct := range map[string]bool{"repeated": false, "distinct": true} {
		b.Run(name, func(b *testing.B) {
			var most uint64
			for b.Loop() {
				_, most = peak(b, newRepeated(rows, distinct))
			}
			b.ReportMetric(float64(most)/(1<<20), "peak-MB")
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
