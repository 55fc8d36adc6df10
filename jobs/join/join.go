// Package join rebuilds the joined weeks of an account: search share beside
// spend, per term and week. Only weeks whose facts changed are touched.
package join

import (
	"context"
	"fmt"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
)

// Name is the job's name in the inventory.
const Name = "join"

// Run rebuilds the weeks of an account whose facts changed since they were
// last joined, newest first, and returns them. Each week is one transaction
// that also takes it off the list, so that a kill loses nothing; when ctx ends
// or a week fails, the weeks before it are done and returned with the error.
func Run(ctx context.Context, app core.App, store *history.Store, account string) (rebuilt []history.MarketWeek, err error) {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return nil, err
	}
	words, err := brandWords(app, account)
	if err != nil {
		return nil, err
	}
	rules := history.JoinRules{Classify: classify(words)}
	err = store.Use(ctx, account, func(facts *history.Facts) error {
		weeks, err := facts.DirtyWeeks(ctx)
		if err != nil {
			return fmt.Errorf("list the weeks to join: %w", err)
		}
		for _, w := range weeks {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := facts.RebuildWeek(ctx, w.Marketplace, w.Week, rules); err != nil {
				return fmt.Errorf("join week %s of marketplace %s: %w", w.Week, w.Marketplace, err)
			}
			rebuilt = append(rebuilt, w)
		}
		return nil
	})
	return rebuilt, err
}

// brandWords reads the words that make a search a brand search: they decide
// the class of a term.
func brandWords(app core.App, account string) ([]string, error) {
	record, err := app.FindRecordById("accounts", account)
	if err != nil {
		return nil, fmt.Errorf("find account %s: %w", account, err)
	}
	var words []string
	if text := record.GetString("brand_words"); text == "" || text == "null" {
		return nil, nil
	}
	if err := record.UnmarshalJSONField("brand_words", &words); err != nil {
		return nil, fmt.Errorf("read the brand words of account %s: %w", account, err)
	}
	out := words[:0]
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out, nil
}
