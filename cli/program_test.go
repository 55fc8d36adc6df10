package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongUsageExitsWithTwo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	inside := filepath.Join(dir, "inside.key")
	for name, c := range map[string]struct {
		settings []string
		args     []string
		want     string
	}{
		"unknown command":       {nil, []string{"nope"}, `"nope"`},
		"unknown flag":          {nil, []string{"serve", "--htpp", "x"}, "--htpp"},
		"unknown subcommand":    {nil, []string{"keys", "nope"}, `"nope"`},
		"later command":         {nil, []string{"erase"}, `"erase"`},
		"stray argument":        {nil, []string{"health", "now"}, `"now"`},
		"missing flags":         {nil, []string{"connect", "spapi"}, "--account, --refresh-token-file, --region, --seller-id"},
		"unknown setting":       {[]string{"HALOTRACK_KEYFILE=x"}, []string{"keys", "status"}, "HALOTRACK_KEYFILE"},
		"several settings":      {[]string{"HALOTRACK_NOPE=x", "HALOTRACK_SQP_DAILY_REQUESTS=many"}, []string{"health"}, "HALOTRACK_SQP_DAILY_REQUESTS"},
		"a foreign Amazon":      {[]string{"HALOTRACK_SPAPI_URL=https://evil.example"}, []string{"health"}, "HALOTRACK_SPAPI_URL"},
		"no public address":     {nil, []string{"serve"}, "HALOTRACK_URL"},
		"no key":                {nil, []string{"user", "add", "--email", "a@example.com"}, "keys init"},
		"key among the data":    {[]string{"HALOTRACK_KEY_FILE=" + inside}, []string{"user", "add", "--email", "a@example.com"}, "inside"},
		"a week by its day":     {nil, []string{"audit", "--account", "x", "--week", "2026-11-18"}, "2026-11-15"},
		"a simulator for all":   {nil, []string{"amazon-sim", "--listen", "0.0.0.0"}, "--listen"},
		"a demo for all":        {nil, []string{"demo", "--http", "0.0.0.0:8090"}, "--http"},
		"advance on this build": {nil, []string{"sync", "--until-idle", "--advance"}, "advance"},
	} {
		status, stdout, stderr := run(t, c.settings, append(c.args, "--dir", dir)...)
		if canAdvance && name == "advance on this build" {
			continue
		}
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q; want exit 2 and %q", name, status, stdout, stderr, c.want)
		}
		for line := range strings.SplitSeq(strings.TrimSpace(stderr), "\n") {
			if !strings.HasPrefix(line, "halotrack: ") {
				t.Errorf("%s: line %q", name, line)
			}
		}
	}
}

func TestKeysInitAndStatus(t *testing.T) {
	dir := t.TempDir()
	data, key := filepath.Join(dir, "data"), filepath.Join(dir, "my.key")
	settings := []string{"HALOTRACK_KEY_FILE=" + key}
	status, stdout, stderr := run(t, settings, "keys", "init", "--out", key, "--json", "--dir", data)
	if status != exitDone {
		t.Fatalf("init: exit %d: %s", status, stderr)
	}
	var made keyResult
	if err := json.Unmarshal([]byte(stdout), &made); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, settings, "keys", "init", "--out", key, "--dir", data); status == exitDone || !strings.Contains(stderr, "exists") {
		t.Errorf("a key was overwritten: exit %d: %s", status, stderr)
	}
	if status, stdout, stderr := run(t, settings, "keys", "status", "--dir", data); status != exitDone || !strings.Contains(stdout, made.Fingerprint) || !strings.Contains(stdout, "restores this key") {
		t.Errorf("status: exit %d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, settings, "user", "add", "--email", "a@example.com", "--dir", data); status != exitDone {
		t.Fatalf("user add: %s", stderr)
	}

	again := filepath.Join(dir, "again.key")
	if status, stdout, stderr := run(t, nil, "keys", "init", "--out", again, "--from-sheet", made.Sheet, "--json", "--dir", data); status != exitDone || !strings.Contains(stdout, made.Fingerprint) {
		t.Errorf("the key from its sheet: exit %d: %s%s", status, stdout, stderr)
	}
	other := filepath.Join(dir, "other.key")
	if status, _, stderr := run(t, nil, "keys", "init", "--out", other, "--dir", data); status != exitDone {
		t.Fatal(stderr)
	}
	wrong := []string{"HALOTRACK_KEY_FILE=" + other}
	for _, args := range [][]string{{"keys", "status"}, {"user", "add", "--email", "b@example.com"}} {
		if status, _, stderr := run(t, wrong, append(args, "--dir", data)...); status != exitUsage || !strings.Contains(stderr, made.Fingerprint) {
			t.Errorf("%v with another key: exit %d: %s", args, status, stderr)
		}
	}
	// Even where the note of the fingerprint is lost, the databases tell.
	if err := os.Remove(filepath.Join(data, keyNote)); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, wrong, "user", "add", "--email", "b@example.com", "--dir", data); status != exitUsage || !strings.Contains(stderr, "not the key") {
		t.Errorf("another key without the note: exit %d: %s", status, stderr)
	}
	// Neither a refused key nor a process killed while it wrote the note shuts
	// out the right one.
	for _, spoil := range []func() error{
		func() error { return nil },
		func() error { return os.WriteFile(filepath.Join(data, keyNote), nil, 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if status, _, stderr := run(t, settings, "user", "add", "--email", "b@example.com", "--dir", data); status != exitDone {
			t.Errorf("the right key again: exit %d: %s", status, stderr)
		}
		if status, _, stderr := run(t, wrong, "user", "add", "--email", "b@example.com", "--dir", data); status != exitUsage || !strings.Contains(stderr, made.Fingerprint) {
			t.Errorf("another key after that: exit %d: %s", status, stderr)
		}
	}
	if status, _, stderr := run(t, []string{"HALOTRACK_KEY_FILE=" + filepath.Join(dir, "gone.key")}, "user", "add", "--email", "b@example.com", "--dir", data); status != exitUsage || !strings.Contains(stderr, "missing") {
		t.Errorf("no key for a folder that holds data: exit %d: %s", status, stderr)
	}
}

func TestCommandsGoThroughTheRunningServer(t *testing.T) {
	w := newWorld(t, 1)
	socket, err := listenSocket(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = w.serveSocket(t.Context(), socket) }()
	settings := []string{"HALOTRACK_KEY_FILE=" + w.KeyPath}
	status, stdout, stderr := run(t, settings, "user", "add", "--email", "dora@example.com", "--json", "--dir", w.Dir)
	if status != exitDone || !strings.Contains(stdout, "/password#") {
		t.Fatalf("exit %d: %s%s", status, stdout, stderr)
	}
	if _, err := w.App.FindAuthRecordByEmail("users", "dora@example.com"); err != nil {
		t.Error("the running server does not know the person")
	}
	if status, _, stderr := run(t, settings, "user", "add", "--email", "nonsense", "--dir", w.Dir); status != exitUsage || !strings.Contains(stderr, "nonsense") {
		t.Errorf("wrong usage through the server: exit %d: %s", status, stderr)
	}
	if status, stdout, stderr := run(t, settings, "health", "--dir", w.Dir); status != exitDone || strings.TrimSpace(stdout) != "ok" {
		t.Errorf("health: exit %d: %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := run(t, settings, "log", "verify", "--dir", w.Dir); status != exitDone {
		t.Errorf("log verify: exit %d: %s%s", status, stdout, stderr)
	}
	if status, _, _ := run(t, nil, "health", "--dir", t.TempDir()); status != exitFailed {
		t.Errorf("health without a server: exit %d", status)
	}
}
