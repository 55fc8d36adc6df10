package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

const (
	minBaselineWeeks  = 8  // of BaselineWeeks in which an entity was observed
	minExpectedEvents = 10 // own events of the week at the baseline's share
	maxDrops          = 5
	maxGains          = 3
	maxGroups         = 5
	// smallDrop is the relative drop below which a confirmed one is folded away.
	smallDrop = .20
)

// A change is a share of a term or a roll-up that left its baseline by more
// than chance and its own restlessness explain.
type change struct {
	level   Level
	name    string
	term    *term // of a term
	group   group // of a roll-up
	step    Step
	verdict Verdict
	gone    bool // the term is no longer listed
	cell    Cell // the audited week
	before  Sum  // the baseline
	weeks   int  // of it
	// purchasesLow is at least how many own purchases a week it costs or brings.
	purchasesLow float64
	moneyLow     Count // the same in margin, micros
	economics    Economics
	steps        []Step // all at which the same change was confirmed
}

func (c *change) drop() bool { return c.verdict.Drop }

// kind is what the change is called.
func (c *change) kind() Kind {
	switch {
	case c.gone:
		return Vanished
	case c.drop():
		return ShareDrop
	}
	return ShareGain
}

func (c *change) unlisted() Unlisted {
	u := Unlisted{Kind: c.kind(), Level: c.level}
	if c.level == LevelTerm {
		u.Term = c.name
	} else {
		u.Group = c.name
	}
	return u
}

// p is the test's, one-sided in the change's direction.
func (c *change) p() float64 {
	if c.drop() {
		return c.verdict.PDrop
	}
	return c.verdict.PGain
}

// small tells whether a drop is real and yet too little for a seller's minute.
func (c *change) small(floor int64) bool {
	now, before := c.shareNow(), c.shareBefore()
	return before > 0 && math.Abs(now/before-1) < smallDrop || c.moneyLow.Valid && c.moneyLow.V < floor
}

func (c *change) shareNow() float64 {
	p, _ := c.sumNow().Share()
	return p
}

func (c *change) sumNow() (s Sum) { s.Add(c.cell); return s }

func (c *change) shareBefore() float64 {
	p, _ := c.before.Share()
	return p
}

// changes is what the detector says of all families.
type changes struct {
	drops, gains []*change // of terms: the largest loss first
	groups       []*change // of account, classes and clusters, shown before the terms
	shifted      []Step    // the steps at which the whole account moved
	shift        map[Step]Family
	untested     map[Untested]int // terms by the reason why no step of theirs was tested
	tested       int              // terms
	provable     []float64        // the smallest drops of clicks that could have been proved, of the terms tested there; 0 for none
	scores       []Score
}

// Score is how far a term's share stood from its baseline in the audited week,
// in standard deviations of what was to be expected, recentred on the account.
type Score struct {
	Term string
	Step Step
	Z    float64
	// Expected is how many own events the baseline let expect.
	Expected float64
}

// detect tests all families of the week.
func (m *Market) detect(terms []*term) changes {
	out := changes{shift: map[Step]Family{}, untested: map[Untested]int{}}
	if len(m.Baseline) < minBaselineWeeks {
		return out
	}
	options := Options{MinValue: float64(WasteFloorMicros(m.Currency)) / 5}
	found := map[*term]*change{}
	tested := map[*term]bool{}
	why := map[*term]Untested{}
	var changed [len(Steps)]map[int]*change // by place of the term
	var families [len(Steps)]Family
	var levels [3][]*change
	var work sync.WaitGroup
	turns := make(chan struct{}, 2) // at once: each family holds its trials
	for _, step := range Steps {
		work.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			trials := make([]Trial, len(terms))
			for i, t := range terms {
				trials[i] = m.termTrial(t, step)
			}
			o := options
			o.Provable = step == Click
			families[step] = Detect(trials, o)
			changed[step] = map[int]*change{}
			for i, v := range families[step].Verdicts {
				if v.Drop || v.Gain {
					changed[step][i] = m.termChange(terms[i], step, v, trials[i])
				}
			}
		})
	}
	for i, level := range [...]Level{LevelAccount, LevelClass, LevelCluster} {
		work.Go(func() { levels[i] = m.groupChanges(level, terms, options) })
	}
	work.Wait()
	for _, step := range Steps {
		family := families[step]
		out.shift[step] = family
		if family.Shift {
			out.shifted = append(out.shifted, step)
		}
		for i, v := range family.Verdicts {
			t := terms[i]
			if !v.Tested {
				why[t] = v.Why
				continue
			}
			tested[t] = true
			if step == Click {
				out.provable = append(out.provable, v.Provable)
			}
			out.scores = append(out.scores, Score{t.name, step, v.ZPrime, v.Market * v.P0})
			if c := changed[step][i]; c != nil {
				found[t] = worse(found[t], c)
			}
		}
	}
	for _, t := range terms {
		switch {
		case tested[t]:
			out.tested++
		default:
			out.untested[why[t]]++
		}
		if c := found[t]; c != nil {
			if c.drop() {
				out.drops = append(out.drops, c)
			} else {
				out.gains = append(out.gains, c)
			}
		}
	}
	out.groups = slices.Concat(levels[:]...)
	slices.SortStableFunc(out.drops, byLoss)
	slices.SortStableFunc(out.gains, byLoss)
	return out
}

