package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// seller is the flow of a Selling Partner API connection.
type seller struct {
	*pass
	client *spapi.Client
	rates  rates
}

func newSeller(p *pass) (*seller, error) {
	s := &seller{pass: p}
	client, err := p.in.sellerClient(p.conn, s.rates.note)
	s.client = client
	return s, err
}

// rates collects what answers say about quotas until the pass can store it.
type rates struct {
	mu    sync.Mutex
	noted map[string]float64
}

func (r *rates) note(op string, rps float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noted == nil {
		r.noted = map[string]float64{}
	}
	r.noted[op] = rps
}

func (r *rates) drain() map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	noted := r.noted
	r.noted = nil
	return noted
}

// quota returns the bucket of an operation: per operation, seller and region
// (spapi.md trap 47).
func (s *seller) quota(operation string) quota {
	return quota{"spapi." + operation, s.conn.SellerID + "/" + string(s.conn.Region)}
}

// called settles what every answer of an operation says beside its content.
func (s *seller) called(ctx context.Context, err error) error {
	if err == nil {
		s.wellAnswered()
	}
	for op, rps := range s.rates.drain() {
		if err := s.learned(context.WithoutCancel(ctx), s.quota(op), rps); err != nil {
			return err
		}
	}
	return nil
}

// owns implements flow: a grant may change, the seller does not.
func (s *seller) owns(r history.Report) bool {
	if r.API != history.SPAPI || r.Seller != s.conn.SellerID {
		return false
	}
	m, ok := marketplace.ByID(r.Marketplace)
	return ok && m.Region == s.conn.Region
}

// discover implements flow.
func (s *seller) discover(ctx context.Context) error {
	if len(s.conn.Markets) > 0 {
		return nil
	}
	q := s.quota(spapi.OpParticipations)
	ok, at, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		s.undiscovered(at)
		return nil
	}
	found, err := s.client.Participations(ctx)
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		return s.discoveryFailed(ctx, q, err)
	}
	if err := s.in.saveMarkets(s.conn, found); err != nil || len(s.conn.Markets) > 0 {
		return err
	}
	return s.rest(ctx, q, 24*time.Hour) // nothing in this region
}

// undiscovered notes that what the connection reaches is not known before at,
// which counts as work that waits.
func (p *pass) undiscovered(at time.Time) {
	p.wake(at)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unknown = true
}

// discoveryFailed decides what an error means that came before any report.
func (p *pass) discoveryFailed(ctx context.Context, q quota, err error) error {
	if handled, err := p.refused(ctx, err); handled {
		return err
	}
	switch judge(err) {
	case verdictThrottled:
		// It takes several requests: a moment is not enough.
		at, err := p.throttled(ctx, q, err)
		p.undiscovered(later(at, p.now().Add(firstPoll)))
		return err
	case verdictForbidden, verdictRefused, verdictGone:
		return p.halt(ctx, StatusFailed, textRole)
	}
	p.undiscovered(p.now().Add(firstPoll))
	p.log.Warn("discovery did not work; it is tried again")
	return nil
}

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
	s.count(func(o *Outcome) { o.Asked++ })
	return s.accepted(context.WithoutCancel(ctx), r, id, sellerDeadline)
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
		return errors.Join(terr, s.later(ctx, again, at))
	case verdictForbidden:
		return errors.Join(s.halt(ctx, StatusFailed, textRole), s.later(ctx, again, s.now()))
	case verdictRefused, verdictGone:
		return s.fail(ctx, r, classOurs, plain("ask for the report", err))
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
		if o.State == history.Requesting && o.ID != r.ID && o.Type == r.Type && o.Marketplace == r.Marketplace && o.Start == r.Start {
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

// notAnswered puts a report off whose state at Amazon could not be learnt.
func (p *pass) notAnswered(ctx context.Context, r history.Report, q quota, doing string, err error) error {
	if judge(err) == verdictStopped && errors.Is(err, context.Canceled) {
		return nil
	}
	if handled, err := p.refused(ctx, err); handled {
		return err
	}
	switch judge(err) {
	case verdictThrottled:
		at, terr := p.throttled(ctx, q, err)
		return errors.Join(terr, p.later(ctx, r, at))
	case verdictForbidden:
		return p.halt(ctx, StatusFailed, textRole)
	case verdictGone:
		return p.fail(ctx, r, classAmazon, plain(doing, err))
	}
	if !r.Deadline.IsZero() && p.now().After(r.Deadline) {
		return p.abandon(ctx, r)
	}
	r.Error = plain(doing, err)
	return p.later(ctx, r, p.now().Add(firstPoll))
}

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
		return s.later(ctx, r, nextPoll(r.Requested, s.now()))
	}
	r.State, r.DocumentID, r.NextAt = history.Ready, a.DocumentID, s.now()
	return s.save(ctx, r)
}

// classFatal marks a report whose document holds the reason of its failure.
const classFatal = "fatal"

// fatal ends a report that Amazon could not make, by the text that says why
// (spapi.md §3.5). A refusal without a reason is taken for a week that is not
// published yet as long as the week is young.
func (s *seller) fatal(ctx context.Context, r history.Report, text string) error {
	class, says := classAmbiguous, text
	if text == "" {
		says = "Amazon gave no reason"
	}
	switch kind := spapi.Classify(text); {
	case kind == spapi.FatalOurs:
		class = classOurs
	case kind == spapi.FatalNotYet, weekAge(r.Start, s.now()) < settledAge:
		class = classNotYet
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
	s.in.memory.forgetPlan(s.conn.ID)
	s.count(func(o *Outcome) { o.Empty++ })
	return nil
}

// later returns the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
