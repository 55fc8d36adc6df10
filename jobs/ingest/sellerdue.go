package ingest

import (
	"cmp"
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

// rank orders what is due: the list of ASINs, the newest week, what is to be
// confirmed, then the back-fill.
type rank int

const (
	rankCatalogue rank = iota
	rankNewest
	rankConfirm
	rankBackfill
)

// wanted is a report that is due.
type wanted struct {
	history.Report
	rank rank
}

// due implements flow: over all tracked marketplaces, most wanted first.
func (s *seller) due(ctx context.Context) ([]history.Report, int, error) {
	var all []wanted
	for _, m := range s.tracked() {
		w, err := s.dueIn(ctx, m)
		if err != nil {
			return nil, 0, fmt.Errorf("plan marketplace %s: %w", m, err)
		}
		all = append(all, w...)
	}
	if len(all) == 0 {
		return nil, 0, nil
	}
	slices.SortStableFunc(all, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.Start, a.Start))
	})
	tokens, at, err := s.tokensLeft(ctx, s.quota(spapi.OpCreateReport))
	if err != nil {
		return nil, 0, err
	}
	budget, reset, err := s.budget(ctx)
	if err != nil {
		return nil, 0, err
	}
	var reports []history.Report
	var put []history.Report // off
	for _, w := range all {
		metered := w.Type == string(spapi.SQP) // the daily budget is for SQP alone
		switch {
		case tokens <= len(reports):
			s.plansAgain(later(at, s.now().Add(time.Second)))
			put = append(put, w.Report)
		case metered && budget == 0:
			s.plansAgain(reset)
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
	now := s.now()
	past, err := s.pastOf(ctx, market)
	if err != nil {
		return nil, err
	}
	newest := newestWeek(now)
	s.plansAgain(publishedAt(newest + 7))

	asins, err := s.facts.ASINs(ctx, s.conn.SellerID, market)
	if err != nil {
		return nil, fmt.Errorf("list the ASINs: %w", err)
	}
	for _, week := range weeksBack(now, cataloguesBack) {
		if week < s.in.cfg.Since && week != newest {
			break
		}
		c := past.catalogue[week]
		at, ok := c.dueAt(week)
		switch {
		case c.Open:
			return nil, nil // the list of ASINs decides what comes next
		case ok && c.First.IsZero() && !at.After(now):
			return []wanted{{s.report(spapi.SCP, market, week, nil), rankCatalogue}}, nil
		case ok && c.First.IsZero():
			s.plansAgain(at)
		}
		if len(asins) > 0 || !c.First.IsZero() {
			break
		}
	}
	lists, err := s.catalogues(ctx, market)
	if err != nil {
		return nil, err
	}
	var out []wanted
	for _, week := range weeksBack(now, s.in.cfg.BackfillWeeks) {
		if week <= past.end || week < s.in.cfg.Since {
			break
		}
		if c := past.catalogue[week]; c.First.IsZero() {
			// No week is published without its catalogue, and an old week's
			// catalogue names products that are no longer sold.
			at, ok := c.dueAt(week)
			switch {
			case c.Open:
				continue
			case ok && at.After(now):
				s.plansAgain(at)
				if c.Failures.Class == classNotYet {
					continue
				}
			case ok:
				out = append(out, wanted{s.report(spapi.SCP, market, week, nil), rankBackfill})
				continue
			}
		}
		ask := asins // in the order of the newest impressions
		if !past.catalogue[week].First.IsZero() {
			ask = both(asins, lists[week])
		}
		ask = union(ask, lists[week], slices.Sorted(maps.Keys(past.cells[week])))
		p := planWeek(now, week, ask, past.cells[week])
		s.plansAgain(p.Next)
		for _, group := range []struct {
			asins []string
			rank  rank
		}{{p.Missing, rankBackfill}, {p.Confirm, rankConfirm}} {
			if week == newest && group.rank == rankBackfill {
				group.rank = rankNewest
			}
			for _, pack := range spapi.PackASINs(group.asins) {
				out = append(out, wanted{s.report(spapi.SQP, market, week, pack), group.rank})
			}
		}
	}
	return out, nil
}

// report is a ledger row to plan.
func (s *seller) report(t spapi.ReportType, market string, week clock.Day, asins []string) history.Report {
	now := s.now()
	return history.Report{
		Connection: s.conn.ID, API: history.SPAPI, Seller: s.conn.SellerID, Marketplace: market,
		Type: string(t), Period: string(spapi.Week), Start: week, End: week.WeekEnd(), ASINs: asins,
		State: history.Planned, Created: now, NextAt: now,
	}
}
