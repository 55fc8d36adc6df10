package digest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/testapp"
	"halotrack.ai/halotrack/jobs/digest"
)

func TestOneMailPerWeekToTheOwners(t *testing.T) {
	app := testapp.New(t)
	queue, err := mail.New(mail.Config{App: app, Clock: clock.NewManual(time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	save := func(collection string, fields map[string]any) *core.Record {
		t.Helper()
		c, err := app.FindCollectionByNameOrId(collection)
		if err != nil {
			t.Fatal(err)
		}
		r := core.NewRecord(c)
		for name, value := range fields {
			r.Set(name, value)
		}
		if collection == "users" {
			r.SetRandomPassword()
		}
		if err := app.Save(r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	account := save("accounts", map[string]any{"name": "Acme", "kind": "business"})
	for name, role := range map[string]string{"owner": "owner", "viewer": "viewer"} {
		user := save("users", map[string]any{"email": name + "@example.com"})
		save("memberships", map[string]any{"account": account.Id, "user": user.Id, "role": role})
	}
	texts := make([]string, 7)
	for i := range texts {
		texts[i] = fmt.Sprintf(`{"text":"Finding %d."}`, i)
	}
	data := `{"marketplaces":[{"findings":[` + strings.Join(texts[:2], ",") + `]},{"findings":[` + strings.Join(texts[2:], ",") + `]}]}`
	week := clock.Date(2026, 11, 8)
	for _, w := range []clock.Day{week - 7, week, week + 7} {
		save("audits", map[string]any{"account": account.Id, "week": w.String(), "state": "provisional", "data": data})
	}

	queued := func() int {
		t.Helper()
		rows, err := app.FindAllRecords("mail_queue")
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	for _, step := range []struct {
		name    string
		audited []clock.Day
		want    int
	}{
		{"nothing audited", nil, 0},
		{"two weeks at once: the newer is told", []clock.Day{week - 7, week}, 1},
		{"the same again", []clock.Day{week}, 1},
		{"an older week, restated", []clock.Day{week - 7}, 1},
		{"a newer week", []clock.Day{week, week + 7}, 2},
	} {
		if err := digest.Run(app, queue, "https://halotrack.example", account.Id, step.audited); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := queued(); got != step.want {
			t.Errorf("%s: %d mails, want %d", step.name, got, step.want)
		}
	}
	rows, err := app.FindRecordsByFilter("mail_queue", "", "created", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var params map[string]string
	if err := rows[0].UnmarshalJSONField("params", &params); err != nil {
		t.Fatal(err)
	}
	if params["account"] != "Acme" || params["week"] != "8 November 2026" ||
		!slices.Equal(strings.Split(params["findings"], "\n"), []string{"Finding 0.", "Finding 2.", "Finding 1.", "Finding 3.", "Finding 4."}) ||
		params["link"] != "https://halotrack.example/accounts/"+account.Id+"/audits/2026-11-08" {
		t.Errorf("params %v", params)
	}
}
