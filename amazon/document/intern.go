package document

// Intern returns one string for equal bytes, so that names that repeat in
// every row are allocated once. It forgets rather than grow without bound. The
// zero value is ready.
type Intern struct {
	known map[string]string
	last  string
}

// String returns b as a string.
func (n *Intern) String(b []byte) string {
	if string(b) == n.last {
		return n.last
	}
	s, ok := n.known[string(b)]
	if !ok {
		const most = 1 << 14
		if n.known == nil || len(n.known) >= most {
			n.known = make(map[string]string)
		}
		s = string(b)
		if len(s) <= 256 {
			n.known[s] = s
		}
	}
	n.last = s
	return s
}
