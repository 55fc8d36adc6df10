package halo

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Window is how many weeks an event study looks to each side.
const Window = 8

// minEvents is the least number of terms that an event study's two sides need.
const minEvents = 5

// Point is how much further the log odds of an organic click of terms whose ads
// were switched have moved since the week before, than those of terms without
// any ads in the window. Weeks before 0 are the placebo: they should lie at 0.
type Point struct {
	Offset int `json:"offset"` // weeks since the switch; -1 is the reference, 0 by definition
	Estimate
	Switched int `json:"switched"` // terms
	Controls int `json:"controls"`
}

// EventStudy is the picture of clean starts or stops: stacked windows, each
// against terms without ads throughout it, which keeps effects that differ by
// term from spoiling each other's comparison (Sun and Abraham 2021, Callaway and
// Sant'Anna 2021).
type EventStudy struct {
	Starts []Point `json:"starts"` // no ads for 8 weeks, then ads in that week and the next 8; empty with too few
	Stops  []Point `json:"stops"`  // the reverse
	Text   string  `json:"text"`
}

// Events looks for clean switches and compares them.
func Events(p *Panel) EventStudy {
	s := EventStudy{Starts: p.stacked(true), Stops: p.stacked(false)}
	has := func(points []Point, what string) string {
		if len(points) == 0 {
			return "too few clean " + what
		}
		return counted(points[Window].Switched, "term") + " with a clean " + what[:len(what)-1]
	}
	s.Text = "Weeks around ads going on or off, against terms without ads in the window; estimated, 95 % intervals: " +
		has(s.Starts, "starts") + ", " + has(s.Stops, "stops") + "."
	return s
}

// member is a term in one window.
type member struct {
	term   int
	weight float64
	y      [2*Window + 1]float64 // NaN: not listed
}

func (p *Panel) stacked(start bool) []Point {
	type stack struct{ switched, controls []member }
	var stacks []stack
	seen := map[int]bool{}
	controls := map[int]bool{}
	for e := Window; e+Window < len(p.Ads); e++ {
		if !p.adsStored(e-Window, e+Window) {
			continue
		}
		var s stack
		for q := range p.Terms {
			before, after := p.advertised(q, e-Window, e-1), p.advertised(q, e, e+Window)
			on, off := before, after
			if start {
				on, off = after, before
			}
			m, ok := p.member(q, e)
			switch {
			case !ok:
			case on == always && off == never:
				s.switched = append(s.switched, m)
			case on == never && off == never:
				s.controls = append(s.controls, m)
			}
		}
		if len(s.switched) == 0 || len(s.controls) < minEvents {
			continue
		}
		stacks = append(stacks, s)
		for _, m := range s.switched {
			seen[m.term] = true
		}
		for _, m := range s.controls {
			controls[m.term] = true
		}
	}
	if len(seen) < minEvents {
		return nil
	}
	used := make([]int, 0, len(p.Terms))
	for q := range p.Terms {
		if seen[q] || controls[q] {
			used = append(used, q)
		}
	}
	c := p.cluster(used)
	var points []Point
	for k := range 2*Window + 1 {
		if k == Window-1 {
			points = append(points, Point{Offset: -1, Switched: len(seen), Controls: len(controls)})
			continue
		}
		// Per stack: the switched terms' mean change less the controls', the
		// stacks weighted by their switched terms.
		change := func(m member) float64 { return m.y[k] - m.y[Window-1] }
		mean := func(list []member) (mean, weight float64) {
			for _, m := range list {
				if d := change(m); !math.IsNaN(d) {
					mean += m.weight * d
					weight += m.weight
				}
			}
			return mean / weight, weight
		}
		theta, total := 0.0, 0.0
		for _, s := range stacks {
			a, wa := mean(s.switched)
			b, wb := mean(s.controls)
			if wa > 0 && wb > 0 {
				theta += wa * (a - b)
				total += wa
			}
		}
		theta /= total
		influence := make([]float64, c.n)
		switched, beside, groups := map[int]bool{}, map[int]bool{}, map[int]bool{}
		for _, s := range stacks {
			_, wa := mean(s.switched)
			b, wb := mean(s.controls)
			if wa == 0 || wb == 0 {
				continue
			}
			for _, m := range s.switched {
				if d := change(m); !math.IsNaN(d) {
					influence[c.of[m.term]] += m.weight * (d - b - theta) / total
					switched[m.term], groups[c.of[m.term]] = true, true
				}
			}
			for _, m := range s.controls {
				if d := change(m); !math.IsNaN(d) {
					influence[c.of[m.term]] -= wa / wb * m.weight * (d - b) / total
					beside[m.term] = true
				}
			}
		}
		if len(switched) < minEvents || len(groups) < 2 {
			return nil
		}
		g := float64(len(groups))
		se := math.Sqrt(g / (g - 1) * dot(influence, nil))
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: g - 1}.Quantile(1 - level/2)
		points = append(points, Point{k - Window, Estimate{theta, theta - t*se, theta + t*se}, len(switched), len(beside)})
	}
	return points
}

type presence int

const (
	never presence = iota
	always
	mixed
)

// advertised says whether a term had spend in none, all or some of the weeks.
func (p *Panel) advertised(q, from, to int) presence {
	n := 0
	for t := from; t <= to; t++ {
		if p.Terms[q].Weeks[t].Spend > 0 {
			n++
		}
	}
	switch n {
	case 0:
		return never
	case to - from + 1:
		return always
	}
	return mixed
}

// member reads a term's window around week e; not without the reference week or
// with too few organic clicks for log odds.
func (p *Panel) member(q, e int) (m member, ok bool) {
	m.term = q
	n, organic := int64(0), int64(0)
	for k := range m.y {
		c := p.Terms[q].Weeks[e-Window+k].Clicks
		if !c.usable() {
			m.y[k] = math.NaN()
			continue
		}
		m.y[k] = c.logOdds()
		m.weight += float64(c.Market)
		organic += c.Organic
		n++
	}
	return m, !math.IsNaN(m.y[Window-1]) && organic >= minOrganic*n
}
