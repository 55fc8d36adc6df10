package ingest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// spapi.md traps 50, 51, 52 and 60: every error body of Amazon's that is known
// (§3.4 and §5.5), as the wire has it, what it is taken for and what a person
// is told.
func TestEveryRefusalHasItsClassAndItsWords(t *testing.T) {
	denied := func(details string) string {
		return fmt.Sprintf(`{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":%q}]}`, details)
	}
	young := wednesday.Add(-100 * 24 * time.Hour)
	known := []Market{{ID: "ATVPDKIKX0DER"}}
	for _, c := range []struct {
		name    string
		token   string // the token endpoint's refusal, with its status
		body    string // else the API's
		status  int
		markets []Market
		granted time.Time
		want    verdict
		text    string // of the connection's status; empty: it goes on
	}{
		{name: "withdrawn", token: `{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."}`, status: 400, granted: young, want: verdictRevoked, text: textRevoked},
		{name: "not renewed for a year", token: `{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."}`, status: 400, granted: wednesday.Add(-authorisationLife), want: verdictRevoked, text: textExpired},
		{name: "wrong client", token: `{"error":"invalid_client","error_description":"Client authentication failed"}`, status: 401, want: verdictOperator, text: textClient},
		{name: "expired secret at the token endpoint", token: `{"error":"unauthorized_client","error_description":"The LWA secret token you provided has expired."}`, status: 400, want: verdictOperator, text: textSecret},
		{name: "bad grant type", token: `{"error":"unsupported_grant_type","error_description":"x","error_index":"1","request_id":"y"}`, status: 400, want: verdictLater},
		{name: "token endpoint in trouble", token: `<html>`, status: 503, want: verdictLater},

		{name: "expired secret", body: denied("The LWA secret token you provided has expired."), status: 403, want: verdictOperator, text: textSecret},
		{name: "expired access token, also after a refresh", body: denied("The access token you provided has expired."), status: 403, want: verdictForbidden, text: textRegion},
		{name: "another region's token", body: denied("The access token you provided is revoked, malformed or invalid."), status: 403, want: verdictForbidden, text: textRegion},
		{name: "no token", body: denied("Access token is missing in the request header."), status: 403, want: verdictForbidden, text: textRegion},
		{name: "no role, or no brand", body: denied(""), status: 403, markets: known, want: verdictForbidden, text: textRole},
		{name: "no role, or another region", body: denied(""), status: 403, want: verdictForbidden, text: textAccess},
		{name: "wrong host", body: `{"errors":[{"code":"MissingAuthenticationToken","message":"Missing Authentication Token"}]}`, status: 403, want: verdictForbidden, text: textRegion},
		{name: "throttled, or the day is spent", body: `{"errors":[{"code":"QuotaExceeded","message":"You exceeded your quota for the requested resource.","details":""}]}`, status: 429, want: verdictThrottled},
		{name: "unknown report", body: `{"errors":[{"code":"NotFound","message":"One or more of the provided ReportRequestIds could not be found."}]}`, status: 404, want: verdictGone},
		{name: "bad parameters", body: `{"errors":[{"code":"InvalidInput","message":"x"}]}`, status: 400, want: verdictRefused},
		{name: "bad parameters of the sandbox", body: `{"errors":[{"code":"400","message":"Invalid input","details":"y"}]}`, status: 400, want: verdictRefused},
		{name: "in trouble", body: `{"errors":[{"code":"InternalFailure","message":"x"}]}`, status: 500, want: verdictLater},
	} {
		amazon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.URL.Path != "/auth/o2/token":
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			case c.token != "":
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.token)
			default:
				fmt.Fprint(w, `{"access_token":"Atza|a","token_type":"bearer","expires_in":3600}`)
			}
		}))
		client := clientAt(t, amazon.URL)
		_, err := client.Report(t.Context(), "1")
		amazon.Close()
		if got := judge(err); got != c.want {
			t.Errorf("%s: verdict %d, want %d (%v)", c.name, got, c.want, err)
		}
		if c.text == "" {
			continue
		}
		if got := explain(err, &Connection{Markets: c.markets, GrantedAt: c.granted}, wednesday); got != c.text {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// clientAt is a client of a server that plays all of Amazon.
func clientAt(t *testing.T, url string) *spapi.Client {
	t.Helper()
	here := map[marketplace.Region]string{"na": url}
	e, err := readonly.Loopback(here, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	door := readonly.New(e, nil)
	return spapi.New(spapi.Config{HTTP: door.Client(), BaseURL: e.SPAPI["na"], Tokens: lwa.NewSource(lwa.Config{
		HTTP: door.Client(), TokenURL: e.TokenURL("na"), Clock: clock.NewManual(wednesday),
		Credentials: func(context.Context) (lwa.Credentials, error) {
			return lwa.Credentials{ClientID: "id", ClientSecret: "secret", RefreshToken: "Atzr|r"}, nil
		},
	})})
}

// spapi.md traps 31, 32 and 51: every text of a FATAL document (§3.5), served by
// the simulator to a seller of whom nothing is known yet, ends with its class in
// the ledger and with words for the owner, told once, at the marketplace alone.
func TestEveryFatalTextHasItsClassAndItsWords(t *testing.T) {
	const generic = "A client error occurred. Please double check that your parameters are valid and fulfill the requirements of the report type."
	for _, c := range []struct {
		text  string
		class string // of a week that is old enough
		words string // at the marketplace; empty: none, the week is asked for later
	}{
		{generic, classAmbiguous, textNoBrand},
		{"Amazon says something new", classAmbiguous, textNoBrand},
		{"This report type requires the report option(s): asin.", classOurs, textOurs},
		{"dataStartTime must be a Sunday when reportPeriod=WEEK", classOurs, textOurs},
		{"Invalid reportPeriod WEEK: dataStartTime must fall on a Sunday.", classOurs, textOurs},
		{"dataStartTime must be the same day as dataEndTime when reportPeriod=DAY", classOurs, textOurs},
		{"dataStartTime and dataEndTime must be supplied", classOurs, textOurs},
		{"Report type X does not support account ID of type class com.amazon.marketplaceid.MerchantAccountId", classOurs, textAccountType},
		{"The requested data is unavailable. Please try a different date range", classNotYet, ""},
		{"The report data for the requested date range is not yet available", classNotYet, ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			germany, _ := marketplace.ByCountry("DE")
			r := newRig(t, sim.Config{
				Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"DE", "FR"}}},
				Scenario: &sim.Scenario{Behaviours: []sim.Behaviour{{Kind: sim.GenericFatal, Text: c.text, Marketplaces: []string{germany.ID}, Operations: []string{sim.OpCreateReport}}}},
			}, nil)
			r.untilIdle()
			var classes []string
			for _, l := range r.ledger(velmora) {
				if l.Marketplace != germany.ID || l.API != history.SPAPI {
					continue
				}
				if l.State != history.Failed || !strings.Contains(l.Error, c.text) {
					t.Fatalf("%s %s ended %s: %q", l.Type, l.Start, l.State, l.Error)
				}
				if want := classAmbiguous; l.Start < day(t, "2026-11-01") && c.words == "" { // Amazon has it no more
					if l.ErrorClass != want {
						t.Errorf("%s ended as %s, want %s", l.Start, l.ErrorClass, want)
					}
				} else if l.Start < day(t, "2026-11-08") { // older than the doubt
					classes = append(classes, l.ErrorClass)
				}
			}
			for _, class := range classes {
				if class != c.class {
					t.Errorf("ended as %v, want %s", classes, c.class)
					break
				}
			}
			conn := r.connection(velmora, APISeller)
			if conn.Status != StatusActive || len(r.notified) != 0 {
				t.Errorf("the connection is %s, told %q", conn.Status, r.notified)
			}
			for _, m := range conn.Markets {
				want := ""
				if m.ID == germany.ID {
					want = c.words
				}
				if m.Problem != want {
					t.Errorf("%s: %q, want %q", m.Name, m.Problem, want)
				}
			}
			if told := r.toldMarkets; c.words != "" && (len(told) != 1 || told[0] != "Germany: "+c.words) || c.words == "" && len(told) != 0 {
				t.Errorf("told %q", told)
			}
			// France is whole all the same.
			r.use(velmora, func(f *history.Facts) error {
				france, _ := marketplace.ByCountry("FR")
				cells, err := f.SQPCoverage(t.Context(), france.ID, history.Week, 0, 1<<30)
				if len(cells) < 40 {
					t.Errorf("%d cells of France", len(cells))
				}
				return err
			})
		})
	}
}

