package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// fetch implements flow.
func (s *seller) fetch(ctx context.Context, r history.Report) error {
	q := s.quota(spapi.OpDocument)
	ok, at, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		return s.later(ctx, r, at)
	}
	doc, err := s.client.Document(ctx, r.DocumentID)
	if err := s.called(ctx, err); err != nil {
		return err
	}
	if err != nil {
		return s.notAnswered(ctx, r, q, "ask for the document", err)
	}
	err = s.download(ctx, r, func(ctx context.Context) (io.ReadCloser, error) { return s.client.Download(ctx, doc) })
	if err != nil {
		return s.notDownloaded(ctx, r, err)
	}
	if err := s.in.failpoint("downloaded"); err != nil {
		return err
	}
	if strings.HasPrefix(r.ErrorClass, classFatal) {
		return s.readFatal(ctx, r)
	}
	stored, err := s.store(ctx, r)
	if err != nil {
		return s.notStored(ctx, r, err)
	}
	s.answers(r.Marketplace, true)
	return errors.Join(s.packAnswered(ctx, r), s.stored(r, stored))
}

// notDownloaded puts a report off whose document did not arrive. An expired
// address is no fault of the document: the next try gets a new one (spapi.md
// trap 40, adsapi.md trap 15).
func (p *pass) notDownloaded(ctx context.Context, r history.Report, err error) error {
	var bad *document.Error
	if errors.As(err, &bad) {
		return p.unreadable(ctx, r, bad)
	}
	if ctx.Err() != nil || judge(err) == verdictStopped {
		return nil
	}
	if handled, err := p.refused(ctx, err); handled {
		return err
	}
	if !p.now().Before(documentDeadline(r)) {
		return p.fail(ctx, r, classAmazon, plain("download the document", err))
	}
	r.Error = plain("download the document", err)
	return p.later(ctx, r, p.now().Add(downloadPause(p.now().Sub(r.Requested))))
}

// downloadPause is how long a document that does not arrive is left alone, by
// the time since its report was asked for: a minute at first, an hour at last, so
// that one document does not use up the quota of all others for two days.
func downloadPause(age time.Duration) time.Duration {
	return min(max(age/8, firstPoll), time.Hour)
}

// documentDeadline is when a finished report whose document cannot be fetched
// is given up.
func documentDeadline(r history.Report) time.Time { return r.Requested.Add(48 * time.Hour) }

// notStored decides what an error between spool and commit means. Nothing of
// the document was stored.
func (p *pass) notStored(ctx context.Context, r history.Report, err error) error {
	var bad *document.Error
	switch {
	case errors.As(err, &bad):
		return p.unreadable(ctx, r, bad)
	case errors.Is(err, errForeign):
		r.State, r.AmazonID, r.DocumentID, r.ErrorClass, r.NextAt = history.Planned, "", "", "", p.now()
		return errors.Join(p.save(ctx, r), p.in.spool.remove(p.conn.Account, r.ID))
	case ctx.Err() != nil:
		return nil
	}
	return fmt.Errorf("store report %d: %w", r.ID, err)
}

// mostFetches is how often a document is fetched that cannot be read.
const mostFetches = 4

// unreadable handles a bad document. What went wrong on its way, at its host
// or while Amazon wrote it is not there the next time: it is fetched again from
// a fresh address, a few times (spapi.md trap 42, adsapi.md trap 18). After that
// the report has failed, the sealed document is kept and the ledger says where
// in it the fault is. One that is too large is not fetched four times.
func (p *pass) unreadable(ctx context.Context, r history.Report, bad *document.Error) error {
	if !errors.Is(bad, document.ErrTooLarge) && strings.Count(r.ErrorClass, classDocument) < mostFetches-1 {
		r.ErrorClass, r.Error = strings.TrimSpace(r.ErrorClass+" "+classDocument), bad.Error()
		return p.later(ctx, r, p.now().Add(slowPoll))
	}
	return p.fail(ctx, r, classDocument, fmt.Sprintf("%v; the document is kept sealed for %d days", bad, int(keepBadDocuments.Hours()/24)))
}

// stored counts a report whose rows are committed and lets its document go.
func (p *pass) stored(r history.Report, stored history.Stored) error {
	if err := p.in.failpoint("stored"); err != nil {
		return err
	}
	p.in.memory.changed(p.conn.ID, r)
	p.count(func(o *Outcome) {
		o.Rows += stored.Rows
		if stored.Rows > 0 {
			o.Stored++
		} else {
			o.Empty++
		}
	})
	if stored.Unasked > 0 {
		p.log.Warn("rows of ASINs that were not asked for were left out", "report", r.ID, "rows", stored.Unasked)
	}
	return p.in.spool.remove(p.conn.Account, r.ID)
}

// errForeign means that a report found at Amazon after a lost answer was for
// other ASINs: somebody else asked for it.
var errForeign = errors.New("the report is for other ASINs")

// text opens the plain text of a spooled document.
func (p *pass) text(ctx context.Context, r history.Report) (io.Reader, func() error, error) {
	sealed, err := p.in.spool.open(ctx, p.conn.Account, r.ID)
	if err != nil {
		return nil, nil, err
	}
	text, err := document.Plain(sealed, 0) // closes sealed
	if err != nil {
		return nil, nil, err
	}
	return text, text.Close, nil
}

// foreign reports whether a document was made for other ASINs than the report
// asked for: by its rows, or by its echo of the request where it has one.
func foreign(sum spapi.Summary, r history.Report) bool {
	if len(sum.Unrequested) > 0 {
		return true
	}
	return len(sum.Echoed) > 0 && (len(sum.Echoed) != len(r.ASINs) || len(both(sum.Echoed, r.ASINs)) != len(r.ASINs))
}

// store replaces the slice of a report by the rows of its document, in one
// transaction with coverage and ledger.
func (s *seller) store(ctx context.Context, r history.Report) (stored history.Stored, err error) {
	text, done, err := s.text(ctx, r)
	if err != nil {
		return stored, err
	}
	defer func() { err = errors.Join(err, done()) }()
	want := spec(r).Expect()
	check := func(sum spapi.Summary, err error) (spapi.Summary, error) {
		if err == nil && strings.HasPrefix(r.ErrorClass, classAdopted) && foreign(sum, r) {
			err = errForeign
		}
		if err == nil && (sum.Unit == spapi.UnitMixed || sum.RateMismatches > 0) {
			s.log.Warn("a document's shares do not agree with its counts; shares are computed from the counts",
				"report", r.ID, "unit", string(sum.Unit), "mismatches", sum.RateMismatches)
		}
		return sum, err
	}
	slice := s.sqpSlice(r)
	if r.Type == string(spapi.SCP) {
		return s.facts.ReplaceSCP(ctx, history.SCPSlice(slice), func(yield func(*spapi.SCPRow) error) (spapi.Summary, error) {
			return check(spapi.DecodeSCP(text, want, yield))
		})
	}
	return s.facts.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
		return check(spapi.DecodeSQP(text, want, yield))
	})
}

// readFatal reads why a report failed.
func (s *seller) readFatal(ctx context.Context, r history.Report) error {
	text, done, err := s.text(ctx, r)
	if err != nil {
		return s.notStored(ctx, r, err)
	}
	reason, err := spapi.FatalText(text)
	if err = errors.Join(err, done()); err != nil {
		reason = "" // a reason that cannot be read is none
	}
	if err := s.fatal(ctx, r, reason); err != nil {
		return err
	}
	return s.in.spool.remove(s.conn.Account, r.ID)
}
