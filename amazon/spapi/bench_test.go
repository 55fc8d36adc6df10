package spapi

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// The rate is rows per second on one core; a row has every member of a live
// one and takes about 1.6 kB.
func BenchmarkDecodeSQP(b *testing.B) {
	for _, c := range []struct {
		name string
		rows int
		gzip bool
	}{{"1800", 1800, false}, {"100000", 100_000, false}, {"1800/gzip", 1800, true}} {
		b.Run(c.name, func(b *testing.B) {
			doc, want := manyRows(c.rows, 18), week(b)
			b.SetBytes(int64(len(doc)))
			if c.gzip {
				var z bytes.Buffer
				w := gzip.NewWriter(&z)
				w.Write(doc)
				w.Close()
				doc = z.Bytes()
			}
			b.ReportAllocs()
			for b.Loop() {
				plain, err := Plain(bytes.NewReader(doc), 0)
				if err != nil {
					b.Fatal(err)
				}
				s, err := DecodeSQP(plain, want, func(*SQPRow) error { return nil })
				if err != nil || s.Rows != c.rows {
					b.Fatal(s.Rows, err)
				}
			}
			b.ReportMetric(float64(c.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
