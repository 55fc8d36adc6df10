// Package join rebuilds the joined weeks of an account: search share beside
// spend, per term and week. Only weeks whose facts changed are touched.
package join

import (
	"context"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/portfolio"
)

// Name is the job's name in the inventory.
const Name = "join"

// Run rebuilds the weeks of an account whose facts changed since they were
// last joined, or whose rules did, newest first, and returns them. Each week is one transaction
// that also takes it off the list, so that a kill loses nothing; when ctx ends
// or a week fails, the weeks before it are done and returned with the error.
func Run(ctx context.Context, app core.App, store *history.Store, account string) (rebuilt []history.MarketWeek, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	said, err := portfolio.Load(app, account)
	if err != nil {
		return nil, fmt.Errorf("read what account %s says of its terms and products: %w", account, err)
	}
	rules := map[string]history.JoinRules{} // by marketplace
	err = store.Use(ctx, account, func(facts *history.Facts) error {
		weeks, err := facts.DirtyWeeks(ctx)
		if err != nil {
			return fmt.Errorf("list the weeks to join: %w", err)
		}
		for _, w := range weeks {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, ok := rules[w.Marketplace]; !ok {
				rules[w.Marketplace] = said.JoinRules(w.Marketplace)
			}
			if err := facts.RebuildWeek(ctx, w.Marketplace, w.Week, rules[w.Marketplace]); err != nil {
				return fmt.Errorf("join week %s of marketplace %s: %w", w.Week, w.Marketplace, err)
			}
			rebuilt = append(rebuilt, w)
		}
		return nil
	})
	return rebuilt, err
}
