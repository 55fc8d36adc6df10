package analysis

import (
	"math"
	"slices"
)

// The self-check's settings.
const (
	minCheckWeeks = 8  // with stored scores
	maxCheckWeeks = 26 // the newest are looked at
	checkBands    = 3  // of equally many scores, by volume
	checkTail     = .05
)

// PastScore is what an earlier audit stored of one tested entity.
type PastScore struct {
	ZPrime float64
	Volume float64 // own events that were expected
}

// Calibration is how the detector has behaved on the account's own past weeks.
type Calibration struct {
	Weeks int `json:"weeks"` // looked at
	// Fired is the share of weeks in which the detector found a drop.
	Fired float64 `json:"fired"`
	// Conformal is the share in which it would have, had each score been
	// judged by its rank among those of the other weeks instead of by theory:
	// p = (1 + how many are as far out)/(1 + their number).
	Conformal float64           `json:"conformal"`
	Bands     []CalibrationBand `json:"bands"`
	// Calibrated: in no band do more scores lie far out than theory has it.
	Calibrated bool `json:"calibrated"`
}

// CalibrationBand is one band of volume, the lowest first.
type CalibrationBand struct {
	From float64 `json:"from"` // lowest volume
	// Beyond is the share of scores outside of ±1.96, which theory puts at
	// 5 %, and Error its standard error over weeks.
	Beyond     float64 `json:"beyond"`
	Error      float64 `json:"error"`
	Calibrated bool    `json:"calibrated"`
}

// SelfCheck compares the scores of past audits, oldest week first, with what
// they would be had nothing ever changed. Real changes count against it, so a
// failed check says "look", not "broken". It looks at the newest 26 weeks; ok
// is false under 8 of them, which ranks would say nothing against.
func SelfCheck(past [][]PastScore) (c Calibration, ok bool) {
	if len(past) < minCheckWeeks {
		return Calibration{}, false
	}
	past = past[max(0, len(past)-maxCheckWeeks):]
	var volumes []float64
	for _, week := range past {
		for _, s := range week {
			volumes = append(volumes, s.Volume)
		}
	}
	if len(volumes) == 0 {
		return Calibration{}, false
	}
	slices.Sort(volumes)
	c.Weeks, c.Calibrated = len(past), true
	for b := range checkBands {
		c.Bands = append(c.Bands, CalibrationBand{From: volumes[b*len(volumes)/checkBands]})
	}
	band := func(s PastScore) int {
		b := 0
		for i := range c.Bands {
			if s.Volume >= c.Bands[i].From {
				b = i
			}
		}
		return b
	}
	distances := make([][]float64, checkBands) // all weeks' |z′|, sorted
	weekly := make([][][]float64, len(past))   // those of each week, by band
	for w, week := range past {
		weekly[w] = make([][]float64, checkBands)
		for _, s := range week {
			b := band(s)
			distances[b] = append(distances[b], math.Abs(s.ZPrime))
			weekly[w][b] = append(weekly[w][b], math.Abs(s.ZPrime))
		}
	}
	for b := range checkBands {
		slices.Sort(distances[b])
		c.Bands[b].judge(weekly, b)
		c.Calibrated = c.Calibrated && c.Bands[b].Calibrated
	}
	fired, conformal := 0., 0.
	for w, week := range past {
		var theory, ranks []float64
		for _, s := range week {
			theory = append(theory, below(s.ZPrime))
		}
		for b, own := range weekly[w] {
			slices.Sort(own)
			for _, z := range own {
				others := atLeast(distances[b], z) - atLeast(own, z)
				ranks = append(ranks, float64(1+others)/float64(1+len(distances[b])-len(own)))
			}
		}
		fired += finds(theory)
		conformal += finds(ranks)
	}
	c.Fired, c.Conformal = fired/float64(len(past)), conformal/float64(len(past))
	return c, true
}

// judge averages the weeks' shares of far scores: terms of one week move
// together, so that weeks and not terms are what the error is computed over.
func (c *CalibrationBand) judge(weekly [][][]float64, band int) {
	var shares []float64
	for _, week := range weekly {
		if len(week[band]) == 0 {
			continue
		}
		far := 0.
		for _, z := range week[band] {
			if z > normal95 {
				far++
			}
		}
		shares = append(shares, far/float64(len(week[band])))
	}
	n := float64(len(shares))
	for _, s := range shares {
		c.Beyond += s / n
	}
	for _, s := range shares {
		c.Error += (s - c.Beyond) * (s - c.Beyond) / (n * max(1, n-1))
	}
	c.Error = math.Sqrt(c.Error)
	c.Calibrated = c.Beyond-2*c.Error <= checkTail
}

// atLeast counts the sorted values from z.
func atLeast(sorted []float64, z float64) int {
	i, _ := slices.BinarySearch(sorted, z)
	return len(sorted) - i
}

// finds is 1 where Benjamini and Hochberg's procedure finds anything.
func finds(ps []float64) float64 {
	if len(ps) == 0 {
		return 0
	}
	if cut := cutOff(ps, defaultFDR); ps[0] <= cut {
		return 1
	}
	return 0
}
