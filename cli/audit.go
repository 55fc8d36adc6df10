package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

type auditRequest struct {
	Account string     `json:"account"`
	Week    *clock.Day `json:"week"`
}

func (p *Program) auditCommand() *cobra.Command {
	var request auditRequest
	var week string
	c := &cobra.Command{
		Use:   "audit --account ID [--week 2026-11-15]",
		Short: "Compute and print the audit of a week from stored data",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := required(c, "account"); err != nil {
				return err
			}
			if week != "" {
				day, err := clock.ParseDay(week)
				if err != nil {
					return usageError{fmt.Errorf("--week: %w", err)}
				}
				if day != day.Week() {
					return usageError{fmt.Errorf("--week: %s is not a Sunday; weeks are named by their Sunday, here %s", day, day.Week())}
				}
				request.Week = &day
			}
			result, err := perform[*analysis.Audit](c.Context(), p, "audit", request)
			if err != nil {
				return err
			}
			return p.print(result, func(w io.Writer) { writeAudit(w, result) })
		},
	}
	c.Flags().StringVar(&request.Account, "account", "", "account id")
	c.Flags().StringVar(&week, "week", "", "the week's Sunday (default: the newest complete week)")
	p.jsonFlag(c)
	return c
}

func computeAudit(ctx context.Context, a *appliance, q auditRequest, _ func(string)) (*analysis.Audit, error) {
	if _, err := a.App.FindRecordById("accounts", q.Account); err != nil {
		return nil, unknownAccount(q.Account)
	}
	week := q.Week
	if week == nil {
		newest, ok, err := a.Audit.Newest(ctx, q.Account)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("account %s has no complete week yet; run halotrack sync, or see its connections", q.Account)
		}
		week = &newest
	}
	return a.Audit.Compute(ctx, q.Account, *week)
}

// writeAudit prints an audit as a person reads it.
func writeAudit(w io.Writer, audit *analysis.Audit) {
	fmt.Fprintf(w, "Week of %s (%s)\n", audit.Week, audit.State)
	for _, m := range audit.Marketplaces {
		fmt.Fprintf(w, "\n%s, %s\n", m.Marketplace, m.Currency)
		for _, f := range m.Findings {
			fmt.Fprintf(w, "  - %s\n", f.Text)
		}
		if len(m.Findings) == 0 {
			fmt.Fprintln(w, "  Nothing to report.")
		}
		for _, h := range m.Hidden {
			fmt.Fprintf(w, "  Not shown: %s (%s)\n", h.What, h.Why)
		}
	}
}
