// Package reminder writes to people before something ends that only they can
// renew: a permission at Amazon after 365 days, an application's secret after
// 180 (spapi.md trap 62).
package reminder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/vault"
)

// Name is the job's name in the inventory.
const Name = "reminder"

// stages are how many days before an end a mail goes out.
var stages = []int{30, 7, 1}

// pause is how often it is looked for ends; none falls due more than once a
// day.
const pause = time.Hour

// dateForm is how a mail shows a day.
const dateForm = "2 January 2006"

// Config is what the job works with.
type Config struct {
	App   core.App
	Vault *vault.Vault
	Clock clock.Clock
	Queue *mail.Queue
	Log   *slog.Logger
	// URL is the public address, without a slash at the end.
	URL string
	// Apps are the configured applications.
	Apps []Application
	// Provider says that the accounts' owners are not the operator: they are
	// not written to about the operator's applications.
	Provider bool
}

// Application is an application at Amazon that the operator has configured. It
// holds a secret: never log it.
type Application struct{ ClientID, Secret, Setting string }

// Job reminds. One process has one of it.
type Job struct {
	cfg  Config
	last time.Time
}

// New returns the job.
func New(cfg Config) *Job { return &Job{cfg: cfg} }

// Run notes which secrets are in use and queues the reminders that are due.
// That one was sent is noted in the transaction that queues it, so that each
// goes out once. Without a mail server none is queued, and the newest that is
// due goes out once there is one.
func (j *Job) Run(ctx context.Context) error {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return err
	}
	now := j.cfg.Clock.Now()
	if !j.last.IsZero() && now.Sub(j.last) < pause && !now.Before(j.last) {
		return nil
	}
	connections, err := j.cfg.App.FindRecordsByFilter("connections", "status = {:active} || status = {:failed}", "created,id", 0, 0,
		dbx.Params{"active": grants.StatusActive, "failed": grants.StatusFailed})
	if err != nil {
		return fmt.Errorf("list the connections: %w", err)
	}
	var errs []error
	for _, c := range connections {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.consent(c.Id); err != nil {
			errs = append(errs, fmt.Errorf("remind of the consent of connection %s: %w", c.Id, err))
		}
	}
	errs = append(errs, j.secrets(ctx, connections))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	j.last = now
	return nil
}

// stage returns which reminder is due before an end: the days of the nearest
// stage, or 0 for none. told is that of the last one sent, 0 before the first.
func stage(now, ends time.Time, told int) int {
	if !now.Before(ends) {
		return 0
	}
	due := 0
	for _, days := range stages {
		if !now.Before(ends.AddDate(0, 0, -days)) && (told == 0 || days < told) {
			due = days
		}
	}
	return due
}

// consent reminds the owners of an account that a permission ends.
func (j *Job) consent(connection string) error {
	if j.cfg.Queue.Transport == nil {
		return nil
	}
	return j.cfg.App.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById("connections", connection)
		if err != nil {
			return err
		}
		consent := grants.ConsentOf(r)
		due := stage(j.cfg.Clock.Now(), consent.Ends, r.GetInt("consent_told"))
		if due == 0 {
			return nil
		}
		account, err := tx.FindRecordById("accounts", r.GetString("account"))
		if err != nil {
			return err
		}
		api := "Selling Partner"
		if r.GetString("api") == grants.APIAds {
			api = "Advertising"
		}
		owners, err := access.Owners(tx, account)
		if err != nil {
			return err
		}
		for _, owner := range owners {
			err := j.cfg.Queue.Enqueue(tx, mail.Message{Template: mail.ConsentEnds, User: owner, Account: account.Id, Params: map[string]string{
				"account": account.GetString("name"), "api": api, "rule": consent.Rule, "steps": consent.Steps,
				"date": consent.Ends.Format(dateForm), "since": consent.Given.Format(dateForm),
				"link": strings.TrimSuffix(j.cfg.URL, "/") + "/accounts/" + account.Id + "/connections",
			}})
			if err != nil {
				return err
			}
		}
		r.Set("consent_told", due)
		return tx.Save(r)
	})
}
