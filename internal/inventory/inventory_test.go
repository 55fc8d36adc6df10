package inventory

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T) *Inventory {
	t.Helper()
	inv, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestJobsHaveAPurposeOrMayNotStart(t *testing.T) {
	for job, want := range map[string]string{"ingest": "provide_service", "join": "provide_service", "audit": "provide_service", "digest": "service_email", "mail": "service_email"} {
		p, err := RequirePurpose(job)
		if err != nil || p.ID != want {
			t.Errorf("%s works for %q (%v), want %s", job, p.ID, err, want)
		}
	}
	if _, err := RequirePurpose("advertise"); !errors.Is(err, ErrUndeclared) {
		t.Errorf("an undeclared job: %v", err)
	}
}

func TestLookUps(t *testing.T) {
	inv := load(t)
	for _, c := range []struct {
		name string
		of   func(string) (Category, bool)
		want string
	}{
		{"users", inv.Collection, "account"},
		{"vault_secrets", inv.Table, "amazon_credentials"},
		{"sqp_own", inv.Fact, "amazon_sqp"},
		{"amazon_ads", inv.Category, "amazon_ads"},
	} {
		if got, ok := c.of(c.name); !ok || got.ID != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got.ID, ok, c.want)
		}
	}
	if _, ok := inv.Collection("waitlist_of_tomorrow"); ok {
		t.Error("an unknown collection has a category")
	}
}

// Nothing that is secret may leave in an export.
func TestSecretsAreNeverExported(t *testing.T) {
	for _, c := range load(t).Categories {
		if c.Protection.Level == "secret" && (c.Export.SAR == "full" || len(c.Export.Portability) > 0) {
			t.Errorf("%s is secret and exported", c.ID)
		}
	}
}

func TestWrongInventoriesAreRefused(t *testing.T) {
	whole := string(text)
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "    what: Which Amazon account", "    why: because\n    what: Which Amazon account", "field why not found"},
		{"unknown purpose", "purpose: service_email\n    policy_lines", "purpose: marketing\n    policy_lines", `purpose "marketing" is not known`},
		{"unknown basis", "basis: contract", "basis: because_we_can", "not a legal basis"},
		{"no retention", "retention: {clock: sent_at, keep: P90D, cascade: account}", "retention: {clock: sent_at}", "how long is it kept"},
		{"no period", "keep: P24M", "keep: two years", "how long is it kept"},
		{"unknown subject", "subjects: [account_user, correspondent]", "subjects: [everybody]", `subject "everybody"`},
		{"no end", "end: {action: expire}", "end: {}", `end ""`},
		{"unknown cascade", "cascade: account}\n    end: {action: purge}\n    export: {sar: full}\n    restricted: {create", "cascade: nothing}\n    end: {action: purge}\n    export: {sar: full}\n    restricted: {create", `goes with "nothing"`},
		{"a store of two categories", "{collections: [connections, amazon_calls]}", "{collections: [connections, users]}", "belongs to account and to amazon_connections"},
		{"a job of two purposes", "jobs: [digest, mail, reminder]", "jobs: [digest, mail, audit]", "job audit works for"},
		{"nowhere", "store: {collections: [mail_queue]}", "store: {}", "lies nowhere"},
		{"another version", "version: 1", "version: 2", "version 2"},
		{"two documents", "version: 1", "version: 1\n---\nversion: 1", "read the inventory"},
		{"nobody's host", "recipient: mail server, ", "", "lacks a known purpose, a recipient"},
	} {
		if !strings.Contains(whole, c.old) {
			t.Errorf("%s: the inventory no longer holds %q", c.name, c.old)
			continue
		}
		_, err := Parse([]byte(strings.Replace(whole, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestPeriodsEndByTheCalendar(t *testing.T) {
	from := time.Date(2027, 1, 31, 8, 0, 0, 0, time.UTC)
	for p, want := range map[Period]string{
		"P0D": "2027-01-31T08:00:00Z", "P30D": "2027-03-02T08:00:00Z", "P1M": "2027-02-28T08:00:00Z",
		"P24M": "2029-01-31T08:00:00Z", "P1Y": "2028-01-31T08:00:00Z", "PT24H": "2027-02-01T08:00:00Z", "PT24M": "2027-01-31T08:24:00Z",
	} {
		end, err := p.After(from)
		if err != nil || end.Format(time.RFC3339) != want {
			t.Errorf("%s after %s = %s (%v), want %s", p, from, end, err, want)
		}
	}
	for _, p := range []Period{"", "P", "30D", "P1W", "P1Y2M", "PT24S", "P-1D", "P30D "} {
		if _, err := p.After(from); err == nil || p.Valid() {
			t.Errorf("%q is taken for a period", p)
		}
	}
}

func TestLintSaysWhatIsMissingAndWhatIsStale(t *testing.T) {
	inv := &Inventory{
		Categories:  []Category{{ID: "a", Store: Store{Collections: []string{"kept", "gone"}, FilesAtTimes: []string{"spool/*"}}}},
		NonPersonal: Store{Files: []string{"lock", "socket"}},
		Databases:   []Database{{File: "data.db"}, {File: "facts/*.db"}},
		Cookies:     []Cookie{{Name: "session"}},
		Hosts:       []Host{{Host: "a.example"}, {SetBy: "A_SETTING"}},
	}
	got := make(map[string]bool)
	for _, p := range inv.Lint(Schema{
		Collections: []string{"kept", "added"},
		Files:       []string{"data.db", "data.db-wal", "facts/x.db", "facts/x.db-shm", "facts/x.csv", "lock", "spool/1", "note.db-walrus"},
		Cookies:     []string{"session", "tracker"},
		Hosts:       []string{"b.example"},
	}) {
		got[p.String()] = true
	}
	for _, want := range []string{
		"collection added is not in", "collection gone is in", "file facts/x.csv is not in", "file note.db-walrus is not in", "file socket is in",
		"cookie tracker is not in", "host a.example is in", "host b.example is not in",
	} {
		found := false
		for p := range got {
			if strings.HasPrefix(p, want) {
				found = true
				delete(got, p)
			}
		}
		if !found {
			t.Errorf("no problem %q", want)
		}
	}
	for p := range got {
		t.Errorf("also said: %s", p)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add([]byte("version: 1\ncategories: [{id: a}]"))
	f.Fuzz(func(t *testing.T, document []byte) {
		inv, err := Parse(document)
		if (inv == nil) != (err != nil) {
			t.Errorf("%v, %v", inv, err)
		}
	})
}
