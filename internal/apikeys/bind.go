package apikeys

import (
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// Bind ends keys in the same transaction as what takes their maker's ownership:
// a membership that ends or changes, a person who is deactivated or deleted, a
// client that leaves its agency; by our routes, in the admin panel, by a command.
func (k *Keeper) Bind(app core.App) {
	app.OnRecordUpdate("memberships").BindFunc(func(e *core.RecordEvent) error {
		makers := by(e.Record.GetString("user"), e.Record.Original().GetString("user"))
		return within(e, nil, func(tx core.App) error { return k.settle(tx, makers, "") })
	})
	app.OnRecordDelete("memberships").BindFunc(func(e *core.RecordEvent) error {
		makers := by(e.Record.GetString("user"))
		return within(e, nil, func(tx core.App) error { return k.settle(tx, makers, "") })
	})
	app.OnRecordUpdate("users").BindFunc(func(e *core.RecordEvent) error {
		if e.Record.GetDateTime("deactivated").IsZero() || !e.Record.Original().GetDateTime("deactivated").IsZero() {
			return e.Next()
		}
		makers := by(e.Record.Id)
		return within(e, nil, func(tx core.App) error { return k.settle(tx, makers, "") })
	})
	app.OnRecordDelete("users").BindFunc(func(e *core.RecordEvent) error {
		// Before: afterwards no key names its maker.
		return within(e, func(tx core.App) error { return k.settle(tx, by(e.Record.Id), e.Record.Id) }, nil)
	})
	app.OnRecordUpdate("accounts").BindFunc(func(e *core.RecordEvent) error {
		if e.Record.GetString("agency") == e.Record.Original().GetString("agency") {
			return e.Next()
		}
		of := dbx.HashExp{"account": e.Record.Id}
		return within(e, nil, func(tx core.App) error { return k.settle(tx, of, "") })
	})
	app.OnRecordDelete("accounts").BindFunc(func(e *core.RecordEvent) error {
		// They go with the account, and nobody needs a mail about each.
		return within(e, func(tx core.App) error {
			_, err := tx.DB().Delete(Collection, dbx.HashExp{"account": e.Record.Id}).Execute()
			return err
		}, nil)
	})
}

func by(users ...string) dbx.Expression {
	makers := make([]any, len(users))
	for i, user := range users {
		makers[i] = user
	}
	return dbx.In("made_by", makers...)
}

// within runs a write together with what comes before and after it.
func within(e *core.RecordEvent, before, after func(tx core.App) error) error {
	outer := e.App
	defer func() { e.App = outer }()
	return outer.RunInTransaction(func(tx core.App) error {
		e.App = tx
		if before != nil {
			if err := before(tx); err != nil {
				return err
			}
		}
		if err := e.Next(); err != nil || after == nil {
			return err
		}
		return after(tx)
	})
}
