package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"
	"github.com/pocketbase/pocketbase/tools/mailer"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/testapp"
)

var start = time.Date(2026, 11, 15, 6, 0, 0, 0, time.UTC)

// fixture is a queue with its app, clock, log and one user.
type fixture struct {
	*Queue
	app   *tests.TestApp
	clock *clock.Manual
	log   *bytes.Buffer
	user  string
}

func newQueue(t testing.TB, transport Transport) *fixture {
	t.Helper()
	f := &fixture{app: testapp.New(t), clock: clock.NewManual(start), log: &bytes.Buffer{}}
	users, err := f.app.FindCollectionByNameOrId("users")
	if err != nil {
		t.Fatal(err)
	}
	u := core.NewRecord(users)
	u.SetEmail("ann@example.com")
	u.SetRandomPassword()
	if err := f.app.Save(u); err != nil {
		t.Fatal(err)
	}
	f.user = u.Id
	f.Queue = f.restart(t, transport)
	return f
}

// restart makes the queue of a new run over the same data.
func (f *fixture) restart(t testing.TB, transport Transport) *Queue {
	t.Helper()
	q, err := New(Config{App: f.app, Clock: f.clock, Log: slog.New(slog.NewTextHandler(f.log, nil)), Transport: transport, From: "HaloTrack <halo@example.com>"})
	if err != nil {
		t.Fatal(err)
	}
	f.Queue = q
	return q
}

func connected(t testing.TB, s *server) *fixture {
	t.Helper()
	transport, err := NewSMTP(startServer(t, s, nil).url)
	if err != nil {
		t.Fatal(err)
	}
	return newQueue(t, transport)
}

func link(to string) Message {
	m := Message{Template: PasswordLink, Params: map[string]string{"link": "https://halo.example.com/password#SECRETTOKEN", "expires": "17 November 2026"}}
	if strings.Contains(to, "@") {
		m.Address = to
	} else {
		m.User = to
	}
	return m
}

func (f *fixture) enqueue(t testing.TB, m Message) {
	t.Helper()
	if err := f.Enqueue(f.app, m); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) dispatch(t testing.TB, wantSent int) time.Time {
	t.Helper()
	sent, next, err := f.Dispatch(context.Background())
	if err != nil || sent != wantSent {
		t.Fatalf("sent %d, %v; want %d\n%s", sent, err, wantSent, f.log)
	}
	return next
}

// row is the only row of the queue.
func (f *fixture) row(t testing.TB) *core.Record {
	t.Helper()
	rows, err := f.app.FindAllRecords(CollectionName)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}

