package consent_test

import (
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/testapp"
)

var at = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func note(t *testing.T, app core.App, subject, email string, s consent.Status, now time.Time) {
	t.Helper()
	err := consent.Note(app, consent.Entry{Subject: subject, Email: email, Purpose: consent.Marketing, Status: s, Source: "waitlist_form", Method: "tick", At: now})
	if err != nil {
		t.Fatal(err)
	}
}

func of(t *testing.T, app core.App, subject, email string) consent.Status {
	t.Helper()
	s, err := consent.Of(app, subject, email, consent.Marketing)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheNewestEntryCounts(t *testing.T) {
	app := testapp.New(t)
	for range 2 { // a second start changes nothing
		if err := consent.Seed(app, at); err != nil {
			t.Fatal(err)
		}
	}
	const subject = "waitlist/abc"
	if s := of(t, app, subject, "a@example.com"); s != consent.Withdrawn {
		t.Errorf("without an entry: %s", s)
	}
	for _, s := range []consent.Status{consent.Pending, consent.Given, consent.Withdrawn, consent.Pending, consent.Given} {
		note(t, app, subject, "a@example.com", s, at) // all in the same instant
		if got := of(t, app, subject, "A@Example.com"); got != s {
			t.Errorf("after %s: %s", s, got)
		}
	}
	note(t, app, subject, "a@example.com", consent.Pending, at)
	if s := of(t, app, subject, "a@example.com"); s != consent.Given {
		t.Errorf("a stranger's tick took a consent back: %s", s)
	}
	if s := of(t, app, subject, "b@example.com"); s != consent.Withdrawn {
		t.Errorf("a consent covers another address: %s", s)
	}
	row, err := app.FindFirstRecordByData(consent.Collection, "subject", subject)
	if err != nil {
		t.Fatal(err)
	}
	text, err := app.FindRecordById(consent.Texts, row.GetString("text"))
	if err != nil {
		t.Fatal(err)
	}
	want := consent.InForce(consent.Marketing)
	if text.GetString("text") != want.Text || text.GetString("version") != want.Version || row.GetString("text_sha256") != want.Hash() || text.GetString("sha256") != want.Hash() {
		t.Errorf("the entry does not prove the text: %v, %v", row, text)
	}
}

func TestUnconfirmedTicksAreForgotten(t *testing.T) {
	app := testapp.New(t)
	if err := consent.Seed(app, at); err != nil {
		t.Fatal(err)
	}
	note(t, app, "waitlist/a", "a@example.com", consent.Pending, at)
	note(t, app, "waitlist/b", "b@example.com", consent.Pending, at)
	note(t, app, "waitlist/b", "b@example.com", consent.Given, at)
	if err := consent.Sweep(app, at.Add(consent.PendingLife-time.Second)); err != nil || of(t, app, "waitlist/a", "a@example.com") != consent.Pending {
		t.Errorf("forgotten early: %v", err)
	}
	if err := consent.Sweep(app, at.Add(consent.PendingLife)); err != nil || of(t, app, "waitlist/a", "a@example.com") != consent.Withdrawn {
		t.Errorf("not forgotten: %v", err)
	}
	if s := of(t, app, "waitlist/b", "b@example.com"); s != consent.Given {
		t.Errorf("a given consent is %s", s)
	}
	if err := consent.Forget(app, "waitlist/b"); err != nil {
		t.Fatal(err)
	}
	left, err := app.FindAllRecords(consent.Collection)
	if err != nil || len(left) != 1 || left[0].GetString("email") != "" || left[0].GetString("status") != string(consent.Given) {
		t.Errorf("after forgetting: %v, %v", left, err)
	}
}

func TestNobodyRewritesTheRecord(t *testing.T) {
	app := testapp.New(t)
	if err := consent.Seed(app, at); err != nil {
		t.Fatal(err)
	}
	consent.Bind(app)
	activity.Bind(app)
	note(t, app, "waitlist/a", "a@example.com", consent.Given, at)
	if err := activity.Note(app, activity.Entry{At: at, Kind: activity.System, Action: "test", Subject: "waitlist/a"}); err != nil {
		t.Fatal(err)
	}
	for collection, field := range map[string]string{consent.Collection: "status", consent.Texts: "text", activity.Collection: "action"} {
		rows, err := app.FindAllRecords(collection)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		rows[0].Set(field, "withdrawn")
		if err := app.Save(rows[0]); err == nil {
			t.Errorf("%s can be changed", collection)
		}
		if err := app.Delete(rows[0]); err == nil {
			t.Errorf("%s can be deleted", collection)
		}
	}
}