// A marketplace whose reports are refused stops alone, is tried once a day, and
// goes on when Amazon lets it; its owner is told once.
func TestARefusedMarketplaceDoesNotStopTheOthers(t *testing.T) {
	germany, _ := marketplace.ByCountry("DE")
	repaired := wednesday.Add(4 * 24 * time.Hour)
	r := newRig(t, sim.Config{
		Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"DE", "FR"}}},
		Scenario: &sim.Scenario{Behaviours: []sim.Behaviour{{Kind: sim.RoleMissing, Marketplaces: []string{germany.ID}, To: repaired}}},
	}, nil)
	r.untilIdle()
	market := func(id string) Market {
		for _, m := range r.connection(velmora, APISeller).Markets {
			if m.ID == id {
				return m
			}
		}
		return Market{}
	}
	if m := market(germany.ID); m.Problem != textMarketRole || !m.RetryAt.After(r.now.Now()) {
		t.Fatalf("%+v", m)
	}
	if c := r.connection(velmora, APISeller); c.Status != StatusActive {
		t.Errorf("the connection is %s: %s", c.Status, c.Reason)
	}
	for r.now.Now().Before(repaired.Add(-time.Hour)) {
		o := r.untilIdle()
		if !o.Next.After(r.now.Now()) {
			t.Fatalf("%+v", o)
		}
		r.now.Set(o.Next)
	}
	refused := 0
	for _, e := range r.amazon.Journal() {
		if e.Operation == sim.OpCreateReport && e.Status == http.StatusForbidden {
			refused++
		}
	}
	if refused < 3 || refused > 6 {
		t.Errorf("%d refused requests in four days", refused)
	}
	if len(r.toldMarkets) != 1 || len(r.notified) != 0 {
		t.Errorf("told %q and %q", r.toldMarkets, r.notified)
	}
	for range 40 {
		o := r.untilIdle()
		if m := market(germany.ID); m.Problem == "" {
			break
		}
		r.now.Set(o.Next)
	}
	r.untilIdle()
	if m := market(germany.ID); m.Problem != "" || !m.RetryAt.IsZero() {
		t.Errorf("repaired: %+v", m)
	}
	r.wantWhole(velmora)
}

