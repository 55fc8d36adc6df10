package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/vault"
)

// doctorPatience is how long a check waits for others.
const doctorPatience = 15 * time.Second

// The states of a finding.
const (
	foundOK     = "ok"
	foundAdvice = "advice" // it works, or it could not be looked at; ToDo says what is better
	foundFailed = "failed"
)

// finding is one line of the doctor's.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, advice or failed
	Text  string `json:"text"`
	ToDo  string `json:"toDo,omitempty"`
}

func fine(check, format string, args ...any) finding {
	return finding{Check: check, State: foundOK, Text: fmt.Sprintf(format, args...)}
}

func advise(check, todo, format string, args ...any) finding {
	return finding{check, foundAdvice, fmt.Sprintf(format, args...), todo}
}

func fail(check, todo, format string, args ...any) finding {
	return finding{check, foundFailed, fmt.Sprintf(format, args...), todo}
}

type doctorResult struct {
	OK       bool      `json:"ok"` // nothing failed
	Findings []finding `json:"findings"`
}

// resolver is the part of net.Resolver that the mail check asks.
type resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// outside is what the doctor knows the world by. Tests give it another.
type outside struct {
	names resolver       // nil: the machine's
	roots *x509.CertPool // nil: the machine's
}

// doctor looks at an installation and changes nothing.
type doctor struct {
	*Program
	outside
	up     bool         // a server answers for the data folder
	health healthReport // what it says
}

func (p *Program) doctorCommand() *cobra.Command {
	var wrong []error
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look at configuration, key, clock, disk, TLS, mail and the way to Amazon, and say what to do",
		// Wrong settings are findings here, not the end.
		PersistentPreRunE: func(*cobra.Command, []string) error {
			wrong = p.configureAll()
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			result := doctorResult{OK: true, Findings: p.examine(c.Context(), wrong)}
			failed := 0
			for _, f := range result.Findings {
				if f.State == foundFailed {
					failed++
				}
			}
			result.OK = failed == 0
			if err := p.print(result, result.write); err != nil {
				return err
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d findings failed; the lines above say what to do", failed, len(result.Findings))
			}
			return nil
		},
	}
	p.jsonFlag(c)
	return c
}

func (r doctorResult) write(w io.Writer) {
	for _, f := range r.Findings {
		state := f.State
		if state == foundFailed {
			state = "FAILED"
		}
		line := fmt.Sprintf("%-7s %-14s %s", state, f.Check, f.Text)
		if f.ToDo != "" {
			line += ". " + strings.ToUpper(f.ToDo[:1]) + f.ToDo[1:]
		}
		fmt.Fprintln(w, strings.ReplaceAll(line, "\n", "; "))
	}
}

// configureAll is configure that returns all that is wrong.
func (p *Program) configureAll() []error {
	c, errs := config.Load(p.Settings, os.ReadFile)
	p.config = c
	if len(errs) == 0 {
		errs = c.Serving()
	}
	if p.clock == nil && len(errs) == 0 {
		var err error
		if p.clock, err = c.Clock(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// examine runs all checks at once and returns what they found, in order. With
// wrong settings it stops at what needs none: the key, the addresses and the
// servers to look at are not known.
func (p *Program) examine(ctx context.Context, wrong []error) []finding {
	d := &doctor{Program: p, outside: p.outside}
	if len(wrong) > 0 {
		found := make([]finding, 0, len(wrong)+2)
		for _, err := range wrong {
			found = append(found, fail("configuration", "", "%v", err)) // it says what to give
		}
		found = append(found, d.disk()...)
		return append(found, advise("the rest", "mend the settings, then run doctor again", "key, clock, TLS, mail and Amazon were not looked at: the settings say which ones"))
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	server := d.server(ctx)
	checks := []func(context.Context) []finding{
		func(context.Context) []finding { return d.key() },
		func(context.Context) []finding { return d.superusers() },
		func(context.Context) []finding { return d.disk() },
		d.public, d.mail, d.amazon,
	}
	found := make([][]finding, len(checks))
	var waiting sync.WaitGroup
	for i, check := range checks {
		waiting.Go(func() { found[i] = check(ctx) })
	}
	waiting.Wait()
	return slices.Concat([]finding{fine("configuration", "every setting is right; the public address is %s", p.config.URL)}, server, slices.Concat(found...))
}

// server asks the running server, if there is one, how it is.
func (d *doctor) server(ctx context.Context) (found []finding) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	var err error
	if d.health, err = askHealth(ctx, d.dir); err != nil {
		return []finding{advise("server", "start it with halotrack serve, if it should be up", "no server answers for %s", d.dir)}
	}
	d.up = true
	for part, why := range d.health.Failing {
		found = append(found, fail("server", "see its log", "%s: %s", part, why))
	}
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.Text, b.Text) })
	if len(found) == 0 {
		found = append(found, fine("server", "it is up and well (%s)", d.health.Version))
	}
	for _, line := range d.health.Soon {
		what, todo, _ := strings.Cut(line, ";")
		found = append(found, advise("server", strings.TrimSpace(todo), "%s", what))
	}
	return found
}

// key looks at the key file, whether it is the data folder's, and its sheet.
func (d *doctor) key() []finding {
	path := d.config.KeyPath(d.dir)
	key, err := readCheckedKey(path, d.dir, d.config.BackupDir)
	switch {
	case errors.Is(err, vault.ErrNoKey) && !(&appliance{options: options{Dir: d.dir}}).holdsData():
		return []finding{advise("key", "the first halotrack serve makes it, or halotrack keys init --out "+path, "there is none yet at %s", path)}
	case err != nil:
		what, todo, _ := strings.Cut(err.Error(), "; ")
		return []finding{fail("key", todo, "%s", what)}
	}
	says, err := opens(d.dir, key)
	if err == nil && !d.up {
		err = d.unlocks(key)
	}
	if err != nil {
		return []finding{fail("key", "point HALOTRACK_KEY_FILE at the key of "+d.dir+", or put back your copy of it", "%v", err)}
	}
	found := []finding{fine("key", "%s can be read (fingerprint %s); data folder: %s", path, key.Fingerprint(), says)}
	return append(found, sheetFinding(sheetPath(path), key))
}

func readCheckedKey(path, data, backups string) (*vault.Key, error) {
	if err := vault.CheckLocation(path, data, backups); err != nil {
		return nil, err
	}
	return vault.Read(path)
}

// sheetFinding says what is to do about a key's recovery sheet.
func sheetFinding(sheet string, key *vault.Key) finding {
	if _, err := os.Stat(sheet); err != nil {
		return fine("recovery sheet", "none lies beside the key, as it should be once it is printed; halotrack keys status --sheet FILE checks one that was typed in")
	}
	if _, err := compareSheet(sheet, key); err != nil {
		return fail("recovery sheet", "delete it; halotrack keys init makes one with each new key", "%v", err)
	}
	return advise("recovery sheet", "print it, keep it where you keep contracts, then delete the file", "%s restores the key, and lies beside it", sheet)
}

// databaseFile is the database that tells whether a key is the folder's.
func (d *doctor) databaseFile() string { return filepath.Join(d.dir, "data.db") }
