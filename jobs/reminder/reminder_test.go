package reminder

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	gomail "github.com/wneessen/go-mail"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/testapp"
	"halotrack.ai/halotrack/internal/vault"
)

var begin = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// server takes every mail.
type server struct{}

func (server) Send(context.Context, *gomail.Msg) error { return nil }

const secretCanary = "amzn1.oa2-cs.v1.CANARY"

// office is the job, a clock, and what it queued.
type office struct {
	t     *testing.T
	app   core.App
	vault *vault.Vault
	now   *clock.Manual
	queue *mail.Queue
	apps  []Application
	job   *Job
	told  map[string]bool
}

func newOffice(t *testing.T, apps ...Application) *office {
	t.Helper()
	o := &office{t: t, app: testapp.New(t), now: clock.NewManual(begin), apps: apps, told: map[string]bool{}}
	key, err := vault.NewKey()
	o.must(err)
	o.vault, err = vault.Open(o.app, key, o.now)
	o.must(err)
	o.queue, err = mail.New(mail.Config{App: o.app, Clock: o.now, Transport: server{}, From: "h@example.com"})
	o.must(err)
	o.restart(false)
	return o
}

// restart makes the job anew, as a new process does.
func (o *office) restart(provider bool) {
	o.job = New(Config{App: o.app, Vault: o.vault, Clock: o.now, Queue: o.queue, Log: slog.New(slog.DiscardHandler),
		URL: "https://halo.example", Apps: o.apps, Provider: provider})
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) save(collection string, fields map[string]any) *core.Record {
	o.t.Helper()
	c, err := o.app.FindCollectionByNameOrId(collection)
	o.must(err)
	r := core.NewRecord(c)
	r.Load(fields)
	if collection == "users" {
		r.SetRandomPassword()
	}
	o.must(o.app.Save(r))
	return r
}

// account makes an account with an owner and a viewer.
func (o *office) account(name string) string {
	account := o.save("accounts", map[string]any{"name": name, "kind": "business"}).Id
	for _, role := range []string{"owner", "viewer"} {
		user := o.save("users", map[string]any{"email": strings.ToLower(name) + "-" + role + "@example.com"})
		o.save("memberships", map[string]any{"account": account, "user": user.Id, "role": role})
	}
	return account
}

func (o *office) connect(account, api, method string) *core.Record {
	return o.save("connections", map[string]any{"account": account, "api": api, "region": "na", "seller_id": "A1", "status": "active",
		"method": method, "granted_at": o.now.Now()})
}

// run runs the job and returns the mails that it queued: template and person.
func (o *office) run() (mails []string) {
	o.t.Helper()
	o.must(o.job.Run(o.t.Context()))
	records, err := o.app.FindAllRecords("mail_queue")
	o.must(err)
	for _, r := range records {
		if o.told[r.Id] {
			continue
		}
		o.told[r.Id] = true
		user, err := o.app.FindRecordById("users", r.GetString("to_user"))
		o.must(err)
		mails = append(mails, r.GetString("template")+" to "+user.Email())
		if strings.Contains(r.GetString("params"), secretCanary) {
			o.t.Error("a mail holds the secret")
		}
	}
	return mails
}

// days runs the job every six hours, restarting it now and then, and notes on
// which day which mails were queued.
func (o *office) days(n int) (told []string) {
	o.t.Helper()
	start := o.now.Now()
	for hour := 6; hour <= n*24; hour += 6 {
		o.now.Set(start.Add(time.Duration(hour) * time.Hour))
		if hour%30 == 0 {
			o.restart(o.job.cfg.Provider)
		}
		for _, m := range o.run() {
			told = append(told, fmt.Sprintf("day %d: %s", int(o.now.Now().Sub(begin).Hours())/24, m))
		}
	}
	return told
}

