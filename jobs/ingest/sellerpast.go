package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// past is what is known of one period of one marketplace.
type past struct {
	catalogue cell            // SCP, over all ASINs
	cells     map[string]cell // SQP, by ASIN
	list      []string        // the ASINs that the catalogue names, in no order of importance
	answered  bool            // for any ASIN
	refused   bool            // without a reason, although it is old enough
	asked     bool            // an SQP report is under way
	failed    int             // SQP reports that Amazon refused for good
	early     early           // SQP reports of a period that was not published yet
}

// pasts reads coverage and ledger of the periods of one kind that start from
// from to to.
func (s *seller) pasts(ctx context.Context, market, period string, from, to clock.Day) (map[clock.Day]*past, error) {
	all := map[clock.Day]*past{}
	at := func(start clock.Day) *past {
		p := all[start]
		if p == nil {
			p = &past{cells: map[string]cell{}}
			all[start] = p
		}
		return p
	}
	cells, err := s.facts.SQPCoverage(ctx, market, period, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the coverage: %w", err)
	}
	for _, c := range cells {
		if c.Seller != s.conn.SellerID || c.State == history.NotPublished {
			continue
		}
		p := at(c.Start)
		p.change(c.ASIN, func(k *cell) { k.First, k.Last, k.Same = c.FetchedAt, c.FetchedAt, c.SameSince })
		p.answered = true
	}
	catalogue, err := s.facts.SCPCoverage(ctx, market, period, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the catalogues: %w", err)
	}
	for _, c := range catalogue {
		if c.Seller == s.conn.SellerID && c.ASIN != "" && c.Rows > 0 {
			at(c.Start).list = append(at(c.Start).list, c.ASIN)
		}
	}
	ledger, err := s.facts.ReportsCovering(ctx, market, period, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	for _, r := range ledger {
		if r.Seller == s.conn.SellerID {
			at(r.Start).account(r)
		}
	}
	return all, nil
}

// early is when a period was asked for in vain because it was not published,
// by half days: what was asked for together counts once.
type early map[int64]time.Time

const earlyRound = 12 * time.Hour

func (e early) add(at time.Time) early {
	if e == nil {
		e = early{}
	}
	round := at.UnixMilli() / earlyRound.Milliseconds()
	e[round] = later(e[round], at)
	return e
}

func (e early) failures() (f failures) {
	for _, at := range e {
		f = f.add(classNotYet, at)
	}
	return f
}

// account adds what a ledger row says.
func (p *past) account(r history.Report) {
	if r.Type == string(spapi.SCP) {
		p.catalogue.account(r)
		return
	}
	for _, asin := range r.ASINs {
		p.change(asin, func(k *cell) { k.account(r) })
	}
	p.asked = p.asked || r.State.Open()
	if r.State == history.Failed && r.ErrorClass == classNotYet {
		p.early = p.early.add(r.Finished)
	}
	if r.State == history.Failed && (r.ErrorClass == classAmbiguous || r.ErrorClass == classOurs) {
		p.failed++
		p.refused = p.refused || r.ErrorClass == classAmbiguous
	}
}

func (p *past) change(asin string, change func(*cell)) {
	k := p.cells[asin]
	change(&k)
	p.cells[asin] = k
}

// account adds what a ledger row says about the cells it asked for. Rows may
// come in any order.
func (c *cell) account(r history.Report) {
	switch {
	case r.State.Open():
		c.Open = true
	case r.ErrorClass == classSplit: // its halves speak
	case r.ErrorClass == classForbidden: // the pause of its marketplace does
	case r.State == history.ReportDone || r.State == history.ReportEmpty:
		if c.First.IsZero() || r.Finished.Before(c.First) {
			c.First = r.Finished
		}
		c.Last = later(c.Last, r.Finished)
		if !c.Failures.Last.After(c.Last) {
			c.Failures = failures{}
		}
	case r.Finished.After(c.Last):
		class := r.ErrorClass
		if r.State == history.Abandoned {
			class = classDeadline
		}
		c.Failures = c.Failures.add(class, r.Finished)
	}
}

// both lists what both lists have, in the order of the first.
func both(a, b []string) []string {
	in := make(map[string]bool, len(b))
	for _, x := range b {
		in[x] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !in[x] })
}

// union lists what any of the lists has, in order of first appearance.
func union(lists ...[]string) []string {
	seen, out := map[string]bool{}, []string(nil)
	for _, list := range lists {
		for _, x := range list {
			if !seen[x] {
				seen[x] = true
				out = append(out, x)
			}
		}
	}
	return out
}
