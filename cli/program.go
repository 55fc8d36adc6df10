// Package cli holds the program's commands and puts its rooms together. Besides
// main it is the only room that may import hooks, jobs and the simulator.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
)

// Version is set by the build.
var Version = "development"

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Program is one run of the binary. It is the subject of the end-to-end tests
// too, which give it streams and settings of their own.
type Program struct {
	Args           []string
	Settings       []string // environment, as of os.Environ
	Stdout, Stderr io.Writer

	config  *config.Config
	clock   clock.Clock
	outside outside
	dir     string
	json    bool
}

// usageError is wrong usage or configuration: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Run runs the program until it is done or a signal ends it, and returns the
// exit status.
func (p *Program) Run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return p.run(ctx)
}

func (p *Program) run(ctx context.Context) int {
	root := p.root()
	root.SetArgs(p.Args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(plain{p.Stderr}, "halotrack:", line)
		}
		return exitUsage
	default:
		fmt.Fprintln(plain{p.Stderr}, "halotrack:", strings.ReplaceAll(err.Error(), "\n", "; "))
		return exitFailed
	}
}

func (p *Program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "halotrack",
		Short:         "Keeps the history of your Amazon search performance and ads, and says each week what changed",
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          wholeCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return p.configure()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&p.dir, "dir", "halotrack_data", "data folder")
	root.AddCommand(p.serveCommand(), p.demoCommand(), p.simulatorCommand(), p.userCommand(), p.connectCommand(),
		p.syncCommand(), p.auditCommand(), p.importCommand(), p.keysCommand(), p.healthCommand(), p.doctorCommand(), p.superuserCommand(), p.logCommand())
	for _, c := range root.Commands() {
		if c.Args == nil {
			c.Args = none
		}
		for _, sub := range c.Commands() {
			if sub.Args == nil {
				sub.Args = none
			}
		}
	}
	return root
}

// configure reads the settings once a command is known to run.
func (p *Program) configure() error {
	c, errs := config.Load(p.Settings, os.ReadFile)
	if len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	p.config = c
	if p.clock == nil {
		var err error
		if p.clock, err = c.Clock(); err != nil {
			return usageError{err}
		}
	}
	return nil
}

func (p *Program) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (p *Program) options() options {
	return options{Config: p.config, Dir: p.dir, Clock: p.clock, Log: p.logger()}
}

func none(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no argument, but got %q; see %s --help", c.CommandPath(), args[0], c.CommandPath())}
	}
	return nil
}

// wholeCommand refuses what is no command; without it a mistyped one would
// print the help and succeed.
func wholeCommand(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%q is not a command of %s; see %s --help", args[0], c.CommandPath(), c.CommandPath())}
	}
	return nil
}

// group is a command that only holds others.
func group(use, short string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: wholeCommand, RunE: func(c *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("say which: see %s --help", c.CommandPath())}
	}}
	c.AddCommand(sub...)
	return c
}

// required refuses a command without the named flags.
func required(c *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		if !c.Flags().Changed(name) {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usageError{fmt.Errorf("%s needs %s", c.CommandPath(), strings.Join(missing, ", "))}
	}
	return nil
}
