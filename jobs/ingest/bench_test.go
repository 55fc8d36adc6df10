package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
)

// BenchmarkHalfAYear fetches 26 weeks as they come, for two accounts of 40
// products, from the simulator, weekly: what the demo does.
func BenchmarkHalfAYear(b *testing.B) {
	for range b.N {
		b.StopTimer()
		start := wednesday.Add(-26 * 7 * 24 * time.Hour)
		r := newRig(b, sim.Config{ASINs: 40, Terms: 2400, Accounts: sim.DefaultAccounts(), Clock: clock.NewManual(start)}, func(c *Config) {
			c.Since = clock.DayOf(start, time.UTC).Week() - 7
			c.SQPDailyRequests = 20
		})
		b.StartTimer()
		var rows int64
		for week := range 27 {
			r.now.Set(start.Add(time.Duration(week) * 7 * 24 * time.Hour))
			o := r.untilIdle()
			rows += o.Rows
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(len(r.amazon.Journal())), "requests")
	}
}
