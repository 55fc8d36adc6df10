package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// Discover asks Amazon what a connection reaches, records it on the connection
// and, for ads, in the account's profile dictionary, and returns the
// connection. It is called when a grant is new; its errors are those of the
// clients (lwa.ErrRevoked, lwa.ErrClient, spapi.ErrRoleMissing, …), and the
// connection's status is left to the caller.
func (in *Ingest) Discover(ctx context.Context, connection string) (Connection, error) {
	record, err := in.cfg.App.FindRecordById("connections", connection)
	if err != nil {
		return Connection{}, fmt.Errorf("find connection %s: %w", connection, err)
	}
	c, err := connectionOf(record)
	if err != nil {
		return Connection{}, err
	}
	if c.API == APISeller {
		client, err := in.sellerClient(c, nil)
		if err != nil {
			return *c, err
		}
		found, err := client.Participations(ctx)
		if err != nil {
			return *c, fmt.Errorf("ask for the marketplaces: %w", err)
		}
		return *c, in.saveMarkets(c, found)
	}
	found, err := in.findProfiles(ctx, c)
	if err != nil {
		return *c, err
	}
	err = in.cfg.Store.Use(ctx, c.Account, func(facts *history.Facts) error {
		return in.saveProfiles(ctx, facts, c, found)
	})
	return *c, err
}

// saveMarkets records participations. What a person chose to track stays; a
// new marketplace is tracked when Amazon documents the reports for it. What is
// no retail marketplace is ignored (spapi.md §4).
func (in *Ingest) saveMarkets(c *Connection, found []spapi.Participation) error {
	before := map[string]Market{}
	for _, m := range c.Markets {
		before[m.ID] = m
	}
	var lost []Market
	markets := []Market{}
	for _, p := range found {
		known, ok := marketplace.ByID(p.MarketplaceID)
		if !ok || known.Region != c.Region {
			continue
		}
		m := Market{ID: known.ID, Name: known.Name, Participating: p.Participating, Suspended: p.Suspended}
		m.Tracked = m.Trackable()
		if was, ok := before[m.ID]; ok {
			if was.Trackable() || was.Problem != "" { // only what could be chosen was a choice
				m.Tracked = was.Tracked
			}
			m.Problem, m.RetryAt = was.Problem, was.RetryAt
			switch {
			case was.Trackable() && !m.Trackable():
				m.Problem, m.RetryAt = textNotSelling, time.Time{}
				if m.Suspended {
					m.Problem = textSuspended
				}
				if m.Tracked {
					lost = append(lost, m)
				}
			case !was.Trackable() && m.Trackable():
				m.Problem = ""
			}
		}
		markets = append(markets, m)
	}
	if err := in.update(c, func(r *core.Record) { r.Set("marketplaces", markets) }); err != nil {
		return err
	}
	in.tell(c, lost)
	return nil
}

// findProfiles asks all regions of a connection for its profiles: each region
// knows its own alone (adsapi.md §2.1, trap 2). A region that refuses the
// grant has none; one that does not answer is an error, because its profiles
// would be missing for good.
func (in *Ingest) findProfiles(ctx context.Context, c *Connection) ([]AdProfile, error) {
	var (
		out     []AdProfile
		errs    []error
		reached bool
	)
	for _, region := range regionsOf(c) {
		if in.cfg.Endpoints.Ads[region] == "" {
			continue
		}
		client, err := in.adsClient(c, region)
		if err != nil {
			return nil, err
		}
		found, err := client.Profiles(ctx)
		if err != nil {
			err = fmt.Errorf("ask for the profiles of region %s: %w", region, err)
			switch judge(err) {
			case verdictForbidden, verdictRefused, verdictGone:
				errs = append(errs, err)
				continue
			}
			return nil, err
		}
		reached = true
		for _, p := range found {
			out = append(out, adProfile(p, region))
		}
	}
	if !reached {
		return nil, errors.Join(append(errs, fmt.Errorf("connection %s: no region of the Ads API answered", c.ID))...)
	}
	slices.SortFunc(out, func(a, b AdProfile) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// adProfile marks what can be fetched: sponsored ads of sellers and vendors;
// not agencies, book authors and attribution (adsapi.md trap 7).
func adProfile(p ads.Profile, region marketplace.Region) AdProfile {
	out := AdProfile{
		ID: p.ID, Name: p.Name, Country: p.Country, Currency: p.Currency, Zone: p.Zone, SellerID: p.SellerID,
		Marketplace: p.MarketplaceID, Type: p.Type, SubType: p.SubType, Region: region, Editable: p.Editable,
	}
	out.Tracked = out.Trackable()
	if m, ok := marketplace.ByCountry(p.Country); ok && out.Marketplace == "" {
		out.Marketplace = m.ID
	}
	return out
}

// saveProfiles records profiles on the connection and in the account's
// dictionary. What a person chose to track stays.
func (in *Ingest) saveProfiles(ctx context.Context, facts *history.Facts, c *Connection, found []AdProfile) error {
	before := map[int64]AdProfile{}
	for _, p := range c.Profiles {
		before[p.ID] = p
	}
	dictionary, level := []history.Profile(nil), "view"
	for i, p := range found {
		if was, ok := before[p.ID]; ok {
			found[i].Tracked = was.Tracked
		}
		if p.Editable {
			level = "edit"
		}
		if p.Type != "agency" {
			dictionary = append(dictionary, history.Profile{ID: p.ID, Marketplace: p.Marketplace, Seller: p.SellerID,
				Country: p.Country, Currency: p.Currency, Zone: p.Zone, Type: p.Type, Name: p.Name})
		}
	}
	if err := facts.SaveProfiles(ctx, dictionary); err != nil {
		return fmt.Errorf("save the profiles: %w", err)
	}
	if found == nil {
		found = []AdProfile{}
	}
	return in.update(c, func(r *core.Record) {
		r.Set("profiles", found)
		r.Set("access_level", level)
	})
}
