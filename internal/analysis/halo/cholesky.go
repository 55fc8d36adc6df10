package halo

import "math"

// cholesky factors a symmetric positive semidefinite matrix. A column that the
// ones before it explain gets the coefficient 0, as regression programs do with
// collinear regressors: of the week effects one is always redundant.
type cholesky struct {
	n    int
	l    []float64 // lower triangle by rows
	dead []bool
}

// collinear is the share of a column's own variation below which it counts as
// explained by the columns before it.
const collinear = 1e-9

// factor works in m, n×n by rows, of which only the lower triangle is read.
func factor(m []float64, n int) *cholesky {
	f := &cholesky{n: n, l: m, dead: make([]bool, n)}
	for j := range n {
		rowJ := m[j*n : j*n+j+1]
		own := rowJ[j]
		d := own
		for _, v := range rowJ[:j] {
			d -= v * v
		}
		if !(d > own*collinear) {
			f.dead[j] = true
			for i := j; i < n; i++ {
				m[i*n+j] = 0
			}
			continue
		}
		d = math.Sqrt(d)
		rowJ[j] = d
		for i := j + 1; i < n; i++ {
			rowI := m[i*n : i*n+j+1]
			s := rowI[j]
			for k, v := range rowJ[:j] {
				s -= rowI[k] * v
			}
			rowI[j] = s / d
		}
	}
	return f
}

// solve replaces b by the solution of the system.
func (f *cholesky) solve(b []float64) {
	n, l := f.n, f.l
	for i := range n {
		if f.dead[i] {
			b[i] = 0
			continue
		}
		s := b[i]
		for k, v := range l[i*n : i*n+i] {
			s -= v * b[k]
		}
		b[i] = s / l[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		if f.dead[i] {
			continue
		}
		s := b[i]
		for k := i + 1; k < n; k++ {
			s -= l[k*n+i] * b[k]
		}
		b[i] = s / l[i*n+i]
	}
}
