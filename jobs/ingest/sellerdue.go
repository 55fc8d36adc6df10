package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// due implements flow: over all tracked marketplaces, most wanted first.
func (s *seller) due(ctx context.Context) (_ []history.Report, _ int, err error) {
	if s.packed, err = s.pack(ctx); err != nil {
		return nil, 0, err
	}
	var all []wanted
	s.extent, s.coming = extent{}, 0
	for _, m := range s.tracked() {
		if s.shut(m) {
			s.plansAgain(s.market(m).RetryAt)
			continue
		}
		w, err := s.dueIn(ctx, m)
		if err != nil {
			return nil, 0, fmt.Errorf("plan marketplace %s: %w", m, err)
		}
		if !s.market(m).RetryAt.IsZero() {
			w = w[:min(len(w), 1)] // one tries whether it is open again
		}
		all = append(all, w...)
	}
	tokens, at, err := s.tokensLeft(ctx, s.quota(spapi.OpCreateReport))
	if err != nil {
		return nil, 0, err
	}
	a, used, err := s.allowance(ctx)
	if err != nil {
		return nil, 0, err
	}
	budget, reset := a.left(s.now(), used)
	arrange(all, a.Limit)
	if err := s.estimate(ctx, all, a, used); err != nil {
		return nil, 0, err
	}
	var reports []history.Report
	var put []history.Report // off
	for _, w := range all {
		w.Created, w.NextAt = s.now(), s.now()
		metered := w.Type == string(spapi.SQP) // the daily budget is for SQP alone
		switch {
		case tokens <= len(reports):
			s.plansAgain(later(at, s.now().Add(time.Second)))
			put = append(put, w.Report)
		case metered && budget == 0:
			s.plansAgain(reset)
			put = append(put, w.Report)
		case !s.heldBack(w).IsZero():
			s.plansAgain(s.heldBack(w))
			put = append(put, w.Report)
		default:
			reports = append(reports, w.Report)
			if metered {
				budget--
			}
		}
	}
	allowed := len(reports)
	return append(reports, put...), allowed, nil
}

