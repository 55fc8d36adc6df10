package halo

// random is the SplitMix64 generator (Steele, Lea and Flood 2014): all chance in
// this package comes from its one word of state, which the caller's seed sets.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) coin() bool { return r.next()>>63 == 1 }

// below returns a number in 0..n-1. The bias of the remainder is under n/2⁶⁴.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// shuffle permutes p (Fisher and Yates).
func (r *random) shuffle(p []int) {
	for i := len(p) - 1; i > 0; i-- {
		j := r.below(i + 1)
		p[i], p[j] = p[j], p[i]
	}
}
