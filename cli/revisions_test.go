package cli

import (
	"net/http"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/audittest"
)

// The page of an audit tells what its recomputations changed, newest first.
func TestRevisionsOfAnAudit(t *testing.T) {
	w := newWorld(t, 2)
	setup := w.connect(t)
	w.sync(t)
	id := setup.clients[0]
	rows, err := w.App.FindRecordsByFilter("audits", "account = {:id}", "-week", 1, 0, dbx.Params{"id": id})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d audits, %v", len(rows), err)
	}
	audittest.Conforms(t, []byte(rows[0].GetString("data")))
	base, _ := w.routes(t)
	b := newBrowser(t, base)
	b.signIn(t, w.person(t, "reader@example.com", id, access.Viewer))
	type answer struct {
		Computed string
		Items    []struct {
			Computed string
			Changes  []struct{ What, Text string }
		}
	}
	path := "/api/halotrack/accounts/" + id + "/audits/"
	if got := decode[answer](t, b.get(t, path+rows[0].GetString("week")+"/revisions")); got.Items == nil || len(got.Items) != 0 || got.Computed == "" {
		t.Errorf("an audit that was computed once: %+v", got)
	}
	rows[0].Set("revisions", types.JSONRaw(`[{"computed":"2026-11-12T06:00:00Z","changes":[{"what":"spend","text":"first"}]},{"computed":"2026-11-19T06:00:00Z","changes":[{"what":"state","text":"second"}]}]`))
	if err := w.App.Save(rows[0]); err != nil {
		t.Fatal(err)
	}
	got := decode[answer](t, b.get(t, path+rows[0].GetString("week")+"/revisions"))
	if len(got.Items) != 2 || got.Items[0].Changes[0].Text != "second" || got.Items[1].Computed != "2026-11-12T06:00:00Z" {
		t.Errorf("%+v", got)
	}
	for _, week := range []string{"2020-01-05", "yesterday"} {
		if got := b.do(t, "GET", path+week+"/revisions", ""); got.status != http.StatusNotFound {
			t.Errorf("revisions of %s: %d", week, got.status)
		}
	}
}
