package sim

import (
	"io"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

func benchReport(b *testing.B) *spReport {
	w := NewWorld(Config{Seed: 1})
	a := w.accounts[0]
	r := &spReport{kind: typeSQP, places: []string{"ATVPDKIKX0DER"}, options: map[string]string{"reportPeriod": "WEEK"}, days: 7, market: a.markets["ATVPDKIKX0DER"], endAt: long}
	for _, p := range a.products[:18] {
		r.asins = append(r.asins, p.info.ASIN)
	}
	b.ReportAllocs()
	return r
}

// Documents of 18 ASINs, as one report holds; every third one generates its
// week, as in a backfill of 40 ASINs.
func benchSQP(b *testing.B, write func(*spReport) error) {
	r := benchReport(b)
	rows, n := 0, 0
	for b.Loop() {
		r.first = weekDay(2900 + n/3%500)
		n++
		if err := write(r); err != nil {
			b.Fatal(err)
		}
		p := r.market.period(r.first, 7)
		rows += p.first[18]
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkSQPDocument(b *testing.B) {
	benchSQP(b, func(r *spReport) error { return r.write(io.Discard) })
}

func BenchmarkSQPDocumentGzip(b *testing.B) {
	benchSQP(b, func(r *spReport) error { return compress(io.Discard, r.write) })
}

func BenchmarkSearchTermDocument(b *testing.B) {
	w := NewWorld(Config{Seed: 1})
	m := w.accounts[0].markets["ATVPDKIKX0DER"]
	kind := adReportTypes["spSearchTerm"]
	var columns []string
	for _, c := range kind.columns {
		if c != "startDate" && c != "endDate" {
			columns = append(columns, c)
		}
	}
	to := clock.Date(2026, time.November, 20)
	r := &adReport{market: m, kind: kind, from: to - 30, to: to, doneAt: (to + 1).Time(), config: adConfiguration{Columns: columns}}
	rows := 0
	for d := r.from; d <= r.to; d++ {
		m.termRows(SponsoredProducts, d, r.doneAt, func(*AdTermRow) bool { rows++; return true })
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := r.write(io.Discard); err != nil {
			b.Fatal(err)
		}
		n += rows
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
