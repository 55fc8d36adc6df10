package ingest

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/history"
)

// adsFlow is the flow of an Ads API connection, over all its regions.
type adsFlow struct {
	*pass
	clients map[marketplace.Region]adReporting
	mine    map[int64]AdProfile // what this pass fetches, by profile id
	extent  adsExtent           // of the plan being made
}

func newAds(p *pass) (*adsFlow, error) {
	f := &adsFlow{pass: p, clients: map[marketplace.Region]adReporting{}}
	f.share()
	return f, p.in.reachable(p.conn)
}

// reachable reports why none of an ads connection's regions can be asked.
func (in *Ingest) reachable(c *Connection) error {
	for _, region := range regionsOf(c) {
		if in.cfg.Endpoints.Ads[region] != "" {
			return nil
		}
	}
	return fmt.Errorf("connection %s: the Ads API is not reachable in any of its regions", c.ID)
}

// settle implements flow: nothing is learned beside reports.
func (f *adsFlow) settle(context.Context) error { return nil }

// profile returns a profile that this pass fetches.
func (f *adsFlow) profile(id int64) (AdProfile, bool) {
	p, ok := f.mine[id]
	return p, ok
}

// client returns the reporting service of a region.
func (f *adsFlow) client(region marketplace.Region) (adReporting, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[region]; c != nil {
		return c, nil
	}
	c, err := f.in.adsClient(f.conn, region)
	if err == nil {
		f.clients[region] = c
	}
	return c, err
}

// quota returns the bucket of an operation: Amazon's limits are per region,
// and refusals of one report type say nothing about another (adsapi.md §1.4).
func (f *adsFlow) quota(operation string, region marketplace.Region, t string) quota {
	return quota{"ads." + operation, string(region) + "/" + t}
}

// owns implements flow.
func (f *adsFlow) owns(r history.Report) bool {
	if r.API != history.Ads {
		return false
	}
	_, ok := f.profile(r.Profile)
	return ok
}

// discover implements flow. A connection that failed and whose profiles are
// fetched over another one meanwhile is asked for them all the same: it would
// never be found to work again.
func (f *adsFlow) discover(ctx context.Context) error {
	if len(f.conn.Profiles) > 0 && (f.conn.Status != StatusFailed || !f.idle()) {
		return nil
	}
	q := f.quota(ads.OpProfiles, f.conn.Region, "")
	ok, at, err := f.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		if at.Sub(f.now()) < time.Hour { // else it has no profiles
			f.undiscovered(at)
		}
		f.wake(at)
		return nil
	}
	found, err := f.in.findProfiles(ctx, f.conn)
	if err != nil {
		return f.discoveryFailed(ctx, q, err)
	}
	f.wellAnswered()
	if len(found) == 0 { // an account without campaigns has none (adsapi.md §2.4)
		if err := f.rest(ctx, q, 24*time.Hour); err != nil {
			return err
		}
	}
	if err := f.in.saveProfiles(ctx, f.facts, f.conn, found); err != nil {
		return err
	}
	f.share()
	return nil
}

func adSpec(r history.Report) ads.ReportSpec {
	return ads.ReportSpec{Profile: r.Profile, Type: ads.ReportType(r.Type), From: r.Start, To: r.End}
}

// regionOf returns where a report's profile lives.
func (f *adsFlow) regionOf(r history.Report) marketplace.Region {
	p, _ := f.profile(r.Profile)
	return p.Region
}
