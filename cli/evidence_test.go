package cli

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/evidence"
)

// allowed returns which of the operations that pass the door a request is that
// Amazon received, empty if none.
func allowed(e sim.Entry) string {
	listener, _, _ := strings.Cut(e.Listener, "-")
	if listener == sim.ListenerDocuments && e.Method == http.MethodGet {
		return "document.download"
	}
	for _, op := range readonly.Operations() {
		room, _, _ := strings.Cut(op.Name, ".")
		same := op.Path == e.Path || path.Base(op.Path) == "*" && path.Dir(op.Path) == path.Dir(e.Path)
		if room == listener && op.Method == e.Method && same {
			return op.Name
		}
	}
	return ""
}

// A person consents to both APIs and all is fetched: Amazon received nothing
// but the operations of the evidence page, as often as that page says, and a
// process that ends then, however it ends, has lost none of the counts.
func TestTheEvidenceIsTheJournal(t *testing.T) {
	o := newOffice(t)
	for api, body := range map[string]string{"spapi": sellerBody, "ads": adsBody} {
		if got := o.owner.get(t, o.consent(t, api, body, sim.Choice{})); got.status != http.StatusSeeOther || !strings.Contains(got.header.Get("Location"), "connected=") {
			t.Fatalf("%s: %d to %q", api, got.status, got.header.Get("Location"))
		}
	}
	o.sync(t)

	received := map[string]int64{}
	for _, e := range o.amazon.Journal() {
		if e.Operation == sim.OpSellerConsent || e.Operation == sim.OpAdsConsent {
			continue // the person's own browser
		}
		op := allowed(e)
		if op == "" {
			t.Errorf("Amazon received %s %s on %s, which is no operation of the list", e.Method, e.Path, e.Listener)
		}
		received[op]++
	}
	for _, op := range readonly.Operations() {
		// Reports are listed only after an answer was lost.
		if received[op.Name] == 0 && op.Name != "spapi.getReports" {
			t.Errorf("a full fetch never called %s: the test shows too little", op.Name)
		}
	}

	// What is stored now is what a kill would leave.
	stored := evidence.New(o.App, o.now)
	counted := map[string]int64{}
	for _, connection := range o.list(t) {
		called, err := stored.Of(t.Context(), connection.ID)
		if err != nil {
			t.Fatal(err)
		}
		for op, n := range called {
			counted[op] += n.Calls
		}
		type page struct {
			Operations []struct {
				Operation string
				Calls     int64
			}
		}
		for _, shown := range decode[page](t, o.viewer.get(t, o.path("/"+connection.ID+"/evidence"))).Operations {
			if shown.Calls != called[shown.Operation].Calls {
				t.Errorf("%s: the page says %d calls, stored are %d", shown.Operation, shown.Calls, called[shown.Operation].Calls)
			}
		}
	}
	for op, n := range received {
		if counted[op] != n {
			t.Errorf("%s: Amazon received %d, counted are %d", op, n, counted[op])
		}
		delete(counted, op)
	}
	for op, n := range counted {
		t.Errorf("%s: %d calls are counted that Amazon never received", op, n)
	}
}