// Where every marketplace is refused the connection has stopped, and its owner
// is told of that, once.
func TestAConnectionOfRefusedMarketplacesHasStopped(t *testing.T) {
	repaired := wednesday.Add(5*time.Hour + time.Minute)
	r := newRig(t, sim.Config{
		Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"DE", "FR"}}},
		Scenario: &sim.Scenario{Behaviours: []sim.Behaviour{{Kind: sim.RoleMissing, To: repaired}}},
	}, nil)
	r.untilIdle()
	c := r.connection(velmora, APISeller)
	if c.Status != StatusFailed || c.Reason != textRole {
		t.Fatalf("%s %q", c.Status, c.Reason)
	}
	for r.now.Now().Before(repaired) {
		r.now.Advance(failedPause)
		r.run()
	}
	r.now.Advance(failedPause)
	for range 30 {
		r.untilIdle()
		r.now.Advance(failedPause)
	}
	if c = r.connection(velmora, APISeller); c.Status != StatusActive || c.Reason != "" {
		t.Errorf("repaired: %s %q", c.Status, c.Reason)
	}
	if len(r.notified) != 1 || len(r.toldMarkets) > 1 {
		t.Errorf("told %q and %q", r.notified, r.toldMarkets)
	}
	r.wantWhole(velmora)
}

// Listings that are suspended while a connection works stop their marketplace,
// and it goes on when they return.
func TestSuspendedListingsPauseTheirMarketplace(t *testing.T) {
	germany, _ := marketplace.ByCountry("DE")
	from, to := wednesday.Add(30*time.Hour), wednesday.Add(80*time.Hour)
	for kind, words := range map[sim.Kind]string{sim.Suspended: textSuspended, sim.NotParticipating: textNotSelling} {
		r := newRig(t, sim.Config{
			Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"DE", "FR"}}},
			Scenario: &sim.Scenario{Behaviours: []sim.Behaviour{{Kind: kind, Marketplaces: []string{germany.ID}, From: from, To: to}}},
		}, nil)
		state := func() Market {
			for _, m := range r.connection(velmora, APISeller).Markets {
				if m.ID == germany.ID {
					return m
				}
			}
			return Market{}
		}
		r.untilIdle()
		if m := state(); m.Problem != "" || !m.Trackable() {
			t.Fatalf("%s: before: %+v", kind, m)
		}
		r.now.Set(from.Add(25 * time.Hour))
		r.untilIdle()
		if m := state(); m.Problem != words || m.Trackable() {
			t.Errorf("%s: %+v", kind, m)
		}
		if len(r.toldMarkets) != 1 || r.toldMarkets[0] != "Germany: "+words {
			t.Errorf("%s: told %q", kind, r.toldMarkets)
		}
		r.now.Set(to.Add(25 * time.Hour))
		r.untilIdle()
		if m := state(); m.Problem != "" || !m.Tracked || !m.Trackable() {
			t.Errorf("%s: after: %+v", kind, m)
		}
		r.wantWhole(velmora)
	}
}

// spapi.md trap 60: the token of another region does not work, says so, and
// India's is Europe's.
func TestTheTokenOfAnotherRegionSaysSo(t *testing.T) {
	r := newRig(t, sim.Config{Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{"US"}}, {Name: "Nordhain Outdoor", Countries: []string{"DE"}}}}, nil)
	c := r.connection(velmora, APISeller)
	if err := r.in.update(c, func(rec *core.Record) { rec.Set("region", "eu") }); err != nil {
		t.Fatal(err)
	}
	r.run()
	if c = r.connection(velmora, APISeller); c.Status != StatusFailed || c.Reason != textRegion {
		t.Errorf("%s %q", c.Status, c.Reason)
	}
	if c = r.connection("Nordhain Outdoor", APISeller); c.Status != StatusActive {
		t.Errorf("the other account's connection is %s", c.Status)
	}
	if india, ok := marketplace.ByCountry("IN"); !ok || india.Region != marketplace.Europe {
		t.Errorf("India lies in %s", india.Region)
	}
}
