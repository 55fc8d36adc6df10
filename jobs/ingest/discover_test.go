package ingest

import (
	"errors"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// adsapi.md traps 1, 2 and 3
func TestDiscoverFindsTheProfilesOfAllRegions(t *testing.T) {
	r := newRig(t, sim.Config{Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"US", "GB", "JP"}, Viewer: true}}}, nil)
	c, err := r.in.Discover(t.Context(), r.connection(velmora, APIAds).ID)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]marketplace.Region{}
	for _, p := range c.Profiles {
		if p.Tracked {
			found[p.Marketplace] = p.Region
		}
		if p.Editable {
			t.Errorf("a viewer may edit profile %d", p.ID)
		}
	}
	if found["ATVPDKIKX0DER"] != marketplace.NorthAmerica || found["A1F83G8C2ARO7P"] != marketplace.Europe || found["A1VC38T7YXB528"] != marketplace.FarEast {
		t.Errorf("profiles by marketplace: %v", found)
	}
	record, err := r.app.FindRecordById("connections", c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := record.GetString("access_level"); got != "view" {
		t.Errorf("access level %q", got)
	}
	r.use(velmora, func(f *history.Facts) error {
		profiles, err := f.Profiles(t.Context())
		if len(profiles) < 3 {
			t.Errorf("the dictionary has %d profiles", len(profiles))
		}
		return err
	})
}

// adsapi.md trap 7
func TestAgenciesAuthorsAndAttributionAreNotTracked(t *testing.T) {
	for _, c := range []struct {
		kind, sub string
		want      bool
	}{{"seller", "", true}, {"vendor", "", true}, {"agency", "", false}, {"vendor", "KDP_AUTHOR", false}, {"seller", "AMAZON_ATTRIBUTION", false}} {
		p := adProfile(ads.Profile{ID: 1, Country: "UK", Type: c.kind, SubType: c.sub}, marketplace.Europe)
		if p.Tracked != c.want || p.Marketplace != "A1F83G8C2ARO7P" {
			t.Errorf("%s %s: %+v", c.kind, c.sub, p)
		}
	}
}

// spapi.md trap 61
func TestUnknownAndSuspendedMarketplacesAreNotTracked(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	c := r.connection(velmora, APISeller)
	found := []spapi.Participation{
		{MarketplaceID: "ATVPDKIKX0DER", Participating: true},
		{MarketplaceID: "A2EUQ1WTGCTBG2", Participating: true, Suspended: true},
		{MarketplaceID: "A1AM78C64UM0Y8"},
		{MarketplaceID: "A2ZV50J4W1RKNI", Participating: true}, // no shop
		{MarketplaceID: "A1F83G8C2ARO7P", Participating: true}, // another region's
	}
	if err := r.in.saveMarkets(c, found); err != nil {
		t.Fatal(err)
	}
	if len(c.Markets) != 3 || !c.Markets[0].Tracked || c.Markets[1].Tracked || c.Markets[2].Tracked {
		t.Errorf("%+v", c.Markets)
	}
	// A person's choice outlives the next discovery.
	c.Markets[0].Tracked = false
	if err := r.in.update(c, func(rec *core.Record) { rec.Set("marketplaces", c.Markets) }); err != nil {
		t.Fatal(err)
	}
	if err := r.in.saveMarkets(c, found); err != nil {
		t.Fatal(err)
	}
	if c.Markets[0].Tracked {
		t.Error("the choice was forgotten")
	}
}

func TestDiscoverTellsARevokedGrant(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	r.amazon.RevokeToken(r.amazon.Connections()[0].RefreshToken)
	id := r.connection(velmora, APISeller).ID
	if _, err := r.in.Discover(t.Context(), id); !errors.Is(err, lwa.ErrRevoked) {
		t.Errorf("error %v", err)
	}
}

// A region that does not answer must not look like one without profiles, and a
// connection whose profiles are not known yet is not up to date.
func TestDiscoveryIsRepeatedUntilEveryRegionHasAnswered(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"unavailable": {Status: 503},
		"throttled":   {Status: 429, Header: map[string][]string{"Retry-After": {"1"}}},
		"dropped":     {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sim.Config{}, nil)
			for range 3 {
				r.amazon.FailNext(sim.OpProfiles, fault)
			}
			if o := r.run(); o.Idle() {
				t.Errorf("outcome %+v", o)
			}
			r.untilIdle()
			r.wantWhole(velmora)
			if n := r.asked(sim.OpProfiles); n > 12 {
				t.Errorf("asked %d times for the profiles", n)
			}
		})
	}
}
