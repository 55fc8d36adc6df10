package cli

import (
	"context"
	"errors"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/jobs/digest"
	"halotrack.ai/halotrack/jobs/ingest"
	"halotrack.ai/halotrack/jobs/join"
)

// cycle does all that can be done now, in the order in which data flows: ask
// Amazon, rebuild the touched weeks, compute the audits due, tell people, send
// what is queued. A room that fails does not hold up the next one.
func (a *appliance) cycle(ctx context.Context, account string) (ingest.Outcome, error) {
	var errs []error
	run := func(name string, fn func() error) {
		if ctx.Err() != nil {
			return
		}
		err := fn()
		if err != nil && ctx.Err() != nil {
			return // stopped, not failed
		}
		a.runs.note(name, a.Clock.Now(), err)
		errs = append(errs, err)
	}
	var outcome ingest.Outcome
	run("ingest", func() (err error) {
		outcome, err = a.Ingest.Run(ctx, account)
		return err
	})
	accounts, err := a.accounts(account)
	if err != nil {
		return outcome, errors.Join(append(errs, err)...)
	}
	touched := map[string][]clock.Day{}
	run("join", func() error {
		var errs []error
		for _, id := range accounts {
			_, err := join.Run(ctx, a.App, a.Store, id)
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	run("audit", func() error {
		var errs []error
		for _, id := range accounts {
			weeks, err := a.Audit.Run(ctx, id)
			touched[id] = weeks
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	run("digest", func() error {
		var errs []error
		for id, weeks := range touched {
			errs = append(errs, digest.Run(a.App, a.Mail, a.publicURL(), id, weeks))
		}
		return errors.Join(errs...)
	})
	run("mail", func() error {
		_, _, err := a.Mail.Dispatch(ctx)
		return err
	})
	if err := ctx.Err(); err != nil {
		errs = append(errs, err)
	}
	return outcome, errors.Join(errs...)
}

// accounts lists the ids of all accounts that hold data, or only the given one.
func (a *appliance) accounts(only string) ([]string, error) {
	if only != "" {
		return []string{only}, nil
	}
	var ids []string
	err := a.App.DB().Select("id").From("accounts").OrderBy("id").Column(&ids)
	return ids, err
}
