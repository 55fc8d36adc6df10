package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/mail/catcher"
)

// names plays the name servers: records by name. A name without any is unknown;
// one with a nil record gets no answer.
type names struct {
	mx  map[string][]string
	txt map[string][]string
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

var errSilent = &net.DNSError{Err: "i/o timeout", IsTimeout: true}

func (n names) LookupMX(_ context.Context, name string) (all []*net.MX, err error) {
	hosts, ok := n.mx[name]
	switch {
	case !ok:
		return nil, notFound(name)
	case hosts == nil:
		return nil, errSilent
	}
	for _, host := range hosts {
		all = append(all, &net.MX{Host: host})
	}
	return all, nil
}

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	records, ok := n.txt[name]
	switch {
	case !ok:
		return nil, notFound(name)
	case records == nil:
		return nil, errSilent
	}
	return records, nil
}

// good are the records of a domain that may send mail.
var good = names{
	mx:  map[string][]string{"brand.co": {"mx.brand.co."}},
	txt: map[string][]string{"brand.co": {"site-verification=1", "v=spf1 mx -all"}, "_dmarc.brand.co": {"v=DMARC1; p=reject"}},
}

// examined is one run of the doctor.
type examined struct {
	status int
	result doctorResult
	stderr string
}

// of returns the states and texts of a check.
func (e examined) of(check string) string {
	var all []string
	for _, f := range e.result.Findings {
		if f.Check == check {
			all = append(all, f.State+" "+f.Text+" > "+f.ToDo)
		}
	}
	return strings.Join(all, "\n")
}

func examine(t *testing.T, now clock.Clock, world outside, settings []string, dir string) (e examined) {
	t.Helper()
	var out, errs bytes.Buffer
	p := Program{Args: []string{"doctor", "--json", "--dir", dir}, Settings: settings, Stdout: &out, Stderr: &errs, clock: now, outside: world}
	e.status = p.run(t.Context())
	decoder := json.NewDecoder(&out)
	if err := decoder.Decode(&e.result); err != nil || decoder.More() {
		t.Fatalf("not one JSON value: %v; %s", err, errs.String())
	}
	e.stderr = errs.String()
	if failed := slices.ContainsFunc(e.result.Findings, func(f finding) bool { return f.State == foundFailed }); failed == e.result.OK || failed != (e.status == exitFailed) {
		t.Errorf("exit %d, ok %t, findings %+v", e.status, e.result.OK, e.result.Findings)
	}
	return e
}

// addresses writes the addresses of stand-ins as a setting has them.
func addresses(name string, of map[marketplace.Region]string) string {
	var all []string
	for region, base := range of {
		all = append(all, string(region)+"="+base)
	}
	return name + "=" + strings.Join(all, ",")
}

