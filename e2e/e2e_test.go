// Package e2e walks through the pages of the built program in a real browser.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long anything may take; only what fails takes that long, so it
// is long enough for a machine that is busy with other things.
const patience = 90 * time.Second

// site is a running demo.
type site struct {
	address, email, password, mails string

	operator [2]string // e-mail address and password

	session func() (*http.Cookie, error) // made at the first use
	stop    func()
}

// begin logs in without a browser and returns the session's cookie.
func (s *site) begin() (*http.Cookie, error) {
	form, err := json.Marshal(map[string]string{"email": s.email, "password": s.password})
	if err != nil {
		return nil, err
	}
	answer, err := (&http.Client{Timeout: patience}).Post(s.address+"/api/halotrack/session", "application/json", bytes.NewReader(form))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || len(answer.Cookies()) != 1 {
		return nil, fmt.Errorf("logging in: %s, %d cookies", answer.Status, len(answer.Cookies()))
	}
	return answer.Cookies()[0], nil
}

var demo = sync.OnceValues(func() (*site, error) {
	s, err := startDemo("--site", "--weeks", "6", "--asins", "10")
	if err == nil {
		stopDemo = s.stop
	}
	return s, err
})

var stopDemo = func() {}

func TestMain(m *testing.M) {
	status := m.Run()
	stopDemo()
	os.Exit(status)
}

