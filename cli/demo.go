package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/mail/catcher"
)

// week is the time between two syncs of the demo's past.
const week = 7 * 24 * time.Hour

// publishedAfter is how long after its Sunday a week can be fetched.
const publishedAfter = 10 * 24 * time.Hour

// settleTime is how long before the present the demo's last sync begins, so
// that the waits for Amazon end before the present.
const settleTime = 12 * time.Hour

// pastBegins returns when the first of n weekly syncs is, the last being at.
func pastBegins(at time.Time, n int) time.Time { return at.Add(-time.Duration(n-1) * week) }

type demoFlags struct {
	http string
	demoWorld
	site bool // the public pages too
	once bool
}

// demoWorld is what makes one demo differ from another.
type demoWorld struct {
	Weeks int   `json:"weeks"`
	ASINs int   `json:"asins"`
	Seed  int64 `json:"seed"`
	// Since is the newest week that Amazon had published when the past begins.
	Since clock.Day `json:"since"`
}

type demoResult struct {
	Accounts []demoAccount `json:"accounts"`
	Login    demoLogin     `json:"login"`
	Seconds  float64       `json:"seconds"`
}

type demoAccount struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Weeks      int        `json:"weeks"`
	SQPRows    int64      `json:"sqpRows"`
	AdRows     int64      `json:"adRows"`
	JoinedRows int64      `json:"joinedRows"`
	Audit      *demoAudit `json:"audit"`
}

type demoAudit struct {
	Week     string `json:"week"`
	Findings int    `json:"findings"`
}

type demoLogin struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (p *Program) demoCommand() *cobra.Command {
	var flags demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run the product against a simulated Amazon, with two fictional clients and their past",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("dir") {
				p.dir = "halotrack_demo"
			}
			if flags.Weeks < 1 || flags.Weeks > 104 {
				return usageError{fmt.Errorf("--weeks %d is not from 1 to 104", flags.Weeks)}
			}
			if flags.ASINs < 1 || flags.ASINs > 2000 {
				return usageError{fmt.Errorf("--asins %d is not from 1 to 2000", flags.ASINs)}
			}
			return p.demo(c.Context(), flags, c.Flags().Changed)
		},
	}
	c.Flags().StringVar(&flags.http, "http", "127.0.0.1:8090", "address of the pages")
	c.Flags().IntVar(&flags.Weeks, "weeks", 26, "how far back the demo's past begins")
	c.Flags().IntVar(&flags.ASINs, "asins", 40, "products of each client")
	c.Flags().Int64Var(&flags.Seed, "seed", 1, "which world is generated")
	c.Flags().BoolVar(&flags.site, "site", false, "serve the landing page and the waitlist too")
	c.Flags().BoolVar(&flags.once, "once", false, "stop after the audits instead of serving")
	p.jsonFlag(c)
	return c
}

// demo plays the past on a clock of its own: it starts weeks ago, goes from
// sync to sync and ends at the present, from where it goes on in real time.
func (p *Program) demo(ctx context.Context, flags demoFlags, changed func(string) bool) (err error) {
	address, err := demoAddress(&flags.http)
	if err != nil {
		return err
	}
	system := clock.System()
	began := system.Now()
	setUmask()
	flags.Since = clock.DayOf(pastBegins(began.Add(-settleTime), flags.Weeks).Add(-publishedAfter), time.UTC).Week()
	fresh, err := p.rememberWorld(&flags.demoWorld, changed)
	if err != nil {
		return err
	}
	last := began.Add(-settleTime)
	start := last
	if fresh {
		start = pastBegins(last, flags.Weeks)
	}
	now := clock.NewManual(start)

	// Now and then a shopper types personal data, so that the page of what is
	// held back has something to show.
	typed := &sim.Scenario{Seed: flags.Seed, Behaviours: []sim.Behaviour{{Kind: sim.PersonalData, Rate: .002}}}
	amazon, err := sim.Start(ctx, sim.Config{Seed: flags.Seed, ASINs: flags.ASINs, Clock: now, Scenario: typed})
	if err != nil {
		return fmt.Errorf("start the simulated Amazon: %w", err)
	}
	defer func() { err = errors.Join(err, amazon.Close()) }()
	mails, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the mail catcher: %w", err)
	}
	defer func() { err = errors.Join(err, mails.Close()) }()

	c, err := demoConfig(address, amazon, mails)
	if err != nil {
		return err
	}
	c.Site = flags.site
	a, err := open(ctx, options{Config: c, Dir: p.dir, Clock: now, Log: p.logger(), MakeKey: true, Since: flags.Since, NoReminders: true})
	if err != nil {
		return configurationError(err)
	}
	defer func() { err = errors.Join(err, a.Close()) }()

	people, err := a.demoPeople(ctx, amazon)
	if err != nil {
		return err
	}
	say := p.progress()
	say(fmt.Sprintf("Playing %d weeks of two clients against a simulated Amazon …", flags.Weeks))
	for at := start; !at.After(last); at = at.Add(week) {
		now.Set(at)
		if _, err := a.untilIdle(ctx, "", func(t time.Time) error { now.Set(t); return ctx.Err() }); err != nil {
			return fmt.Errorf("sync of %s: %w", at.Format(time.DateOnly), err)
		}
		say("  synced up to " + at.Format("2 January 2006"))
	}
	now.CatchUp() // to the second: codes of authenticator apps must be right
	result := demoResult{Login: people.login, Seconds: system.Now().Sub(began).Seconds()}
	if result.Accounts, err = a.demoAccounts(ctx, people.clients); err != nil {
		return err
	}
	if flags.once {
		return p.print(result, func(w io.Writer) { writeDemo(w, result) })
	}
	if p.json {
		if err := p.print(result, nil); err != nil {
			return err
		}
	}
	return p.demoServe(ctx, a, flags, mails, result, people.operator)
}

