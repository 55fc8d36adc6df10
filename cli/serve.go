package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"halotrack.ai/halotrack/hooks/accounts"
	alertroutes "halotrack.ai/halotrack/hooks/alerts"
	"halotrack.ai/halotrack/hooks/connect"
	"halotrack.ai/halotrack/hooks/dashboard"
	"halotrack.ai/halotrack/hooks/guard"
	"halotrack.ai/halotrack/hooks/keys"
	"halotrack.ai/halotrack/hooks/plans"
	portfolioroutes "halotrack.ai/halotrack/hooks/portfolio"
	"halotrack.ai/halotrack/hooks/quarantine"
	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/hooks/site"
	"halotrack.ai/halotrack/hooks/triage"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/ui"
)

// heartbeat is how often, in real time, the server looks whether something is
// due on its clock.
const heartbeat = 20 * time.Second

type serveFlags struct {
	http, https string
	domains     []string
}

func (p *Program) serveCommand() *cobra.Command {
	var flags serveFlags
	c := &cobra.Command{
		Use:   "serve [--http ADDRESS] [--https ADDRESS] [DOMAIN…]",
		Short: "Run the server; with domains it gets TLS certificates from Let's Encrypt",
		Args:  cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, domains []string) error {
			flags.domains = domains
			if errs := p.config.Serving(); len(errs) > 0 {
				return usageError{errors.Join(errs...)}
			}
			return p.serve(c.Context(), flags)
		},
	}
	c.Flags().StringVar(&flags.http, "http", "", "address for plain HTTP (default 127.0.0.1:8090, or 0.0.0.0:80 with domains)")
	c.Flags().StringVar(&flags.https, "https", "", "address for HTTPS (default 0.0.0.0:443 with domains)")
	return c
}

func (p *Program) serve(ctx context.Context, flags serveFlags) error {
	o := p.options()
	o.MakeKey = true
	a, err := open(ctx, o)
	if err != nil {
		return configurationError(err)
	}
	if a.NewKey {
		fmt.Fprintf(p.Stderr, "Made a new key: %s\nCopy it to another machine now. Without it nobody can read this data, we included.\n", a.KeyPath)
	}
	err = a.run(ctx, flags, func(address string) {
		fmt.Fprintf(p.Stderr, "Listening on %s, public address %s\n", address, p.config.URL)
	})
	return errors.Join(err, a.Close())
}

// run serves until ctx ends: the pages and the API, the socket for commands,
// and the jobs. ready is told the address once it is open.
func (a *appliance) run(ctx context.Context, flags serveFlags, ready func(address string)) error {
	if len(flags.domains) > 0 {
		flags.http, flags.https = or(flags.http, "0.0.0.0:80"), or(flags.https, "0.0.0.0:443")
	} else if flags.https == "" {
		flags.http = or(flags.http, "127.0.0.1:8090")
	}
	socket, err := listenSocket(a.Dir)
	if err != nil {
		return err
	}
	scheduler, err := a.schedule(ctx)
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.serveSocket(ctx, socket) })
	group.Go(func() error { return a.serveHTTP(ctx, flags, ready) })
	group.Go(func() error {
		scheduler.Start()
		<-ctx.Done()
		return scheduler.Shutdown() // waits for the running job
	})
	return group.Wait()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (a *appliance) serveHTTP(ctx context.Context, flags serveFlags, ready func(string)) error {
	door := a.door(flags.domains)
	secure := door.Secure()
	sessions, err := a.newSessions(ctx, secure)
	if err != nil {
		return err
	}
	membership.BindPanel(a.App)
	if err := guard.HoldSettings(a.App, a.publicURL()); err != nil {
		return err
	}
	a.App.OnServe().BindFunc(func(se *core.ServeEvent) error {
		se.InstallerFunc = nil
		if err := guard.Register(se, secure); err != nil {
			return err
		}
		keys.New(a.Clock).Register(se)
		sessions.Register(se)
		accounts.Register(se)
		a.newTeam(sessions).Register(se)
		a.newConnect().Register(se)
		quarantine.New(a.Store, a.Vault).Register(se)
		dashboard.New(a.App, a.Store).Register(se)
		alertroutes.New(a.Clock).Register(se)
		portfolioroutes.New(a.App, a.Store, a.Vault, a.Clock).Register(se)
		plans.New(a.Store, a.Clock).Register(se)
		triage.New(a.Desk, a.Clock).Register(se)
		if a.Config.Site {
			if err := site.New(a.Desk, a.Clock, dashboard.Index(ui.FS())).Register(se); err != nil {
				return err
			}
		}
		se.Router.GET("/api/halotrack/healthz", func(e *core.RequestEvent) error {
			h := a.health(e.Request.Context())
			return e.JSON(h.code(), h)
		})
		dashboard.RegisterPages(se, ui.FS())
		listener, err := net.Listen("tcp", se.Server.Addr)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", se.Server.Addr, err)
		}
		se.Listener = listener
		if err := se.Next(); err != nil {
			return err
		}
		se.Server.Handler = door.Before(se.Server.Handler)
		ready(listener.Addr().String())
		return nil
	})
	stop := context.AfterFunc(ctx, func() {
		_ = a.App.OnTerminate().Trigger(&core.TerminateEvent{App: a.App})
	})
	defer stop()
	return apis.Serve(a.App, apis.ServeConfig{
		HttpAddr: flags.http, HttpsAddr: flags.https, CertificateDomains: flags.domains,
		AllowedOrigins: []string{a.publicURL()}, // pages of other origins get no answer they can read
	})
}

