package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/history"
)

// ending is what the list of connections says of the ends.
type ending struct {
	ID, API, Status      string
	DeletesAt, DeletedAt *time.Time
	AuthorisationEnds    *time.Time
	AuthorisationRule    string
}

func (o *office) endings(t *testing.T) map[string]ending {
	t.Helper()
	page := decode[struct {
		Items    []ending
		Provider bool
	}](t, o.owner.get(t, o.path("")))
	if page.Provider != o.provider() {
		t.Errorf("provider: %v", page.Provider)
	}
	byID := map[string]ending{}
	for _, it := range page.Items {
		byID[it.ID] = it
	}
	return byID
}

func (o *office) storedRows(t *testing.T) (rows int64) {
	t.Helper()
	err := o.Store.Use(t.Context(), o.account, func(f *history.Facts) error {
		size, err := f.Size(t.Context())
		rows = size.SQPRows + size.AdRows + size.JoinedRows
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What a disconnected seller brought is deleted two days later where the
// operator is a provider; the owner is told when, and may come back before.
func TestAProviderForgetsWhoDisconnects(t *testing.T) {
	o := newOfficeOf(t, config.OperatorProvider)
	for _, c := range []struct{ api, body string }{{"spapi", sellerBody}, {"ads", adsBody}} {
		callback := o.consent(t, c.api, c.body, sim.Choice{})
		if got := o.owner.get(t, callback); got.status != 303 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	o.sync(t)
	if o.storedRows(t) == 0 {
		t.Fatal("nothing was stored")
	}
	wait := func(d time.Duration) {
		o.now.Advance(d)
		o.owner.signIn(t, o.ownerLogin) // the session has run out
	}
	disconnect := func() (ids []string) {
		for id, e := range o.endings(t) {
			if e.Status == "disconnected" {
				continue
			}
			if e.AuthorisationEnds == nil || e.AuthorisationRule == "" || e.DeletesAt != nil {
				t.Errorf("live: %+v", e)
			}
			answer := decode[struct{ DeletesAt time.Time }](t, o.owner.do(t, "DELETE", o.path("/"+id), ""))
			if want := o.now.Now().Add(48 * time.Hour); !answer.DeletesAt.Equal(want.Truncate(time.Millisecond)) {
				t.Errorf("deletes at %s, want %s", answer.DeletesAt, want)
			}
			ids = append(ids, id)
		}
		return ids
	}
	first := disconnect()
	mails, err := o.App.FindAllRecords("mail_queue", dbx.HashExp{"template": "disconnected"})
	if err != nil || len(mails) != 2 || !strings.Contains(mails[0].GetString("params"), o.now.Now().Add(48*time.Hour).UTC().Format("2 January 2006, 15:04 UTC")) {
		t.Fatalf("mails: %v %v", mails, err)
	}

	// Within two days the owner comes back: nothing is deleted.
	wait(40 * time.Hour)
	for _, c := range []struct{ api, body string }{{"spapi", sellerBody}, {"ads", adsBody}} {
		o.owner.get(t, o.consent(t, c.api, c.body, sim.Choice{}))
	}
	wait(24 * time.Hour)
	o.sync(t)
	if o.storedRows(t) == 0 {
		t.Error("the data were deleted although the seller had come back")
	}
	for _, id := range first {
		if e := o.endings(t)[id]; e.DeletesAt != nil || e.DeletedAt != nil {
			t.Errorf("back: %+v", e)
		}
	}

	// The second time nobody does. A document lies there that could not be read.
	document := filepath.Join(o.Dir, spoolDir, o.account, "1.sealed")
	if err := os.MkdirAll(filepath.Dir(document), 0o700); err != nil {
		t.Fatal(err)
	}
	disconnect()
	wait(47 * time.Hour)
	o.sync(t)
	if o.storedRows(t) == 0 {
		t.Error("the data were deleted too early")
	}
	if err := os.WriteFile(document, []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	wait(time.Hour)
	o.sync(t)
	if _, err := os.Stat(document); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the document is left: %v", err)
	}
	if rows := o.storedRows(t); rows > 0 {
		t.Errorf("%d rows are left", rows)
	}
	for _, e := range o.endings(t) {
		if e.DeletedAt == nil || e.DeletesAt != nil {
			t.Errorf("after: %+v", e)
		}
	}
	for _, collection := range []string{"audits", "findings", "rollups"} {
		if n, err := o.App.CountRecords(collection); err != nil || n > 0 {
			t.Errorf("%d %s are left, %v", n, collection, err)
		}
	}

	// A new grant fetches anew into the new file.
	if got := o.owner.get(t, o.consent(t, "spapi", sellerBody, sim.Choice{})); got.status != 303 {
		t.Fatal(got.status)
	}
	o.sync(t)
	if o.storedRows(t) == 0 {
		t.Error("nothing is fetched after the deletion")
	}
}

// A self-operated installation keeps the history, and nobody is told otherwise.
func TestASelfOperatedHouseForgetsNothing(t *testing.T) {
	o := newOffice(t)
	o.owner.get(t, o.consent(t, "ads", adsBody, sim.Choice{}))
	for id := range o.endings(t) {
		answer := decode[struct{ DeletesAt *time.Time }](t, o.owner.do(t, "DELETE", o.path("/"+id), ""))
		if answer.DeletesAt != nil {
			t.Errorf("it says that data are deleted at %s", answer.DeletesAt)
		}
	}
	if n, err := o.App.CountRecords("mail_queue"); err != nil || n > 0 {
		t.Errorf("%d mails, %v", n, err)
	}
	for _, e := range o.endings(t) {
		if e.DeletesAt != nil {
			t.Errorf("%+v", e)
		}
	}
}
