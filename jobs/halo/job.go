// Package halo estimates, once a week at most, what an account's ads do to its
// organic sales, and keeps the answer with the conditions it met or missed. The
// models are those of internal/analysis/halo; here their panel is read from the
// settled weeks.
package halo

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/analysis/halo"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/portfolio"
)

// Name is the job's name in the inventory.
const Name = "halo"

// pause is how long a result stands, whatever weeks come: weekly data say
// nothing new within a week, and the models read two years of them.
const pause = 7 * 24 * time.Hour

// Result is what is stored of a marketplace.
type Result struct {
	Version      int                     `json:"version"` // of this shape
	Marketplace  string                  `json:"marketplace"`
	From         string                  `json:"from"`        // first week read
	Through      string                  `json:"through"`     // the newest settled one
	Weeks        int                     `json:"weeks"`       // settled, with search data
	WholeWeeks   int                     `json:"whole_weeks"` // of them, those whose ads are stored for every day
	Scope        analysis.Scope          `json:"scope"`       // whether search counts hold the clicks on ads
	Lift         halo.LiftResult         `json:"lift"`
	Displacement halo.DisplacementResult `json:"displacement"`
	Events       halo.EventStudy         `json:"events"`
}

// Job runs the models.
type Job struct {
	app   core.App
	store *history.Store
	clock clock.Clock
}

// New returns the job. Results go into app's collection halo_results.
func New(app core.App, store *history.Store, c clock.Clock) *Job {
	return &Job{app: app, store: store, clock: c}
}

// Run estimates anew for the account's marketplaces of which weeks have settled
// since, if the last time was a week ago or more, and returns them.
func (j *Job) Run(ctx context.Context, account string) (marketplaces []string, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		all, err := f.Marketplaces(ctx)
		if err != nil {
			return err
		}
		var words *portfolio.Portfolio
		for _, marketplace := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			record, through, err := j.due(ctx, f, account, marketplace)
			if err != nil {
				return err
			}
			if record == nil {
				continue
			}
			if words == nil {
				if words, err = portfolio.Load(j.app, account); err != nil {
					return err
				}
			}
			r, err := compute(ctx, f, words, marketplace, through)
			if err != nil {
				return fmt.Errorf("marketplace %s: %w", marketplace, err)
			}
			if err := j.save(record, r); err != nil {
				return fmt.Errorf("store the estimates of marketplace %s: %w", marketplace, err)
			}
			marketplaces = append(marketplaces, marketplace)
		}
		return nil
	})
	if err != nil {
		return marketplaces, fmt.Errorf("estimate the halo of account %s: %w", account, err)
	}
	return marketplaces, nil
}

// due returns the record to fill and the newest settled week, or no record where
// there is nothing new to say yet.
func (j *Job) due(ctx context.Context, f *history.Facts, account, marketplace string) (*core.Record, clock.Day, error) {
	record, err := j.record(account, marketplace)
	if err != nil {
		return nil, 0, err
	}
	if !record.IsNew() && j.clock.Now().Sub(record.GetDateTime("computed").Time()) < pause {
		return nil, 0, nil
	}
	weeks, err := f.Weeks(ctx, marketplace)
	if err != nil || len(weeks) == 0 {
		return nil, 0, err
	}
	through, ok, err := newestSettled(ctx, f, marketplace, weeks)
	if err != nil || !ok {
		return nil, 0, err
	}
	if record.IsNew() {
		return record, through, nil
	}
	var before Result
	if err := json.Unmarshal([]byte(record.GetString("data")), &before); err != nil {
		return nil, 0, fmt.Errorf("read the stored estimates of marketplace %s: %w", marketplace, err)
	}
	if before.Version == version && before.Through >= through.String() {
		return nil, 0, nil
	}
	return record, through, nil
}

// version is that of Result: another one is computed anew.
const version = 1

// newestSettled looks back from the newest stored week.
func newestSettled(ctx context.Context, f *history.Facts, marketplace string, weeks []clock.Day) (clock.Day, bool, error) {
	newest := slices.Max(weeks)
	totals, err := f.WeekTotals(ctx, marketplace, newest-26*7, newest)
	if err != nil {
		return 0, false, err
	}
	through, ok := clock.Day(0), false
	for _, t := range totals {
		if t.State != history.Provisional && (!ok || t.Week > through) {
			through, ok = t.Week, true
		}
	}
	return through, ok, nil
}

func (j *Job) record(account, marketplace string) (*core.Record, error) {
	var found []*core.Record
	err := j.app.RecordQuery("halo_results").AndWhere(dbx.HashExp{"account": account, "marketplace": marketplace}).Limit(1).All(&found)
	if err != nil {
		return nil, fmt.Errorf("find stored estimates: %w", err)
	}
	if len(found) > 0 {
		return found[0], nil
	}
	collection, err := j.app.FindCachedCollectionByNameOrId("halo_results")
	if err != nil {
		return nil, err
	}
	record := core.NewRecord(collection)
	record.Set("account", account)
	record.Set("marketplace", marketplace)
	return record, nil
}

func (j *Job) save(record *core.Record, r *Result) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	computed, err := types.ParseDateTime(j.clock.Now())
	if err != nil {
		return err
	}
	record.Set("computed", computed)
	record.Set("data", types.JSONRaw(data))
	return j.app.Save(record)
}

// compute runs both models and the event study.
func compute(ctx context.Context, f *history.Facts, p *portfolio.Portfolio, marketplace string, through clock.Day) (*Result, error) {
	read, err := readPanel(ctx, f, p, marketplace, through)
	if err != nil {
		return nil, err
	}
	seed := fnv.New64a()
	fmt.Fprint(seed, marketplace, through)
	o := halo.Options{Seed: seed.Sum64()}
	return &Result{
		Version: version, Marketplace: marketplace, From: read.from.String(), Through: through.String(), Weeks: read.searched, WholeWeeks: read.whole, Scope: read.scope,
		Lift: halo.Lift(read.panel, o), Displacement: halo.Displacement(read.panel, o), Events: halo.Events(read.panel),
	}, nil
}
