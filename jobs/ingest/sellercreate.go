package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// spec is what a ledger row asks Amazon for.
func spec(r history.Report) spapi.ReportSpec {
	return spapi.ReportSpec{
		Type: spapi.ReportType(r.Type), Marketplace: r.Marketplace, Period: spapi.Period(r.Period),
		Start: r.Start, End: r.End, ASINs: r.ASINs,
	}
}

// create implements flow. The state requesting is committed before the request
// leaves (spapi.md trap 25).
func (s *seller) create(ctx context.Context, r history.Report) error {
	if s.shut(r.Marketplace) { // refused since this was planned
		return s.fail(ctx, r, classForbidden, "not asked for: "+s.market(r.Marketplace).Problem)
	}
	if early, err := s.tooEarly(ctx, r); err != nil || early {
		return err
	}
	if unknown, err := s.unknownInFlight(ctx, r); err != nil || !unknown.IsZero() {
		return errors.Join(err, s.later(ctx, r, unknown))
	}
	if r.Type == string(spapi.SQP) {
		left, reset, err := s.budget(ctx)
		if err != nil {
			return err
		}
		if left == 0 {
			return s.later(ctx, r, reset)
		}
	}
	q := s.quota(spapi.OpCreateReport)
	ok, at, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		return s.later(ctx, r, at)
	}
	now := s.now()
	r.State, r.Requested, r.NextAt, r.Attempts = history.Requesting, now, now.Add(firstPoll), r.Attempts+1
	if err := s.save(ctx, r); err != nil {
		return err
	}
	if err := s.in.failpoint("requesting"); err != nil {
		return err
	}
	id, err := s.client.CreateReport(ctx, spec(r))
	if err := s.in.failpoint("requested"); err != nil {
		return err
	}
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		return s.notCreated(context.WithoutCancel(ctx), r, q, err)
	}
	s.answers(r.Marketplace, false)
	s.count(func(o *Outcome) { o.Asked++ })
	ctx = context.WithoutCancel(ctx)
	return errors.Join(s.accepted(ctx, r, id, sellerDeadline), s.sqpAnswered(ctx, r, true))
}

// notCreated decides what becomes of a request that was not accepted, or may
// have been.
func (s *seller) notCreated(ctx context.Context, r history.Report, q quota, err error) error {
	if judge(err) == verdictStopped {
		return nil // it may have been accepted: the next pass looks
	}
	again := r
	again.State, again.Requested = history.Planned, time.Time{}
	if handled, herr := s.refused(ctx, err); handled {
		return errors.Join(herr, s.later(ctx, again, s.now()))
	}
	switch judge(err) {
	case verdictThrottled:
		at, terr := s.throttled(ctx, q, err)
		return errors.Join(terr, s.sqpAnswered(ctx, r, false), s.later(ctx, again, at))
	case verdictForbidden:
		return s.refusedIn(ctx, r, err)
	case verdictRefused, verdictGone:
		says := plain("ask for the report", err)
		if errors.Is(err, spapi.ErrInvalid) {
			if done, err := s.split(ctx, r, refusedDepth, says); done || err != nil {
				return err
			}
		}
		return s.fail(ctx, r, classOurs, says)
	}
	if r.Attempts >= mostAttempts {
		return s.fail(ctx, r, classAmazon, plain("ask for the report", err))
	}
	if !spapi.Uncertain(err) {
		r = again
	}
	r.Error = plain("ask for the report", err)
	return s.later(ctx, r, s.now().Add(retryPause(r.Attempts)))
}

// tooEarly ends a planned report whose period another one has meanwhile shown
// not to be published.
func (s *seller) tooEarly(ctx context.Context, r history.Report) (bool, error) {
	if r.Type != string(spapi.SQP) || !calendarOfMarket(r.Marketplace, r.Period).young(r.Start, s.now()) {
		return false, nil
	}
	ledger, err := s.facts.ReportsCovering(ctx, r.Marketplace, r.Period, r.Start, r.Start)
	if err != nil {
		return false, fmt.Errorf("read the ledger: %w", err)
	}
	early := false
	for _, o := range ledger {
		if o.Seller != r.Seller || o.Type != r.Type {
			continue
		}
		if o.State == history.ReportDone || o.State == history.ReportEmpty {
			return false, nil
		}
		early = early || o.ErrorClass == classNotYet && !o.Finished.Before(r.Created)
	}
	if !early {
		return false, nil
	}
	return true, s.fail(ctx, r, classNotYet, "not asked for: the period is not published yet")
}

