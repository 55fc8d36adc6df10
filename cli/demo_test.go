package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/audittest"
)

// run runs the program as a person would and returns what it printed.
func run(t *testing.T, settings []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := Program{Args: args, Settings: settings, Stdout: &out, Stderr: &errs}
	return p.run(t.Context()), out.String(), errs.String()
}

func TestDemoOnceAndAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	args := []string{"demo", "--once", "--json", "--dir", dir, "--weeks", "3", "--asins", "4", "--seed", "5"}
	status, stdout, stderr := run(t, nil, args...)
	if status != exitDone {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	var first demoResult
	if err := json.Unmarshal([]byte(stdout), &first); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if len(first.Accounts) != 2 || first.Login.Email == "" || first.Login.Password == "" {
		t.Errorf("result %s", stdout)
	}
	for _, a := range first.Accounts {
		if a.Weeks != 3 || a.SQPRows == 0 || a.AdRows == 0 || a.JoinedRows == 0 || a.Audit == nil {
			t.Errorf("account %+v", a)
		}
	}
	for _, a := range first.Accounts {
		status, stdout, stderr := run(t, nil, "audit", "--account", a.ID, "--json", "--dir", dir)
		if status != exitDone {
			t.Fatalf("audit: exit %d: %s", status, stderr)
		}
		audittest.Conforms(t, []byte(stdout))
	}
	needles := []string{"SQLite format 3", "Atzr|", "Atza|", first.Login.Password, first.Login.Email, "Velmora"}
	if found := scan(t, dir, needles); len(found) > 0 {
		t.Errorf("in clear in the data folder: %v", found)
	}
	if strings.Contains(stderr, "Atz") {
		t.Errorf("a token in the log: %s", stderr)
	}

	// The second start finds everything and adds nothing.
	status, stdout, stderr = run(t, nil, args...)
	if status != exitDone {
		t.Fatalf("second start: exit %d: %s", status, stderr)
	}
	var second demoResult
	if err := json.Unmarshal([]byte(stdout), &second); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	for i, a := range second.Accounts {
		if f := first.Accounts[i]; a.ID != f.ID || a.Weeks != f.Weeks || a.SQPRows != f.SQPRows {
			t.Errorf("second start: %+v, first %+v", a, f)
		}
	}
	args[len(args)-1] = "6"
	if status, _, stderr := run(t, nil, args...); status != exitUsage || !strings.Contains(stderr, "--seed") {
		t.Errorf("another seed in the same folder: exit %d, %s", status, stderr)
	}
}

// A demo that serves does so in the present: else the codes of authenticator
// apps are refused in it, by as much as its past took to play.
func TestTheDemoServesInThePresent(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var errs bytes.Buffer
	p := Program{Args: []string{"demo", "--http", "127.0.0.1:0", "--dir", filepath.Join(t.TempDir(), "demo"), "--weeks", "1", "--asins", "1"}, Stdout: in, Stderr: &errs}
	status := make(chan int, 1)
	go func() {
		status <- p.run(ctx)
		_ = in.Close()
	}()
	printed := map[string]string{}
	lines := bufio.NewScanner(out)
	for printed["Mails"] == "" && lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		printed[name] = strings.TrimSpace(strings.TrimPrefix(rest, "in ")) // Sign in
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if printed["Mails"] == "" {
		t.Fatalf("exit %d: %s", <-status, errs.String())
	}
	email, password, _ := strings.Cut(printed["Sign"], " ")
	b := newBrowser(t, printed["Open"])
	before := time.Now().Truncate(time.Millisecond) // as stored
	b.signIn(t, demoLogin{email, strings.TrimSpace(password)})
	after := time.Now()
	sessions := decode[struct {
		Items []struct{ Started types.DateTime }
	}](t, b.get(t, "/api/halotrack/me/sessions"))
	if len(sessions.Items) != 1 {
		t.Fatalf("%d sessions", len(sessions.Items))
	}
	if started := sessions.Items[0].Started.Time(); started.Before(before) || started.After(after) {
		t.Errorf("signed in between %v and %v, and the demo says at %v", before, after, started)
	}
	stop()
	if got := <-status; got != exitDone {
		t.Errorf("exit %d: %s", got, errs.String())
	}
}

// scan looks for needles in every byte of the folder.
func scan(t *testing.T, dir string, needles []string) (found []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, n := range needles {
			if bytes.Contains(b, []byte(n)) {
				found = append(found, filepath.Base(path)+": "+n)
			}
		}
		return nil
	})
	if err != nil || files < 4 {
		t.Fatalf("scanned %d files: %v", files, err)
	}
	return found
}

func TestNothingInClearWhileRunning(t *testing.T) {
	w := newWorld(t, 3)
	w.connect(t)
	w.sync(t)
	needles := []string{"SQLite format 3", "Atzr|", "Atza|", demoUser, demoAgency}
	for _, g := range w.amazon.Connections() {
		needles = append(needles, g.RefreshToken, g.AdsRefreshToken, g.ClientSecret)
	}
	for _, name := range w.amazon.World().Accounts() {
		needles = append(needles, name, w.amazon.World().Brand(name), w.amazon.World().Products(name)[0].ASIN)
	}
	if found := scan(t, w.Dir, needles); len(found) > 0 {
		t.Errorf("in clear in the data folder: %v", found)
	}
	for _, secret := range needles[5:] {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, path := range []string{w.Dir, w.KeyPath, filepath.Join(w.Dir, "data.db"), filepath.Join(w.Dir, factsDir)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", path, info.Mode())
		}
	}
}

// A demo that was killed while it connected its clients connects the rest.
func TestDemoConnectsWhatIsMissing(t *testing.T) {
	w := newWorld(t, 1)
	setup := w.connect(t)
	all, err := w.App.FindAllRecords("connections")
	if err != nil {
		t.Fatal(err)
	}
	lost, err := w.App.FindFirstRecordByFilter("connections", "account = {:account} && api = 'ads'", dbx.Params{"account": setup.clients[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.App.Delete(lost); err != nil {
		t.Fatal(err)
	}
	w.connect(t)
	again, err := w.App.FindAllRecords("connections")
	if err != nil || len(again) != len(all) {
		t.Errorf("%d connections after the second start, %v; want %d", len(again), err, len(all))
	}
}
