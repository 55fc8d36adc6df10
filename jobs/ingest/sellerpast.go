package ingest

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// past is what is known of one marketplace.
type past struct {
	catalogue map[clock.Day]cell            // SCP, over all ASINs
	cells     map[clock.Day]map[string]cell // SQP
	end       clock.Day                     // no history up to and with this week
}

// pastOf reads coverage and ledger of one marketplace.
func (s *seller) pastOf(ctx context.Context, market string) (past, error) {
	p := past{map[clock.Day]cell{}, map[clock.Day]map[string]cell{}, clock.Day(-1 << 30)}
	newest := newestWeek(s.now())
	oldest := newest - clock.Day(7*s.in.cfg.BackfillWeeks)
	cells, err := s.facts.SQPCoverage(ctx, market, history.Week, oldest, newest)
	if err != nil {
		return p, fmt.Errorf("read the coverage: %w", err)
	}
	var answered, refused []clock.Day
	for _, c := range cells {
		if c.Seller != s.conn.SellerID || c.State == history.NotPublished {
			continue
		}
		p.change(c.Start, c.ASIN, func(k *cell) { k.First, k.Last = c.FetchedAt, c.FetchedAt })
		if len(answered) == 0 || c.Start < answered[0] {
			answered = []clock.Day{c.Start}
		}
	}
	ledger, err := s.facts.Reports(ctx, history.ReportFilter{API: history.SPAPI, Marketplace: market})
	if err != nil {
		return p, fmt.Errorf("read the ledger: %w", err)
	}
	for _, r := range ledger {
		if r.Seller != s.conn.SellerID || r.Period != string(spapi.Week) {
			continue
		}
		if r.Type == string(spapi.SCP) {
			k := p.catalogue[r.Start]
			k.account(r)
			p.catalogue[r.Start] = k
			continue
		}
		for _, asin := range r.ASINs {
			p.change(r.Start, asin, func(k *cell) { k.account(r) })
		}
		if r.State == history.Failed && r.ErrorClass == classAmbiguous {
			refused = append(refused, r.Start)
		}
	}
	if end, ok := historyEnd(refused, answered); ok {
		p.end = end
	}
	return p, nil
}

func (p past) change(week clock.Day, asin string, change func(*cell)) {
	if p.cells[week] == nil {
		p.cells[week] = map[string]cell{}
	}
	k := p.cells[week][asin]
	change(&k)
	p.cells[week][asin] = k
}

// account adds what a ledger row says about the cells it asked for. Rows may
// come in any order.
func (c *cell) account(r history.Report) {
	switch {
	case r.State.Open():
		c.Open = true
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

// catalogues lists the ASINs that the catalogue reports of each week name, in
// no order of importance.
func (s *seller) catalogues(ctx context.Context, market string) (map[clock.Day][]string, error) {
	newest := newestWeek(s.now())
	cells, err := s.facts.SCPCoverage(ctx, market, history.Week, newest-clock.Day(7*s.in.cfg.BackfillWeeks), newest)
	if err != nil {
		return nil, fmt.Errorf("read the catalogues: %w", err)
	}
	lists := map[clock.Day][]string{}
	for _, c := range cells {
		if c.Seller == s.conn.SellerID && c.ASIN != "" && c.Rows > 0 {
			lists[c.Start] = append(lists[c.Start], c.ASIN)
		}
	}
	return lists, nil
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
