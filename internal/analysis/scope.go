package analysis

import (
	"cmp"
	"math"
	"slices"
)

// ScopeCell is one term in one week at brand level: all clicks that search
// counts, and those of ads.
type ScopeCell struct {
	Term         int64 // any id of the term
	Week         int   // any number of the week
	MarketClicks int64
	OwnClicks    int64
	AdClicks     int64
}

// Scope says whether search counts hold the clicks on ads.
type Scope string

// The scopes.
const (
	ScopeIncluded  Scope = "included"
	ScopeExcluded  Scope = "excluded"
	ScopeUndecided Scope = "undecided"
)

// ScopeTest is the result of TestScope.
type ScopeTest struct {
	Scope            Scope
	Slope, Low, High float64 // own clicks per ad click, 95 %; undefined without Terms
	Terms, Weeks     int     // whose ads varied
	Why              string  // why it is undecided
}

const (
	// scopeBetween parts the two scopes. Included clicks give a slope of 1 less
	// the part that displaces free clicks and less what measuring ads on
	// another clock and place takes off it; excluded ones give 0 less what is
	// displaced.
	scopeBetween = .25
	// widestScope is the widest interval, from its lower to its upper bound,
	// that decides anything, and beyondScope the size of a slope that clicks on
	// ads alone cannot have.
	widestScope = 1.
	beyondScope = 1.5
	// dominantShare is the own part of a term's clicks from which on it is left
	// out.
	dominantShare = .40
	minScopeTerms = 12
	minScopeWeeks = 8
)

// TestScope tells whether ad clicks are part of the own clicks that search
// query performance counts, by how the own clicks follow the ad clicks of the
// same term and week. To keep demand out of it, both are taken per market
// click; the regression has an effect for every term and for every week,
// weights market clicks, and takes its standard error over terms as clusters
// (CR1, Student's t with terms−1). The scope is decided where the interval is
// at most 1 wide and lies on one side of ¼. Terms on which two fifths of the
// market's clicks or more are one's own, mostly one's own brand, are left out:
// there ads replace so many free clicks that included ones would look excluded.
func TestScope(cells []ScopeCell) ScopeTest {
	p := newPanel(cells)
	t := ScopeTest{Scope: ScopeUndecided, Terms: p.varied, Weeks: p.variedWeeks}
	if p.varied < minScopeTerms || p.variedWeeks < minScopeWeeks {
		t.Why = "ads were on too few terms for too few weeks; 12 terms over 8 weeks are needed"
		return t
	}
	y, x := p.within(p.y), p.within(p.x)
	var sxx, sxy float64
	for i, w := range p.w {
		sxx += w * x[i] * x[i]
		sxy += w * x[i] * y[i]
	}
	if sxx <= 1e-12*p.total {
		t.Why = "ads moved on all terms alike: nothing tells them from the week"
		return t
	}
	t.Slope = sxy / sxx
	score := make([]float64, p.terms)
	for i, w := range p.w {
		score[p.term[i]] += w * x[i] * (y[i] - t.Slope*x[i])
	}
	var meat float64
	for _, s := range score {
		meat += s * s
	}
	// Terms whose ads never varied say nothing of the slope: they are no clusters.
	// Term effects are nested in the clusters and cost no degrees of freedom
	// (Cameron and Miller 2015); week effects and the slope do.
	g, n := float64(p.varied), float64(len(p.w))
	correction := g / (g - 1) * (n - 1) / max(1, n-float64(p.weeks)-1)
	width := tQuantile(.975, g-1) * math.Sqrt(correction*meat) / sxx
	t.Low, t.High = t.Slope-width, t.Slope+width
	switch {
	case t.High-t.Low > widestScope:
		t.Why = "ads moved too little, or against too much other noise"
	case t.Low > beyondScope || t.High < -beyondScope:
		t.Why = "own clicks follow the ads by more than the ads' own clicks could: something else moves both"
	case t.Low > scopeBetween:
		t.Scope = ScopeIncluded
	case t.High < scopeBetween:
		t.Scope = ScopeExcluded
	default:
		t.Why = "the data fit both"
	}
	return t
}

// panel is cells as an unbalanced panel of terms and weeks.
type panel struct {
	term, week      []int
	x, y, w         []float64
	terms, weeks    int
	varied          int // terms whose ad clicks per market click are not all equal
	variedWeeks     int
	total           float64
	byTerm, byWeeks []float64 // weights
}

func newPanel(cells []ScopeCell) *panel {
	cells = slices.Clone(cells)
	own := map[int64]Sum{}
	for _, c := range cells {
		s := own[c.Term]
		s.Add(Cell{Known(c.OwnClicks), Known(c.MarketClicks)})
		own[c.Term] = s
	}
	cells = slices.DeleteFunc(cells, func(c ScopeCell) bool {
		share, ok := own[c.Term].Share()
		return !ok || share >= dominantShare
	})
	slices.SortFunc(cells, func(a, b ScopeCell) int { return cmp.Or(cmp.Compare(a.Term, b.Term), cmp.Compare(a.Week, b.Week)) })
	p := &panel{}
	terms, weeks := map[int64]int{}, map[int]int{}
	active := map[int]bool{}
	varied := map[int]bool{}
	first := map[int]float64{}
	for _, c := range cells {
		if c.MarketClicks <= 0 {
			continue
		}
		if _, ok := terms[c.Term]; !ok {
			terms[c.Term] = len(terms)
		}
		if _, ok := weeks[c.Week]; !ok {
			weeks[c.Week] = len(weeks)
		}
		i, w, n := terms[c.Term], weeks[c.Week], float64(c.MarketClicks)
		x := float64(c.AdClicks) / n
		p.term, p.week = append(p.term, i), append(p.week, w)
		p.x, p.y, p.w = append(p.x, x), append(p.y, float64(c.OwnClicks)/n), append(p.w, n)
		p.total += n
		if before, ok := first[i]; !ok {
			first[i] = x
		} else if before != x {
			varied[i] = true
		}
		if c.AdClicks > 0 {
			active[w] = true
		}
	}
	p.terms, p.weeks, p.varied, p.variedWeeks = len(terms), len(weeks), len(varied), len(active)
	p.byTerm, p.byWeeks = make([]float64, p.terms), make([]float64, p.weeks)
	for i, w := range p.w {
		p.byTerm[p.term[i]] += w
		p.byWeeks[p.week[i]] += w
	}
	return p
}

// within takes the weighted term and week means off v, by turns until nothing
// moves: on an unbalanced panel one turn is not enough.
func (p *panel) within(v []float64) []float64 {
	v = slices.Clone(v)
	for range 200 {
		if max(p.center(v, p.term, p.byTerm), p.center(v, p.week, p.byWeeks)) < 1e-12 {
			break
		}
	}
	return v
}

// center takes the weighted mean of each group off v and returns the largest
// that it took.
func (p *panel) center(v []float64, group []int, weights []float64) (largest float64) {
	sums := make([]float64, len(weights))
	for i, w := range p.w {
		sums[group[i]] += w * v[i]
	}
	for g := range sums {
		sums[g] /= weights[g]
		largest = max(largest, math.Abs(sums[g]))
	}
	for i := range v {
		v[i] -= sums[group[i]]
	}
	return largest
}
