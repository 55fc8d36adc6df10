package ingest

import "time"

// The classes of failed reports, as the ledger keeps them. The class decides
// whether the same thing is asked for again.
const (
	classOurs      = "ours"          // Amazon calls the request wrong: never again
	classNotYet    = "not published" // again later
	classAmbiguous = "ambiguous"     // Amazon's generic refusal of a week that is old enough
	classForbidden = "forbidden"     // no permission for this profile
	classDocument  = "document"      // an answer that cannot be read; kept sealed
	classAmazon    = "amazon"        // FAILED with a reason, or gave up answering
	classDeadline  = "deadline"      // still running when its time was over
)

// failures is what went wrong with one target since it was last answered.
type failures struct {
	Count int
	Class string    // of the last
	Last  time.Time // when it ended
}

// retryRule says how often and when a class is tried again.
type retryRule struct {
	pause, longest time.Duration // the pause doubles with each failure
	tries          int           // including the first
}

var retryRules = map[string]retryRule{
	classOurs:      {tries: 1},
	classNotYet:    weekRetry, // of a period: see retries
	classAmbiguous: {pause: 7 * 24 * time.Hour, longest: 7 * 24 * time.Hour, tries: 2},
	classForbidden: {pause: 24 * time.Hour, longest: 7 * 24 * time.Hour, tries: 6},
	classDocument:  {pause: 24 * time.Hour, longest: 24 * time.Hour, tries: 3},
	classAmazon:    {pause: time.Hour, longest: 24 * time.Hour, tries: 6},
	classDeadline:  {pause: time.Hour, longest: 24 * time.Hour, tries: 6},
}

// retryAt returns when a target that failed so is asked for again; ok is false
// when it is not, until something changes.
func (f failures) retryAt() (at time.Time, ok bool) {
	if f.Count == 0 {
		return time.Time{}, true
	}
	rule, known := retryRules[f.Class]
	if !known {
		rule = retryRules[classAmazon]
	}
	return f.retryUnder(rule)
}

// retryUnder is retryAt under a given rule.
func (f failures) retryUnder(rule retryRule) (at time.Time, ok bool) {
	if f.Count == 0 {
		return time.Time{}, true
	}
	if f.Count >= rule.tries {
		return time.Time{}, false
	}
	pause := rule.longest
	if n := f.Count - 1; n < 10 {
		pause = min(rule.pause<<n, rule.longest)
	}
	return f.Last.Add(pause), true
}

// add counts one more failure.
func (f failures) add(class string, at time.Time) failures {
	f.Count++
	if !at.Before(f.Last) {
		f.Class, f.Last = class, at
	}
	return f
}
