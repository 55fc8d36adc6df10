package waitlist

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/invitations"
)

// Capacity is how many accounts this installation is to carry, and how many it
// does.
type Capacity struct {
	Places   int `json:"places"`   // 0: nobody set a figure
	Accounts int `json:"accounts"` // that exist
	Invited  int `json:"invited"`  // invitations to a new account that are open
	Free     int `json:"free"`     // places that are neither; 0 without a figure
}

// CapacityOf reads the figure and what is used of it.
func CapacityOf(app core.App, now time.Time) (c Capacity, err error) {
	rows, err := app.FindRecordsByFilter("capacity", "id != ''", "-at,-@rowid", 1, 0)
	if err != nil {
		return c, fmt.Errorf("read the capacity: %w", err)
	}
	if len(rows) > 0 {
		c.Places = rows[0].GetInt("places")
	}
	accounts, err := app.CountRecords("accounts")
	if err != nil {
		return c, fmt.Errorf("count the accounts: %w", err)
	}
	open, err := invitations.Open(app, "", now)
	if err != nil {
		return c, err
	}
	c.Accounts, c.Invited = int(accounts), len(open)
	if c.Places > 0 {
		c.Free = c.Places - c.Accounts - c.Invited
	}
	return c, nil
}

// SetCapacity sets the figure; by is the user who does. 0 takes it away.
func SetCapacity(app core.App, places int, by string, now time.Time) error {
	collection, err := app.FindCachedCollectionByNameOrId("capacity")
	if err != nil {
		return err
	}
	r := core.NewRecord(collection)
	r.Set("places", places)
	r.Set("set_by", by)
	r.Set("at", now)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("set the capacity: %w", err)
	}
	return nil
}
