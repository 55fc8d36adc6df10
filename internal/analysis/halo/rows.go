package halo

// adsStored says whether ads are stored for all weeks from..to.
func (p *Panel) adsStored(from, to int) bool {
	if from < 0 || to >= len(p.Ads) {
		return false
	}
	for _, ads := range p.Ads[from : to+1] {
		if !ads {
			return false
		}
	}
	return true
}

// enoughOrganic keeps the terms whose log odds follow the truth.
func enoughOrganic(weeks []*Week) bool {
	organic := int64(0)
	for _, w := range weeks {
		organic += w.Clicks.Organic
	}
	return organic >= minOrganic*int64(len(weeks))
}

func marketClicks(w *Week) float64 { return float64(w.Clicks.Market) }

// rows collects the term-weeks that are wanted, of terms that have at least
// minRows of them and are kept, weighted by their market. at is the panel's
// week of each row.
func (p *Panel) rows(want func(term, week int) bool, keep func([]*Week) bool, weight func(*Week) float64) (s *sample, at []int) {
	s = &sample{within: true}
	dense := make([]int, len(p.Ads))
	for t := range dense {
		dense[t] = -1
	}
	for q := range p.Terms {
		from := len(at)
		var weeks []*Week
		for t := range p.Ads {
			if want(q, t) {
				at = append(at, t)
				weeks = append(weeks, &p.Terms[q].Weeks[t])
			}
		}
		if len(weeks) < minRows || !keep(weeks) {
			at = at[:from]
			continue
		}
		s.start = append(s.start, from)
		s.query = append(s.query, q)
		for _, w := range weeks {
			s.weight = append(s.weight, weight(w))
		}
	}
	s.start = append(s.start, len(at))
	for _, t := range at {
		dense[t] = 0
	}
	for t := range dense {
		if dense[t] == 0 {
			dense[t] = s.weeks
			s.weeks++
		}
	}
	for _, t := range at {
		s.week = append(s.week, dense[t])
	}
	return s, at
}

// moving counts the clusters in which col changes within a term.
func (s *sample) moving(col []float64, c clusters) (n int) {
	moves := make([]bool, c.n)
	for g, q := range s.query {
		for i := s.start[g] + 1; i < s.start[g+1]; i++ {
			if col[i] != col[i-1] && !moves[c.of[q]] {
				moves[c.of[q]] = true
				n++
			}
		}
	}
	return n
}
