package halo

// sample is a panel in the form regressions want: rows grouped by query.
type sample struct {
	start  []int // first row of each group, then the number of rows
	query  []int // of each group, its index in the panel
	week   []int // of each row, 0..weeks-1
	weight []float64
	weeks  int
	within bool // every group has its own level, which is taken out
}

func (s *sample) rows() int   { return len(s.week) }
func (s *sample) groups() int { return len(s.query) }

// center subtracts each group's weighted mean.
func (s *sample) center(col []float64) {
	if !s.within {
		return
	}
	for g := range s.groups() {
		from, to := s.start[g], s.start[g+1]
		sum, total := 0.0, 0.0
		for i := from; i < to; i++ {
			sum += s.weight[i] * col[i]
			total += s.weight[i]
		}
		mean := sum / total
		for i := from; i < to; i++ {
			col[i] -= mean
		}
	}
}

// nuisance is what every regression of a sample takes out besides the levels of
// its groups: week effects and controls, their moments factored once.
type nuisance struct {
	*sample
	controls [][]float64 // centred
	moments  *cholesky   // weeks, then controls
}

// nuisance centres the controls in place.
func (s *sample) nuisance(controls [][]float64) *nuisance {
	n := s.weeks + len(controls)
	m := make([]float64, n*n)
	for _, c := range controls {
		s.center(c)
	}
	for g := range s.groups() {
		s.weekMoments(g, m, n, 1)
	}
	for a, x := range controls {
		row := m[(s.weeks+a)*n:]
		for i, v := range x {
			wv := s.weight[i] * v
			row[s.week[i]] += wv
			for b := 0; b <= a; b++ {
				row[s.weeks+b] += wv * controls[b][i]
			}
		}
	}
	return &nuisance{s, controls, factor(m, n)}
}

// weekMoments adds sign times the moments of a group's centred week columns to
// the lower triangle of m, n wide.
func (s *sample) weekMoments(g int, m []float64, n int, sign float64) {
	from, to := s.start[g], s.start[g+1]
	total := 0.0
	for i := from; i < to; i++ {
		total += s.weight[i]
	}
	for i := from; i < to; i++ {
		t, w := s.week[i], sign*s.weight[i]
		m[t*n+t] += w
		if !s.within {
			continue
		}
		// Rows of a group are in the order of their weeks, so this is the lower triangle.
		for j := from; j <= i; j++ {
			m[t*n+s.week[j]] -= w * s.weight[j] / total
		}
	}
}

// cross returns the weighted moments of the nuisance columns with col, which is
// centred, over the given rows.
func (n *nuisance) cross(col []float64, from, to int) []float64 {
	out := make([]float64, n.moments.n)
	n.addCross(out, col, from, to)
	return out
}

func (n *nuisance) addCross(out, col []float64, from, to int) {
	for i := from; i < to; i++ {
		wv := n.weight[i] * col[i]
		out[n.week[i]] += wv
		for a, x := range n.controls {
			out[n.weeks+a] += wv * x[i]
		}
	}
}

// clean takes the levels of the groups, the weeks and the controls out of col,
// in place: for any pattern of missing rows this is where iterated two-way
// demeaning converges (Frisch, Waugh and Lovell).
func (n *nuisance) clean(col []float64) {
	n.center(col)
	part := n.cross(col, 0, n.rows())
	n.moments.solve(part)
	for i := range col {
		col[i] -= part[n.week[i]]
		for a, x := range n.controls {
			col[i] -= part[n.weeks+a] * x[i]
		}
	}
	n.center(col) // the week columns were subtracted uncentred
}
