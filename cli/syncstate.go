package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/health"
	"halotrack.ai/halotrack/internal/history"
)

// accountState is what sync tells of one account.
type accountState struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Connections []connectionState `json:"connections"`
}

// connectionState is what sync tells of one connection.
type connectionState struct {
	ID       string `json:"id"`
	API      string `json:"api"`
	Region   string `json:"region"` // empty: all
	SellerID string `json:"sellerId,omitempty"`
	Status   string `json:"status"`
	// Reports are those that ended while the command ran.
	Reports  health.Reports `json:"reports"`
	InFlight int            `json:"inFlight"` // under way at Amazon or to be downloaded
	Waiting  int            `json:"waiting"`  // due, but a quota or a pause is in the way
	Health   health.Health  `json:"health"`
}

// accountStates tells how the connections of an account, or of all for "",
// stand after a sync that began at began. Those that people ended are left out.
func (a *appliance) accountStates(ctx context.Context, only string, began time.Time) ([]accountState, error) {
	ids, err := a.accounts(only)
	if err != nil {
		return nil, fmt.Errorf("list the accounts: %w", err)
	}
	list := []accountState{}
	for _, id := range ids {
		state, err := a.accountState(ctx, id, began)
		if err != nil {
			return nil, err
		}
		if len(state.Connections) > 0 || only != "" {
			list = append(list, state)
		}
	}
	return list, nil
}

func (a *appliance) accountState(ctx context.Context, id string, began time.Time) (accountState, error) {
	account, err := a.App.FindRecordById("accounts", id)
	if err != nil {
		return accountState{}, fmt.Errorf("find account %s: %w", id, err)
	}
	out := accountState{ID: id, Name: account.GetString("name"), Connections: []connectionState{}}
	records, err := a.App.FindRecordsByFilter("connections", "account = {:account} && status != {:ended}", "created,id", 0, 0,
		dbx.Params{"account": id, "ended": grants.StatusDisconnected})
	if err != nil || len(records) == 0 {
		return out, err
	}
	var connections []health.Connection
	for _, r := range records {
		c, err := health.ConnectionOf(r)
		if err != nil {
			return out, err
		}
		connections = append(connections, c)
	}
	err = a.Store.Use(ctx, id, func(f *history.Facts) error {
		book, err := health.Read(ctx, f, a.Clock.Now(), connections)
		if err != nil {
			return err
		}
		ended, err := f.Ended(ctx, began)
		if err != nil {
			return err
		}
		book.NextPlan = a.Ingest.NextPlan
		for _, c := range connections {
			h := book.Of(c)
			out.Connections = append(out.Connections, connectionState{
				ID: c.ID, API: c.API, Region: c.Region, SellerID: c.SellerID, Status: c.Status,
				Reports: health.Count(ended, c), InFlight: h.Queue.Open - h.Queue.Planned, Waiting: h.Queue.Waiting + h.Queue.Planned, Health: h,
			})
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read how account %s stands: %w", id, err)
	}
	return out, nil
}