// schedule has the jobs run at every heartbeat; what is due they find out by
// the clock.
func (a *appliance) schedule(ctx context.Context) (gocron.Scheduler, error) {
	scheduler, err := gocron.NewScheduler(gocron.WithStopTimeout(30 * time.Second))
	if err != nil {
		return nil, fmt.Errorf("make the scheduler: %w", err)
	}
	add := func(every time.Duration, name string, fn func()) {
		if err == nil {
			_, err = scheduler.NewJob(gocron.DurationJob(every), gocron.NewTask(fn), gocron.WithName(name),
				gocron.WithSingletonMode(gocron.LimitModeReschedule), gocron.WithStartAt(gocron.WithStartImmediately()), gocron.WithContext(ctx))
		}
	}
	add(heartbeat, "cycle", func() {
		a.cycling.Lock()
		defer a.cycling.Unlock()
		if err := a.beat(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("a job failed", slog.Any("error", err))
		}
	})
	// Not left to the cycle, which may take long: a kill loses the counts of one
	// heartbeat at most.
	add(heartbeat, "evidence", func() {
		if err := a.Evidence.Flush(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("the counts of calls are not stored yet", slog.Any("error", err))
		}
	})
	add(time.Hour, "sweep", func() {
		err := errors.Join(session.Sweep(a.App, a.Clock.Now(), hours(a.Config.SessionIdleHours)), connect.Sweep(ctx, a.App, a.Vault, a.Clock.Now()),
			invitations.Sweep(a.App, a.Clock.Now()), a.Keys.Settle(a.App), consent.Sweep(a.App, a.Clock.Now()), portfolio.SweepImports(a.App, a.Clock.Now()))
		a.runs.note("sweep", a.Clock.Now(), err)
		if err != nil {
			a.Log.Error("a job failed", slog.String("job", "sweep"), slog.Any("error", err))
		}
	})
	return scheduler, err
}

// publicURL is the configured address, or that of this machine alone.
func (a *appliance) publicURL() string { return or(a.Config.URL, "http://127.0.0.1:8090") }

// door is what every request passes first.
func (a *appliance) door(domains []string) guard.Door {
	public, err := url.Parse(a.publicURL())
	if err != nil {
		public = &url.URL{} // settings are checked when they are read; this serves nothing
	}
	return guard.Door{Public: public, Domains: domains, Proxies: a.Config.TrustedProxy}
}
