package analysis_test

import (
	"testing"

	. "halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/analysis/synthetic"
)

// One step of a large seller's marketplace: 25,000 terms of which most can be
// tested.
func BenchmarkDetect(b *testing.B) {
	week := synthetic.World{Terms: 25_000, Events: 600, Noise: .2, Het: .4, Drop: .7, Rate: .05}.Generate(1)
	tested := 0
	for b.Loop() {
		tested = Detect(week.Trials, Options{}).Tested
	}
	b.ReportMetric(float64(tested), "tested")
}
