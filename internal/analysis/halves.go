package analysis

import "math"

// logits are a step's weekly shares as logits, half a count added, in the order
// of weeks.
func logits(weeks []TermWeek, step Step) (values []float64) {
	for _, w := range weeks {
		if c := w.Funnel[step]; c.Known() && c.Market.V > 0 && c.Own.V <= c.Market.V {
			values = append(values, math.Log((float64(c.Own.V)+.5)/(float64(c.Market.V-c.Own.V)+.5)))
		}
	}
	return values
}

// minHalf is the least weeks in either half of a comparison.
const minHalf = 3

// laterLessEarlier compares the later half of weekly values with the earlier: the
// difference of means (later − earlier) with Welch's 95 % interval. An odd week
// in the middle is left out. ok is false with fewer than 3 weeks a half.
func laterLessEarlier(values []float64) (d Interval, ok bool) {
	half := len(values) / 2
	if half < minHalf {
		return Interval{}, false
	}
	mean := func(v []float64) (m, variance float64) {
		for _, x := range v {
			m += x / float64(len(v))
		}
		for _, x := range v {
			variance += (x - m) * (x - m) / float64(len(v)-1)
		}
		return m, variance / float64(len(v))
	}
	m0, v0 := mean(values[:half])
	m1, v1 := mean(values[len(values)-half:])
	d.Mid = m1 - m0
	width := 0.
	if v := v0 + v1; v > 0 {
		df := v * v / ((v0*v0 + v1*v1) / float64(half-1))
		width = tQuantile(.975, df) * math.Sqrt(v)
	}
	d.Low, d.High = d.Mid-width, d.Mid+width
	return d, true
}
