package analysis

import "math"

// The drift chart's settings, with Page's (1954) sums: at these an undisturbed
// term gives a false alarm about once in 1,700 to 2,500 weeks, and a shift by
// two standard deviations is noticed after about 4.
const (
	cusumAllowance = .5 // k: half of the shift that is looked for
	cusumLimit     = 6. // h
	ewmaWeight     = .2
	ewmaLimit      = 2.7
)

// Drift is a chart of a term's scores.
type Drift struct {
	Down, Up []float64 // the sums against drops and gains, after each week
	EWMA     []float64 // exponentially weighted mean of the scores, drawn as the line
	Limit    []float64 // of the EWMA's distance from 0, drawn as the band
	Alarms   []DriftAlarm
}

// DriftAlarm says that the share has drifted.
type DriftAlarm struct {
	Week  int // index of the week in which the sum passed its limit
	Since int // index of the first week of the drift: the sum was 0 before it
	Drop  bool
}

// Chart runs the sums over the scores of successive weeks, oldest first
// (recentred ones: z′). A sum that passes its limit gives an alarm and starts
// anew; as long as it does not come back to 0 the next alarm belongs to the
// same drift and keeps its first week.
func Chart(scores []float64) (d Drift) {
	var down, up side
	mean := 0.
	for i, z := range scores {
		if down.add(-z, i) {
			d.Alarms = append(d.Alarms, DriftAlarm{Week: i, Since: down.since, Drop: true})
		}
		if up.add(z, i) {
			d.Alarms = append(d.Alarms, DriftAlarm{Week: i, Since: up.since})
		}
		d.Down = append(d.Down, down.sum)
		d.Up = append(d.Up, up.sum)
		down.reset()
		up.reset()
		mean += ewmaWeight * (z - mean)
		d.EWMA = append(d.EWMA, mean)
		d.Limit = append(d.Limit, ewmaLimit*math.Sqrt(ewmaWeight/(2-ewmaWeight)*(1-math.Pow(1-ewmaWeight, float64(2*(i+1))))))
	}
	return d
}

// A side is one of the two sums.
type side struct {
	sum     float64
	running bool
	since   int
}

// add adds a week and reports whether the limit is passed.
func (s *side) add(towards float64, week int) bool {
	s.sum = max(0, s.sum+towards-cusumAllowance)
	if s.sum == 0 {
		s.running = false
		return false
	}
	if !s.running {
		s.running, s.since = true, week
	}
	return s.sum >= cusumLimit
}

// reset starts anew after an alarm; the drift itself goes on.
func (s *side) reset() {
	if s.sum >= cusumLimit {
		s.sum = 0
	}
}
