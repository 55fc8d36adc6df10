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

// Baseline is what weeks are compared with as long as a drift chart runs: it
// is frozen at the chart's start, for one that follows the weeks would follow
// the drift.
type Baseline struct{ P0, S, DF float64 }

// Freeze makes a baseline of the verdict on the week that starts the chart; ok
// is false where its entity had too few weeks.
func (v Verdict) Freeze() (b Baseline, ok bool) {
	return Baseline{v.P0, v.S, v.DF}, v.S > 0
}

// Score is the standard normal score of a later week against the frozen
// baseline, after what moved the week's whole family (its Move and Scale, or 0
// and 1); below 0 is a share below the baseline's. ok is false where the week
// does not list the entity or has fewer than 20 market events: it is skipped.
func (b Baseline) Score(c Cell, move, scale float64) (z float64, ok bool) {
	if b.S <= 0 || scale <= 0 || !c.consistent() || c.Market.V < minTestEvents {
		return 0, false
	}
	d := predictive{logit(b.P0) + move, b.S, b.DF}
	return d.score(float64(c.Own.V), float64(c.Market.V)) / scale, true
}

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
