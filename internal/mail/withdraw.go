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
