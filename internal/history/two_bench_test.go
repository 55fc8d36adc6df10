package history

import (
	"testing"

	"golang.org/x/sync/errgroup"
)

// BenchmarkTwoAccounts imports documents of 1,800 rows into one account, then
// into two at once. cpu-ratio is the rows per processor second of the two over
// those of the one; cores says how busy the processors were and means something
// on an otherwise idle machine alone.
func BenchmarkTwoAccounts(b *testing.B) {
	const documents, rows = 250, 1800
	worlds := make([]*sqpWorld, documents)
	paths := make([]string, documents)
	for i := range worlds {
		worlds[i] = newSQPWorld(rows, i)
		paths[i] = gzipFile(b, worlds[i].write)
	}
	fill := func(f *Facts) error {
		for i, w := range worlds {
			if err := replaceDocument(f, paths[i], w); err != nil {
				return err
			}
		}
		return nil
	}
	var one, two spent
	for range b.N {
		f := testFacts(b)
		timed(b, &one, func() error { return fill(f) })
		first, second := testFacts(b), testFacts(b)
		timed(b, &two, func() error {
			var g errgroup.Group
			g.Go(func() error { return fill(first) })
			g.Go(func() error { return fill(second) })
			return g.Wait()
		})
	}
	all := float64(documents*rows) * float64(b.N)
	b.ReportMetric(all/one.cpu.Seconds(), "one-rows/cpu-s")
	b.ReportMetric(2*all/two.cpu.Seconds(), "two-rows/cpu-s")
	b.ReportMetric(2*one.cpu.Seconds()/two.cpu.Seconds(), "cpu-ratio")
	b.ReportMetric(one.cpu.Seconds()/one.wall.Seconds(), "one-cores")
	b.ReportMetric(two.cpu.Seconds()/two.wall.Seconds(), "two-cores")
	b.ReportMetric(0, "ns/op")
}
