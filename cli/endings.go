package cli

import (
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/jobs/reminder"
	"halotrack.ai/halotrack/jobs/retention"
)

func (a *appliance) newRetention() *retention.Job {
	return retention.New(retention.Config{
		App: a.App, Store: a.Store, Vault: a.Vault, Clock: a.Clock, Log: a.Log,
		Provider: a.provider(), SweepSpool: a.Ingest.SweepSpool,
	})
}

// newReminder makes the job that reminds of ends.
func (a *appliance) newReminder() *reminder.Job {
	c := reminder.Config{
		App: a.App, Vault: a.Vault, Clock: a.Clock, Queue: a.Mail, Log: a.Log, URL: a.publicURL(), Provider: a.provider(),
	}
	if a.Config.LWA.Set() {
		c.Apps = append(c.Apps, reminder.Application{ClientID: a.Config.LWA.ID, Secret: string(a.Config.LWA.Secret), Setting: "HALOTRACK_LWA"})
	}
	if a.Config.Ads.Set() && a.Config.Ads != a.Config.LWA {
		c.Apps = append(c.Apps, reminder.Application{ClientID: a.Config.Ads.ID, Secret: string(a.Config.Ads.Secret), Setting: "HALOTRACK_ADS"})
	}
	return reminder.New(c)
}

// provider reports whether the operator keeps other sellers' data for them.
func (a *appliance) provider() bool { return a.Config.Operator == config.OperatorProvider }

// connectionEnded tells the owners of an account, where the operator is a
// provider, when what came through the ended connection is deleted.
func (a *appliance) connectionEnded(tx core.App, connection *core.Record) error {
	if !a.provider() {
		return nil
	}
	all, err := tx.FindRecordsByFilter("connections", "account = {:account}", "", 0, 0, dbx.Params{"account": connection.GetString("account")})
	if err != nil {
		return err
	}
	endings, err := grants.Endings(all)
	if err != nil {
		return err
	}
	due := endings[connection.Id].Due
	if due.IsZero() {
		return nil // another grant reaches the same
	}
	account, err := tx.FindRecordById("accounts", connection.GetString("account"))
	if err != nil {
		return err
	}
	owners, err := access.Owners(tx, account)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		err := a.Mail.Enqueue(tx, mail.Message{Template: mail.Disconnected, User: owner, Account: account.Id, Params: map[string]string{
			"account": account.GetString("name"), "api": apiName(connection.GetString("api")),
			"date": due.UTC().Format("2 January 2006, 15:04 UTC"),
			"link": strings.TrimSuffix(a.publicURL(), "/") + "/accounts/" + account.Id + "/connections",
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// apiName is what people call one of Amazon's APIs.
func apiName(api string) string {
	if api == grants.APIAds {
		return "Advertising"
	}
	return "Selling Partner"
}
