package analysis

import "fmt"

// Notice is what an alert tells a person: what happened, what it means and what
// to do.
type Notice struct {
	Text, Meaning, ToDo string
	Severe              bool
	MoneyLowMicros      Count // at least this much a week is at stake; invalid where that cannot be told
}

// Judgement is what a rule makes of the data.
type Judgement int

// The judgements. What is not judged neither raises an alert nor ends one.
const (
	NotJudged Judgement = iota
	Clear
	Raised
)

// severeFloors is how many times the floor of money makes a loss severe.
const severeFloors = 20

func severe(micros int64, currency string) bool {
	return micros >= severeFloors*WasteFloorMicros(currency)
}

// Alerting tells whether a finding of this kind is told as an alert: what was
// confirmed to have got worse, or drifts. Gains and money findings are read in
// the audit.
func Alerting(f Finding) bool {
	switch f.Kind {
	case ShareDrop, Vanished, Drifting, AccountShift:
		return true
	}
	return false
}

// FindingNotice puts a finding that alerts into a notice.
func FindingNotice(f Finding, currency string) Notice {
	n := Notice{Text: f.Text, Meaning: meaning(f), ToDo: noticeToDo(f)}
	if f.MoneyLowMicros != nil {
		n.MoneyLowMicros = Known(*f.MoneyLowMicros)
	}
	n.Severe = f.Kind == AccountShift || f.Kind == ShareDrop && f.Level == LevelAccount || severe(n.MoneyLowMicros.V, currency)
	return n
}

func meaning(f Finding) string {
	switch f.Kind {
	case AccountShift:
		return "One cause that all terms share is far likelier than many single ones. Terms are not alerted one by one for it."
	case Drifting:
		return "Week after week a little is lost, too little for one week to prove. A chart of an undisturbed term raises such an alarm about once in 30 years."
	case Vanished:
		return "Shoppers who search for it no longer see you, or hardly."
	}
	part := fmt.Sprintf("Of all changes that are called confirmed about %.0f %% are expected to be false.", defaultFDR*100)
	switch f.Level {
	case LevelAccount:
		return "You are losing ground over all searches together, not on a few. " + part
	case LevelClass, LevelCluster:
		return "The terms of this group are losing ground together, so look for a cause that they share. " + part
	}
	return "Shoppers who search for it choose others more often than before. " + part
}

func noticeToDo(f Finding) string {
	if do := todo(f); do != "" {
		return do
	}
	switch f.Kind {
	case AccountShift:
		return "Check prices, stock, suppressed listings and the calendar of sales first; enter a sale or a stock-out in the calendar, so that later weeks are judged rightly."
	case ShareDrop, Vanished:
		return "Open the audit of the week and look at what its terms have in common: product, price, stock or ads."
	}
	return "Open the audit of the week."
}
