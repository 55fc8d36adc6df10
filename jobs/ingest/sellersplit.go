package ingest

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// Some accounts get a report for fewer ASINs than fit into a request, and one
// ASIN can spoil the report of the others (spapi.md §1.3). A refused report is
// asked for again in halves, within a budget (trap 33).
const (
	// refusedDepth is how often a request that Amazon calls wrong is halved: 18
	// ASINs come down to one.
	refusedDepth = 5
	// ambiguousDepth is how often a report is halved that failed without a
	// reason although its period is old enough (spapi.md §3.5).
	ambiguousDepth = 1
	// mostSplits bounds the halvings of one period of one marketplace, whatever
	// is refused.
	mostSplits = 12
)

// classSplit marks a report that was asked for again in halves.
const classSplit = "split"

// split plans the halves of a refused report in its place, unless that was done
// often enough; done is false then.
func (s *seller) split(ctx context.Context, r history.Report, depth int, says string) (done bool, _ error) {
	if r.Type != string(spapi.SQP) || len(r.ASINs) < 2 {
		return false, nil
	}
	ledger, err := s.facts.ReportsCovering(ctx, r.Marketplace, r.Period, r.Start, r.Start)
	if err != nil {
		return false, fmt.Errorf("read the ledger: %w", err)
	}
	total, above := 0, 0
	for _, o := range ledger {
		if o.ErrorClass != classSplit || o.Seller != r.Seller {
			continue
		}
		total++
		if len(both(r.ASINs, o.ASINs)) == len(r.ASINs) {
			above++
		}
	}
	if total >= mostSplits || above >= depth {
		return false, nil
	}
	middle := (len(r.ASINs) + 1) / 2
	halves := []history.Report{s.half(r, r.ASINs[:middle]), s.half(r, r.ASINs[middle:])}
	// The halves first: what comes between is done again, and finds them planned.
	if err := s.facts.Plan(ctx, halves); err != nil {
		return false, fmt.Errorf("plan the halves of report %d: %w", r.ID, err)
	}
	if err := s.in.failpoint("split"); err != nil {
		return false, err
	}
	return true, s.fail(ctx, r, classSplit, says+"; asked for again in halves")
}

func (s *seller) half(r history.Report, asins []string) history.Report {
	now := s.now()
	return history.Report{
		Connection: s.conn.ID, API: r.API, Seller: r.Seller, Marketplace: r.Marketplace,
		Type: r.Type, Period: r.Period, Start: r.Start, End: r.End, ASINs: slices.Clone(asins),
		State: history.Planned, Created: now, NextAt: now,
	}
}