// TestDoctorUpAndDown looks at one healthy installation while its server runs
// and after, and then at what is wrong with it.
func TestDoctorUpAndDown(t *testing.T) {
	w := newWorld(t, 1)
	mails, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mails.Close() })
	ctx, stop := context.WithCancel(t.Context())
	address, socketDone, httpDone := make(chan string, 1), make(chan error, 1), make(chan error, 1)
	socket, err := listenSocket(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	go func() { socketDone <- w.serveSocket(ctx, socket) }()
	go func() {
		httpDone <- w.serveHTTP(ctx, serveFlags{http: "127.0.0.1:0"}, func(a string) { address <- a })
	}()
	e := w.amazon.Endpoints()
	settings := []string{
		"HALOTRACK_URL=http://" + <-address, "HALOTRACK_KEY_FILE=" + w.KeyPath, "HALOTRACK_SMTP_URL=" + mails.SMTPURL(), "HALOTRACK_MAIL_FROM=HaloTrack <halo@brand.co>",
		addresses("HALOTRACK_LWA_URL", e.LWA), addresses("HALOTRACK_SPAPI_URL", e.SPAPI), addresses("HALOTRACK_ADS_URL", e.Ads),
	}
	look := func() examined { return examine(t, w.now, outside{names: good}, settings, w.Dir) }
	holds := func(when string, e examined, wanted map[string]string) {
		t.Helper()
		for check, want := range wanted {
			if got := e.of(check); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s: %q, want %q", when, check, got, want)
			}
		}
	}

	up := look()
	holds("up", up, map[string]string{
		"configuration": "ok", "server": "ok it is up", "key": "ok " + w.KeyPath, "recovery sheet": "ok", "superusers": "ok", "disk": "ok",
		"TLS": "ok http://127.0.0.1", "public address": "ok", "mail": "ok", "mail MX": "ok", "mail SPF": "ok", "mail DMARC": "ok", "mail DKIM": "advice",
		"clock": "ok", "Amazon": "advice all", // stand-ins
	})
	if up.status != exitDone {
		t.Errorf("exit %d: %+v", up.status, up.result)
	}
	if len(mails.Mails()) > 0 {
		t.Error("the doctor sent a mail")
	}

	administrators, err := w.App.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		t.Fatal(err)
	}
	root := core.NewRecord(administrators)
	root.SetEmail("root@example.com")
	root.SetPassword("a long enough password")
	if err := w.App.Save(root); err != nil {
		t.Fatal(err)
	}
	holds("an open machine room", look(), map[string]string{"superusers": "advice administrators may sign in at /_/ from any address > name"})

	stop()
	if err := errors.Join(<-socketDone, <-httpDone, w.Close()); err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Fatal(err)
	}
	before := everyFile(t, w.Dir)
	down := look()
	if after := everyFile(t, w.Dir); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Error("the doctor changed the data folder")
	}
	holds("down", down, map[string]string{
		"server": "advice no server", "key": "ok", "superusers": "advice administrators may", "disk": "ok", "public address": "advice nobody answers", "clock": "ok",
	})
	if down.status != exitDone {
		t.Errorf("exit %d: %+v", down.status, down.result)
	}

	// A person reads one line each.
	var out, errs bytes.Buffer
	p := Program{Args: []string{"doctor", "--dir", w.Dir}, Settings: settings, Stdout: &out, Stderr: &errs, clock: w.now, outside: outside{names: good}}
	if status := p.run(t.Context()); status != exitDone || strings.Count(out.String(), "\n") != len(down.result.Findings) || errs.Len() > 0 {
		t.Errorf("exit %d: %s%s", status, out.String(), errs.String())
	}

	w.now.Advance(2 * time.Minute) // Amazon moves with it: the sim's clock is the same
	late := clock.NewManual(w.now.Now().Add(-2 * time.Minute))
	if e := examine(t, late, outside{names: good}, settings, w.Dir); e.status != exitFailed || !strings.HasPrefix(e.of("clock"), "failed this machine is 2m0s behind") && !strings.HasPrefix(e.of("clock"), "failed this machine is 2m1s behind") {
		t.Errorf("a slow clock: exit %d, %s", e.status, e.of("clock"))
	}

	w.reopen(t, w.Dir)
	w.App.Settings().SuperuserIPs = []string{"192.0.2.0/24"}
	if err := errors.Join(w.App.Save(w.App.Settings()), w.Close()); err != nil {
		t.Fatal(err)
	}
	holds("named addresses", look(), map[string]string{"superusers": "ok"})
	if err := os.WriteFile(filepath.Join(w.Dir, "data.db-wal"), []byte("unfinished"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds("after a kill", look(), map[string]string{"superusers": "advice it could not be looked at", "key": "ok"})
	if err := os.Remove(filepath.Join(w.Dir, "data.db-wal")); err != nil {
		t.Fatal(err)
	}

	// What is wrong is said, with what to do.
	if err := w.amazon.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mails.Close(); err != nil {
		t.Fatal(err)
	}
	gone := look()
	holds("nothing there", gone, map[string]string{"Amazon": "failed", "clock": "advice", "mail": "failed the mail server could not be used (connection) > look at host"})
	if !strings.Contains(gone.stderr, "failed") {
		t.Errorf("stderr: %q", gone.stderr)
	}
	other := filepath.Join(t.TempDir(), "other.key")
	if status, _, stderr := run(t, nil, "keys", "init", "--out", other, "--dir", w.Dir); status != exitDone {
		t.Fatal(stderr)
	}
	settings[1] = "HALOTRACK_KEY_FILE=" + other
	holds("another key", look(), map[string]string{"key": "failed"})
	if err := os.Remove(filepath.Join(w.Dir, keyNote)); err != nil {
		t.Fatal(err)
	}
	holds("another key and no note", look(), map[string]string{"key": "failed", "superusers": "advice it could not be looked at"})
	settings[1] = "HALOTRACK_KEY_FILE=" + filepath.Join(w.Dir, "inside.key")
	holds("a key inside", look(), map[string]string{"key": "failed the key file lies inside"})
	settings[1] = "HALOTRACK_KEY_FILE=" + filepath.Join(t.TempDir(), "none.key")
	holds("no key", look(), map[string]string{"key": "failed the key file is missing"})
}

// everyFile returns the bytes of every file below a folder.
func everyFile(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDoctorOfWrongSettings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	e := examine(t, nil, outside{}, []string{"HALOTRACK_NOPE=x", "HALOTRACK_SQP_DAILY_REQUESTS=many"}, dir)
	if e.status != exitFailed || strings.Count(e.of("configuration"), "failed HALOTRACK_") != 2 || !strings.HasPrefix(e.of("disk"), "ok") || e.of("Amazon") != "" {
		t.Errorf("exit %d: %+v", e.status, e.result)
	}
	if e := examine(t, nil, outside{}, nil, dir); !strings.HasPrefix(e.of("configuration"), "failed HALOTRACK_URL is not set") {
		t.Errorf("no address: %+v", e.result)
	}
	if status, stdout, _ := run(t, nil, "doctor", "please"); status != exitUsage || stdout != "" {
		t.Errorf("a stray argument: exit %d, %s", status, stdout)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the doctor made the data folder: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := examine(t, nil, outside{}, nil, filepath.Join(file, "data")); !strings.HasPrefix(e.of("disk"), "failed") {
		t.Errorf("a file for a folder: %s", e.of("disk"))
	}
}

func TestDoctorReadsTheRecoverySheet(t *testing.T) {
	dir := t.TempDir()
	key, err := newKey("")
	if err != nil {
		t.Fatal(err)
	}
	other, err := newKey("")
	if err != nil {
		t.Fatal(err)
	}
	sheet := filepath.Join(dir, "k.recovery.txt")
	for text, want := range map[string]string{"": foundOK, key.RecoverySheet(): foundAdvice, other.RecoverySheet(): foundFailed, "torn": foundFailed} {
		_ = os.Remove(sheet)
		if text != "" {
			if err := os.WriteFile(sheet, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if f := sheetFinding(sheet, key); f.State != want {
			t.Errorf("%+v, want %s", f, want)
		}
	}
}

func TestDoctorJudgesTheCertificate(t *testing.T) {
	answer := func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(healthReport{Status: "failing", Jobs: map[string]time.Time{}})
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	server.StartTLS()
	defer server.Close()
	plainServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer plainServer.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	ends := server.Certificate().NotAfter
	for name, c := range map[string]struct {
		url    string
		roots  *x509.CertPool
		now    time.Time
		answer http.HandlerFunc
		want   []string
	}{
		"good":              {server.URL, roots, ends.AddDate(0, 0, -60), nil, []string{"ok TLS the certificate is good until", "ok public address"}},
		"ends soon":         {server.URL, roots, ends.AddDate(0, 0, -20), nil, []string{"advice TLS"}},
		"ends":              {server.URL, roots, ends.AddDate(0, 0, -3), nil, []string{"failed TLS", "(3 days)"}},
		"has ended":         {server.URL, roots, ends.AddDate(0, 0, 3), nil, []string{"failed TLS browsers refuse"}},
		"nobody's":          {server.URL, x509.NewCertPool(), ends.AddDate(0, 0, -60), nil, []string{"failed TLS browsers refuse"}},
		"another name":      {strings.Replace(server.URL, "127.0.0.1", "localhost", 1), roots, ends.AddDate(0, 0, -60), nil, []string{"failed TLS browsers refuse"}},
		"no TLS there":      {strings.Replace(plainServer.URL, "http://", "https://", 1), roots, ends, nil, []string{"failed TLS what answers"}},
		"plain":             {plainServer.URL, roots, ends, nil, []string{"ok TLS", "ok public address"}},
		"another host":      {server.URL, roots, ends.AddDate(0, 0, -60), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMisdirectedRequest) }, []string{"failed public address the server at"}},
		"another program":   {server.URL, roots, ends.AddDate(0, 0, -60), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<h1>nginx</h1>") }, []string{"failed public address what answers"}},
		"another's welcome": {server.URL, roots, ends.AddDate(0, 0, -60), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"ok"}`) }, []string{"failed public address what answers"}},
	} {
		before := answer
		if c.answer != nil {
			answer = c.answer
		}
		d := &doctor{Program: &Program{config: &config.Config{URL: c.url}, clock: clock.NewManual(c.now)}, outside: outside{roots: c.roots}}
		got := ""
		for _, f := range d.public(t.Context()) {
			got += f.State + " " + f.Check + " " + f.Text + "\n"
		}
		answer = before
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}

	gone := "http://192.0.2.1:9" // answers nobody: the request ends with its context
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	d := &doctor{Program: &Program{config: &config.Config{URL: gone}, clock: clock.NewManual(present)}, up: true}
	found := d.public(ended)
	if len(found) != 2 || found[0].State != foundAdvice || !strings.Contains(found[0].Text, "not encrypted") || found[1].State != foundFailed {
		t.Errorf("an address of one's network that does not answer while the server is up: %+v", found)
	}
}

func TestDoctorJudgesTheSendersDomain(t *testing.T) {
	with := func(mx map[string][]string, txt map[string][]string) names { return names{mx, txt} }
	for name, c := range map[string]struct {
		names  names
		domain string
		want   map[string]string
	}{
		"good":            {good, "brand.co", map[string]string{"mail MX": "ok", "mail SPF": "ok", "mail DMARC": "ok", "mail DKIM": "advice"}},
		"nothing":         {names{}, "brand.co", map[string]string{"mail MX": "advice", "mail SPF": "failed", "mail DMARC": "failed"}},
		"no answer":       {with(map[string][]string{"brand.co": nil}, map[string][]string{"brand.co": nil, "_dmarc.brand.co": nil}), "brand.co", map[string]string{"mail MX": "advice it could not", "mail SPF": "advice it could not", "mail DMARC": "advice it could not"}},
		"takes no mail":   {with(map[string][]string{"brand.co": {"."}}, nil), "brand.co", map[string]string{"mail MX": "advice"}},
		"two SPF":         {with(nil, map[string][]string{"brand.co": {"v=spf1 mx -all", "V=SPF1 a -all"}}), "brand.co", map[string]string{"mail SPF": "failed brand.co has 2"}},
		"SPF for all":     {with(nil, map[string][]string{"brand.co": {"v=spf1 mx +ALL"}}), "brand.co", map[string]string{"mail SPF": "failed the SPF record"}},
		"no SPF at all":   {with(nil, map[string][]string{"brand.co": {"v=spf10 mx -all"}}), "brand.co", map[string]string{"mail SPF": "failed"}},
		"the domain's":    {with(nil, map[string][]string{"_dmarc.brand.co": {"v=DMARC1;p=none"}}), "mail.eu.brand.co", map[string]string{"mail DMARC": "ok _dmarc.brand.co has the policy none"}},
		"not the TLD's":   {with(nil, map[string][]string{"_dmarc.co": {"v=DMARC1;p=none"}}), "brand.co", map[string]string{"mail DMARC": "failed"}},
		"two DMARC":       {with(nil, map[string][]string{"_dmarc.brand.co": {"v=DMARC1;p=none", "v=DMARC1;p=reject"}}), "brand.co", map[string]string{"mail DMARC": "failed"}},
		"DMARC of no use": {with(nil, map[string][]string{"_dmarc.brand.co": {"v=DMARC1; rua=mailto:x@brand.co"}}), "brand.co", map[string]string{"mail DMARC": "failed the record"}},
		"nobody's":        {good, "halo.example", map[string]string{"mail DNS": "advice"}},
		"this machine":    {good, "localhost", map[string]string{"mail DNS": "advice"}},
	} {
		got := map[string]string{}
		for _, f := range senderFindings(t.Context(), c.names, c.domain) {
			got[f.Check] = f.State + " " + f.Text
			if f.State != foundOK && f.ToDo == "" {
				t.Errorf("%s: %s does not say what to do", name, f.Check)
			}
		}
		for check, want := range c.want {
			if !strings.HasPrefix(got[check], want) {
				t.Errorf("%s: %s: %q, want %q", name, check, got[check], want)
			}
		}
	}
}

func TestDoctorJudgesRoomAndClock(t *testing.T) {
	const gb = 1 << 30
	for _, c := range []struct {
		free, held uint64
		want       string
	}{{100 << 20, 0, foundFailed}, {2 * gb, 3 * gb, foundAdvice}, {4 * gb, 3 * gb, foundOK}} {
		if f := judgeRoom("/data", true, c.free, c.held); f.State != c.want {
			t.Errorf("%+v, want %s", f, c.want)
		}
	}
	if free, known := freeBytes(t.TempDir()); !known || free == 0 {
		t.Errorf("%d bytes are free, known %t", free, known)
	}
	of := func(seconds ...int) (hosts []readonly.Reached) {
		for _, s := range seconds {
			ahead := time.Duration(s) * time.Second
			hosts = append(hosts, readonly.Reached{Ahead: &ahead})
		}
		return append(hosts, readonly.Reached{Err: errSilent})
	}
	for name, c := range map[string]struct {
		hosts []readonly.Reached
		want  string
	}{
		"right":           {of(0, 1), "ok"},
		"one host is off": {of(600, -2), "ok"},
		"behind":          {of(90, 91), "failed this machine is 1m30s behind"},
		"ahead":           {of(-300), "failed this machine is 5m0s ahead of"},
		"nobody said":     {of(), "advice"},
	} {
		if f := clockFinding(c.hosts); !strings.HasPrefix(f.State+" "+f.Text, c.want) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