// tracked lists the marketplaces whose search figures are fetched.
func (s *seller) tracked() []string {
	var ids []string
	for _, m := range s.conn.Markets {
		known, ok := marketplace.ByID(m.ID)
		if ok && known.Region == s.conn.Region && m.Tracked && m.Participating && !m.Suspended {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// cataloguesBack is how many weeks are tried for a first list of ASINs.
const cataloguesBack = 4

// dueIn returns what one marketplace needs now.
func (s *seller) dueIn(ctx context.Context, market string) ([]wanted, error) {
	now, cal := s.now(), s.calendar(spapi.Week)
	newest := cal.newest(now)
	s.plansAgain(cal.publishedAt(newest + 7))
	products, err := s.facts.Weights(ctx, s.conn.SellerID, market)
	if err != nil {
		return nil, fmt.Errorf("list the ASINs: %w", err)
	}
	weeks := cal.back(now, s.in.cfg.BackfillWeeks, s.in.cfg.Since)
	if len(products) == 0 {
		first, err := s.firstCatalogue(ctx, market)
		if err != nil || first != nil {
			return first, err
		}
	}
	needs, err := s.needs(ctx, market, cal, weeks, products)
	if err != nil {
		return nil, err
	}
	s.extent.add(weeks, endOf(weeks, needs), needs)
	if n := needs[newest]; n != nil { // the list of ASINs decides what comes next
		switch n.catalogue {
		case catalogueAsked:
			s.comes(newest)
			return nil, nil
		case catalogueWanted:
			s.comes(newest)
			first := n.wanted[0]
			first.rank = rankCatalogue
			return []wanted{first}, nil
		}
	}
	end := endOf(weeks, needs)
	var out []wanted
	probe := prober{known: slices.ContainsFunc(weeks, func(week clock.Day) bool { return needs[week].answered })}
	for _, week := range weeks {
		if week <= end {
			break
		}
		n := needs[week]
		s.plansAgain(n.next)
		some := probe.of(n, n.late)
		if week == newest && len(some) < len(n.wanted) {
			s.comes(newest)
		}
		for _, w := range some {
			if week == newest && w.rank == rankBackfill {
				w.rank = rankNewest
			}
			out = append(out, w)
		}
	}
	long, err := s.dueLong(ctx, market, products, probe.known)
	return append(out, long...), err
}

// prober lets one report go ahead of all others where it is not known yet
// whether Amazon answers at all: for a seller's first period in a marketplace,
// for a period without a catalogue, which may be older than Amazon's history,
// and for one that may not be published. A wrong role or an early question then
// costs one request and not hundreds (spapi.md §1.3). A week's probe is its
// catalogue, which the daily allowance does not count, so that a week that is
// there is not held up; one batch goes ahead where a batch was too early.
type prober struct {
	known  bool // the marketplace has answered some period
	probed bool
}

// mostProbes is how many refusals it takes to give a period up.
const mostProbes = 3

func (p *prober) of(n *need, doubtful bool) []wanted {
	if n.answered || p.known && n.catalogue == catalogueKnown && !doubtful {
		return n.wanted
	}
	var out []wanted
	sent := n.asked || !p.known && p.probed || n.failed >= mostProbes
	for _, w := range n.wanted {
		if w.Type == string(spapi.SCP) {
			out = append(out, w)
		} else if !sent {
			out, sent, p.probed = append(out, w), true, true
		}
	}
	p.probed = p.probed || n.asked || n.failed > 0
	return out
}

// firstCatalogue returns what is to be asked for until a first list of ASINs is
// known: the catalogues of the newest weeks, one after the other. It is nil
// where that leads no further, empty where one is under way or waits.
func (s *seller) firstCatalogue(ctx context.Context, market string) ([]wanted, error) {
	now, cal := s.now(), s.calendar(spapi.Week)
	weeks := cal.back(now, cataloguesBack, 0)
	read, err := s.pasts(ctx, market, string(spapi.Week), weeks[len(weeks)-1], weeks[0])
	if err != nil {
		return nil, err
	}
	for i, week := range weeks {
		if week < s.in.cfg.Since && i > 0 {
			break
		}
		c := cell{}
		if p := read[week]; p != nil {
			c = p.catalogue
		}
		at, ok := c.dueAt(cal, week)
		switch {
		case c.Open:
			return []wanted{}, nil
		case ok && c.First.IsZero() && !at.After(now):
			return []wanted{{Report: s.report(spapi.SCP, market, cal, week, nil), rank: rankCatalogue}}, nil
		case ok && c.First.IsZero():
			s.plansAgain(at)
		}
		if !c.First.IsZero() {
			break
		}
	}
	return nil, nil
}

// endOf returns the period up to which there is no history.
func endOf(weeks []clock.Day, needs map[clock.Day]*need) clock.Day {
	var refused, answered []clock.Day
	for _, week := range weeks {
		if needs[week].answered {
			answered = append(answered, week)
		}
		if needs[week].refused {
			refused = append(refused, week)
		}
	}
	if end, ok := historyEnd(refused, answered); ok {
		return end
	}
	return -1 << 30
}

// needOf decides what one period of one marketplace needs.
func (s *seller) needOf(market string, cal calendar, start clock.Day, p *past, o *order) *need {
	now := s.now()
	n := &need{answered: p.answered, refused: p.refused, asked: p.asked, failed: p.failed}
	if !p.catalogue.First.IsZero() {
		n.catalogue = catalogueKnown
	} else {
		// No period is published without its catalogue, and an old one's names
		// products that are no longer sold.
		at, ok := p.catalogue.dueAt(cal, start)
		switch {
		case p.catalogue.Open:
			n.catalogue = catalogueAsked
			return n
		case ok && at.After(now):
			n.next = at
			if p.catalogue.Failures.Class == classNotYet || p.catalogue.Failures.Count == 0 {
				return n
			}
		case ok:
			n.catalogue = catalogueWanted
			n.wanted = []wanted{{Report: s.report(spapi.SCP, market, cal, start, nil), rank: rankBackfill}}
			return n
		}
	}
	if n.late = len(p.early) > 0 && !p.answered; n.late { // one batch was too early: so are the others
		at, ok := cal.retryAt(p.early.failures())
		if !ok || at.After(now) {
			n.next = earliest(n.next, at)
			return n
		}
	}
	ask := o.asins() // in the order of the newest impressions
	if n.catalogue == catalogueKnown {
		ask = both(ask, p.list)
	}
	ask = union(ask, p.list, slices.Sorted(maps.Keys(p.cells)))
	plan := planPeriod(now, cal, start, ask, p.cells)
	n.whole = n.answered && isWhole(cal, start, ask, p.cells)
	n.next = earliest(n.next, plan.Next)
	for _, group := range []struct {
		asins []string
		rank  rank
	}{{plan.Missing, rankBackfill}, {plan.Confirm, rankConfirm}} {
		for _, pack := range spapi.PackUpTo(s.packed, group.asins) {
			w := wanted{Report: s.report(spapi.SQP, market, cal, start, pack), rank: group.rank}
			o.classify(&w)
			n.wanted = append(n.wanted, w)
		}
	}
	return n
}

// report is a ledger row to plan.
func (s *seller) report(t spapi.ReportType, market string, cal calendar, start clock.Day, asins []string) history.Report {
	now := s.now()
	return history.Report{
		Connection: s.conn.ID, API: history.SPAPI, Seller: s.conn.SellerID, Marketplace: market,
		Type: string(t), Period: cal.period, Start: start, End: cal.end(start), ASINs: asins,
		State: history.Planned, Created: now, NextAt: now,
	}
}
