package evidence

import (
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/testapp"
)

func TestCallsAreCountedPerConnectionAndKept(t *testing.T) {
	app := testapp.New(t)
	save := func(collection string, fields map[string]any) string {
		t.Helper()
		c, err := app.FindCollectionByNameOrId(collection)
		if err != nil {
			t.Fatal(err)
		}
		r := core.NewRecord(c)
		for field, value := range fields {
			r.Set(field, value)
		}
		if err := app.Save(r); err != nil {
			t.Fatal(err)
		}
		return r.Id
	}
	account := save("accounts", map[string]any{"name": "Velmora", "kind": "business"})
	connection := save("connections", map[string]any{"account": account, "api": "ads", "status": "active"})
	now := clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	book := New(app, now)

	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				book.Note(readonly.Call{Operation: "ads.listProfiles", Status: 200, Owner: connection})
				if err := book.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	now.Advance(time.Hour)
	book.Note(readonly.Call{Operation: "ads.listProfiles", Status: 429, Owner: connection})
	book.Note(readonly.Call{Operation: "ads.getAsyncReport", Owner: connection}) // no answer
	book.Note(readonly.Call{Operation: "lwa.token", Status: 200})                // nobody's
	book.Note(readonly.Call{Operation: "lwa.token", Status: 200, Owner: "gone"})
	if err := book.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}

	got, err := New(app, now).Of(t.Context(), connection) // as after a restart
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Called{
		"ads.listProfiles":   {Calls: 201, Failed: 1, LastStatus: 429, LastAt: now.Now()},
		"ads.getAsyncReport": {Calls: 1, Failed: 1, LastAt: now.Now()},
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for op, w := range want {
		if g := got[op]; !g.LastAt.Equal(w.LastAt) || g.Calls != w.Calls || g.Failed != w.Failed || g.LastStatus != w.LastStatus {
			t.Errorf("%s: %+v, want %+v", op, g, w)
		}
	}
}
