package connect

import (
	"context"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/health"
	"halotrack.ai/halotrack/internal/history"
)

// judge adds to an account's connections how their data stand.
func (c *Connect) judge(ctx context.Context, app core.App, account string, items []item) error {
	if len(items) == 0 {
		return nil
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	records, err := app.FindRecordsByIds("connections", ids)
	if err != nil {
		return fmt.Errorf("read the connections: %w", err)
	}
	byID := map[string]health.Connection{}
	list := make([]health.Connection, 0, len(records))
	for _, r := range records {
		one, err := health.ConnectionOf(r)
		if err != nil {
			return err
		}
		byID[one.ID], list = one, append(list, one)
	}
	return c.cfg.Store.Use(ctx, account, func(f *history.Facts) error {
		book, err := health.Read(ctx, f, c.cfg.Clock.Now(), list)
		if err != nil {
			return fmt.Errorf("read how the connections stand: %w", err)
		}
		book.NextPlan = c.cfg.NextPlan
		for i := range items {
			h := book.Of(byID[items[i].ID])
			items[i].Health = &h
		}
		return nil
	})
}
