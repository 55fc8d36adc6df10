package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Newest returns the newest week whose search data are complete; ok is false
// while there is none.
func (j *Job) Newest(ctx context.Context, account string) (week clock.Day, ok bool, err error) {
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		stored, err := storedWeeks(ctx, f)
		if err != nil {
			return err
		}
		complete, err := newCompleteness(ctx, f, slices.Sorted(maps.Keys(stored)))
		if err != nil {
			return err
		}
		week, ok, err = newestComplete(ctx, f, stored, complete)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("find the newest complete week of account %s: %w", account, err)
	}
	return week, ok, nil
}
