package analysis

import (
	"fmt"
	"math"
	"strings"
)

// eventNames are one and many of each step's events.
var eventNames = [...][2]string{
	Impression: {"impression", "impressions"}, Click: {"click", "clicks"},
	CartAdd: {"cart add", "cart adds"}, Purchase: {"purchase", "purchases"},
}

// shareNames are the shares as sentences name them.
var shareNames = [...]string{Impression: "impression share", Click: "click share", CartAdd: "cart-add share", Purchase: "purchase share"}

// signedPercent prints a relative difference: "+12%", "−3%".
func signedPercent(v float64) string {
	n := int64(math.Round(v * 100))
	switch {
	case n > 0:
		return fmt.Sprintf("+%d%%", n)
	case n < 0:
		return fmt.Sprintf("−%d%%", -n)
	}
	return "0%"
}

// finding puts a confirmed change into words.
func (m *Market) finding(c *change) Finding {
	before, now, p := c.shareBefore(), c.shareNow(), c.p()
	f := Finding{Kind: c.kind(), Level: c.level, Step: c.step.String(), ShareBefore: &before, P: &p}
	verb := "rose"
	if c.drop() {
		verb = "fell"
	}
	if c.level == LevelTerm {
		f.Term = c.name
	} else {
		f.Group = c.name
		if c.level == LevelCluster {
			f.GroupName = c.group.title()
		}
	}
	if c.moneyLow.Valid {
		low := c.moneyLow.V
		f.MoneyLowMicros = &low
	}
	var b strings.Builder
	events := eventNames[c.step]
	if c.gone {
		n := c.before.Market / int64(max(1, c.before.Cells))
		f.N = &n
		was, _ := percents(before, before)
		fmt.Fprintf(&b, "“%s” fell below Amazon's cut-off: listed in %s weeks before with %s of the %s, it is in none of your products' lists this week.",
			c.name, of(c.weeks, len(m.Baseline)), was, events[1])
		b.WriteString(" Confirmed: at the earlier share, chance alone would hardly bring it below the last term that is still listed.")
	} else {
		low, high, n := c.verdict.Low, c.verdict.High, c.cell.Market.V
		f.ShareNow, f.Low, f.High, f.N = &now, &low, &high, &n
		was, is := percents(before, now)
		from, to := percents(low, high)
		fmt.Fprintf(&b, "Your %s %s %s from %s to %s (%s; 95%% interval %s to %s): %s of the market's %s this week, against %s before.",
			shareNames[c.step], c.about(), verb, was, is, points(now-before), from, to,
			thousands(c.cell.Own.V), counted(n, events[0], events[1]), counted(int64(c.weeks), "week", "weeks"))
		b.WriteString(" Confirmed: neither chance nor its usual restlessness explains it.")
	}
	if others := c.otherSteps(); others != "" {
		fmt.Fprintf(&b, " The same shows in %s.", others)
	}
	m.stakes(&b, c)
	if where := c.where(); where != "" {
		b.WriteString(" " + where)
	}
	cause, sentence := m.cause(c)
	f.Cause = cause
	if sentence != "" {
		b.WriteString(" " + sentence)
	}
	f.Text = b.String()
	return f
}

// about says whose share it is.
func (c *change) about() string {
	switch c.level {
	case LevelAccount:
		return "over all search terms"
	case LevelClass:
		return "on " + className(Class(c.name)) + " searches"
	case LevelCluster:
		return fmt.Sprintf("on the %s around “%s”", counted(int64(len(c.group.terms)), "term", "terms"), c.group.title())
	}
	return fmt.Sprintf("for “%s”", c.name)
}

func className(c Class) string {
	switch c {
	case OwnBrandTerm:
		return "your brand's"
	case CompetitorTerm:
		return "competitors'"
	}
	return "generic"
}

func (c *change) otherSteps() string {
	var names []string
	for _, step := range c.steps {
		if step != c.step {
			names = append(names, eventNames[step][1])
		}
	}
	return enumerate(names)
}

// enumerate prints a list: "a, b and c".
func enumerate(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// stakes says what the change costs or brings at least, and what demand did.
func (m *Market) stakes(b *strings.Builder, c *change) {
	effect := "more"
	if c.drop() {
		effect = "fewer"
	}
	if n := int64(math.Floor(c.purchasesLow)); n >= 1 {
		fmt.Fprintf(b, " That is at least %s %s a week", counted(n, "purchase", "purchases"), effect)
		if c.moneyLow.Valid && c.moneyLow.V > 0 {
			fmt.Fprintf(b, ", %s of margin%s", money(c.moneyLow.V, m.Currency), assumed(c.economics))
		}
		b.WriteString(" (lower 80% bound).")
	}
	if c.gone || c.before.Cells == 0 {
		return
	}
	weeks := float64(c.before.Cells)
	split, ok := SplitChange(float64(c.before.Own)/weeks, float64(c.before.Market)/weeks, float64(c.cell.Own.V), float64(c.cell.Market.V))
	if !ok || c.level != LevelTerm {
		return
	}
	switch demand := int64(math.Round(split.Demand)); {
	case demand > 0:
		fmt.Fprintf(b, " Shoppers' demand by itself added about %s.", counted(demand, eventNames[c.step][0], eventNames[c.step][1]))
	case demand < 0:
		fmt.Fprintf(b, " Shoppers' demand by itself took away about %s.", counted(-demand, eventNames[c.step][0], eventNames[c.step][1]))
	}
}

func assumed(e Economics) string {
	if e.Assumed {
		return fmt.Sprintf(" at an assumed margin of %d%%", int(math.Round(e.Margin*100)))
	}
	return ""
}
