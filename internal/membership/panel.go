package membership

import (
	"errors"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
)

// BindPanel holds the rule about owners in PocketBase's admin panel too, which
// edits records past our routes (pocketbase.md trap 13).
func BindPanel(app core.App) {
	app.OnRecordUpdateRequest(Collection).BindFunc(func(e *core.RecordRequestEvent) error {
		return within(e, e.Record.Original().GetString("account"))
	})
	app.OnRecordDeleteRequest(Collection).BindFunc(func(e *core.RecordRequestEvent) error {
		return within(e, e.Record.GetString("account"))
	})
	app.OnRecordDeleteRequest("users").BindFunc(func(e *core.RecordRequestEvent) error {
		alone, err := OwnedAlone(e.App, e.Record.Id)
		if err != nil {
			return err
		}
		if len(alone) > 0 {
			return e.BadRequestError(onlyOwner(alone[0]), nil)
		}
		return e.Next()
	})
}

// within lets a request change a membership of the account, and undoes it if no
// owner is left.
func within(e *core.RecordRequestEvent, account string) error {
	outer := e.App
	defer func() { e.App = outer }()
	err := outer.RunInTransaction(func(tx core.App) error {
		e.App = tx
		record, err := tx.FindRecordById("accounts", account)
		if err != nil {
			return err
		}
		before, err := access.Owners(tx, record)
		if err != nil {
			return err
		}
		if err := e.Next(); err != nil {
			return err
		}
		if len(before) == 0 {
			return nil // none is taken away
		}
		return keepsOwner(tx, account)
	})
	if errors.Is(err, ErrLastOwner) {
		return e.BadRequestError("An account keeps at least one owner: make somebody else its owner first, or close the account.", nil)
	}
	return err
}
