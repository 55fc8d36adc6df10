package cli

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/hooks/connect"
	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/hooks/team"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/apikeys"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/waitlist"
	"halotrack.ai/halotrack/jobs/ingest"
)

func (a *appliance) newMail() (*mail.Queue, error) {
	c := mail.Config{App: a.App, Clock: a.Clock, Log: a.Log, From: a.Config.MailFrom}
	if a.Config.SMTPURL != "" {
		transport, err := mail.NewSMTP(string(a.Config.SMTPURL))
		if err != nil {
			return nil, err
		}
		c.Transport = transport
	}
	return mail.New(c)
}

func (a *appliance) newSessions(ctx context.Context, secure bool) (*session.Sessions, error) {
	return session.New(ctx, session.Config{
		App: a.App, Clock: a.Clock, Vault: a.Vault, Mail: a.Mail, URL: strings.TrimSuffix(a.publicURL(), "/"), Secure: secure,
		Life: hours(a.Config.SessionHours), Idle: hours(a.Config.SessionIdleHours),
		SecondFactor: session.Requirement(a.Config.SecondFactor), Rules: session.Rules(a.Config.PasswordRules),
		Provider: session.Provider{
			Issuer: a.Config.Provider.Issuer, ClientID: a.Config.Provider.Client.ID, ClientSecret: string(a.Config.Provider.Client.Secret),
			Name: a.Config.Provider.Name, HTTP: providerClient(),
		},
	})
}

func (a *appliance) newTeam(sessions *session.Sessions) *team.Team {
	room := team.New(team.Config{
		Clock: a.Clock, Vault: a.Vault, Mail: a.Mail, URL: strings.TrimSuffix(a.publicURL(), "/"),
		Keys: a.Keys, Start: sessions.Start, Depart: sessions.DepartToJoin, CheckPassword: session.Rules(a.Config.PasswordRules).Check,
	})
	sessions.JoinBy(room.ComeBack)
	return room
}

// providerClient speaks to the provider that people sign in at: not for long,
// and only where it said.
func providerClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

// application is what a configured client is at Login with Amazon.
func application(c config.Client) lwa.Credentials {
	return lwa.Credentials{ClientID: c.ID, ClientSecret: string(c.Secret)}
}

func (a *appliance) newIngest() *ingest.Ingest {
	return ingest.New(ingest.Config{
		App: a.App, Store: a.Store, Vault: a.Vault, Clock: a.Clock, Logger: a.Log,
		Transport: a.Door, Endpoints: a.Endpoints,
		SellerApp: application(a.Config.LWA), AdsApp: application(a.Config.Ads),
		SQPDailyRequests: a.Config.SQPDailyRequests,
		Periods:          a.Config.SQPPeriods,
		Since:            a.Since,
		Notify:           a.connectionStopped,
		NotifyMarket:     a.marketStopped,
	})
}

func (a *appliance) newGrants() *grants.Keeper {
	return grants.New(grants.Config{
		App: a.App, Vault: a.Vault, Clock: a.Clock,
		Discover: func(ctx context.Context, connection string) error {
			_, err := a.Ingest.Discover(ctx, connection)
			return err
		},
		Ended:        a.Ingest.Forget,
		Disconnected: a.connectionEnded,
	})
}

func (a *appliance) newConnect() *connect.Connect {
	return connect.New(connect.Config{
		App: a.App, Vault: a.Vault, Store: a.Store, Clock: a.Clock, Grants: a.Grants, Evidence: a.Evidence,
		Endpoints: a.Endpoints, HTTP: a.Door.Client(), URL: a.publicURL(), NextPlan: a.Ingest.NextPlan,
		SellerApp: application(a.Config.LWA), AdsApp: application(a.Config.Ads), SellerAppID: a.Config.SPAPIAppID,
		Provider: a.provider(),
	})
}

// connectionStopped writes to the owners of the account.
func (a *appliance) connectionStopped(c ingest.Connection, reason string) {
	a.tellOwners(c, mail.ConnectionStopped, map[string]string{"api": apiName(c.API), "reason": reason})
}

// marketStopped writes to the owners about one marketplace of a connection that
// works.
func (a *appliance) marketStopped(c ingest.Connection, reason string) {
	a.tellOwners(c, mail.MarketStopped, map[string]string{"reason": reason})
}

// tellOwners queues a mail about a connection to each owner of its account;
// account and link are added to params.
func (a *appliance) tellOwners(c ingest.Connection, template string, params map[string]string) {
	err := a.App.RunInTransaction(func(tx core.App) error {
		account, err := tx.FindRecordById("accounts", c.Account)
		if err != nil {
			return err
		}
		owners, err := access.Owners(tx, account)
		if err != nil {
			return err
		}
		params["account"] = account.GetString("name")
		params["link"] = strings.TrimSuffix(a.publicURL(), "/") + "/accounts/" + c.Account + "/connections"
		for _, owner := range owners {
			if err := a.Mail.Enqueue(tx, mail.Message{Template: template, User: owner, Account: c.Account, Params: params}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.Log.Error("could not queue the mail about a connection", slog.String("connection", c.ID), slog.Any("error", err))
	}
}

// people makes what keeps applications, consents, owners, keys and the trail in order, whoever
// writes to them.
func (a *appliance) people() (err error) {
	if err := consent.Seed(a.App, a.Clock.Now()); err != nil {
		return err
	}
	consent.Bind(a.App)
	activity.Bind(a.App)
	a.Desk, err = waitlist.NewDesk(context.Background(), a.Vault, a.Clock, a.Mail, strings.TrimSuffix(a.publicURL(), "/"))
	if err != nil {
		return err
	}
	a.Desk.Bind(a.App)
	membership.Bind(a.App)
	a.Keys = apikeys.New(a.Clock, a.Mail, strings.TrimSuffix(a.publicURL(), "/"))
	a.Keys.Bind(a.App)
	return nil
}