func (o *office) expect(got []string, want ...string) {
	o.t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		o.t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// spapi.md trap 62
func TestConsentsAreRemindedOfThriceAndReset(t *testing.T) {
	o := newOffice(t)
	account := o.account("Acme")
	first := o.connect(account, grants.APISeller, grants.MethodConsent)
	o.expect(o.days(364),
		"day 335: consent_ends to acme-owner@example.com",
		"day 358: consent_ends to acme-owner@example.com",
		"day 364: consent_ends to acme-owner@example.com")
	// A new grant replaces the connection and begins anew.
	first.Set("status", grants.StatusDisconnected)
	o.must(o.app.Save(first))
	o.connect(account, grants.APISeller, grants.MethodConsent)
	o.expect(o.days(336), "day 699: consent_ends to acme-owner@example.com")
}

func TestEveryKindOfGrantIsRemindedOf(t *testing.T) {
	o := newOffice(t)
	account := o.account("Acme")
	rules := map[string]bool{}
	for _, c := range []*core.Record{
		o.connect(account, grants.APISeller, grants.MethodConsent), o.connect(account, grants.APISeller, grants.MethodToken),
		o.connect(account, grants.APIAds, grants.MethodConsent), o.connect(account, grants.APIAds, grants.MethodToken),
	} {
		consent := grants.ConsentOf(c)
		rules[consent.Rule+consent.Steps] = true
	}
	if len(rules) != 4 {
		t.Errorf("%d texts for four kinds", len(rules))
	}
	ended := o.connect(account, grants.APISeller, grants.MethodConsent)
	ended.Set("status", grants.StatusRevoked)
	o.must(o.app.Save(ended))
	if got := o.days(335); len(got) != 4 {
		t.Errorf("%v", got)
	}
}

// After a long pause the nearest reminder alone goes out, and none for what
// has ended.
func TestOnlyTheNearestReminderIsSent(t *testing.T) {
	o := newOffice(t)
	account := o.account("Acme")
	o.connect(account, grants.APISeller, grants.MethodConsent)
	o.now.Advance(360 * 24 * time.Hour)
	o.expect(o.run(), "consent_ends to acme-owner@example.com")
	o.restart(false)
	o.expect(o.run())
	o.now.Advance(5 * 24 * time.Hour)
	o.expect(o.run())
}

func TestWithoutAMailServerTheReminderWaits(t *testing.T) {
	o := newOffice(t, Application{"app", secretCanary, "HALOTRACK_LWA"})
	o.connect(o.account("Acme"), grants.APISeller, grants.MethodConsent)
	o.queue.Transport = nil
	o.expect(o.days(340))
	o.queue.Transport = server{}
	o.restart(false)
	o.expect(o.run(), "consent_ends to acme-owner@example.com")
}

// spapi.md trap 62
func TestOperatorsAreRemindedOfTheirSecrets(t *testing.T) {
	o := newOffice(t, Application{"app", secretCanary + "1", "HALOTRACK_LWA"}, Application{"app", secretCanary + "1", "HALOTRACK_ADS"})
	o.account("Acme")
	o.save("users", map[string]any{"email": "staff@example.com", "staff": []string{"security"}})
	o.run()
	o.expect(o.days(179),
		"day 150: secret_ends to staff@example.com",
		"day 173: secret_ends to staff@example.com",
		"day 179: secret_ends to staff@example.com")
	warnings, err := o.job.Warnings()
	if err != nil || len(warnings) == 0 || warnings[0].Setting != "HALOTRACK_LWA_CLIENT_SECRET" || !warnings[0].Since.Equal(begin) {
		t.Errorf("%+v %v", warnings, err)
	}
	// A new secret begins anew, and the old one is forgotten after 180 days.
	o.apps[0].Secret, o.apps[1].Secret = secretCanary+"2", secretCanary+"2"
	o.restart(false)
	o.run()
	if warnings, err = o.job.Warnings(); err != nil || len(warnings) > 0 {
		t.Errorf("%+v %v", warnings, err)
	}
	o.expect(o.days(151), "day 329: secret_ends to staff@example.com")
	if n, err := o.app.CountRecords("app_secrets"); err != nil || n != 2 {
		t.Errorf("%d secrets are known, %v", n, err)
	}
	o.days(40)
	records, err := o.app.FindAllRecords("app_secrets")
	o.must(err)
	if len(records) != 1 {
		t.Errorf("%d secrets are known", len(records))
	}
	for _, r := range records {
		if text := fmt.Sprint(r.FieldsData()); strings.Contains(text, "CANARY") {
			t.Errorf("the note holds the secret: %s", text)
		}
	}
}

func TestWithoutStaffTheOwnersAreTheOperators(t *testing.T) {
	for provider, want := range map[bool][]string{
		false: {"secret_ends to acme-owner@example.com", "secret_ends to bolt-owner@example.com"},
		true:  nil, // a provider's clients are not told of its application
	} {
		o := newOffice(t, Application{"app", secretCanary, "HALOTRACK_LWA"})
		o.restart(provider)
		o.account("Acme")
		o.account("Bolt")
		o.run()
		o.now.Advance(150 * 24 * time.Hour)
		got := o.run()
		for _, w := range want {
			if !strings.Contains(strings.Join(got, "\n"), w) {
				t.Errorf("provider %v: %v", provider, got)
			}
		}
		if len(got) != len(want) {
			t.Errorf("provider %v: %v", provider, got)
		}
	}
}

// A connection's own secret is opened once, counted from the grant, and known
// again in the next connection.
func TestOwnSecretsBelongToTheAccount(t *testing.T) {
	o := newOffice(t)
	account, other := o.account("Acme"), o.account("Bolt")
	connect := func(account, secret string) *core.Record {
		c := o.connect(account, grants.APISeller, grants.MethodToken)
		c.Set("client_id", "own-app")
		o.must(o.app.Save(c))
		o.must(o.vault.Seal(t.Context(), grants.ClientSecret(account, c.Id), []byte(secret), "cli", "connect"))
		return c
	}
	first := connect(account, secretCanary)
	o.now.Advance(100 * 24 * time.Hour)
	o.run()
	// The same secret in a new connection does not make it younger.
	first.Set("status", grants.StatusDisconnected)
	o.must(o.app.Save(first))
	connect(account, secretCanary)
	connect(other, secretCanary)
	o.expect(o.days(51), "day 150: secret_ends to acme-owner@example.com")
	records, err := o.app.FindAllRecords("app_secrets")
	o.must(err)
	if len(records) != 2 {
		t.Errorf("%d notes for two accounts", len(records))
	}
	var opened int
	o.must(o.app.DB().NewQuery("SELECT count(*) FROM vault_log WHERE purpose = 'recognise the application secret'").Row(&opened))
	if opened != 3 {
		t.Errorf("three connections' secrets were opened %d times", opened)
	}
}
