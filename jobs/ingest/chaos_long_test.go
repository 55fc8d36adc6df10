package ingest

import (
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
	grant "halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

// chaosLong turns the long chaos test on.
var chaosLong = flag.Bool("ingest.long", false, "run the chaos test of 30 hostile weeks, which takes minutes")

const (
	nordhain = "Nordhain Outdoor"
	kisaragi = "Kisaragi Works"
	prairie  = "Prairie Kettle"

	// calmWeeks are enough for the last pull of everything that was stored while
	// Amazon was hostile.
	calmWeeks = 9
)

// longAccounts are those of the chaos test, one of them in one marketplace more.
var longAccounts = []sim.AccountSpec{
	{Name: velmora, Countries: []string{"US", "MX"}},
	{Name: nordhain, Countries: []string{"DE", "GB"}, Viewer: true},
	{Name: kisaragi, Countries: []string{"JP"}},
	{Name: prairie, Countries: []string{"CA"}},
}

// chaosScenario is every behaviour that the simulator has. What ends a
// connection or hides a marketplace lasts some days.
func chaosScenario(peace time.Time) *sim.Scenario {
	s := sim.Hostile()
	from := func(b sim.Behaviour, week, days int) sim.Behaviour {
		b.From = wednesday.AddDate(0, 0, 7*week)
		b.To = b.From.AddDate(0, 0, days)
		return b
	}
	s.Behaviours = append(s.Behaviours,
		sim.Behaviour{Kind: sim.PersonalData, Rate: .05},
		sim.Behaviour{Kind: sim.GenericFatal, Rate: .004},
		sim.Behaviour{Kind: sim.BareFatal, Rate: .003},
		from(sim.Behaviour{Kind: sim.SecretExpired, Accounts: []string{prairie}}, 5, 5),
		from(sim.Behaviour{Kind: sim.RoleMissing, Accounts: []string{kisaragi}}, 9, 5),
		from(sim.Behaviour{Kind: sim.Suspended, Accounts: []string{nordhain}, Marketplaces: []string{"A1F83G8C2ARO7P"}}, 12, 9),
		from(sim.Behaviour{Kind: sim.NotParticipating, Accounts: []string{velmora}, Marketplaces: []string{"A1AM78C64UM0Y8"}}, 15, 9),
		from(sim.Behaviour{Kind: sim.RevokedGrant, Accounts: []string{velmora}, Operations: []string{sim.OpCreateReport}}, revokedWeek, 14),
	)
	return s.Until(peace)
}

// revokedWeek is the week of the chaos in which a seller withdraws a grant.
const revokedWeek = 19

// killer ends a child at random points.
type killer struct {
	random   *rand.Rand
	requests atomic.Int64 // so far
	moment   atomic.Int64 // of the last of them
	target   atomic.Int64 // the request at which the victim dies
	delay    atomic.Int64 // after it
	victim   atomic.Pointer[os.Process]
	wanted   int
	done     []kill
}

// watch is told of each request before it is handled.
func (k *killer) watch(e sim.Entry) *sim.Fault {
	k.moment.Store(e.Began)
	if k.requests.Add(1) != k.target.Load() {
		return nil
	}
	strike := func() {
		if p := k.victim.Load(); p != nil {
			_ = p.Kill()
		}
	}
	if d := time.Duration(k.delay.Load()); d > 0 {
		time.AfterFunc(d, strike)
	} else {
		strike() // the request is handled, its answer goes nowhere
	}
	return nil
}

var chaosPoints = []string{"planned", "requesting", "requested", "resolved", "polled", "downloaded", "stored"}

// arm decides when the next process dies, so that the kills spread over the
// hostile time: some kill themselves at a step, others are killed at a request
// or up to some milliseconds after.
func (k *killer) arm(c *childTask, elapsed, left time.Duration) {
	k.target.Store(-1)
	if len(k.done) >= k.wanted {
		return
	}
	gap := int64(15)
	if n := k.requests.Load(); n > 100 && left > 0 {
		gap = max(gap, int64(float64(n)/elapsed.Hours()*left.Hours())/int64(k.wanted-len(k.done)))
	}
	if len(k.done)%3 == 2 {
		c.Point, c.Nth = chaosPoints[k.random.IntN(len(chaosPoints))], 1+k.random.Int64N(max(2, gap/4))
		gap *= 2 // if that step does not come
	}
	k.delay.Store([]int64{0, 0, int64(time.Millisecond), int64(k.random.IntN(6)) * int64(time.Millisecond)}[k.random.IntN(4)])
	k.target.Store(k.requests.Load() + 1 + k.random.Int64N(2*gap))
}

// The chaos test with a clock that runs through 30 hostile weeks and with the
// behaviours that stop a connection or a marketplace for days (fewer than
// lie between the last pull of a day of ads and its end at Amazon), among them a
// withdrawn grant: at the end the history is, figure by figure, what Amazon
// serves.
func TestChaosOverThirtyWeeks(t *testing.T) {
	if !*chaosLong {
		t.Skip("it takes minutes: make chaos runs it")
	}
	k := &killer{random: rand.New(rand.NewPCG(17, 19)), wanted: 100}
	peace := wednesday.AddDate(0, 0, 7*chaosWeeks)
	r := newRig(t, sim.Config{ASINs: 8, Terms: 90, Accounts: longAccounts, Scenario: chaosScenario(peace), Faults: k.watch}, nil)
	owner := r.owner("jo.canary@owner.example")
	dir, g, stderr := r.dir, r.amazon.Connections()[0], &safeBuffer{}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for r.now.Now().Before(peace) || len(k.done) < k.wanted {
		idle := r.runChild(dir, g, childRun{victim: &k.victim, stderr: stderr,
			change: func(c *childTask) {
				c.Chaos = true
				k.arm(c, r.now.Now().Sub(wednesday), peace.Sub(r.now.Now()))
			},
			idle: func() bool {
				r.now.Advance(8*time.Hour + time.Duration(k.random.Int64N(int64(4*24*time.Hour))))
				again := codes != nil || r.now.Now().Before(wednesday.AddDate(0, 0, 7*(revokedWeek+2)))
				return again && (r.now.Now().Before(peace) || len(k.done) < k.wanted)
			},
		})
		if !idle {
			k.done = append(k.done, kill{r.now.Now(), k.moment.Load()})
		}
		if codes == nil && !r.now.Now().Before(wednesday.AddDate(0, 0, 7*(revokedWeek+2))) {
			r.open(dir)
			codes = r.consentAgain(velmora)
			if err := r.close(); err != nil {
				t.Fatal(err)
			}
			k.done = append(k.done, kill{r.now.Now(), k.moment.Load()}) // also a restart
			k.wanted++
		}
	}
	k.target.Store(-1)
	// What failed is asked for again within days, what changed within the
	// re-pull windows. It ends at an hour at which no profile's day begins.
	r.open(dir)
	k.done = append(k.done, kill{r.now.Now(), k.moment.Load()})
	day := 24 * time.Hour
	r.now.Set(r.now.Now().Truncate(day).Add(day + 9*time.Hour))
	for range calmWeeks {
		r.untilIdle()
		r.now.Set(r.now.Now().Truncate(day).Add(7*day + 9*time.Hour))
	}
	for range 2 {
		r.untilIdle()
		r.now.Advance(time.Hour)
	}

	texts := []string{owner}
	for name := range r.ids {
		c := r.wantEveryFigure(t, name)
		t.Logf("%s: %d slices, %d rows compared, %d held back, %d cells truncated, %d empty", name, c.slices, c.rows, c.held, c.truncated, c.empty)
		for text := range c.personal {
			texts = append(texts, text)
		}
		for _, api := range []string{APISeller, APIAds} {
			if c := r.connection(name, api); c.Status != StatusActive {
				t.Errorf("%s: the %s connection is %s: %s", name, api, c.Status, c.Reason)
			}
		}
		for _, l := range r.ledger(name) {
			if l.State.Open() {
				t.Errorf("report %d (%s) is left %s: %s", l.ID, l.Type, l.State, l.Error)
			}
			if l.State == history.Failed && l.ErrorClass == classOurs {
				t.Errorf("report %d (%s, %s) was given up: %s", l.ID, l.Type, l.Start, l.Error)
			}
		}
	}
	if err := r.sound(t.Context()); err != nil {
		t.Error(err)
	}
	again := r.repeated(t, k.done)
	if again.killed > len(k.done) {
		t.Errorf("%d ads reports were asked for twice after %d kills", again.killed, len(k.done))
	}
	asked := r.tokensInOrder(t, k.done)
	r.wantHostile(t, stderr.String())
	r.wantNoSecret(t, append(texts, codes...), stderr.String())
	t.Logf("%d kills, %d requests, %d for tokens; ads reports repeated: %d after kills, %d after lost answers; %s to %s",
		len(k.done)-2, k.requests.Load(), asked, again.killed, again.lost, wednesday.Format(time.DateOnly), r.now.Now().Format(time.DateOnly))
}

// wantHostile checks that what the scenario holds did show.
func (r *rig) wantHostile(t *testing.T, log string) {
	kinds := map[int]int{}
	for _, e := range r.amazon.Journal() {
		kinds[e.Status]++
	}
	for _, status := range []int{0, 401, 403, 425, 429, 500, 502, 503, 504} {
		if kinds[status] == 0 {
			t.Errorf("no answer had the status %d: the world was not hostile", status)
		}
	}
	for _, said := range []string{"was withdrawn", "the application's client id", "Brand Analytics role"} {
		if !strings.Contains(log, said) {
			t.Errorf("nobody was told of %q: it did not happen", said)
		}
	}
	classes := map[string]int{}
	for name := range r.ids {
		for _, l := range r.ledger(name) {
			classes[l.ErrorClass]++
		}
	}
	t.Logf("answers by status %v; ledger by class of error %v", kinds, classes)
}

// owner makes a user with an e-mail address that must stand in no file.
func (r *rig) owner(email string) string {
	users, err := r.app.FindCollectionByNameOrId("users")
	if err != nil {
		r.t.Fatal(err)
	}
	u := core.NewRecord(users)
	u.SetEmail(email)
	u.SetPassword("correct horse battery staple")
	if err := r.app.Save(u); err != nil {
		r.t.Fatal(err)
	}
	return email
}

// consentAgain gives a seller's connections that were withdrawn a new grant, as
// the consent pages do, and returns the codes that were exchanged.
func (r *rig) consentAgain(account string) (codes []string) {
	t := r.t
	t.Helper()
	const callback = "http://127.0.0.1/callback"
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	pages, _ := r.amazon.ConsentURLs()
	for _, g := range r.amazon.Connections() {
		c := r.connection(account, APISeller)
		if g.Account != account || g.Region != c.Region {
			continue
		}
		if c.Status != StatusRevoked {
			t.Fatalf("the withdrawn connection is %s", c.Status)
		}
		if known, err := r.vault.Exists(t.Context(), grant.RefreshToken(c.Account, c.ID)); err != nil || known {
			t.Errorf("the credential of a withdrawn grant is still there (%v)", err)
		}
		q := url.Values{"application_id": {r.amazon.ApplicationID()}, "state": {"s"}, "redirect_uri": {callback}}
		answer, err := client.PostForm(pages[g.Region]+"?"+q.Encode(), url.Values{"account": {account}, "decision": {"authorise"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		back, err := answer.Location()
		if err != nil {
			t.Fatal(answer.Status, err)
		}
		code := back.Query().Get("spapi_oauth_code")
		answer, err = client.PostForm(r.amazon.Endpoints().LWA[marketplace.NorthAmerica]+"/auth/o2/token", url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {g.ClientID}, "client_secret": {g.ClientSecret}})
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			RefreshToken string `json:"refresh_token"`
		}
		err = errors.Join(json.NewDecoder(answer.Body).Decode(&got), answer.Body.Close())
		if err != nil || got.RefreshToken == "" {
			t.Fatal(answer.Status, err)
		}
		if err := r.vault.Seal(t.Context(), grant.RefreshToken(c.Account, c.ID), []byte(got.RefreshToken), "test", "connect again"); err != nil {
			t.Fatal(err)
		}
		err = r.in.update(c, func(rec *core.Record) {
			rec.Set("status", StatusActive)
			rec.Set("status_text", "")
			rec.Set("granted_at", r.now.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	return codes
}
