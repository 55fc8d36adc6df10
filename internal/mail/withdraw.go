package mail

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// Withdraw deletes the mails of a template about an account that wait to be
// sent: what they would say is no longer so.
func Withdraw(app core.App, template, account string) error {
	_, err := app.NonconcurrentDB().Delete(CollectionName,
		dbx.HashExp{"template": template, "account": account, "state": stateQueued}).Execute()
	if err != nil {
		return fmt.Errorf("withdraw mails: %w", err)
	}
	return nil
}

// WithdrawTo deletes the mails of these templates that wait to be sent to an
// address without a user, compared without case.
func WithdrawTo(app core.App, address string, templates ...string) error {
	names := make([]any, len(templates))
	for i, t := range templates {
		names[i] = t
	}
	_, err := app.NonconcurrentDB().Delete(CollectionName, dbx.And(
		dbx.In("template", names...), dbx.HashExp{"state": stateQueued},
		dbx.NewExp("to_email = {:address} COLLATE NOCASE", dbx.Params{"address": address}))).Execute()
	if err != nil {
		return fmt.Errorf("withdraw mails: %w", err)
	}
	return nil
}
