// Package selfcheck tells, once for each new week of an account, how its
// share-change detector has behaved on the account's own past: it compares the
// scores that past audits stored with what they would be had nothing changed,
// and keeps the answer. The reckoning is that of internal/analysis.
package selfcheck

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
)

// Name is the job's name in the inventory.
const Name = "selfcheck"

// Job checks the detector.
type Job struct {
	app   core.App
	store *history.Store
	clock clock.Clock
}

// New returns the job. Results go into app's collection calibrations.
func New(app core.App, store *history.Store, c clock.Clock) *Job {
	return &Job{app: app, store: store, clock: c}
}

// Run checks anew for the account's marketplaces that have scores of a newer
// week than the last check looked at, and returns them. Scores come with weeks,
// so that is once a week.
func (j *Job) Run(ctx context.Context, account string) (marketplaces []string, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		all, err := f.Marketplaces(ctx)
		if err != nil {
			return err
		}
		for _, marketplace := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			checked, err := j.check(ctx, f, account, marketplace)
			if err != nil {
				return fmt.Errorf("marketplace %s: %w", marketplace, err)
			}
			if checked {
				marketplaces = append(marketplaces, marketplace)
			}
		}
		return nil
	})
	if err != nil {
		return marketplaces, fmt.Errorf("check the alert engine on account %s: %w", account, err)
	}
	return marketplaces, nil
}

func (j *Job) check(ctx context.Context, f *history.Facts, account, marketplace string) (bool, error) {
	newest, err := f.ScoredWeeks(ctx, marketplace, 1)
	if err != nil || len(newest) == 0 {
		return false, err
	}
	record, err := j.record(account, marketplace)
	if err != nil {
		return false, err
	}
	if !record.IsNew() {
		var before analysis.CalibrationReport
		if err := record.UnmarshalJSONField("data", &before); err != nil {
			return false, fmt.Errorf("read the stored check: %w", err)
		}
		if before.Version == analysis.CalibrationVersion && before.Through >= newest[0].String() {
			return false, nil
		}
	}
	weeks, err := f.ScoredWeeks(ctx, marketplace, analysis.CheckWeeks)
	if err != nil {
		return false, err
	}
	past, err := read(ctx, f, marketplace, weeks)
	if err != nil {
		return false, err
	}
	report := analysis.CheckItself(marketplace, weeks[0].String(), weeks[len(weeks)-1].String(), len(weeks), past)
	return true, j.save(record, report)
}

// read collects the scores by step and, of the weeks in which a step has any,
// by week.
func read(ctx context.Context, f *history.Facts, marketplace string, weeks []clock.Day) (past [4][][]analysis.PastScore, err error) {
	var last [4]clock.Day
	err = f.Scores(ctx, marketplace, weeks[0], weeks[len(weeks)-1], func(s history.Score) error {
		if s.Step < 0 || s.Step >= len(past) {
			return fmt.Errorf("a score of week %s is of step %d, which no funnel has", s.Week, s.Step)
		}
		list := &past[s.Step]
		if len(*list) == 0 || last[s.Step] != s.Week {
			*list, last[s.Step] = append(*list, nil), s.Week
		}
		week := &(*list)[len(*list)-1]
		*week = append(*week, analysis.PastScore{ZPrime: s.Z, Volume: float64(s.Expected)})
		return nil
	})
	return past, err
}

func (j *Job) record(account, marketplace string) (*core.Record, error) {
	var found []*core.Record
	err := j.app.RecordQuery("calibrations").AndWhere(dbx.HashExp{"account": account, "marketplace": marketplace}).Limit(1).All(&found)
	if err != nil {
		return nil, fmt.Errorf("find the stored check: %w", err)
	}
	if len(found) > 0 {
		return found[0], nil
	}
	collection, err := j.app.FindCachedCollectionByNameOrId("calibrations")
	if err != nil {
		return nil, err
	}
	record := core.NewRecord(collection)
	record.Set("account", account)
	record.Set("marketplace", marketplace)
	return record, nil
}

func (j *Job) save(record *core.Record, report analysis.CalibrationReport) error {
	data, err := json.Marshal(report)
	if err != nil {
		return err
	}
	computed, err := types.ParseDateTime(j.clock.Now())
	if err != nil {
		return err
	}
	record.Set("computed", computed)
	record.Set("data", types.JSONRaw(data))
	if err := j.app.Save(record); err != nil {
		return fmt.Errorf("store the check: %w", err)
	}
	return nil
}
