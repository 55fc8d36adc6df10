// Package appendonly keeps the records of a collection as they were written.
package appendonly

import (
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// Bind refuses, with the reason, to change or delete records of these
// collections, whoever asks, the admin panel included. Erasure and retention,
// which the law asks for, go past it by a statement of their own.
func Bind(app core.App, reason string, collections ...string) {
	refuse := func(*core.RecordEvent) error { return router.NewBadRequestError(reason, nil) }
	app.OnRecordUpdate(collections...).BindFunc(refuse)
	app.OnRecordDelete(collections...).BindFunc(refuse)
}
