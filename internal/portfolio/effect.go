package portfolio

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Effect is what has to be derived anew after a change of the portfolio. The
// zero Effect is nothing.
type Effect struct {
	// Join: the joined weeks, all of them, and with them their audits.
	Join bool
	// Money: the audits that people act on, those of the newest weeks: prices
	// and margins changed, or the watch list.
	Money bool
	// Days: the audits of these days' weeks, and of the weeks that compare
	// themselves with them.
	Days *Span
}

// and is what either of two changes of products has derived anew.
func (e Effect) and(o Effect) Effect {
	return Effect{Join: e.Join || o.Join, Money: e.Money || o.Money}
}

// Span are the days from From to To.
type Span struct{ From, To clock.Day }

// moneyWeeks is how many of the newest weeks hold findings that people still
// act on: the provisional ones and the settled one after them.
const moneyWeeks = 6

// Mark has the next run of the jobs derive what the effect says. It is called
// once the change is stored.
func (e Effect) Mark(ctx context.Context, store *history.Store, account string) error {
	if e == (Effect{}) {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // the change is stored, whoever still waits for the answer
	err := store.Use(ctx, account, func(f *history.Facts) error {
		if e.Join {
			return f.MarkAllDirty(ctx)
		}
		markets, err := f.Marketplaces(ctx)
		if err != nil {
			return err
		}
		due := map[clock.Day]bool{}
		for _, market := range markets {
			weeks, err := f.Weeks(ctx, market)
			if err != nil {
				return err
			}
			for i, week := range weeks { // newest first
				if e.Money && i < moneyWeeks || e.Days != nil && week <= e.Days.To && week.WeekEnd() >= e.Days.From {
					due[week] = true
				}
			}
		}
		var list []clock.Day
		for week := range due {
			list = append(list, week)
		}
		if len(list) == 0 {
			return nil
		}
		slices.Sort(list)
		return f.MarkAuditsDue(ctx, list)
	})
	if err != nil {
		return fmt.Errorf("the change is stored, but what rests on it is not marked to be derived anew; make it again: %w", err)
	}
	return nil
}
