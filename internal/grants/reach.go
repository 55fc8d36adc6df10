package grants

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Market is one marketplace of a Selling Partner API connection.
type Market struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Participating bool   `json:"participating"`
	Suspended     bool   `json:"suspended"`
	Tracked       bool   `json:"tracked"` // Search Query Performance is fetched

	// Problem says why this marketplace gives no reports although others may,
	// and what to do; empty where it does or is not tried.
	Problem string `json:"problem"`
	// RetryAt is before when nothing is asked for; zero: it is asked for as
	// usual.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// Trackable reports whether there is anything to fetch.
func (m Market) Trackable() bool {
	known, ok := marketplace.ByID(m.ID)
	return ok && known.SQP && m.Participating && !m.Suspended
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

// Trackable reports whether the profile has sponsored ads of sellers or
// vendors; agencies, book authors and attribution have none (adsapi.md trap 7).
func (p AdProfile) Trackable() bool {
	return (p.Type == "seller" || p.Type == "vendor") && p.SubType != "KDP_AUTHOR" && p.SubType != "AMAZON_ATTRIBUTION"
}

// Markets reads the marketplaces of a connection's record.
func Markets(r *core.Record) ([]Market, error) { return field[Market](r, "marketplaces") }

// Profiles reads the ads profiles of a connection's record.
func Profiles(r *core.Record) ([]AdProfile, error) { return field[AdProfile](r, "profiles") }

func field[T any](r *core.Record, name string) (out []T, err error) {
	if text := r.GetString(name); text == "" || text == "null" {
		return nil, nil
	}
	if err := r.UnmarshalJSONField(name, &out); err != nil {
		return nil, fmt.Errorf("read %s of connection %s: %w", name, r.Id, err)
	}
	return out, nil
}

// keepChoice lets what a person chose to track with the older grant hold for
// the newer one.
func keepChoice(newer, older *core.Record) error {
	markets, err := Markets(newer)
	if err != nil {
		return err
	}
	profiles, err := Profiles(newer)
	if err != nil {
		return err
	}
	oldMarkets, err := Markets(older)
	if err != nil {
		return err
	}
	oldProfiles, err := Profiles(older)
	if err != nil {
		return err
	}
	// Only what could be chosen was a choice.
	for i, m := range markets {
		for _, was := range oldMarkets {
			if was.ID == m.ID && was.Trackable() && m.Trackable() {
				markets[i].Tracked = was.Tracked
			}
		}
	}
	for i, p := range profiles {
		for _, was := range oldProfiles {
			if was.ID == p.ID && was.Trackable() && p.Trackable() {
				profiles[i].Tracked = was.Tracked
			}
		}
	}
	if markets != nil {
		newer.Set("marketplaces", markets)
	}
	if profiles != nil {
		newer.Set("profiles", profiles)
	}
	return nil
}

// Mismatches compares the sellers of an account's live connections: in each
// region where ads profiles name sellers, a Selling Partner API connection's
// seller should be one of them. It returns, by connection, what to tell its
// owner; both sides of a disagreement are told.
func Mismatches(connections []*core.Record) (map[string]string, error) {
	type side struct {
		connection string
		sellers    map[string]bool
	}
	ads := map[marketplace.Region][]side{}
	for _, c := range connections {
		if c.GetString("api") != APIAds || c.GetString("status") == StatusDisconnected {
			continue
		}
		profiles, err := Profiles(c)
		if err != nil {
			return nil, err
		}
		sellers := map[marketplace.Region]map[string]bool{}
		for _, p := range profiles {
			if p.Type != "seller" || p.SellerID == "" {
				continue
			}
			if sellers[p.Region] == nil {
				sellers[p.Region] = map[string]bool{}
			}
			sellers[p.Region][p.SellerID] = true
		}
		for region, ids := range sellers {
			ads[region] = append(ads[region], side{c.Id, ids})
		}
	}
	out := map[string]string{}
	for _, c := range connections {
		if c.GetString("api") != APISeller || c.GetString("status") == StatusDisconnected {
			continue
		}
		seller, sides := c.GetString("seller_id"), ads[marketplace.Region(c.GetString("region"))]
		found := len(sides) == 0
		for _, s := range sides {
			found = found || s.sellers[seller]
		}
		if found {
			continue
		}
		out[c.Id] = "The seller id " + seller + " is none of those that the connected Ads profiles of this region belong to. " +
			"If it was mistyped, connect again with the Merchant Token of Seller Central's account page; else the two connections belong to different businesses, and share and spend would be mixed."
		for _, s := range sides {
			out[s.connection] = "None of this region's profiles belongs to the seller " + seller + " that is connected to the Selling Partner API. " +
				"Check that both connections belong to the same business."
		}
	}
	return out, nil
}