// mostAttempts bounds how often one ledger row is asked for.
const mostAttempts = 8

// unknownInFlight returns when it will be clear what became of an unanswered
// request for the same period: the ASINs of a report cannot be read back, so
// there is only one such request at a time (spapi.md §3.6).
func (s *seller) unknownInFlight(ctx context.Context, r history.Report) (time.Time, error) {
	reports, err := s.open(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for _, o := range reports {
		if o.State == history.Requesting && o.ID != r.ID && o.Type == r.Type && o.Marketplace == r.Marketplace && o.Period == r.Period && o.Start == r.Start {
			return later(o.NextAt, s.now()).Add(time.Second), nil
		}
	}
	return time.Time{}, nil
}

// clockSkew is how far Amazon's clock may be behind ours.
const clockSkew = 2 * time.Minute

// classAdopted marks a report that was found at Amazon after a lost answer.
const classAdopted = "adopted"

// resolve implements flow: it looks for a report that Amazon accepted without
// our knowing, and asks again only when there is none (spapi.md trap 26).
func (s *seller) resolve(ctx context.Context, r history.Report) error {
	known, err := s.knownIDs(ctx, r)
	if err != nil {
		return err
	}
	query := spapi.ReportsQuery{
		Types: []spapi.ReportType{spapi.ReportType(r.Type)}, Marketplaces: []string{r.Marketplace},
		CreatedSince: r.Requested.Add(-clockSkew), PageSize: 100,
	}
	q := s.quota(spapi.OpReports)
	var found *spapi.Report
	for {
		ok, at, err := s.take(ctx, q)
		if err != nil {
			return err
		}
		if !ok {
			return s.later(ctx, r, at)
		}
		page, next, err := s.client.Reports(ctx, query)
		if err := s.called(ctx, err); err != nil {
			return err
		}
		if err != nil {
			return s.notAnswered(ctx, r, q, "look for the report", err)
		}
		for _, a := range page {
			if !known[a.ID] && accepts(a, r) && (found == nil || a.Created.Before(found.Created)) {
				found = &a
			}
		}
		if next == "" {
			break
		}
		query = spapi.ReportsQuery{Next: next}
	}
	if err := s.in.failpoint("resolved"); err != nil {
		return err
	}
	if found == nil {
		r.State, r.NextAt = history.Planned, s.now()
		return s.save(ctx, r)
	}
	r.ErrorClass = classAdopted
	s.count(func(o *Outcome) { o.Asked++ })
	return s.accepted(ctx, r, found.ID, sellerDeadline)
}

// accepts reports whether a report at Amazon can be what r asked for.
func accepts(a spapi.Report, r history.Report) bool {
	return string(a.Type) == r.Type && len(a.Marketplaces) == 1 && a.Marketplaces[0] == r.Marketplace &&
		clock.DayOf(a.Start, time.UTC) == r.Start && clock.DayOf(a.End, time.UTC) == r.End &&
		!a.Created.Before(r.Requested.Add(-clockSkew))
}

// knownIDs lists Amazon's ids of the ledger's other reports of the same kind.
func (s *seller) knownIDs(ctx context.Context, r history.Report) (map[string]bool, error) {
	reports, err := s.facts.Reports(ctx, history.ReportFilter{API: history.SPAPI, Type: r.Type, Marketplace: r.Marketplace})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	ids := map[string]bool{}
	for _, o := range reports {
		if o.AmazonID != "" && o.Seller == r.Seller {
			ids[o.AmazonID] = true
		}
	}
	return ids, nil
}
