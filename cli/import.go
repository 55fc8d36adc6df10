package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/portfolio"
)

type importRequest struct {
	Account     string `json:"account"`
	Marketplace string `json:"marketplace"` // country or id, of lines that name none
	File        string `json:"file"`
	Data        []byte `json:"data"`
}

type importResult struct {
	ID       string                `json:"id"`
	File     string                `json:"file"`
	Counts   portfolio.Counts      `json:"counts"`
	Problems []portfolio.LineError `json:"problems"`
	Ignored  []string              `json:"ignored"`
}

func (p *Program) importCommand() *cobra.Command {
	var request importRequest
	c := &cobra.Command{
		Use:   "import --account ID [--marketplace US] FILE…",
		Short: "Take over product tables (CSV); other kinds of files are not read yet",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if err := required(c, "account"); err != nil {
				return err
			}
			var results []importResult
			wrong := 0
			for _, path := range files {
				var err error
				if request.Data, err = readSheetFile(path); err != nil {
					return err
				}
				request.File = filepath.Base(path)
				result, err := perform[importResult](c.Context(), p, "import", request)
				if err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				results = append(results, result)
				wrong += result.Counts.Wrong
			}
			err := p.print(results, func(w io.Writer) { writeImports(w, results) })
			if err == nil && wrong > 0 {
				err = fmt.Errorf("%d lines were left out; correct them and import the file again", wrong)
			}
			return err
		},
	}
	c.Flags().StringVar(&request.Account, "account", "", "account id")
	c.Flags().StringVar(&request.Marketplace, "marketplace", "", "country of lines that name none (default: the account's, if it has one only)")
	p.jsonFlag(c)
	return c
}

// readSheetFile reads no more of a file than a product table may have.
func readSheetFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, portfolio.MaxSheet+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// importProducts takes over what is right in one file; it can be undone on the
// page Products.
func importProducts(ctx context.Context, a *appliance, q importRequest, _ func(string)) (result importResult, err error) {
	if _, err := a.App.FindRecordById("accounts", q.Account); err != nil {
		return result, unknownAccount(q.Account)
	}
	market, err := a.importMarket(q)
	if err != nil {
		return result, err
	}
	imports := portfolio.NewImports(a.App, a.Vault, a.Clock)
	system := portfolio.Actor{Kind: activity.System}
	staged, preview, err := imports.Stage(ctx, q.Account, system, q.File, market, q.Data)
	if err != nil {
		return result, readable(err)
	}
	done, effect, _, err := imports.Confirm(ctx, q.Account, staged.ID, system)
	if err != nil {
		return result, readable(err)
	}
	result = importResult{ID: done.ID, File: done.File, Counts: done.Counts, Problems: preview.Problems, Ignored: preview.Ignored}
	return result, effect.Mark(ctx, a.Store, q.Account)
}

// readable makes an error of what is wrong with a file.
func readable(err error) error {
	if text, ok := portfolio.Refusal(err); ok {
		return usageError{errors.New(text)}
	}
	return err
}

// importMarket is the marketplace of lines that name none: the one asked for, or
// the account's if it sells in one only, or none.
func (a *appliance) importMarket(q importRequest) (string, error) {
	if q.Marketplace != "" {
		m, ok := marketplace.ByCountry(strings.ToUpper(q.Marketplace))
		if !ok {
			m, ok = marketplace.ByID(q.Marketplace)
		}
		if !ok {
			return "", usageError{fmt.Errorf("--marketplace %s: there is no such marketplace; write a country's two letters, such as US", q.Marketplace)}
		}
		return m.ID, nil
	}
	records, err := a.App.FindAllRecords("connections")
	if err != nil {
		return "", err
	}
	found := map[string]bool{}
	for _, r := range records {
		var markets []struct {
			ID string `json:"id"`
		}
		if r.GetString("account") != q.Account || r.UnmarshalJSONField("marketplaces", &markets) != nil {
			continue
		}
		for _, m := range markets {
			found[m.ID] = true
		}
	}
	if len(found) == 1 {
		for id := range found {
			return id, nil
		}
	}
	return "", nil
}

func writeImports(w io.Writer, results []importResult) {
	for _, r := range results {
		fmt.Fprintf(w, "%s: %d added, %d changed, %d as they were, %d left out\n", r.File, r.Counts.Added, r.Counts.Changed, r.Counts.Same, r.Counts.Wrong)
		for _, p := range r.Problems {
			fmt.Fprintf(w, "  line %d: %s\n", p.Line, p.Text)
		}
		for _, column := range r.Ignored {
			fmt.Fprintf(w, "  The product table has no place for the column %s.\n", column)
		}
	}
}