// startDemo runs the built binary as a person would and reads what it prints.
func startDemo(flags ...string) (*site, error) {
	binary, err := filepath.Abs("../bin/halotrack")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil {
		return nil, errors.New("bin/halotrack is not built: run make build")
	}
	dir, err := os.MkdirTemp("", "halotrack-e2e-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, append([]string{"demo", "--http", "127.0.0.1:0", "--dir", filepath.Join(dir, "demo")}, flags...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var trouble strings.Builder
	cmd.Stderr = &trouble
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &site{stop: func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}}
	s.session = sync.OnceValues(s.begin)
	opened := regexp.MustCompile(`^Open +(http://\S+)`)
	signIn := regexp.MustCompile(`^Sign in +(\S+) +(\S+)`)
	operator := regexp.MustCompile(`^Operator +(\S+) +(\S+)`)
	mails := regexp.MustCompile(`^Mails +(http://\S+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := opened.FindStringSubmatch(lines.Text()); m != nil {
			s.address = m[1]
		}
		if m := signIn.FindStringSubmatch(lines.Text()); m != nil {
			s.email, s.password = m[1], m[2]
		}
		if m := operator.FindStringSubmatch(lines.Text()); m != nil {
			s.operator = [2]string{m[1], m[2]}
		}
		if m := mails.FindStringSubmatch(lines.Text()); m != nil {
			s.mails = m[1]
			go func() {
				for lines.Scan() {
				}
			}()
			return s, nil
		}
	}
	_ = cmd.Wait()
	return nil, fmt.Errorf("the demo ended: %s", trouble.String())
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium found: install one (Debian: apt-get install chromium)")
	return ""
}

// tab is a browser tab that notes what must not happen.
type tab struct {
	context.Context
	t    *testing.T
	site *site

	mu      sync.Mutex
	trouble []string
	amazon  string // the origin that the test may visit besides; empty: none
}

// open starts a browser of the given size. At the end of the test anything
// that the page complained about, and any request to another origin, fails it.
func open(t *testing.T, width, height int64, dark bool) *tab {
	t.Helper()
	chromium(t) // skips before the demo starts
	s, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	return openAt(t, s, width, height, dark)
}

// openAt is open for another demo.
func openAt(t *testing.T, s *site, width, height int64, dark bool) *tab {
	t.Helper()
	path := chromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	x := &tab{Context: ctx, t: t, site: s}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil { // starts the browser
		t.Fatal(err)
	}
	watch(x, network.RequestWillBeSent, func(e network.EventRequestWillBeSent) string {
		url := e.Request.URL
		if strings.HasPrefix(url, s.address) || strings.HasPrefix(url, "data:") || strings.HasPrefix(url, "about:") || strings.HasPrefix(url, "chrome") || x.mayVisit(url) {
			return ""
		}
		return "a request to another origin: " + url
	})
	watch(x, runtime.ExceptionThrown, func(e runtime.EventExceptionThrown) string {
		return (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error()
	})
	watch(x, log.EntryAdded, func(e log.EventEntryAdded) string {
		// A refused request is an error to the browser; the tests cause some.
		if e.Entry.Level != log.EntryLevelError || strings.Contains(e.Entry.Text, "with a status of 4") {
			return ""
		}
		return e.Entry.Text + " " + e.Entry.URL
	})
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		stopAllocator()
		x.mu.Lock()
		defer x.mu.Unlock()
		for _, line := range x.trouble {
			t.Errorf("the browser says: %s", line)
		}
	})
	return x
}

// allow lets the tab visit another origin.
func (x *tab) allow(origin string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.amazon = origin
}

func (x *tab) mayVisit(url string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.amazon != "" && strings.HasPrefix(url, x.amazon+"/")
}

// watch notes what complaint makes of the events, where it makes something.
func watch[E any](x *tab, event cdp.Event[E], complaint func(E) string) {
	events := chromedp.Events(x.Context, event)
	go func() {
		for e, err := range events {
			if err != nil {
				return
			}
			if text := complaint(e); text != "" {
				x.mu.Lock()
				x.trouble = append(x.trouble, text)
				x.mu.Unlock()
			}
		}
	}()
}

func get[T any](x *tab, action chromedp.Action[T]) T {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		x.fail(err)
	}
	return v
}

// fail ends the test and says what the page shows.
func (x *tab) fail(err error) {
	x.t.Helper()
	page, _ := chromedp.Run(x.Context, chromedp.Evaluate[string](`location.pathname + " | " + document.body.innerText.slice(0, 600)`))
	x.t.Fatalf("%v; the page shows: %s", err, page)
}

func (x *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	get(x, chromedp.Steps(steps...))
}

// eval returns the value of a JavaScript expression, of a promise too.
func eval[T any](x *tab, expression string) T {
	x.t.Helper()
	return get(x, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// waitFor waits until the JavaScript expression is true.
func (x *tab) waitFor(expression string) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil {
			return
		}
		// A navigation can take the page away while it is asked; then the new
		// one is asked.
		if ctx.Err() != nil || !strings.Contains(err.Error(), "Cannot find context") {
			x.fail(err)
		}
	}
}

// arrive waits until the expression is true, through changes of the document
// that a wait would not outlive.
func (x *tab) arrive(expression string) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			x.t.Fatalf("%v; waiting for %s", err, expression)
		}
	}
}

func (x *tab) goTo(address string) {
	x.t.Helper()
	x.do(chromedp.Navigate(address))
}

func (x *tab) typeInto(selector, text string) {
	x.t.Helper()
	x.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (x *tab) text(selector string) string {
	x.t.Helper()
	return get(x, chromedp.Text(chromedp.CSS(selector)))
}

// logInOnThePage logs in as the demo's analyst on the page and waits for the overview.
func (x *tab) logInOnThePage() {
	x.t.Helper()
	x.goTo(x.site.address + "/login")
	x.typeInto(`input[name=email]`, x.site.email)
	x.typeInto(`input[name=password]`, x.site.password+"\r")
	x.waitFor(onOverview)
}

const onOverview = `location.pathname.endsWith("/overview") && document.querySelector("#newest-audit") !== null`

// signIn opens the overview in the one session that the tests share: the server
// does not take a log-in for each of them within a minute.
func (x *tab) signIn() {
	x.t.Helper()
	cookie, err := x.site.session()
	if err != nil {
		x.t.Fatal(err)
	}
	yes := true
	set := network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: x.site.address, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax}
	if _, err := chromedp.Call(x.Context, network.SetCookie, set); err != nil {
		x.t.Fatal(err)
	}
	x.goTo(x.site.address)
	x.waitFor(onOverview)
}

// shot keeps a picture of the whole page where HALOTRACK_SCREENSHOTS names a
// folder.
func (x *tab) shot(name string) {
	x.t.Helper()
	dir := os.Getenv("HALOTRACK_SCREENSHOTS")
	if dir == "" {
		return
	}
	x.do(chromedp.Sleep(700 * time.Millisecond))
	png := get(x, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		x.t.Fatal(err)
	}
}
