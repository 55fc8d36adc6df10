package cli

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
)

// eachEarlierRelease runs a test over a fresh copy of what each earlier release
// wrote; dir holds the data folder and its key.
func eachEarlierRelease(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	archives, err := filepath.Glob("testdata/upgrade/*.tar.gz")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no data of earlier releases, %v", err)
	}
	for _, archive := range archives {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			dir := t.TempDir()
			unpack(t, archive, dir)
			test(t, dir)
		})
	}
}

// TestTheProgramServesDataOfEarlierReleases runs the program as it is built on
// what earlier releases wrote: it is migrated and served, and its people sign
// in. Amazon is out of reach meanwhile, so what is shown is what was stored.
func TestTheProgramServesDataOfEarlierReleases(t *testing.T) {
	eachEarlierRelease(t, func(t *testing.T, dir string) {
		data := filepath.Join(dir, "data")
		address, stop := serveBinary(t, data)
		b := newBrowser(t, address)
		of := lookAtEarlierData(t, b)
		for page, holds := range map[string]string{"/login": "<!doctype html>", "/api/halotrack/healthz": Version} {
			if got := b.get(t, page); got.status != http.StatusOK || !strings.Contains(got.body, holds) {
				t.Errorf("%s: %d", page, got.status)
			}
		}
		b.makeKey(t, strings.TrimPrefix(of, accountsPath), `"read"`, 1)
		stop()

		// What it wrote it reads again, and the log of the credentials still holds.
		if out, err := binary(t, data, "log", "verify").CombinedOutput(); err != nil {
			t.Errorf("log verify: %v: %s", err, out)
		}
		address, stop = serveBinary(t, data)
		lookAtEarlierData(t, newBrowser(t, address))
		stop()
	})
}

// TestDataOfEarlierReleases opens what earlier releases wrote: its credentials
// can be opened, and the jobs run on.
func TestDataOfEarlierReleases(t *testing.T) {
	eachEarlierRelease(t, func(t *testing.T, dir string) {
		w := &world{now: clock.NewManual(present.AddDate(0, 0, 3)), log: &bytes.Buffer{}}
		var err error
		if w.amazon, err = sim.Start(t.Context(), sim.Config{Seed: 7, ASINs: 1, Terms: 12, Clock: w.now, JournalKeep: -1}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.amazon.Close() })
		w.reopen(t, filepath.Join(dir, "data"))
		for name := range access.Rules {
			if _, err := w.App.FindCollectionByNameOrId(name); err != nil {
				t.Errorf("the collection %s is missing: %v", name, err)
			}
		}
		lookAtEarlierData(t, newBrowser(t, w.serveWorld(t)))
		if err := w.beat(t.Context()); err != nil {
			t.Errorf("the jobs: %v", err)
		}
	})
}

// lookAtEarlierData signs in as the person of testdata/upgrade and looks at the
// one account there; it returns the address of the account's routes.
func lookAtEarlierData(t *testing.T, b *browser) (of string) {
	t.Helper()
	b.signIn(t, demoLogin{"owner@example.com", "lamp gravel otter sonnet"})
	accounts := decode[struct {
		Items []struct{ ID, Name, NewestWeek string }
	}](t, b.get(t, "/api/halotrack/accounts"))
	if len(accounts.Items) != 1 || accounts.Items[0].Name != "Velmora Goods" || accounts.Items[0].NewestWeek != "2026-11-08" {
		t.Fatalf("%+v", accounts)
	}
	of = accountsPath + accounts.Items[0].ID
	if overview := decode[struct{ Week string }](t, b.get(t, of+"/overview")); overview.Week != "2026-11-08" {
		t.Errorf("the overview is of the week of %s", overview.Week)
	}
	if terms := decode[struct{ Items []struct{ ID string } }](t, b.get(t, of+"/terms")); len(terms.Items) == 0 {
		t.Error("no search terms")
	}
	for _, page := range []string{"/coverage", "/audits", "/connections", "/quarantine"} {
		if got := b.get(t, of+page); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", page, got.status, got.body)
		}
	}
	return of
}

// built is the program as `make build` makes it.
var built = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "halotrack-built-")
	if err != nil {
		return "", err
	}
	removeBuilt = func() { _ = os.RemoveAll(dir) }
	path = filepath.Join(dir, "halotrack")
	out, err := exec.Command("go", "build", "-trimpath", "-tags", "no_default_driver", "-ldflags", "-X halotrack.ai/halotrack/cli.Version="+Version, "-o", path, "halotrack.ai/halotrack").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
})

// removeBuilt is what TestMain does in the end.
var removeBuilt = func() {}

func TestMain(m *testing.M) {
	status := m.Run()
	removeBuilt()
	os.Exit(status)
}

// binary is a run of the built program over a data folder, with nothing of this
// process's environment, and with Amazon replaced by a port where nobody is.
func binary(t *testing.T, data string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "--dir", data)...)
	cmd.Env = []string{"HALOTRACK_URL=http://127.0.0.1:8090", "HALOTRACK_LWA_URL=http://127.0.0.1:9", "HALOTRACK_SPAPI_URL=http://127.0.0.1:9", "HALOTRACK_ADS_URL=http://127.0.0.1:9"}
	return cmd
}

// serveBinary starts the built program's server. stop ends it as its
// supervisor would, and fails the test if it does not end well.
func serveBinary(t *testing.T, data string) (address string, stop func()) {
	t.Helper()
	cmd := binary(t, data, "serve", "--http", "127.0.0.1:0")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	t.Cleanup(stop)
	listening := regexp.MustCompile(`^Listening on (\S+),`)
	var said strings.Builder
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, errs) }()
			return "http://" + m[1], stop
		}
		said.WriteString(lines.Text() + "\n")
	}
	t.Fatalf("the server did not start: %s", said.String())
	return "", nil
}

// unpack unpacks an archive into a folder.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry.FileInfo().IsDir() {
			err = root.MkdirAll(strings.TrimSuffix(entry.Name, "/"), 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(entries); err == nil {
				err = root.WriteFile(entry.Name, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
