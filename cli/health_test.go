package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"
)

func TestHealthAdvisesToNarrowTheMachineRoom(t *testing.T) {
	w := newWorld(t, 1)
	if advice, err := w.advice(); err != nil || len(advice) > 0 {
		t.Errorf("without administrators: %q, %v", advice, err)
	}
	collection, err := w.App.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		t.Fatal(err)
	}
	administrator := core.NewRecord(collection)
	administrator.SetEmail("root@example.com")
	administrator.SetPassword("a long enough password")
	if err := w.App.Save(administrator); err != nil {
		t.Fatal(err)
	}
	if advice, err := w.advice(); err != nil || len(advice) != 1 || !strings.Contains(advice[0], "superuser ips") {
		t.Errorf("with one: %q, %v", advice, err)
	}

	// Outside the list a good password opens nothing.
	b := newBrowser(t, w.serveWorld(t))
	signedIn := decode[struct{ Token string }](t, b.do(t, "POST", "/api/collections/_superusers/auth-with-password", `{"identity":"root@example.com","password":"a long enough password"}`))
	settings := func() int { return b.do(t, "GET", "/api/settings", "", "Authorization", signedIn.Token).status }
	if got := settings(); got != http.StatusOK {
		t.Errorf("without a list: %d", got)
	}
	w.App.Settings().SuperuserIPs = []string{"192.0.2.0/24"}
	if err := w.App.Save(w.App.Settings()); err != nil {
		t.Fatal(err)
	}
	if got := settings(); got != http.StatusForbidden {
		t.Errorf("outside the list: %d", got)
	}
	if advice, err := w.advice(); err != nil || len(advice) > 0 {
		t.Errorf("with a list: %q, %v", advice, err)
	}
	if got := b.get(t, "/api/halotrack/healthz"); strings.Contains(got.body, "advice") {
		t.Errorf("the public answer advises: %s", got.body)
	}
}
