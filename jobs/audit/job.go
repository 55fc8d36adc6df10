// Package audit computes the weekly audits of an account from its stored weeks
// and keeps them, with their findings and the weekly roll-ups, in data.db. All
// three are derived: they can be computed again from the fact file at any time,
// and are after a kill.
package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
)

// Name is the job's name in the inventory.
const Name = "audit"

// Job computes audits.
type Job struct {
	app   core.App
	store *history.Store
	clock clock.Clock
}

// New returns the job. Results go into app's collections audits, findings and
// rollups.
func New(app core.App, store *history.Store, c clock.Clock) *Job {
	return &Job{app: app, store: store, clock: c}
}

// Run computes the audits that are due and can be: those of weeks whose data
// changed, those that compare themselves with such a week, those whose week has
// come of the age at which ads settle, and that of the newest complete week. It returns these weeks, oldest first. A week whose
// search data are still being fetched stays due.
func (j *Job) Run(ctx context.Context, account string) (weeks []clock.Day, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		p, err := j.plan(ctx, f, account)
		if err != nil || len(p.weeks) == 0 {
			return err
		}
		results, err := j.compute(ctx, f, account, p.weeks)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := ctx.Err(); err != nil {
				return err
			}
			for id, scores := range r.scores {
				if err := f.SaveScores(ctx, id, r.week, scores); err != nil {
					return err
				}
			}
			if err := j.save(account, r); err != nil {
				return fmt.Errorf("store the audit of week %s: %w", r.week, err)
			}
			if slices.Contains(p.due, r.week) {
				if err := f.AuditDone(ctx, r.week); err != nil {
					return fmt.Errorf("mark the audit of week %s done: %w", r.week, err)
				}
			}
			weeks = append(weeks, r.week)
		}
		return nil
	})
	if err != nil {
		return weeks, fmt.Errorf("audit account %s: %w", account, err)
	}
	return weeks, nil
}

// Compute returns the audit of a week as the stored data give it now, and
// stores nothing. ErrNoData is returned for a week of which nothing is stored.
func (j *Job) Compute(ctx context.Context, account string, week clock.Day) (audit *analysis.Audit, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		results, err := j.compute(ctx, f, account, []clock.Day{week.Week()})
		if err != nil {
			return err
		}
		if len(results[0].audit.Marketplaces) == 0 {
			return fmt.Errorf("%w %s", ErrNoData, week.Week())
		}
		audit = results[0].audit
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit account %s: %w", account, err)
	}
	return audit, nil
}
