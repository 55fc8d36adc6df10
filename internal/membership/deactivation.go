package membership

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// Bind refuses, whoever asks, to deactivate the only owner of an account: nobody
// could look after it. The error is ErrLastOwner, and answers a request.
func Bind(app core.App) {
	app.OnRecordUpdate("users").BindFunc(func(e *core.RecordEvent) error {
		if e.Record.GetDateTime("deactivated").IsZero() || !e.Record.Original().GetDateTime("deactivated").IsZero() {
			return e.Next()
		}
		outer := e.App
		defer func() { e.App = outer }()
		return outer.RunInTransaction(func(tx core.App) error {
			e.App = tx
			alone, err := OwnedAlone(tx, e.Record.Id)
			if err != nil {
				return err
			}
			if len(alone) > 0 {
				return fmt.Errorf("%w: %w", ErrLastOwner, router.NewApiError(http.StatusBadRequest, onlyOwner(alone[0]), nil))
			}
			return e.Next()
		})
	})
}

func onlyOwner(account *core.Record) string {
	return "This person is the only owner of " + account.GetString("name") + " who can still sign in. Make somebody else its owner first, or close the account."
}
