package cli

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/jobs/digest"
	"halotrack.ai/halotrack/jobs/ingest"
	"halotrack.ai/halotrack/jobs/join"
)

// derivePause is how long joins and audits wait while more data are on their
// way.
const derivePause = 30 * time.Minute

// cycle does all that can be done now, in the order in which data flows: ask
// Amazon, delete what has had its time, rebuild the touched weeks, compute the audits due, check the alert engine on them, estimate halo, tell people, send
// what is queued. A room that fails does not hold up the next one.
func (a *appliance) cycle(ctx context.Context, account string) (ingest.Outcome, error) {
	return a.cycleOver(ctx, account, func(ids []string) []string { return ids })
}

// beat is the cycle of a heartbeat over all accounts: it derives nothing of
// accounts whose facts have not changed within the hour, so that hundreds of
// quiet files stay shut.
func (a *appliance) beat(ctx context.Context) error {
	_, err := a.cycleOver(ctx, "", a.stirred)
	if err != nil {
		clear(a.seen) // what failed is tried again
	}
	return err
}

// sight is how an account's facts stood when something was last derived of them.
type sight struct {
	revision uint64
	hour     time.Time
}

// stirred picks the accounts whose facts have changed since they were last
// picked, and all once an hour: some of what is derived falls due by the clock.
func (a *appliance) stirred(ids []string) (out []string) {
	for _, id := range ids {
		now := sight{a.Store.Revision(id), a.Clock.Now().Truncate(time.Hour)}
		if a.seen[id] != now {
			out = append(out, id)
			a.seen[id] = now
		}
	}
	return out
}

func (a *appliance) cycleOver(ctx context.Context, account string, toDerive func(ids []string) []string) (ingest.Outcome, error) {
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
		return errors.Join(err, a.Evidence.Flush(context.WithoutCancel(ctx)))
	})
	run("retention", func() error { return a.Retention.Run(ctx, account) })
	accounts, err := a.accounts(account)
	if err != nil {
		return outcome, errors.Join(append(errs, err)...)
	}
	// While reports are on their way their weeks change again and again, so
	// what is derived from them waits a while.
	if outcome.InFlight == 0 || a.Clock.Now().Sub(a.derived) >= derivePause {
		a.derived = a.Clock.Now()
		accounts = toDerive(accounts)
		run("join", func() error {
			return forEach(accounts, func(id string) error {
				_, err := join.Run(ctx, a.App, a.Store, id)
				return err
			})
		})
		run("audit", func() error {
			return forEach(accounts, func(id string) error {
				weeks, err := a.Audit.Run(ctx, id)
				if err != nil {
					return err
				}
				if a.Mail.Transport == nil {
					return nil // who has no mail server reads the pages, and wants no heap of old mails later
				}
				return digest.Run(a.App, a.Mail, a.publicURL(), id, weeks)
			})
		})
		run("alert", func() error {
			return forEach(accounts, func(id string) error {
				_, err := a.Alert.Run(ctx, id)
				return err
			})
		})
		run("selfcheck", func() error {
			return forEach(accounts, func(id string) error {
				_, err := a.SelfCheck.Run(ctx, id)
				return err
			})
		})
		run("halo", func() error {
			return forEach(accounts, func(id string) error {
				_, err := a.Halo.Run(ctx, id)
				return err
			})
		})
	}
	if a.Reminder != nil {
		run("reminder", func() error { return a.Reminder.Run(ctx) })
	}
	run("mail", func() error {
		_, _, err := a.Mail.Dispatch(ctx)
		if errors.Is(err, mail.ErrNoServer) {
			return nil // the mails wait; nothing else depends on them
		}
		return err
	})
	if err := ctx.Err(); err != nil {
		errs = append(errs, err)
	}
	return outcome, errors.Join(errs...)
}

// forEach runs fn for all ids, as many at once as there are processors, and
// goes on where one fails.
func forEach(ids []string, fn func(id string) error) error {
	errs := make([]error, len(ids))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		group.Go(func() error {
			errs[i] = fn(id)
			return nil
		})
	}
	_ = group.Wait()
	return errors.Join(errs...)
}

// accounts lists the ids of the accounts that were ever connected, or only the
// given one.
func (a *appliance) accounts(only string) ([]string, error) {
	if only != "" {
		return []string{only}, nil
	}
	var ids []string
	err := a.App.DB().Select("account").Distinct(true).From("connections").OrderBy("account").Column(&ids)
	return ids, err
}
