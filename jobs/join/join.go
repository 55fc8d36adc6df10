// Package join rebuilds the joined weeks of an account: search share beside
// spend, per term and week. Only weeks whose facts changed are touched.
package join

import (
	"context"
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/portfolio"
)

// Name is the job's name in the inventory.
const Name = "join"

// Run rebuilds the weeks of an account whose facts changed since they were
// last joined, or whose rules did, newest first, and returns them. Each week is one transaction
// that also takes it off the list, so that a kill loses nothing. With a new
// week comes a new scope test; where it changes what is organic, the
// marketplace's weeks are rebuilt by it and returned once more; when ctx ends
// or a week fails, the weeks before it are done and returned with the error.
func Run(ctx context.Context, app core.App, store *history.Store, account string) (rebuilt []history.MarketWeek, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	said, err := portfolio.Load(app, account)
	if err != nil {
		return nil, fmt.Errorf("read what account %s says of its terms and products: %w", account, err)
	}
	err = store.Use(ctx, account, func(facts *history.Facts) error {
		for again := true; again; {
			weeks, err := rebuild(ctx, facts, said)
			rebuilt = append(rebuilt, weeks...)
			if err != nil {
				return err
			}
			var marketplaces []string
			for _, w := range weeks {
				if !slices.Contains(marketplaces, w.Marketplace) {
					marketplaces = append(marketplaces, w.Marketplace)
				}
			}
			if again, err = testScopes(ctx, facts, marketplaces); err != nil {
				return err
			}
		}
		return nil
	})
	return rebuilt, err
}

// rebuild joins what is dirty.
func rebuild(ctx context.Context, facts *history.Facts, said *portfolio.Portfolio) (rebuilt []history.MarketWeek, err error) {
	weeks, err := facts.DirtyWeeks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the weeks to join: %w", err)
	}
	for _, w := range weeks {
		if err := ctx.Err(); err != nil {
			return rebuilt, err
		}
		if err := facts.RebuildWeek(ctx, w.Marketplace, w.Week, said.JoinRules(w.Marketplace)); err != nil {
			return rebuilt, fmt.Errorf("join week %s of marketplace %s: %w", w.Week, w.Marketplace, err)
		}
		rebuilt = append(rebuilt, w)
	}
	return rebuilt, nil
}
