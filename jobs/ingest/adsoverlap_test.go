package ingest

import (
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/sim"
	grant "halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

func TestAProfileIsFetchedOverTheOldestGrantThatWorks(t *testing.T) {
	both, one := []AdProfile{{ID: 1, Tracked: true}, {ID: 2, Tracked: true}}, []AdProfile{{ID: 1}, {ID: 2, Tracked: true}}
	connection := func(id, api, status string, profiles []AdProfile) *Connection {
		return &Connection{ID: id, API: api, Status: status, Profiles: profiles}
	}
	for name, c := range map[string]struct {
		connections []*Connection
		want        string // who fetches profile 2
	}{
		"one":              {[]*Connection{connection("a", APIAds, StatusActive, one)}, "a"},
		"the older":        {[]*Connection{connection("a", APIAds, StatusActive, one), connection("b", APIAds, StatusActive, both)}, "a"},
		"the working":      {[]*Connection{connection("a", APIAds, StatusFailed, both), connection("b", APIAds, StatusActive, one)}, "b"},
		"both failed":      {[]*Connection{connection("a", APIAds, StatusFailed, both), connection("b", APIAds, StatusFailed, both)}, "a"},
		"revoked meantime": {[]*Connection{connection("a", APIAds, StatusRevoked, both), connection("b", APIAds, StatusFailed, both)}, "b"},
		"a seller's":       {[]*Connection{connection("a", APISeller, StatusActive, both)}, ""},
		"not tracked":      {[]*Connection{connection("a", APIAds, StatusActive, one[:1]), connection("b", APIAds, StatusActive, both)}, "b"},
	} {
		got := ""
		if f := fetcher(c.connections, 2); f != nil {
			got = f.ID
		}
		if got != c.want {
			t.Errorf("%s: fetched over %q, want %q", name, got, c.want)
		}
	}
}

// secondAds connects the account's ads once more, by another grant.
func (r *rig) secondAds(account string) *Connection {
	r.t.Helper()
	collection, err := r.app.FindCollectionByNameOrId("connections")
	if err != nil {
		r.t.Fatal(err)
	}
	record := core.NewRecord(collection)
	record.Set("account", r.ids[account])
	record.Set("api", APIAds)
	record.Set("status", StatusActive)
	if err := r.app.Save(record); err != nil {
		r.t.Fatal(err)
	}
	token := r.amazon.Connections()[0].JointRefreshToken
	if err := r.vault.Seal(r.t.Context(), grant.RefreshToken(r.ids[account], record.Id), []byte(token), "test", "connect"); err != nil {
		r.t.Fatal(err)
	}
	c, err := connectionOf(record)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// track makes a connection track the profiles of these countries alone.
func (r *rig) track(c *Connection, countries ...string) {
	r.t.Helper()
	found, err := r.in.Discover(r.t.Context(), c.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, country := range countries {
		wanted[country] = true
	}
	for i, p := range found.Profiles {
		found.Profiles[i].Tracked = p.Trackable() && wanted[p.Country]
	}
	profiles := found.Profiles
	if err := r.in.update(c, func(rec *core.Record) { rec.Set("profiles", profiles) }); err != nil {
		r.t.Fatal(err)
	}
}

// Two grants reach US and UK, UK and DE: each profile is fetched over one.
func TestGrantsThatOverlapFetchEachDayOnce(t *testing.T) {
	r := newRig(t, sim.Config{ASINs: 10, Terms: 100, Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"US", "GB", "DE"}}}}, nil)
	first := r.connection(velmora, APIAds)
	r.now.Advance(time.Second)
	second := r.secondAds(velmora)
	r.track(first, "US", "UK")
	r.track(second, "UK", "DE")
	over := func() map[string]string { // connection by marketplace
		out := map[string]string{}
		for _, l := range r.adReports(velmora) {
			if was, ok := out[l.Marketplace]; ok && was != l.Connection {
				t.Errorf("profile %d is fetched over two connections", l.Profile)
			}
			out[l.Marketplace] = l.Connection
		}
		return out
	}
	r.untilIdle()
	r.wantWhole(velmora)
	if _, n := r.amazon.Repeats(); n != 0 {
		t.Errorf("%d repeats", n)
	}
	const us, uk, de = "ATVPDKIKX0DER", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
	if got := over(); got[us] != first.ID || got[uk] != first.ID || got[de] != second.ID {
		t.Errorf("fetched over %v, the first is %s", got, first.ID)
	}

	// The first grant ends: what both reached is fetched over the second.
	r.amazon.RevokeToken(r.amazon.Connections()[0].AdsRefreshToken)
	r.now.Advance(24 * time.Hour)
	ended := r.now.Now()
	r.untilIdle()
	r.now.Advance(time.Minute)
	r.untilIdle()
	if c := r.connection(velmora, APIAds); c.Status != StatusRevoked {
		t.Errorf("the first connection is %s", c.Status)
	}
	answered := map[string]int{}
	for _, l := range r.adReports(velmora) {
		if l.Finished.After(ended) && l.State == history.ReportDone {
			answered[l.Marketplace]++
			if l.Connection != second.ID {
				t.Errorf("report %d was answered over a grant that has ended", l.ID)
			}
		}
	}
	if answered[uk] == 0 || answered[de] == 0 || answered[us] != 0 {
		t.Errorf("reports answered after the first grant ended: %v", answered)
	}
	if _, n := r.amazon.Repeats(); n != 0 {
		t.Errorf("%d repeats", n)
	}
}