// demoServe serves the demo until ctx ends.
func (p *Program) demoServe(ctx context.Context, a *appliance, flags demoFlags, mails *catcher.Catcher, result demoResult, operator demoLogin) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the page of caught mails: %w", err)
	}
	page := &http.Server{Handler: mails.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = page.Serve(listener) }()
	defer page.Close()
	return a.run(ctx, serveFlags{http: flags.http}, func(address string) {
		out := p.Stdout
		if p.json {
			out = p.Stderr
		}
		writeDemo(out, result)
		fmt.Fprintf(out, "\nOpen     http://%s\nSign in  %s  %s\nOperator %s  %s\nMails    http://%s\n\nCtrl-C ends the demo; its data stay in %s.\n",
			address, result.Login.Email, result.Login.Password, operator.Email, operator.Password, listener.Addr(), p.dir)
	})
}

func demoConfig(address string, amazon *sim.Sim, mails *catcher.Catcher) (*config.Config, error) {
	c, errs := config.Load(nil, nil) // the settings of the machine are not the demo's
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	c.URL = address
	c.SecondFactor = string(session.OfNone)
	c.SMTPURL, c.MailFrom = config.Secret(mails.SMTPURL()), "HaloTrack <demo@halotrack.example>"
	endpoints := amazon.Endpoints()
	c.Amazon = config.Addresses{LWA: endpoints.LWA, SPAPI: endpoints.SPAPI, Ads: endpoints.Ads}
	app := amazon.Connections()[0]
	c.LWA = config.Client{ID: app.ClientID, Secret: config.Secret(app.ClientSecret)}
	c.Ads = c.LWA
	c.SPAPIAppID = amazon.ApplicationID()
	return c, nil
}

// demoAddress turns the flag --http into the address of the pages. A port that
// is left to the machine is chosen now, because links in mails and Amazon's way
// back name it; the flag is told.
func demoAddress(flag *string) (string, error) {
	host, port, err := net.SplitHostPort(*flag)
	if err != nil {
		return "", usageError{fmt.Errorf("--http %q is not an address like 127.0.0.1:8090", *flag)}
	}
	if !isLoopback(host) {
		return "", usageError{fmt.Errorf("--http %q: the demo's password is printed, so it serves this machine alone; choose a loopback address", *flag)}
	}
	if port == "0" {
		free, err := net.Listen("tcp", *flag)
		if err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		*flag = free.Addr().String()
		if err := free.Close(); err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		return "http://" + *flag, nil
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func writeDemo(w io.Writer, r demoResult) {
	fmt.Fprintf(w, "Ready after %.0f seconds.\n", r.Seconds)
	for _, a := range r.Accounts {
		audit := "no audit yet"
		if a.Audit != nil {
			audit = fmt.Sprintf("audit of the week of %s with %d findings", a.Audit.Week, a.Audit.Findings)
		}
		fmt.Fprintf(w, "  %-20s %d weeks, %d search rows, %d ads rows; %s\n", a.Name, a.Weeks, a.SQPRows, a.AdRows, audit)
	}
}
