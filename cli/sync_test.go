package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSyncTellsScriptsHowEachConnectionStands runs the command as a script
// does and reads its one JSON value.
func TestSyncTellsScriptsHowEachConnectionStands(t *testing.T) {
	w := newWorld(t, 3)
	setup := w.connect(t)
	type state struct {
		Idle              bool
		InFlight, Waiting int
		Next              *string
		Accounts          []struct {
			ID, Name    string
			Connections []struct {
				ID, API, Status   string
				InFlight, Waiting int
				Reports           struct{ Stored, Empty, Failed int }
				Health            healthAnswer
			}
		}
	}
	sync := func(untilIdle bool, account string) (s state) {
		t.Helper()
		result, err := syncAccounts(t.Context(), w.appliance, syncRequest{Account: account, UntilIdle: untilIdle}, func(line string) {
			if at, err := time.Parse(time.RFC3339, strings.TrimPrefix(line, "waiting for Amazon until ")); err == nil {
				w.now.Set(at.Add(time.Second)) // the wait that follows ends at once
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		p := Program{Stdout: &out, json: true}
		if err := p.print(result, nil); err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(strings.NewReader(out.String()))
		if err := decoder.Decode(&s); err != nil || decoder.More() {
			t.Fatalf("%v; not one JSON value: %s", err, out.String())
		}
		return s
	}
	first := sync(false, "")
	if first.Idle || first.InFlight+first.Waiting == 0 || len(first.Accounts) != len(setup.clients) {
		t.Fatalf("after one cycle: %+v", first)
	}
	inFlight := 0
	for _, a := range first.Accounts {
		if a.Name == "" || len(a.Connections) < 2 {
			t.Errorf("account %+v", a)
		}
		for _, c := range a.Connections {
			inFlight += c.InFlight
			if c.Health.State == "" || c.Health.Text == "" || c.Status != "active" {
				t.Errorf("connection %+v", c)
			}
		}
	}
	if inFlight != first.InFlight {
		t.Errorf("%d reports in flight, the connections say %d", first.InFlight, inFlight)
	}
	last := sync(true, setup.clients[0])
	if !last.Idle || last.Next == nil || len(last.Accounts) != 1 || last.Accounts[0].ID != setup.clients[0] {
		t.Fatalf("idle: %+v", last)
	}
	for _, c := range last.Accounts[0].Connections {
		if c.InFlight+c.Waiting != 0 || c.Reports.Stored == 0 || c.Health.State != "up_to_date" || c.Health.Progress.Done != c.Health.Progress.Total {
			t.Errorf("idle: %+v %+v", c, c.Health.Progress)
		}
		if c.API == "spapi" && (c.Health.SearchQuota == nil || c.Health.SearchQuota.Limit == 0) {
			t.Errorf("quota %+v", c.Health.SearchQuota)
		}
	}
}

// TestSyncWithNothingConnected answers an empty list, as one JSON value.
func TestSyncWithNothingConnected(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	settings := []string{"HALOTRACK_URL=http://127.0.0.1:8090", "HALOTRACK_KEY_FILE=" + key}
	if status, _, stderr := run(t, settings, "keys", "init", "--out", key); status != exitDone {
		t.Fatal(stderr)
	}
	status, stdout, stderr := run(t, settings, "sync", "--until-idle", "--json", "--dir", filepath.Join(dir, "data"))
	var s map[string]any
	if err := json.Unmarshal([]byte(stdout), &s); status != exitDone || err != nil || s["idle"] != true || s["next"] != nil {
		t.Errorf("exit %d, %s %s %v", status, stdout, stderr, err)
	}
	if list, ok := s["accounts"].([]any); !ok || len(list) != 0 {
		t.Errorf("accounts %v", s["accounts"])
	}
}
