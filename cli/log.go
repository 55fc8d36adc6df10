package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/internal/vault"
)

func (p *Program) logCommand() *cobra.Command {
	var anchor string
	verify := &cobra.Command{
		Use:   "verify [--anchor FILE]",
		Short: "Check the chain of the credential access log",
		RunE: func(c *cobra.Command, _ []string) error {
			var request logRequest
			if anchor != "" {
				f, err := os.Open(anchor)
				if err != nil {
					return usageError{fmt.Errorf("--anchor: %w", err)}
				}
				anchors, err := vault.ReadAnchors(f)
				if err = errors.Join(err, f.Close()); err != nil {
					return usageError{fmt.Errorf("--anchor: %w", err)}
				}
				for _, a := range anchors {
					request.Anchors = append(request.Anchors, a.String())
				}
			}
			report, err := perform[logReport](c.Context(), p, "log", request)
			if err != nil {
				return err
			}
			if err := p.print(report, func(w io.Writer) { writeLogReport(w, report) }); err != nil {
				return err
			}
			if len(report.Findings) > 0 {
				return fmt.Errorf("the access log is damaged in %d places: keep the data folder as it is and compare it with a backup", len(report.Findings))
			}
			return nil
		},
	}
	verify.Flags().StringVar(&anchor, "anchor", "", "file with an earlier head of the chain, kept elsewhere")
	p.jsonFlag(verify)
	return group("log", "The credential access log", verify)
}

type logRequest struct {
	Anchors []string `json:"anchors"`
}

// logReport is what the vault says, with the head in the form of an anchor.
type logReport struct {
	Entries  int64           `json:"entries"`
	Head     string          `json:"head"`
	Anchors  int             `json:"anchors"`
	Findings []vault.Finding `json:"findings"`
}

func verifyLog(ctx context.Context, a *appliance, q logRequest, _ func(string)) (logReport, error) {
	anchors := make([]vault.Anchor, 0, len(q.Anchors))
	for _, line := range q.Anchors {
		anchor, err := vault.ParseAnchor(line)
		if err != nil {
			return logReport{}, usageError{err}
		}
		anchors = append(anchors, anchor)
	}
	report, err := a.Vault.VerifyLog(ctx, anchors...)
	out := logReport{Entries: report.Entries, Anchors: report.Anchors, Findings: append([]vault.Finding{}, report.Findings...)}
	if report.Entries > 0 {
		out.Head = report.Head.String()
	}
	return out, err
}

func writeLogReport(w io.Writer, r logReport) {
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%v\n", f)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintf(w, "The access log is whole: %d entries. Its head, to keep elsewhere as an anchor:\n%s\n", r.Entries, r.Head)
	}
}
