// Package alert keeps an account's alerts in line with its newest audit, its
// spend, its connections and the thresholds that its people set. It only finds
// causes; what becomes of an alert is package alerts' to say. The same data at
// the same instant give the same alerts.
package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/portfolio"
)

// Name is the job's name in the inventory.
const Name = "alert"

// Job keeps alerts.
type Job struct {
	app   core.App
	store *history.Store
	clock clock.Clock
}

// New returns the job over an app and its fact files.
func New(app core.App, store *history.Store, c clock.Clock) *Job {
	return &Job{app: app, store: store, clock: c}
}

// Run brings an account's alerts up to date.
func (j *Job) Run(ctx context.Context, account string) (done alerts.Changes, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return done, err
	}
	s := &scan{now: j.clock.Now().UTC(), scopes: map[scope]string{}, subjects: map[string]string{}}
	if s.portfolio, err = portfolio.Load(j.app, account); err != nil {
		return done, fmt.Errorf("alerts of account %s: %w", account, err)
	}
	err = j.store.Use(ctx, account, func(f *history.Facts) error {
		s.facts = f
		for _, read := range []func() error{
			func() error { return s.markets(ctx) },
			func() error { return s.audit(j.app, account) },
			func() error { return s.ads(ctx) },
			func() error { return s.connections(ctx, j.app, account) },
			func() error { return s.thresholds(ctx, j.app, account) },
		} {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		done, err = alerts.Apply(j.app, account, alerts.Scan{Now: s.now, Causes: s.causes, Ended: s.ended})
	}
	if err != nil {
		return done, fmt.Errorf("alerts of account %s: %w", account, err)
	}
	return done, nil
}

// scan is one run's look at an account.
type scan struct {
	now       time.Time
	facts     *history.Facts
	portfolio *portfolio.Portfolio
	weeks     []market // by marketplace
	causes    []alerts.Cause
	scopes    map[scope]string  // judged: why what was not found there has ended
	subjects  map[string]string // likewise, by the key of an alert
	standing  []string          // keys of what was neither found nor has ended
}

// scope is a kind of alert in one marketplace, or in the account.
type scope struct {
	kind        alerts.Kind
	marketplace string
}

// market is the stored weeks of one marketplace.
type market struct {
	marketplace.Marketplace
	totals []history.WeekTotal // oldest first
}

func (s *scan) markets(ctx context.Context) error {
	ids, err := s.facts.Marketplaces(ctx)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		known, ok := marketplace.ByID(id)
		if !ok {
			continue
		}
		weeks, err := s.facts.Weeks(ctx, id)
		if err != nil {
			return err
		}
		if len(weeks) == 0 {
			continue
		}
		newest := slices.Max(weeks)
		totals, err := s.facts.WeekTotals(ctx, id, newest-7*(lookBack-1), newest)
		if err != nil {
			return err
		}
		s.weeks = append(s.weeks, market{known, totals})
	}
	return nil
}

// lookBack is how many weeks a run reads: the baseline of a spend spike with
// room for sales and weeks whose ads are not complete.
const lookBack = 26

// raise adds a cause.
func (s *scan) raise(c alerts.Cause) { s.causes = append(s.causes, c) }

// judged notes that all causes of the kind in the marketplace were looked for:
// what was not found has ended, for the reason.
func (s *scan) judged(kind alerts.Kind, marketplace, reason string) {
	s.scopes[scope{kind, marketplace}] = reason
}

// ended tells of an alert that was not found whether its cause has ended.
func (s *scan) ended(kind alerts.Kind, marketplace, key string) (reason string, ok bool) {
	if slices.Contains(s.standing, key) {
		return "", false
	}
	if reason, ok := s.subjects[key]; ok {
		return reason, true
	}
	reason, ok = s.scopes[scope{kind, marketplace}]
	return reason, ok
}

// severity is critical or warning.
func severity(severe bool) alerts.Severity {
	if severe {
		return alerts.Critical
	}
	return alerts.Warning
}