func TestMailGoesOut(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	f.enqueue(t, link(f.user))
	if r := f.row(t); r.GetString("state") != "queued" || r.GetString("class") != "service" || !r.GetDateTime("created").Time().Equal(start) {
		t.Fatalf("%v", r.PublicExport())
	}
	f.clock.Advance(time.Hour)
	if next := f.dispatch(t, 1); !next.IsZero() {
		t.Errorf("next = %v with nothing waiting", next)
	}
	got := s.mails()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	msg, err := netmail.ReadMessage(strings.NewReader(got[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"HaloTrack" <halo@example.com>`, "To": "<ann@example.com>", "Subject": "Set your password for HaloTrack",
		"Date": "Sun, 15 Nov 2026 07:00:00 +0000", "Auto-Submitted": "auto-generated", "User-Agent": "", "X-Mailer": "",
	} {
		if h := msg.Header.Get(name); h != want {
			t.Errorf("%s: %q, want %q", name, h, want)
		}
	}
	r := f.row(t)
	if id := msg.Header.Get("Message-ID"); id != "<"+r.GetString("message_id")+">" || !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("Message-ID %q, stored %q", id, r.GetString("message_id"))
	}
	if kind, _, _ := mime.ParseMediaType(msg.Header.Get("Content-Type")); kind != "multipart/alternative" {
		t.Errorf("type %s", kind)
	}
	if r.GetString("state") != "sent" || !r.GetDateTime("sent_at").Time().Equal(start.Add(time.Hour)) || r.GetInt("attempts") != 1 {
		t.Errorf("%v", r.PublicExport())
	}
	if p := r.GetString("params"); strings.Contains(p, "SECRETTOKEN") {
		t.Errorf("the parameters are still there: %s", p)
	}
	f.dispatch(t, 0)
	if len(s.mails()) != 1 {
		t.Error("it went out twice")
	}
}

func TestMailOfARolledBackTransactionDoesNotGoOut(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	_ = f.app.RunInTransaction(func(tx core.App) error {
		if err := f.Enqueue(tx, link(f.user)); err != nil {
			t.Error(err)
		}
		return errors.New("no")
	})
	f.dispatch(t, 0)
	select {
	case <-f.wake:
		t.Error("the queue was woken")
	default:
	}
	if len(s.mails()) != 0 {
		t.Error("it went out")
	}
}

func TestUnfittingMessagesAreRefused(t *testing.T) {
	f := newQueue(t, nil)
	for name, m := range map[string]Message{
		"unknown template":  {Template: "newsletter", User: f.user},
		"missing parameter": {Template: PasswordLink, User: f.user, Params: map[string]string{"link": "x"}},
		"empty parameter":   {Template: PasswordLink, User: f.user, Params: map[string]string{"link": "x", "expires": ""}},
		"more than needed":  {Template: PasswordLink, User: f.user, Params: map[string]string{"link": "x", "expires": "x", "note": "x"}},
		"too long":          {Template: PasswordLink, User: f.user, Params: map[string]string{"link": strings.Repeat("x", maxParam+1), "expires": "x"}},
		"nobody":            {Template: PasswordLink, Params: link("x").Params},
		"two recipients":    {Template: PasswordLink, User: f.user, Address: "bob@example.com", Params: link("x").Params},
		"no address":        link("bob@"),
		"named address":     link("Bob <bob@example.com>"),
		"header in address": link("bob@example.com\r\nBcc: eve@example.com"),
		"two addresses":     link("bob@example.com, eve@example.com"),
	} {
		if err := f.Enqueue(f.app, m); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v, want ErrMessage", name, err)
		}
	}
}

func TestHeadersCannotBeForged(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	f.enqueue(t, Message{Template: AuditReady, User: f.user, Params: map[string]string{
		"account": "Acme\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>\u202e", "week": "8 November 2026\nX-Evil: 1",
		"findings": "<img src=x onerror=alert(1)>\r\n.\r\nMAIL FROM:<eve@example.com>", "link": "javascript:alert(1)",
	}})
	f.dispatch(t, 1)
	got := s.mails()
	if len(got) != 1 || got[0].to != "ann@example.com" {
		t.Fatalf("%+v", got)
	}
	msg, err := netmail.ReadMessage(strings.NewReader(got[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Bcc", "X-Evil", "Cc"} {
		if msg.Header.Get(name) != "" {
			t.Errorf("a parameter made the header %s", name)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || strings.ContainsAny(subject, "\r\n\u202e") {
		t.Errorf("subject %q, %v", subject, err)
	}
	r, err := templates[AuditReady].render(map[string]string{"account": "<b>x</b>", "week": "w", "findings": "<img src=x>", "link": "javascript:alert(1)"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<b>x", "<img", `href="javascript:`} {
		if strings.Contains(r.HTML, bad) {
			t.Errorf("%s is in the HTML", bad)
		}
	}
}

func TestTemporaryFailureIsTriedAgain(t *testing.T) {
	busy := true
	s := &server{rcpt: func(to string) error {
		if busy {
			return refuse(450, "<"+to+"> try later")
		}
		return nil
	}}
	f := connected(t, s)
	f.enqueue(t, link(f.user))
	next := f.dispatch(t, 0)
	if !next.Equal(start.Add(time.Minute)) {
		t.Fatalf("next = %v", next)
	}
	f.dispatch(t, 0) // not due: not tried
	first := f.row(t)
	if first.GetInt("attempts") != 1 || first.GetString("state") != "queued" || !strings.Contains(first.GetString("error"), "recipient (450 4.1.1)") {
		t.Fatalf("%v %v", first.PublicExport(), first.GetString("error"))
	}
	f.clock.Set(next)
	next = f.dispatch(t, 0)
	if wait := next.Sub(f.clock.Now()); wait != 2*time.Minute {
		t.Fatalf("the second wait is %v", wait)
	}
	busy = false
	f.clock.Set(next)
	f.dispatch(t, 1)
	r := f.row(t)
	if r.GetString("state") != "sent" || r.GetString("error") != "" || r.GetString("message_id") != first.GetString("message_id") {
		t.Fatalf("%v", r.PublicExport())
	}
	if strings.Contains(f.log.String(), "ann@") || strings.Contains(f.log.String(), "SECRETTOKEN") {
		t.Errorf("the log says too much:\n%s", f.log)
	}
}

func TestItIsGivenUpAfterTwoDays(t *testing.T) {
	s := &server{data: func() error { return refuse(451, "later") }}
	f := connected(t, s)
	f.enqueue(t, link("bob@example.com"))
	for {
		next := f.dispatch(t, 0)
		if next.IsZero() {
			break
		}
		f.clock.Set(next)
	}
	r := f.row(t)
	if r.GetString("state") != "failed" || r.GetInt("attempts") != maxAttempts || r.GetString("to_email") != "" {
		t.Fatalf("%v", r.PublicExport())
	}
	if d := f.clock.Now().Sub(start); d < 36*time.Hour || d > 72*time.Hour {
		t.Errorf("given up after %v", d)
	}
}

func TestPermanentFailureEndsTheMail(t *testing.T) {
	for name, c := range map[string]struct {
		server *server
		error  string
	}{
		"recipient": {&server{rcpt: func(to string) error { return refuse(550, "<"+to+"> unknown") }}, "recipient (550 5.1.1)"},
		"content":   {&server{data: func() error { return refuse(554, "spam for ann@example.com") }}, "content (554 5.1.1)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := connected(t, c.server)
			f.enqueue(t, link(f.user))
			if next := f.dispatch(t, 0); !next.IsZero() {
				t.Errorf("next = %v", next)
			}
			r := f.row(t)
			if r.GetString("state") != "failed" || !strings.Contains(r.GetString("error"), c.error) || strings.Contains(r.GetString("params"), "SECRETTOKEN") {
				t.Errorf("%v %s", r.PublicExport(), r.GetString("error"))
			}
			if all := f.log.String() + fmt.Sprint(r.FieldsData()); strings.Contains(all, "ann@") {
				t.Errorf("the address is recorded: %s", all)
			}
		})
	}
}

// A sender that the server does not want is the set-up's fault: nothing is lost
// while the operator mends it.
func TestRefusedSenderKeepsTheMail(t *testing.T) {
	s := &server{from: func(string) error { return refuse(553, "not yours") }}
	f := connected(t, s)
	f.enqueue(t, link(f.user))
	if next := f.dispatch(t, 0); next.IsZero() {
		t.Fatal("given up")
	}
}

func TestGatesStopMails(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	var seen Row
	answer := fmt.Errorf("%w: restricted", ErrBlocked)
	f.Gates = []Gate{func(_ context.Context, row Row) error { seen = row; return answer }}
	f.enqueue(t, link(f.user))
	f.dispatch(t, 0)
	if r := f.row(t); r.GetString("state") != "failed" || !strings.Contains(r.GetString("error"), "restricted") {
		t.Fatalf("%v", r.PublicExport())
	}
	if seen.User != f.user || seen.Address != "ann@example.com" || seen.Template != PasswordLink || seen.Class != Service {
		t.Errorf("the gate saw %+v", seen)
	}
	if _, err := f.app.DB().Delete(CollectionName, nil).Execute(); err != nil {
		t.Fatal(err)
	}
	answer = errors.New("the gate cannot be asked now")
	f.enqueue(t, link(f.user))
	if next := f.dispatch(t, 0); next.IsZero() {
		t.Error("a gate that cannot be asked ended the mail")
	}
	answer = nil
	f.clock.Advance(time.Hour)
	f.dispatch(t, 1)
}

func TestMailFollowsItsPerson(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	f.enqueue(t, link(f.user))
	u, err := f.app.FindRecordById("users", f.user)
	if err != nil {
		t.Fatal(err)
	}
	u.SetEmail("new@example.com")
	if err := f.app.Save(u); err != nil {
		t.Fatal(err)
	}
	f.dispatch(t, 1)
	if got := s.mails(); got[0].to != "new@example.com" {
		t.Errorf("it went to %s", got[0].to)
	}
	f.enqueue(t, link(f.user))
	if err := f.app.Delete(u); err != nil {
		t.Fatal(err)
	}
	if n, err := f.app.CountRecords(CollectionName); err != nil || n != 0 {
		t.Errorf("%d rows of a deleted person, %v", n, err)
	}
	f.dispatch(t, 0)
}

// Killed between the server's answer and our mark: one repeat, under the same
// Message-ID.
func TestRestartAfterACrashRepeatsAtMostOnce(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	f.enqueue(t, link(f.user))
	s.afterAck = func() { // the database goes away once the server has the mail
		_, err := f.app.NonconcurrentDB().NewQuery(`CREATE TRIGGER dead BEFORE UPDATE ON mail_queue BEGIN SELECT RAISE(ABORT, 'killed'); END`).Execute()
		if err != nil {
			t.Error(err)
		}
	}
	if _, _, err := f.Dispatch(context.Background()); err == nil {
		t.Fatal("the mark was stored")
	}
	s.afterAck = nil
	if _, err := f.app.NonconcurrentDB().NewQuery(`DROP TRIGGER dead`).Execute(); err != nil {
		t.Fatal(err)
	}
	if state := f.row(t).GetString("state"); state != "sending" {
		t.Fatalf("state %s", state)
	}
	f.restart(t, f.Transport)
	f.dispatch(t, 1)
	f.restart(t, f.Transport)
	f.dispatch(t, 0)
	f.dispatch(t, 0)
	got := s.mails()
	if len(got) != 2 {
		t.Fatalf("%d mails", len(got))
	}
	if a, b := header(t, got[0], "Message-ID"), header(t, got[1], "Message-ID"); a == "" || a != b {
		t.Errorf("Message-ID %q, then %q", a, b)
	}
}

func header(t *testing.T, r received, name string) string {
	t.Helper()
	msg, err := netmail.ReadMessage(strings.NewReader(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	return msg.Header.Get(name)
}

func TestWithoutAServerMailsWaitAndItIsSaid(t *testing.T) {
	f := newQueue(t, nil)
	if _, _, err := f.Dispatch(context.Background()); err != nil {
		t.Fatalf("with nothing to send: %v", err)
	}
	f.enqueue(t, link(f.user))
	if _, _, err := f.Dispatch(context.Background()); !errors.Is(err, ErrNoServer) {
		t.Fatalf("%v, want ErrNoServer", err)
	}
	if err := f.app.NewMailClient().Send(&mailer.Message{To: []netmail.Address{{Address: "bob@example.com"}}, Subject: "x", HTML: "x"}); !errors.Is(err, ErrNoServer) {
		t.Fatalf("a mail of PocketBase: %v, want ErrNoServer", err)
	}
	s := startServer(t, &server{}, nil)
	transport, err := NewSMTP(s.url)
	if err != nil {
		t.Fatal(err)
	}
	f.restart(t, transport)
	f.dispatch(t, 1)
}

func TestUnreachableServerKeepsTheMail(t *testing.T) {
	transport, err := NewSMTP("smtp://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	f := newQueue(t, transport)
	f.enqueue(t, link(f.user))
	if next := f.dispatch(t, 0); next.IsZero() {
		t.Fatal("given up")
	}
	if e := f.row(t).GetString("error"); !strings.Contains(e, "could not be used") {
		t.Error(e)
	}
}

func TestStoppingCountsNoAttempt(t *testing.T) {
	f := connected(t, &server{})
	f.enqueue(t, link(f.user))
	ctx, cancel := context.WithCancel(context.Background())
	f.Gates = []Gate{func(context.Context, Row) error { cancel(); return nil }}
	if _, _, err := f.Dispatch(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if r := f.row(t); r.GetString("state") != "queued" || r.GetInt("attempts") != 0 {
		t.Fatalf("%v", r.PublicExport())
	}
}

// pocketbase.md §3.2
func TestMailsOfPocketBaseTakeTheSameWay(t *testing.T) {
	s := &server{}
	f := connected(t, s)
	err := f.app.NewMailClient().Send(&mailer.Message{
		From: netmail.Address{Address: "someone@else.example"}, To: []netmail.Address{{Name: "Bob", Address: "bob@example.com"}},
		Subject: "Hello\r\nBcc: eve@example.com", HTML: "<p>hi</p>", Headers: map[string]string{"X-Kind": "otp\r\nX-Evil: 1", "date": "never", "BCC": "eve@example.com", "X-Evil: 1\r\nX": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.mails()
	if len(got) != 1 || got[0].from != "halo@example.com" || got[0].to != "bob@example.com" {
		t.Fatalf("%+v", got)
	}
	if header(t, got[0], "X-Kind") == "" || header(t, got[0], "Bcc") != "" || header(t, got[0], "X-Evil") != "" || header(t, got[0], "Date") != "Sun, 15 Nov 2026 06:00:00 +0000" {
		t.Errorf("headers:\n%s", got[0].raw)
	}
	if f.app.TestMailer.TotalSend() != 0 {
		t.Error("PocketBase's own mailer was used")
	}
}

func TestRunSendsWhatIsEnqueued(t *testing.T) {
	taken := make(chan struct{}, 2)
	s := &server{afterAck: func() { taken <- struct{}{} }}
	f := connected(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	for range 2 {
		f.enqueue(t, link(f.user))
		<-taken
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
