package ingest

import (
	"context"
	"errors"
	"fmt"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// poll implements flow.
func (s *seller) poll(ctx context.Context, r history.Report) error {
	q := s.quota(spapi.OpReport)
	ok, at, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		return s.later(ctx, r, at)
	}
	a, err := s.client.Report(ctx, r.AmazonID)
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		return s.notAnswered(ctx, r, q, "look at the report", err)
	}
	if err := s.in.failpoint("polled"); err != nil {
		return err
	}
	switch a.Status {
	case spapi.Cancelled: // Amazon's word for no data (spapi.md trap 28)
		return s.storeNothing(ctx, r)
	case spapi.Done:
		if a.DocumentID == "" {
			return s.storeNothing(ctx, r)
		}
	case spapi.Fatal:
		if a.DocumentID == "" {
			return s.fatal(ctx, r, "")
		}
		r.ErrorClass = classFatal
	default: // queued, running, or a status of tomorrow
		if !s.now().Before(r.Deadline) {
			return s.abandon(ctx, r)
		}
		at, err := s.pollAgain(ctx, r)
		if err != nil {
			return err
		}
		return s.later(ctx, r, at)
	}
	r.State, r.DocumentID, r.NextAt = history.Ready, a.DocumentID, s.now()
	return errors.Join(s.save(ctx, r), s.beckon(ctx, r))
}

// classFatal marks a report whose document holds the reason of its failure.
const classFatal = "fatal"

// fatal ends a report that Amazon could not make, by the text that says why
// (spapi.md §3.5). A refusal without a reason is taken for a period that is not
// published yet as long as the period is young, and "unavailable" for one that
// Amazon has no more once it is long past that.
func (s *seller) fatal(ctx context.Context, r history.Report, text string) error {
	class, says := classAmbiguous, text
	if text == "" {
		says = "Amazon gave no reason"
	}
	cal := calendarOfMarket(r.Marketplace, r.Period)
	kind := spapi.Classify(text)
	switch {
	case kind == spapi.FatalOurs, kind == spapi.FatalAccount:
		class = classOurs
	case kind == spapi.FatalNotYet && cal.age(r.Start, s.now()) < 2*cal.settled, cal.young(r.Start, s.now()):
		class = classNotYet
	}
	if class == classAmbiguous || class == classOurs {
		if err := s.refuses(ctx, r.Marketplace, explainFatal(kind)); err != nil {
			return err
		}
	}
	if class == classAmbiguous && kind == spapi.FatalAmbiguous {
		if done, err := s.split(ctx, r, ambiguousDepth, says); done || err != nil {
			return err
		}
	}
	if class == classNotYet {
		if err := s.facts.MarkUnavailable(ctx, s.slice(r, 0)); err != nil {
			return fmt.Errorf("mark report %d as not published: %w", r.ID, err)
		}
	}
	return s.fail(ctx, r, class, says)
}

// slice names what a report covers; ledger is the row that storing it
// finishes, 0 for none.
func (s *seller) slice(r history.Report, ledger int64) history.Slice {
	slice := s.sqpSlice(r)
	slice.Report = ledger
	if r.Type == string(spapi.SCP) {
		return history.SCPSlice(slice)
	}
	return slice
}

func (s *seller) sqpSlice(r history.Report) history.SQPSlice {
	return history.SQPSlice{
		Seller: r.Seller, Marketplace: r.Marketplace, Period: r.Period, Start: r.Start, End: r.End,
		ASINs: r.ASINs, Report: r.ID, FetchedAt: s.now(), Source: history.SourceAPI,
	}
}

// storeNothing covers a slice for which Amazon has no data.
func (s *seller) storeNothing(ctx context.Context, r history.Report) error {
	if err := s.facts.MarkEmpty(ctx, s.slice(r, r.ID)); err != nil {
		return fmt.Errorf("mark report %d as empty: %w", r.ID, err)
	}
	s.in.memory.changed(s.conn.ID, r)
	s.answers(r.Marketplace, true)
	s.count(func(o *Outcome) { o.Empty++ })
	return s.packAnswered(ctx, r)
}
