package ingest

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// How many ASINs go into one report is learned per seller: 18 fit into a
// request, and some accounts get a report for fewer (spapi.md §1.3: one failed
// with 17 and had 8). Halving them anew each week would cost requests of which
// there are twenty a day.
const (
	mostPacked     = 18
	doubtsToShrink = 2                   // refusals of a size that has worked before
	packGrows      = 28 * 24 * time.Hour // without a refusal
)

// packing is how many ASINs one seller's reports hold.
type packing struct {
	Most   int // that are asked for in one report
	Good   int // the largest number that was answered
	Doubts int // in a row, at sizes up to Good
	Since  time.Time
}

// answered notes that a report of n ASINs was made.
func (p packing) answered(n int) packing {
	p.Good = max(p.Good, n)
	if n >= p.Most {
		p.Doubts = 0
	}
	return p
}

// tooMany notes that a report of n ASINs was refused and that its parts, the
// largest of them of part ASINs, were all answered: it was their number. One
// such case decides for a number that never worked, two for one that did.
func (p packing) tooMany(n, part int, now time.Time) packing {
	if n <= p.Good {
		if p.Doubts++; p.Doubts < doubtsToShrink {
			return p
		}
		p.Good = 0
	}
	most := max(part, p.Good)
	return packing{Most: most, Good: most, Since: now}
}

// grown tries half of what is missing once a size has held for long.
func (p packing) grown(now time.Time) packing {
	if p.Most < mostPacked && now.Sub(p.Since) >= packGrows {
		p.Most, p.Since = p.Most+max((mostPacked-p.Most)/2, 1), now
	}
	return p
}

// packing reads what is known of the seller, kept among its quotas: a bucket
// with the number as its size.
func (s *seller) packing(ctx context.Context) (packing, error) {
	b, ok, err := s.facts.Bucket(ctx, s.quota("sqp_pack").key())
	if err != nil {
		return packing{}, fmt.Errorf("read how many ASINs a report holds: %w", err)
	}
	if !ok {
		return packing{Most: mostPacked}, nil
	}
	return packing{Most: int(b.Burst), Good: int(b.Tokens), Doubts: int(b.Rate) - 1, Since: b.At}, nil
}

func (s *seller) savePacking(ctx context.Context, was, is packing) error {
	if was == is {
		return nil
	}
	if is.Since.IsZero() {
		is.Since = s.now()
	}
	if is.Most != was.Most {
		s.log.Info("the number of ASINs in a report changes", "from", was.Most, "to", is.Most)
	}
	err := s.facts.SaveBucket(ctx, history.Bucket{Key: s.quota("sqp_pack").key(), Tokens: float64(is.Good), Rate: float64(is.Doubts + 1), Burst: float64(is.Most), At: is.Since})
	if err != nil {
		return fmt.Errorf("save how many ASINs a report holds: %w", err)
	}
	return nil
}

// pack is how many ASINs a report that is planned now may hold.
func (s *seller) pack(ctx context.Context) (int, error) {
	was, err := s.packing(ctx)
	if err != nil {
		return 0, err
	}
	is := was.grown(s.now())
	return is.Most, s.savePacking(ctx, was, is)
}

// packAnswered learns from a report that was made.
func (s *seller) packAnswered(ctx context.Context, r history.Report) error {
	if r.Type != string(spapi.SQP) {
		return nil
	}
	s.packs.Lock() // documents are stored side by side
	defer s.packs.Unlock()
	was, err := s.packing(ctx)
	if err != nil {
		return err
	}
	is := was.answered(len(r.ASINs))
	if len(r.ASINs) < was.Most {
		n, part, err := s.refusedWhole(ctx, r)
		if err != nil {
			return err
		}
		if n > 0 {
			is = is.tooMany(n, part, s.now())
		}
	}
	return s.savePacking(ctx, was, is)
}

// refusedWhole returns the number of ASINs of the refused report that r is a
// part of, and of the largest part that was answered; 0 if r is no part or not
// all parts are answered.
func (s *seller) refusedWhole(ctx context.Context, r history.Report) (n, part int, _ error) {
	ledger, err := s.facts.ReportsCovering(ctx, r.Marketplace, r.Period, r.Start, r.Start)
	if err != nil {
		return 0, 0, fmt.Errorf("read the ledger: %w", err)
	}
	var whole *history.Report
	for i, o := range ledger {
		cut := r.Created.Sub(o.Finished)
		if o.Seller == r.Seller && o.ErrorClass == classSplit && cut.Abs() < time.Second && len(both(r.ASINs, o.ASINs)) == len(r.ASINs) &&
			(whole == nil || len(o.ASINs) < len(whole.ASINs)) {
			whole = &ledger[i]
		}
	}
	if whole == nil {
		return 0, 0, nil
	}
	answered := map[string]bool{}
	for _, o := range ledger {
		if o.Seller != r.Seller || o.State != history.ReportDone && o.State != history.ReportEmpty ||
			o.Created.Before(whole.Finished.Add(-time.Second)) || len(both(o.ASINs, whole.ASINs)) != len(o.ASINs) {
			continue
		}
		part = max(part, len(o.ASINs))
		for _, asin := range o.ASINs {
			answered[asin] = true
		}
	}
	if len(answered) < len(whole.ASINs) {
		return 0, 0, nil
	}
	return len(whole.ASINs), part, nil
}
