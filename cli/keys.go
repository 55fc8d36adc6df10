package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/internal/vault"
)

func (p *Program) keysCommand() *cobra.Command {
	return group("keys", "The key that everything is encrypted under", p.keysInit(), p.keysStatus())
}

// sheetPath is where the recovery sheet of a key file lies.
func sheetPath(key string) string { return strings.TrimSuffix(key, ".key") + ".recovery.txt" }

type keyResult struct {
	File        string `json:"file"`
	Fingerprint string `json:"fingerprint"`
	Sheet       string `json:"sheet,omitempty"`
	SheetState  string `json:"sheetState,omitempty"`
	Opens       string `json:"opens,omitempty"`
}

func (p *Program) keysInit() *cobra.Command {
	var out, typed string
	c := &cobra.Command{
		Use:   "init --out FILE [--from-sheet FILE]",
		Short: "Make a key file and a recovery sheet to print, or the key file again from its sheet",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := required(c, "out"); err != nil {
				return err
			}
			setUmask()
			if err := vault.CheckLocation(out, p.dir, p.config.BackupDir); err != nil {
				return usageError{err}
			}
			key, err := newKey(typed)
			if err != nil {
				return err
			}
			if err := key.Write(out); err != nil {
				return err
			}
			sheet := sheetPath(out)
			if err := writeNew(sheet, key.RecoverySheet()); err != nil {
				return errors.Join(err, os.Remove(out))
			}
			result := keyResult{File: out, Fingerprint: key.Fingerprint(), Sheet: sheet}
			return p.print(result, func(w io.Writer) {
				fmt.Fprintf(w, "Key:            %s (fingerprint %s)\nRecovery sheet: %s\n\nCopy the key to another machine. Print the sheet, then delete its file.\nWithout the key nobody can read the data, we included.\n", out, result.Fingerprint, sheet)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write; never overwritten")
	c.Flags().StringVar(&typed, "from-sheet", "", "recovery sheet to restore the key from, typed or scanned")
	p.jsonFlag(c)
	return c
}

// newKey makes a key, or reads it from a recovery sheet.
func newKey(sheet string) (*vault.Key, error) {
	if sheet == "" {
		return vault.NewKey()
	}
	text, err := os.ReadFile(sheet)
	if err != nil {
		return nil, usageError{fmt.Errorf("--from-sheet: %w", err)}
	}
	key, err := vault.ParseRecoverySheet(string(text))
	if err != nil {
		return nil, usageError{fmt.Errorf("--from-sheet %s: %w", sheet, err)}
	}
	return key, nil
}

func (p *Program) keysStatus() *cobra.Command {
	var sheet string
	c := &cobra.Command{
		Use:   "status [--sheet FILE]",
		Short: "Check the key file, that it is the data folder's, and the recovery sheet",
		RunE: func(c *cobra.Command, _ []string) error {
			path := p.config.KeyPath(p.dir)
			if err := vault.CheckLocation(path, p.dir, p.config.BackupDir); err != nil {
				return usageError{err}
			}
			key, err := vault.Read(path)
			if err != nil {
				return configurationError(err)
			}
			result := keyResult{File: path, Fingerprint: key.Fingerprint()}
			if result.Opens, err = opens(p.dir, key); err != nil {
				return configurationError(err)
			}
			if sheet == "" {
				if _, err := os.Stat(sheetPath(path)); err == nil {
					sheet = sheetPath(path)
				}
			}
			result.Sheet = sheet
			if result.SheetState, err = compareSheet(sheet, key); err != nil {
				return err
			}
			return p.print(result, func(w io.Writer) {
				fmt.Fprintf(w, "Key:            %s\nFingerprint:    %s\nData folder:    %s\nRecovery sheet: %s\n", path, result.Fingerprint, result.Opens, result.SheetState)
			})
		},
	}
	c.Flags().StringVar(&sheet, "sheet", "", "recovery sheet to check, typed or scanned")
	p.jsonFlag(c)
	return c
}

// opens says whether the key is the data folder's.
func opens(dir string, key *vault.Key) (string, error) {
	switch noted, err := notedKey(dir); {
	case err != nil:
		return "", err
	case noted == "":
		return "none yet at " + dir, nil
	case noted != key.Fingerprint():
		return "", fmt.Errorf("%w: %s was written with %s", vault.ErrWrongKey, dir, noted)
	}
	return dir + " is under this key", nil
}

func compareSheet(path string, key *vault.Key) (string, error) {
	if path == "" {
		return "none beside the key file; if it is printed, check it with --sheet after typing it in", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the recovery sheet: %w", err)
	}
	written, err := vault.ParseRecoverySheet(string(text))
	if err != nil {
		return "", fmt.Errorf("recovery sheet %s: %w", path, err)
	}
	if written.Fingerprint() != key.Fingerprint() {
		return "", fmt.Errorf("recovery sheet %s is of another key (%s)", path, written.Fingerprint())
	}
	return path + " restores this key; print it, then delete the file", nil
}

// writeNew writes a file that must not exist yet.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}
