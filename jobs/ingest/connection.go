package ingest

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// The statuses of a connection.
const (
	StatusActive       = "active"
	StatusRevoked      = "revoked"      // the grant is gone; only a new one helps
	StatusFailed       = "failed"       // does not work at present; tried again slowly
	StatusDisconnected = "disconnected" // by its owner
)

// The APIs of a connection.
const (
	APISeller = "spapi"
	APIAds    = "ads"
)

// Market is one marketplace of a Selling Partner API connection.
type Market struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Participating bool   `json:"participating"`
	Suspended     bool   `json:"suspended"`
	Tracked       bool   `json:"tracked"` // Search Query Performance is fetched
}

// AdProfile is one profile of an Ads API connection.
type AdProfile struct {
	ID          int64              `json:"id,string"`
	Name        string             `json:"name"`
	Country     string             `json:"country"` // as Amazon writes it: UK, not GB
	Currency    string             `json:"currency"`
	Zone        string             `json:"zone"` // IANA name
	SellerID    string             `json:"seller_id"`
	Marketplace string             `json:"marketplace"`
	Type        string             `json:"type"` // seller, vendor or agency
	SubType     string             `json:"sub_type,omitempty"`
	Region      marketplace.Region `json:"region"`
	Editable    bool               `json:"editable"` // the grant could change it (adsapi.md §2.3)
	Tracked     bool               `json:"tracked"`
}

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
	for field, to := range map[string]any{"marketplaces": &c.Markets, "profiles": &c.Profiles} {
		if text := r.GetString(field); text == "" || text == "null" {
			continue
		}
		if err := r.UnmarshalJSONField(field, to); err != nil {
			return nil, fmt.Errorf("read %s of connection %s: %w", field, r.Id, err)
		}
	}
	return c, nil
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
