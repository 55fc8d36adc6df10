package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/membership"
)

// present is where the tests' clocks start: a Wednesday, so that the week
// before is published.
var present = time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)

// world is an appliance beside a simulated Amazon, on one clock.
type world struct {
	*appliance
	now    *clock.Manual
	amazon *sim.Sim
	log    *bytes.Buffer
	past   clock.Day // how far back is fetched
}

// newWorld opens an appliance over a new folder. Nobody is connected yet.
func newWorld(t *testing.T, asins int) *world { return newWorldSince(t, asins, 14) }

// newWorldSince fetches what is up to so many days older than this week.
func newWorldSince(t *testing.T, asins int, past clock.Day) *world {
	t.Helper()
	w := &world{now: clock.NewManual(present), log: &bytes.Buffer{}, past: past}
	var err error
	if w.amazon, err = sim.Start(t.Context(), sim.Config{Seed: 7, ASINs: asins, Terms: 300, Clock: w.now, JournalKeep: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.amazon.Close() })
	w.reopen(t, filepath.Join(t.TempDir(), "data"))
	return w
}

func (w *world) reopen(t *testing.T, dir string) {
	t.Helper()
	c, errs := config.Load(nil, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	e, app := w.amazon.Endpoints(), w.amazon.Connections()[0]
	c.Amazon = config.Addresses{LWA: e.LWA, SPAPI: e.SPAPI, Ads: e.Ads}
	c.LWA = config.Client{ID: app.ClientID, Secret: config.Secret(app.ClientSecret)}
	c.Ads = c.LWA
	c.URL = "http://127.0.0.1:8090"
	w.appliance, errs = nil, nil
	a, err := open(t.Context(), options{
		Config: c, Dir: dir, Clock: w.now, MakeKey: true, Since: clock.DayOf(present, time.UTC).Week() - w.past,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.appliance = a
	t.Cleanup(func() { _ = a.Close() })
}

// connect makes the demo's people and accounts and connects them.
func (w *world) connect(t *testing.T) demoSetup {
	t.Helper()
	setup, err := w.demoPeople(t.Context(), w.amazon)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

// sync runs until nothing is in flight, moving the clock.
func (w *world) sync(t *testing.T) {
	t.Helper()
	if _, err := w.untilIdle(t.Context(), "", func(at time.Time) error { w.now.Set(at); return t.Context().Err() }); err != nil {
		t.Fatal(err)
	}
}

// person makes someone with a role in one account.
func (w *world) person(t *testing.T, email, account string, role access.Role) demoLogin {
	t.Helper()
	login, err := w.demoPerson(email, "Test Person", nil)
	if err != nil {
		t.Fatal(err)
	}
	user, err := w.App.FindAuthRecordByEmail("users", email)
	if err != nil {
		t.Fatal(err)
	}
	if err := membership.Enrol(w.App, account, user.Id, role); err != nil {
		t.Fatal(err)
	}
	return login
}

// serveWorld serves the appliance on a free port and returns its address.
func (w *world) serveWorld(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	address, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- w.serveHTTP(ctx, serveFlags{http: "127.0.0.1:0"}, func(a string) { address <- a })
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case a := <-address:
		return "http://" + a
	case err := <-done:
		t.Fatal(err)
		return ""
	}
}

// browser is a client with a cookie jar of its own.
type browser struct {
	*http.Client
	base string
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar}, base}
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (b *browser) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, string(text), response.Header}
}

func (b *browser) get(t *testing.T, path string) answer { return b.do(t, "GET", path, "") }

func (b *browser) signIn(t *testing.T, l demoLogin) answer {
	t.Helper()
	body, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	a := b.do(t, "POST", "/api/halotrack/session", string(body))
	if a.status != http.StatusOK {
		t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	return a
}

func decode[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}
