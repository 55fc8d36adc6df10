package ingest

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/grants"
)

// The statuses and APIs of a connection.
const (
	StatusActive       = grants.StatusActive
	StatusRevoked      = grants.StatusRevoked
	StatusFailed       = grants.StatusFailed
	StatusDisconnected = grants.StatusDisconnected

	APISeller = grants.APISeller
	APIAds    = grants.APIAds
)

// What a connection reaches.
type (
	Market    = grants.Market
	AdProfile = grants.AdProfile
)

// Connection is one grant to Amazon, as the record of the collection
// connections holds it. It has no secret: those lie in the vault.
type Connection struct {
	ID, Account    string
	API            string
	Region         marketplace.Region // empty: all regions (ads only)
	SellerID       string             // spapi only
	ClientID       string             // empty: the configured application
	Status, Reason string
	GrantedAt      time.Time
	LastSync       time.Time // last recorded exchange with Amazon
	Markets        []Market
	Profiles       []AdProfile
}

// connectionOf reads a record of the collection connections.
func connectionOf(r *core.Record) (*Connection, error) {
	c := &Connection{
		ID:        r.Id,
		Account:   r.GetString("account"),
		API:       r.GetString("api"),
		Region:    marketplace.Region(r.GetString("region")),
		SellerID:  r.GetString("seller_id"),
		ClientID:  r.GetString("client_id"),
		Status:    r.GetString("status"),
		Reason:    r.GetString("status_text"),
		GrantedAt: r.GetDateTime("granted_at").Time(),
		LastSync:  r.GetDateTime("last_sync").Time(),
	}
	var err error
	if c.Markets, err = grants.Markets(r); err != nil {
		return nil, err
	}
	c.Profiles, err = grants.Profiles(r)
	return c, err
}

// connections lists the connections of an account, or of all accounts for "",
// that are active or failed, by account and age.
func (in *Ingest) connections(account string) ([]*Connection, error) {
	filter, params := "(status = 'active' || status = 'failed')", dbx.Params{}
	if account != "" {
		filter, params = filter+" && account = {:account}", dbx.Params{"account": account}
	}
	records, err := in.cfg.App.FindRecordsByFilter("connections", filter, "account,created,id", 0, 0, params)
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	var out []*Connection
	for _, r := range records {
		c, err := connectionOf(r)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// update changes the stored connection, and c with it, in one transaction.
func (in *Ingest) update(c *Connection, change func(*core.Record)) error {
	err := in.cfg.App.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById("connections", c.ID)
		if err != nil {
			return err
		}
		change(r)
		if err := tx.Save(r); err != nil {
			return err
		}
		now, err := connectionOf(r)
		if err != nil {
			return err
		}
		*c = *now
		return nil
	})
	if err != nil {
		return fmt.Errorf("save connection %s: %w", c.ID, err)
	}
	return nil
}

// setStatus records that the connection changed its status, and tells the
// world once: only the change itself notifies, however many requests meet the
// same refusal.
func (in *Ingest) setStatus(c *Connection, status, reason string) error {
	if c.Status == status && c.Reason == reason {
		return nil
	}
	changed := false
	err := in.update(c, func(r *core.Record) {
		was := r.GetString("status")
		if was == StatusDisconnected || was == StatusRevoked && status == StatusFailed {
			return // what a person or Amazon ended stays ended
		}
		changed = was != status
		r.Set("status", status)
		r.Set("status_text", reason)
	})
	if err != nil {
		return err
	}
	if changed && status != StatusActive && in.cfg.Notify != nil {
		in.cfg.Notify(*c, reason)
	}
	return nil
}
