package halo

import "math"

// regression is a weighted least-squares fit of y on x, all cleaned of the
// nuisance columns.
type regression struct {
	*nuisance
	x     [][]float64
	y     []float64
	b     []float64 // coefficients
	resid []float64
	bread [][]float64 // inverse of the moments of x
	dead  bool        // a column of x has no variation of its own left
}

// regress cleans the columns in place and fits.
func (n *nuisance) regress(y []float64, x ...[]float64) *regression {
	n.clean(y)
	return n.refit(y, x...)
}

// refit is regress for a y that is clean already.
func (n *nuisance) refit(y []float64, x ...[]float64) *regression {
	k := len(x)
	own := make([]float64, k) // variation before cleaning
	for j, col := range x {
		n.center(col)
		for i, v := range col {
			own[j] += n.weight[i] * v * v
		}
		n.clean(col)
	}
	m := make([]float64, k*k)
	b := make([]float64, k)
	for i, w := range n.weight {
		for a := range k {
			wv := w * x[a][i]
			b[a] += wv * y[i]
			for c := 0; c <= a; c++ {
				m[a*k+c] += wv * x[c][i]
			}
		}
	}
	r := &regression{nuisance: n, x: x, y: y, b: b}
	for j := range k {
		r.dead = r.dead || !(m[j*k+j] > own[j]*collinear)
	}
	f := factor(m, k)
	for _, d := range f.dead {
		r.dead = r.dead || d
	}
	f.solve(b)
	for j := range k {
		unit := make([]float64, k)
		unit[j] = 1
		f.solve(unit)
		r.bread = append(r.bread, unit)
	}
	r.resid = make([]float64, len(y))
	for i := range y {
		e := y[i]
		for j := range k {
			e -= b[j] * x[j][i]
		}
		r.resid[i] = e
	}
	return r
}

// sum returns contrast'b.
func (r *regression) sum(contrast []float64) (s float64) {
	for j, c := range contrast {
		s += c * r.b[j]
	}
	return s
}

// direction returns the column whose weighted product with y is contrast'b: the
// residuals' products with it are the estimate's influences.
func (r *regression) direction(contrast []float64) []float64 {
	v := make([]float64, len(contrast))
	for j, c := range contrast {
		for k := range v {
			v[k] += c * r.bread[j][k]
		}
	}
	out := make([]float64, r.rows())
	for i := range out {
		for k := range v {
			out[i] += v[k] * r.x[k][i]
		}
	}
	return out
}

// influences adds up weight × direction × residual over the clusters.
func (s *sample) influences(direction, resid []float64, c clusters) []float64 {
	out := make([]float64, c.n)
	for g := range s.groups() {
		sum := 0.0
		for i := s.start[g]; i < s.start[g+1]; i++ {
			sum += s.weight[i] * direction[i] * resid[i]
		}
		out[c.of[s.query[g]]] += sum
	}
	return out
}

// finite is the CR1 factor for few clusters and many parameters; levels of
// groups are nested in clusters and cost no degree of freedom.
func (r *regression) finite(c clusters) float64 {
	n, k := float64(r.rows()), float64(len(r.x)+len(r.controls)+r.weeks-1)
	g := float64(c.moving)
	return g / (g - 1) * (n - 1) / math.Max(n-k, 1)
}

// variance is the cluster-robust (CR1) variance of contrast'b.
func (r *regression) variance(contrast []float64, c clusters) float64 {
	return r.finite(c) * dot(r.influences(r.direction(contrast), r.resid, c), nil)
}

// covariance is the CR1 covariance of several contrasts.
func (r *regression) covariance(contrasts [][]float64, c clusters) [][]float64 {
	scores := make([][]float64, len(contrasts))
	for i, contrast := range contrasts {
		scores[i] = r.influences(r.direction(contrast), r.resid, c)
	}
	f := r.finite(c)
	out := make([][]float64, len(contrasts))
	for i := range out {
		out[i] = make([]float64, len(contrasts))
		for j := range out[i] {
			out[i][j] = f * dot(scores[i], scores[j])
		}
	}
	return out
}

// dot is a'b, and a'a without b.
func dot(a, b []float64) (s float64) {
	if b == nil {
		b = a
	}
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// effective is how many clusters of one size would tell as much as these do
// about the direction (Carter, Schnepel and Steigerwald 2017): one large term
// among many small ones is little more than one observation.
func (s *sample) effective(direction []float64, c clusters) float64 {
	part := s.influences(direction, direction, c)
	sum, squares := 0.0, 0.0
	for _, v := range part {
		sum += v
		squares += v * v
	}
	return sum * sum / squares
}
