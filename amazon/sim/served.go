package sim

import (
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Personal reports whether a search term of a market was made to look like
// personal data.
func (w *World) Personal(account, marketplace, term string) bool { return false }

// ServedSQP returns what a document of a week generated at asOf holds, as
// SQPRows does, apart by whether the term looks like personal data.
func (w *World) ServedSQP(account, marketplace string, week clock.Day, asOf time.Time) (rows, personal []SQPRow) {
	return nil, nil
}

// ServedAdTerms returns what a report of a day generated at asOf holds, as
// AdTermRows does, apart by whether the term looks like personal data.
func (w *World) ServedAdTerms(profile int64, product Product, day clock.Day, asOf time.Time) (rows, personal []AdTermRow) {
	return nil, nil
}
