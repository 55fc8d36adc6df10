// Package testapp gives tests a PocketBase app as the product runs it: with
// encrypted databases and all migrations.
package testapp

import (
	"testing"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"

	"halotrack.ai/halotrack/internal/database"

	_ "halotrack.ai/halotrack/pb_migrations" // the collections
)

// New returns an app over a new folder, closed when the test ends.
func New(t testing.TB) *tests.TestApp {
	t.Helper()
	key := make([]byte, 32)
	copy(key, t.Name())
	app, err := tests.NewTestAppWithConfig(core.BaseAppConfig{ // pocketbase.md trap 34: never without a folder
		DataDir:          t.TempDir(),
		DBConnect:        database.ConnectPocketBase(key),
		DataMaxOpenConns: 4,
		AuxMaxOpenConns:  2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.Cleanup)
	return app
}
