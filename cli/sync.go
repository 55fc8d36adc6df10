package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/jobs/ingest"
)

type syncRequest struct {
	Account   string `json:"account"`
	UntilIdle bool   `json:"untilIdle"`
	Advance   bool   `json:"advance"`
}

type syncResult struct {
	Idle bool       `json:"idle"`
	Next *time.Time `json:"next"` // when something is due; null if nothing is planned

	InFlight int `json:"inFlight"` // reports under way at Amazon
	Waiting  int `json:"waiting"`  // reports due that wait for a quota or a pause

	Accounts []accountState `json:"accounts"`
}

func (p *Program) syncCommand() *cobra.Command {
	var request syncRequest
	c := &cobra.Command{
		Use:   "sync [--account ID] [--until-idle]",
		Short: "Fetch from Amazon what is due, and compute what follows from it",
		RunE: func(c *cobra.Command, _ []string) error {
			if request.Advance && !request.UntilIdle {
				return usageError{errors.New("--advance goes with --until-idle")}
			}
			result, err := perform[syncResult](c.Context(), p, "sync", request)
			if err != nil {
				return err
			}
			return p.print(result, func(w io.Writer) {
				switch {
				case result.Next == nil:
					fmt.Fprintln(w, "Nothing is due: connect an account first.")
				case result.Idle:
					fmt.Fprintf(w, "All that is due is done. Next: %s\n", result.Next.Format(time.RFC3339))
				default:
					fmt.Fprintf(w, "Reports are under way at Amazon. Next step: %s (or: halotrack sync --until-idle)\n", result.Next.Format(time.RFC3339))
				}
			})
		},
	}
	c.Flags().StringVar(&request.Account, "account", "", "only this account, by id")
	c.Flags().BoolVar(&request.UntilIdle, "until-idle", false, "go on until nothing is in flight or due")
	if canAdvance {
		c.Flags().BoolVar(&request.Advance, "advance", false, "move the clock instead of waiting")
	}
	p.jsonFlag(c)
	return c
}

func syncAccounts(ctx context.Context, a *appliance, q syncRequest, progress func(string)) (syncResult, error) {
	if q.Account != "" {
		if _, err := a.App.FindRecordById("accounts", q.Account); err != nil {
			return syncResult{}, unknownAccount(q.Account)
		}
	}
	began := a.Clock.Now()
	outcome, err := a.syncOnce(ctx, q, progress)
	if err != nil {
		return syncResult{}, err
	}
	result := syncOutcome(outcome)
	result.Accounts, err = a.accountStates(ctx, q.Account, began)
	return result, err
}

// syncOnce runs one cycle, or as many as it takes until nothing is left to do.
func (a *appliance) syncOnce(ctx context.Context, q syncRequest, progress func(string)) (ingest.Outcome, error) {
	if !q.UntilIdle {
		a.cycling.Lock()
		defer a.cycling.Unlock()
		return a.cycle(ctx, q.Account)
	}
	return a.untilIdle(ctx, q.Account, func(t time.Time) error {
		progress("waiting for Amazon until " + t.Format(time.RFC3339))
		if q.Advance {
			return advance(a.Clock, t)
		}
		return a.Clock.WaitUntil(ctx, t)
	})
}

// untilIdle goes through cycles until nothing is in flight, waiting for quota
// or due by now; wait is called before each further cycle, with the instant at
// which it can do something.
func (a *appliance) untilIdle(ctx context.Context, account string, wait func(t time.Time) error) (ingest.Outcome, error) {
	a.cycling.Lock()
	defer a.cycling.Unlock()
	for {
		outcome, err := a.cycle(ctx, account)
		if err != nil || outcome.Idle() {
			return outcome, err
		}
		if err := wait(outcome.Next); err != nil {
			return outcome, err
		}
	}
}

func syncOutcome(o ingest.Outcome) syncResult {
	r := syncResult{Idle: o.Idle(), InFlight: o.InFlight, Waiting: o.Waiting}
	if !o.Next.IsZero() {
		r.Next = &o.Next
	}
	return r
}
