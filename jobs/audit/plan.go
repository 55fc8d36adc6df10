package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// ErrNoData means that no data of the week are stored.
var ErrNoData = errors.New("nothing is stored for the week")

// plan is what a run computes.
type plan struct {
	weeks []clock.Day // to compute, oldest first
	due   []clock.Day // of them, those that the history marked
}

func (j *Job) plan(ctx context.Context, f *history.Facts, account string) (plan, error) {
	due, err := f.AuditsDue(ctx)
	if err != nil {
		return plan{}, fmt.Errorf("list the audits that are due: %w", err)
	}
	stored, err := storedWeeks(ctx, f)
	if err != nil {
		return plan{}, err
	}
	audited, err := j.audited(account)
	if err != nil {
		return plan{}, err
	}
	complete, err := newCompleteness(ctx, f, slices.Sorted(maps.Keys(stored)))
	if err != nil {
		return plan{}, err
	}
	weeks := make(map[clock.Day]bool)
	var p plan
	for _, week := range due {
		ok, err := complete.week(ctx, f, week)
		if err != nil {
			return plan{}, err
		}
		if ok {
			p.due = append(p.due, week)
			weeks[week] = true
		}
	}
	newest, ok, err := newestComplete(ctx, f, stored, complete)
	if err != nil {
		return plan{}, err
	}
	if _, stored := audited[newest]; ok && !stored {
		weeks[newest] = true
	}
	for week, computed := range audited {
		if stateByAge(week, computed) != stateByAge(week, j.today()) {
			weeks[week] = true
		}
	}
	for _, changed := range p.due {
		for _, later := range dependents(stored, changed) {
			if _, stored := audited[later]; stored {
				weeks[later] = true
			}
		}
	}
	p.weeks = slices.Sorted(maps.Keys(weeks))
	return p, nil
}

// dependents lists the weeks after the given one whose audits compare
// themselves with it.
func dependents(stored map[string][]clock.Day, week clock.Day) (later []clock.Day) {
	for _, weeks := range stored {
		at, ok := slices.BinarySearch(weeks, week)
		if ok {
			later = append(later, weeks[at+1:min(len(weeks), at+1+lookBack)]...)
		}
	}
	return later
}

// lookBack is how many stored weeks before its own an audit reads at most.
// Some of them may hold ads alone, so it is more than the baseline needs.
const lookBack = 2 * analysis.BaselineWeeks

// storedWeeks lists the joined weeks of each marketplace, oldest first.
func storedWeeks(ctx context.Context, f *history.Facts) (map[string][]clock.Day, error) {
	ids, err := f.Marketplaces(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the stored marketplaces: %w", err)
	}
	stored := make(map[string][]clock.Day, len(ids))
	for _, id := range ids {
		weeks, err := f.Weeks(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("list the stored weeks of %s: %w", id, err)
		}
		slices.Sort(weeks)
		stored[id] = weeks
	}
	return stored, nil
}

// completeness tells which weeks have all search data that will come.
type completeness struct {
	marketplaces []string
	open         map[clock.Day]bool // weeks with a search report on its way
}

func newCompleteness(ctx context.Context, f *history.Facts, marketplaces []string) (completeness, error) {
	reports, err := f.OpenReports(ctx)
	if err != nil {
		return completeness{}, fmt.Errorf("list the open reports: %w", err)
	}
	c := completeness{marketplaces: marketplaces, open: make(map[clock.Day]bool)}
	for _, r := range reports {
		if r.Type == string(spapi.SQP) && r.Period == history.Week {
			c.open[r.Start] = true
		}
	}
	return c, nil
}

// week reports whether Amazon has answered for the week and no report of it is
// on its way: every tracked product is stored, empty, or refused for good.
func (c completeness) week(ctx context.Context, f *history.Facts, week clock.Day) (bool, error) {
	if c.open[week] {
		return false, nil
	}
	for _, id := range c.marketplaces {
		cells, err := f.SQPCoverage(ctx, id, history.Week, week, week.WeekEnd())
		if err != nil {
			return false, fmt.Errorf("read the coverage of %s: %w", id, err)
		}
		for _, cell := range cells {
			if cell.Start == week && cell.State != history.NotPublished {
				return true, nil
			}
		}
	}
	return false, nil
}

func newestComplete(ctx context.Context, f *history.Facts, stored map[string][]clock.Day, c completeness) (clock.Day, bool, error) {
	var all []clock.Day
	for _, weeks := range stored {
		all = append(all, weeks...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, week := range slices.Backward(all) {
		if ok, err := c.week(ctx, f, week); ok || err != nil {
			return week, ok, err
		}
	}
	return 0, false, nil
}

// audited lists the weeks with a stored audit and the day on which each was
// computed.
func (j *Job) audited(account string) (map[clock.Day]clock.Day, error) {
	var rows []struct {
		Week     string         `db:"week"`
		Computed types.DateTime `db:"computed"`
	}
	err := j.app.DB().Select("week", "computed").From("audits").Where(dbx.HashExp{"account": account}).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("list the stored audits: %w", err)
	}
	computed := make(map[clock.Day]clock.Day, len(rows))
	for _, r := range rows {
		week, err := clock.ParseDay(r.Week)
		if err != nil {
			return nil, fmt.Errorf("stored audit: %w", err)
		}
		computed[week] = clock.DayOf(r.Computed.Time(), time.UTC)
	}
	return computed, nil
}
