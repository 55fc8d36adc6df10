package cli

import (
	"math"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/sim/simtest"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

// TestAuditEqualsTheWorld recomputes the audit's figures from what the
// simulated Amazon served, by other code than the product's, and holds all
// requests of the run against Amazon's own models.
func TestAuditEqualsTheWorld(t *testing.T) {
	w := newWorld(t, 8)
	setup := w.connect(t)
	for range 3 {
		w.sync(t)
		w.now.Advance(week)
	}
	w.sync(t)
	for i, name := range w.amazon.World().Accounts() {
		newest, ok, err := w.Audit.Newest(t.Context(), setup.clients[i])
		if err != nil || !ok {
			t.Fatalf("%s: no complete week (%v)", name, err)
		}
		audit, err := w.Audit.Compute(t.Context(), setup.clients[i], newest)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(audit.Marketplaces), len(w.amazon.World().Marketplaces(name)); got != want {
			t.Errorf("%s: %d marketplaces in the audit, want %d", name, got, want)
		}
		for _, m := range audit.Marketplaces {
			w.compareMarket(t, name, m, newest)
		}
	}
	t.Run("requests follow Amazon's models", func(t *testing.T) {
		shared := os.Getenv("HALOTRACK_SHARED")
		if shared == "" {
			t.Skip("HALOTRACK_SHARED is not set: Amazon's models are not at hand")
		}
		if len(w.amazon.Journal()) < 50 {
			t.Errorf("only %d requests in the journal", len(w.amazon.Journal()))
		}
		if err := simtest.ValidateJournal(w.amazon.Journal(), shared); err != nil {
			t.Error(err)
		}
	})
}

// funnel is the recomputed counts of one term or of all.
type funnel struct{ own, market [4]int64 }

func (f *funnel) add(r *sim.SQPRow, firstOfQuery bool) {
	for i, s := range []sim.Stage{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
		f.own[i] += s.Own
		if firstOfQuery {
			f.market[i] += s.Total
		}
	}
}

// funnels adds up a week by normalised term; all is under "".
func (w *world) funnels(account, marketplace string, week clock.Day) map[string]*funnel {
	out := map[string]*funnel{"": {}}
	seen := map[string]bool{}
	for _, r := range w.amazon.World().SQPRows(account, marketplace, week, w.now.Now()) {
		key := strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(r.Query))), " ")
		if out[key] == nil {
			out[key] = &funnel{}
		}
		first := !seen[r.Query]
		seen[r.Query] = true
		out[""].add(&r, first)
		out[key].add(&r, first)
	}
	return out
}

func (w *world) compareMarket(t *testing.T, account string, m analysis.MarketAudit, week clock.Day) {
	t.Helper()
	now := w.funnels(account, m.Marketplace, week)
	before := map[string]*funnel{}
	for past := week - 7; past >= w.Since; past -= 7 {
		for key, f := range w.funnels(account, m.Marketplace, past) {
			if before[key] == nil {
				before[key] = &funnel{}
			}
			for i := range f.own {
				before[key].own[i] += f.own[i]
				before[key].market[i] += f.market[i]
			}
		}
	}
	for i, s := range []analysis.StepShare{m.Shares.Impression, m.Shares.Click, m.Shares.CartAdd, m.Shares.Purchase} {
		if s.Own == nil || s.Market == nil || *s.Own != now[""].own[i] || *s.Market != now[""].market[i] {
			t.Errorf("%s %s step %d: audit %v of %v, world %d of %d", account, m.Marketplace, i, deref(s.Own), deref(s.Market), now[""].own[i], now[""].market[i])
		}
		if want := ratio(before[""], i); s.Before == nil || math.Abs(*s.Before-want) > 1e-9 {
			t.Errorf("%s %s step %d: before %v, world %v", account, m.Marketplace, i, s.Before, want)
		}
		if s.Low == nil || s.High == nil || *s.Low > *s.Share || *s.High < *s.Share {
			t.Errorf("step %d: the interval %v to %v does not hold the share", i, s.Low, s.High)
		}
	}
	profile := w.amazon.World().ProfileID(account, m.Marketplace)
	var spend int64
	for day := week; day < week+7; day++ {
		for _, product := range []sim.Product{sim.SponsoredProducts, sim.SponsoredBrands, sim.SponsoredDisplay} {
			for _, r := range w.amazon.World().CampaignRows(profile, product, day, w.now.Now()) {
				spend += r.CostMicros
			}
		}
	}
	if m.SpendMicros == nil || *m.SpendMicros != spend {
		t.Errorf("%s %s: spend %v, world %d", account, m.Marketplace, deref(m.SpendMicros), spend)
	}
	for _, f := range m.Findings {
		if f.Level != analysis.LevelTerm || f.Kind != analysis.ShareDrop && f.Kind != analysis.ShareGain {
			continue
		}
		term := now[f.Term]
		if term == nil || f.ShareNow == nil {
			t.Errorf("finding about %q, which the world did not serve", f.Term)
			continue
		}
		matches := false
		for i := range term.own {
			matches = matches || math.Abs(*f.ShareNow-ratio(term, i)) < 1e-9 && f.ShareBefore != nil && math.Abs(*f.ShareBefore-ratio(before[f.Term], i)) < 1e-9
		}
		if !matches {
			t.Errorf("%s of %q: now %v, before %v; world %+v, before %+v", f.Kind, f.Term, *f.ShareNow, f.ShareBefore, *term, before[f.Term])
		}
	}
}

func ratio(f *funnel, step int) float64 {
	if f == nil {
		return math.NaN()
	}
	return float64(f.own[step]) / float64(f.market[step])
}

func deref(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}
