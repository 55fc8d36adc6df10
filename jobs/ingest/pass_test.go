package ingest

import (
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

func TestAFullPassFetchesWhatAmazonHas(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	o := r.untilIdle()
	t.Logf("%+v, ends at %s", o, r.now.Now())
	r.wantWhole("Velmora Goods")
	if o.Failed != 0 || o.Stored == 0 {
		t.Errorf("outcome %+v", o)
	}
	ledger := r.ledger("Velmora Goods")
	if len(ledger) == 0 || ledger[0].Type != string(spapi.SCP) && ledger[0].API == history.SPAPI {
		t.Error("the list of ASINs is not asked for first")
	}
	var newest string
	for _, l := range ledger {
		if l.State != history.ReportDone && l.State != history.ReportEmpty {
			t.Errorf("report %d (%s %s) ended %s: %s", l.ID, l.Type, l.Start, l.State, l.Error)
		}
		if l.Type == string(spapi.SQP) && newest == "" {
			newest = l.Start.String()
		}
	}
	if newest != "2026-11-15" {
		t.Errorf("the first week asked for is %s", newest)
	}
	if files := r.spooled(); len(files) != 0 {
		t.Errorf("documents left in the spool: %v", files)
	}
	if got, want := r.asked(sim.OpCreateReport)+r.asked(sim.OpAdsCreate), len(ledger); got != want {
		t.Errorf("%d reports asked for, the ledger has %d", got, want)
	}
	c := r.connection("Velmora Goods", APISeller)
	if c.Status != StatusActive || len(c.Markets) == 0 || !c.Markets[0].Tracked {
		t.Errorf("connection %+v", c)
	}

	// Nothing is asked twice: a second pass finds nothing to do.
	before := len(r.amazon.Journal())
	if o := r.run(); !o.Idle() || o.Asked != 0 || len(r.amazon.Journal()) != before || !o.Next.After(r.now.Now()) {
		t.Errorf("second pass: %+v, %d more requests", o, len(r.amazon.Journal())-before)
	}

	// A week later the new week comes, and the young ones are confirmed.
	r.now.Set(wednesday.Add(8 * 24 * time.Hour))
	o = r.untilIdle()
	r.wantWhole("Velmora Goods")
	asked := map[string]int{}
	for _, l := range r.ledger("Velmora Goods")[len(ledger):] {
		if l.Type == string(spapi.SQP) {
			asked[l.Start.String()]++
		}
	}
	if asked["2026-11-22"] != 2 || asked["2026-11-15"] != 2 || asked["2026-10-25"] != 2 || asked["2026-10-18"] != 0 {
		t.Errorf("weeks asked for a week later: %v", asked)
	}
}

// spapi.md trap 59, adsapi.md trap 16
func TestLogsHoldNoSecretTermOrAddress(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	r.amazon.FailNext(sim.OpDownload, sim.Fault{Status: 403})
	r.amazon.FailNext(sim.OpCreateReport, sim.Fault{Drop: true})
	r.amazon.FailNext(sim.OpGetReport, sim.Fault{Status: 500, Body: []byte("Atza|CANARY")})
	r.untilIdle()
	r.wantWhole("Velmora Goods")
	log := r.log.String()
	for _, l := range r.ledger("Velmora Goods") {
		log += l.Error
	}
	g := r.amazon.Connections()[0]
	for _, canary := range []string{g.RefreshToken, g.ClientSecret, g.AdsRefreshToken, "Atza|", "Atzr|", "X-Amz-", "http://", r.amazon.World().BrandWords("Velmora Goods")[0]} {
		if strings.Contains(log, canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}
