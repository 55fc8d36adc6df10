package analysis

import (
	"cmp"
	"fmt"
	"slices"
)

// Watched is a term of the watch list with its stored weeks, oldest first, the
// audited one last; a week that does not list it is absent.
type Watched struct {
	Term  string
	Weeks []WatchedWeek
}

// WatchedWeek is one week of a watched term.
type WatchedWeek struct {
	Week   string
	Funnel Funnel
}

const (
	// WatchWeeks is how many stored weeks a drift is looked for in: a first
	// baseline and the run after it.
	WatchWeeks = BaselineWeeks + driftRun
	driftRun   = 26
	// driftNews is for how many weeks, the audited one included, a drift is told.
	driftNews = 4
)

// drift is an alarm of a watched term.
type drift struct {
	term        string
	step        Step
	since       int    // index of its first week
	raised      string // week of the alarm
	size        float64
	before, now Sum
}

// drifts tells which watched terms have crept away from where they were: each
// week after the first 13 gives a standard score, and a CUSUM of these
// raises the alarm that no single week could.
func (m *Market) drifts() []Finding {
	weeks := m.watchWeeks()
	if len(weeks) < BaselineWeeks+2 {
		return nil
	}
	at := make(map[string]int, len(weeks))
	for i, w := range weeks {
		at[w] = i
	}
	found := map[string]drift{}
	for _, step := range [...]Step{Click, Purchase} {
		for _, d := range m.driftsAt(step, weeks, at) {
			if old, ok := found[d.term]; !ok || d.step > old.step && d.raised >= old.raised {
				found[d.term] = d
			}
		}
	}
	list := make([]drift, 0, len(found))
	for _, d := range found {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b drift) int {
		return cmp.Or(cmp.Compare(b.raised, a.raised), cmp.Compare(b.size, a.size), cmp.Compare(a.term, b.term))
	})
	out := make([]Finding, 0, len(list))
	for _, d := range list {
		out = append(out, d.finding(weeks))
	}
	return out
}

// watchWeeks lists the weeks of the watch list, at most WatchWeeks.
func (m *Market) watchWeeks() (weeks []string) {
	for _, w := range m.Watch {
		for _, week := range w.Weeks {
			weeks = append(weeks, week.Week)
		}
	}
	slices.Sort(weeks)
	weeks = slices.Compact(weeks)
	return weeks[max(0, len(weeks)-WatchWeeks):]
}

// driftsAt charts all watched terms at one step. Each week is scored against
// all weeks of the chart before it (a self-starting CUSUM, Hawkins 1987): the
// scores of an undisturbed term are then independent of each other, so that
// its false alarms are as rare as stated. A baseline frozen after 13 weeks has
// an error of its own that every later week shares; in 26 weeks it raises five
// times as many.
func (m *Market) driftsAt(step Step, weeks []string, at map[string]int) (list []drift) {
	charts := make([]watchChart, len(m.Watch))
	for i, w := range m.Watch {
		charts[i].cells = make([]Cell, len(weeks))
		for _, week := range w.Weeks {
			if k, ok := at[week.Week]; ok && m.EventWeeks[week.Week] == "" {
				charts[i].cells[k] = week.Funnel[step]
			}
		}
	}
	for k := BaselineWeeks; k < len(weeks); k++ {
		trials := make([]Trial, len(charts))
		for i := range charts {
			trials[i] = Trial{Now: charts[i].cells[k], Before: charts[i].baseline(k)}
		}
		for i, v := range Detect(trials, Options{Only: true}).Verdicts {
			if v.Tested {
				charts[i].add(k, v.ZPrime)
			}
		}
	}
	for i, w := range m.Watch {
		c := &charts[i]
		if c.alarm == 0 || c.alarm < len(weeks)-driftNews {
			continue
		}
		d := drift{term: w.Term, step: step, since: c.drifting, raised: weeks[c.alarm], size: c.size, before: summed(c.baseline(c.drifting))}
		for k := c.drifting; k < len(weeks); k++ {
			d.now.Add(c.cells[k])
		}
		if was, ok := d.before.Share(); ok {
			if is, ok := d.now.Share(); ok && is < was {
				list = append(list, d)
			}
		}
	}
	return list
}

// watchChart is the CUSUM of one term against drops.
type watchChart struct {
	cells []Cell
	side
	alarm    int // week of the last alarm, 0 for none
	drifting int // first week of the run that raised it
	size     float64
}

// baseline is the known weeks before the given one.
func (c *watchChart) baseline(week int) (known []Cell) {
	for _, cell := range c.cells[:week] {
		if cell.Known() {
			known = append(known, cell)
		}
	}
	return known
}

func (c *watchChart) add(week int, z float64) {
	if c.side.add(-z, week) {
		c.alarm, c.drifting, c.size = week, c.since, c.sum
	}
	c.reset()
}

func (d drift) finding(weeks []string) Finding {
	before, _ := d.before.Share()
	now, _ := d.now.Share()
	n := d.now.Market
	span := [2]string{weeks[d.since], weeks[len(weeks)-1]}
	was, is := percents(before, now)
	f := Finding{Kind: Drifting, Level: LevelTerm, Step: d.step.String(), Term: d.term, Weeks: &span, ShareBefore: &before, ShareNow: &now, N: &n}
	f.Text = fmt.Sprintf("Your %s for “%s” has drifted down since the week of %s: %s then, %s over the weeks since (%s). No single week proves it; together they do not look like chance (CUSUM; a false alarm like this is to be expected once in some 30 years per watched term). An observation, not a confirmed change.",
		shareNames[d.step], d.term, span[0], was, is, points(now-before))
	return f
}