// worse joins what was confirmed of one entity at several steps: the step at
// which most purchases are at stake speaks for it.
func worse(a, b *change) *change {
	if a == nil {
		return b
	}
	if a.drop() == b.drop() && b.purchasesLow > a.purchasesLow || a.drop() != b.drop() && b.step > a.step {
		b.steps = append(a.steps, b.step)
		return b
	}
	a.steps = append(a.steps, b.step)
	return a
}

func byLoss(a, b *change) int {
	return cmp.Or(cmp.Compare(b.moneyLow.V, a.moneyLow.V), cmp.Compare(b.purchasesLow, a.purchasesLow), cmp.Compare(a.p(), b.p()), cmp.Compare(a.name, b.name))
}

func (m *Market) termChange(t *term, step Step, v Verdict, trial Trial) *change {
	c := &change{level: LevelTerm, name: t.name, term: t, step: step, verdict: v, steps: []Step{step}, cell: trial.Now}
	c.before, c.weeks = summed(trial.Before), len(trial.Before)
	c.gone = v.Vanished
	c.economics = m.product(t.lead()).Economics
	c.worth(t.before(), m.before)
	return c
}

func (m *Market) groupChanges(level Level, terms []*term, options Options) (list []*change) {
	groups := m.groups(level, terms)
	found := make([]*change, len(groups))
	options.MinValue = 0
	for _, step := range Steps {
		trials := make([]Trial, len(groups))
		for i, g := range groups {
			trials[i] = m.groupTrial(g, step)
		}
		for i, v := range Detect(trials, options).Verdicts {
			if v.Drop || v.Gain {
				c := &change{level: level, name: groups[i].name, group: groups[i], step: step, verdict: v, steps: []Step{step}, cell: trials[i].Now}
				c.before, c.weeks = summed(trials[i].Before), len(trials[i].Before)
				c.worth(groups[i].before(), m.before)
				found[i] = worse(found[i], c)
			}
		}
	}
	for _, c := range found {
		if c != nil {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, byLoss)
	return list
}

func (g group) before() (s Sums) {
	for _, t := range g.terms {
		for i := range t.past {
			s.Add(t.past[i].counts.funnel())
		}
	}
	return s
}

func summed(cells []Cell) (s Sum) {
	for _, c := range cells {
		s.Add(c)
	}
	return s
}

// worth turns the lower bound of own events lost or won a week into purchases,
// at the entity's own rate over the baseline, or the account's where the entity
// has none, and these into margin.
func (c *change) worth(own, account Sums) {
	rate := func(s Sums) float64 {
		if s[c.step].Own <= 0 {
			return 0
		}
		return min(1, float64(s[Purchase].Own)/float64(s[c.step].Own))
	}
	r := rate(own)
	if r == 0 {
		r = rate(account)
	}
	events := c.verdict.GainLow
	if c.drop() {
		events = c.verdict.LossLow
	}
	c.purchasesLow = max(0, events) * r
	if c.economics.Known() {
		c.moneyLow = Known(int64(math.Round(c.purchasesLow * float64(c.economics.PriceMicros) * c.economics.Margin)))
	}
}

// reach says what the week's tests could do.
func (c changes) reach() Tested {
	t := Tested{Terms: c.tested, FalseDiscoveryRate: defaultFDR}
	var provable []float64
	for _, p := range c.provable {
		if p > 0 {
			provable = append(provable, p)
		} else {
			provable = append(provable, 1) // not even its disappearance
		}
	}
	if len(provable) > 0 {
		slices.Sort(provable)
		median := sortedQuantile(provable, .5)
		t.SmallestProvableDrop = &median
	}
	return t
}

// shiftFinding is the one finding of an account that moved as a whole.
func (m *Market) shiftFinding(found changes) (f Finding, ok bool) {
	if len(found.shifted) == 0 {
		return Finding{}, false
	}
	names := make([]string, 0, len(found.shifted))
	tested, down := int64(0), 0
	for _, step := range found.shifted {
		names = append(names, eventNames[step][1])
		family := found.shift[step]
		tested = max(tested, int64(family.Tested))
		if family.Median < 0 {
			down++
		}
	}
	direction := "both ways"
	switch down {
	case 0:
		direction = "up"
	case len(names):
		direction = "down"
	}
	f = Finding{Kind: AccountShift, Level: LevelAccount, Step: found.shifted[len(found.shifted)-1].String(), N: &tested}
	f.Text = fmt.Sprintf("Everything moved at once: the shares of %s went %s together, at %s. Before looking at single terms ask what all have in common: the season, prices, stock, a suppressed listing, or a change in how Amazon counts. Single terms are named only where they moved beyond that.",
		counted(tested, "term", "terms"), direction, enumerate(names))
	return f, true
}
