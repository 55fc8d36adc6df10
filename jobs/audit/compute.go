package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

// result is one week's audit and the roll-ups of its marketplaces.
type result struct {
	week    clock.Day
	audit   *analysis.Audit
	rollups []rollup
	scores  map[string][]history.Score // by marketplace
}

type rollup struct {
	analysis.Rollup
	marketplace, currency string
	state                 analysis.State
	spend                 analysis.Count
}

// compute audits the weeks, given oldest first. It goes through one
// marketplace after the other and reads each stored week once, however many
// audits compare themselves with it.
func (j *Job) compute(ctx context.Context, f *history.Facts, account string, weeks []clock.Day) ([]result, error) {
	stored, err := storedWeeks(ctx, f)
	if err != nil {
		return nil, err
	}
	said, err := portfolio.Load(j.app, account)
	if err != nil {
		return nil, err
	}
	today := j.today()
	sections := make([][]analysis.MarketAudit, len(weeks))
	results := make([]result, len(weeks))
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		w, err := newWindow(ctx, f, said, id, stored[id])
		if err != nil {
			return nil, err
		}
		w.keep = len(weeks) > 1
		for i, week := range weeks {
			m, ok, err := w.market(ctx, week, today)
			if err != nil {
				return nil, fmt.Errorf("read week %s of %s: %w", week, id, err)
			}
			if !ok {
				continue
			}
			section, scores, err := m.Audit(w.explain(ctx, week))
			if err != nil {
				return nil, fmt.Errorf("audit week %s of %s: %w", week, id, err)
			}
			sections[i] = append(sections[i], section)
			if results[i].scores == nil {
				results[i].scores = map[string][]history.Score{}
			}
			results[i].scores[id] = w.scores(scores)
			results[i].rollups = append(results[i].rollups, rollup{m.Rollup(), id, m.Currency, m.State, m.SpendMicros})
		}
	}
	for i, week := range weeks {
		state := analysis.Final
		for _, r := range results[i].rollups {
			state = analysis.Least(state, r.state)
		}
		results[i].week = week
		results[i].audit = analysis.Compose(account, week.String(), state, sections[i])
	}
	return results, nil
}

func (j *Job) today() clock.Day { return clock.DayOf(j.clock.Now(), time.UTC) }

// stateByAge is the state of a week by its age alone.
func stateByAge(week, today clock.Day) analysis.State {
	switch age := today - week.WeekEnd(); {
	case age < 14:
		return analysis.Provisional
	case age < 42:
		return analysis.Settled
	}
	return analysis.Final
}
