package ingest

import (
	"context"
	"fmt"

	"halotrack.ai/halotrack/internal/history"
)

// SweepSpool deletes the documents of an account that its ledger does not wait
// for, once no pass over the account runs.
func (in *Ingest) SweepSpool(ctx context.Context, account string) error {
	lock := in.passLock(account)
	lock.Lock()
	defer lock.Unlock()
	return in.cfg.Store.Use(ctx, account, func(facts *history.Facts) error { return in.sweepUnwanted(ctx, account, facts) })
}

// sweepSpool now and then deletes the documents that nobody waits for: what a crash left
// behind after its commit, and bad ones whose time is over.
func (in *Ingest) sweepSpool(ctx context.Context, account string, facts *history.Facts) error {
	if !in.memory.sweepDue(account, in.cfg.Clock.Now()) {
		return nil
	}
	return in.sweepUnwanted(ctx, account, facts)
}

func (in *Ingest) sweepUnwanted(ctx context.Context, account string, facts *history.Facts) error {
	reports, err := facts.Reports(ctx, history.ReportFilter{States: []history.ReportState{history.Ready, history.Failed}})
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	kept := map[int64]bool{}
	for _, r := range reports {
		kept[r.ID] = r.State == history.Ready ||
			r.ErrorClass == classDocument && in.cfg.Clock.Now().Sub(r.Finished) < keepBadDocuments
	}
	return in.spool.sweep(account, func(report int64) bool { return kept[report] })
}
