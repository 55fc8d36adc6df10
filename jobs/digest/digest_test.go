package digest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/testapp"
)

var week = clock.Date(2026, time.November, 8)

func save(t *testing.T, app core.App, collection string, fields map[string]any) *core.Record {
	t.Helper()
	c, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		t.Fatal(err)
	}
	record := core.NewRecord(c)
	record.Load(fields)
	if c.IsAuth() {
		record.SetRandomPassword()
	}
	if err := app.Save(record); err != nil {
		t.Fatal(err)
	}
	return record
}

// told runs the job over one audit and returns the mail's findings, in lines.
func told(t *testing.T, sentence func(i int) string) []string {
	t.Helper()
	app := testapp.New(t)
	queue, err := mail.New(mail.Config{App: app, Clock: clock.NewManual(week.Time()), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	owner := save(t, app, "users", map[string]any{"email": "ann@example.com"})
	account := save(t, app, "accounts", map[string]any{"name": "Gourmand", "kind": "business"})
	save(t, app, "memberships", map[string]any{"account": account.Id, "user": owner.Id, "role": "owner"})
	var findings []map[string]string
	for i := range sentences + 2 {
		findings = append(findings, map[string]string{"text": sentence(i)})
	}
	save(t, app, "audits", map[string]any{"account": account.Id, "week": week.String(), "state": "settled",
		"data": map[string]any{"marketplaces": []any{map[string]any{"findings": findings}}}})

	for range 2 { // a week is told once
		if err := Run(app, queue, "https://halo.example.com/", account.Id, []clock.Day{week - 7, week}); err != nil {
			t.Fatal(err)
		}
	}
	mails, err := app.FindAllRecords(mail.CollectionName)
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	var params map[string]string
	if err := mails[0].UnmarshalJSONField("params", &params); err != nil {
		t.Fatal(err)
	}
	if want := "https://halo.example.com/accounts/" + account.Id + "/audits/2026-11-08"; params["link"] != want {
		t.Errorf("link %q, want %q", params["link"], want)
	}
	return strings.Split(params["findings"], "\n")
}

func TestTheMailHoldsTheFirstSentences(t *testing.T) {
	lines := told(t, func(i int) string { return fmt.Sprintf("Sentence %d.", i) })
	if len(lines) != sentences || lines[0] != "Sentence 0." || lines[sentences-1] != "Sentence 4." {
		t.Errorf("%q", lines)
	}
}

// Sentences about long terms in scripts of three bytes a character are longer
// than a mail's parameter may be: they are cut, and the mail goes out.
func TestLongSentencesAreCut(t *testing.T) {
	lines := told(t, func(int) string { return strings.Repeat("鍋", 700) })
	if len(lines) != sentences {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !utf8.ValidString(line) || !strings.HasSuffix(line, "鍋…") || len(line) > longest {
			t.Errorf("a line of %d bytes that ends in %q", len(line), line[len(line)-9:])
		}
	}
}
