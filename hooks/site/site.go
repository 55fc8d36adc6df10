// Package site is what strangers see: a page that says what the product does,
// the waitlist, and the page on which an applicant sees, corrects, withdraws or
// deletes their application. It needs no script, sets no cookie and stores
// nothing in the browser.
package site

import (
	"embed"
	"io/fs"
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/throttle"
	"halotrack.ai/halotrack/internal/waitlist"
)

//go:embed static
var static embed.FS

// Site answers the routes.
type Site struct {
	desk  *waitlist.Desk
	index func(*core.RequestEvent) error // the start page of who is signed in

	posts     *throttle.Limit // applications, per address on the network
	all       *throttle.Limit // applications, all together
	mailboxes *throttle.Limit // applications, per e-mail address, known or not
	steps     *throttle.Limit // what is done behind a mailed link, per address on the network
}

// Limits of what strangers may do.
const (
	postsPerMinute    = 10
	allPerMinute      = 3000
	postsPerMailbox   = 3 // a day: each is a mail to whoever has the address
	stepsPerMinute    = 30
	rememberedKeys    = 50_000 // of each limit, about 50 bytes each
	everybodyTogether = "all"
)

// New returns the routes' handlers; index answers the start page for people who
// are signed in.
func New(desk *waitlist.Desk, c clock.Clock, index func(*core.RequestEvent) error) *Site {
	return &Site{
		desk: desk, index: index,
		posts:     throttle.New(c, postsPerMinute, time.Minute, rememberedKeys),
		all:       throttle.New(c, allPerMinute, time.Minute, 1),
		mailboxes: throttle.New(c, postsPerMailbox, 24*time.Hour, rememberedKeys),
		steps:     throttle.New(c, stepsPerMinute, time.Minute, rememberedKeys),
	}
}

// Register binds the routes.
func (s *Site) Register(se *core.ServeEvent) error {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return err
	}
	get := func(path string, handler func(*core.RequestEvent) error) {
		se.Router.GET(path, handler).Bind(apis.Gzip())
	}
	get("/{$}", s.start)
	get("/site.css", func(e *core.RequestEvent) error {
		e.Response.Header().Set("Cache-Control", "no-cache")
		return e.FileFS(files, "site.css")
	})
	get("/waitlist", s.form)
	get("/waitlist/thanks", func(e *core.RequestEvent) error { return show(e, http.StatusOK, "thanks", nil) })
	get("/waitlist/confirm/{code}", s.confirmPage)
	get("/waitlist/application/{code}", s.statusPage)
	for path, handler := range map[string]func(*core.RequestEvent) error{
		"/waitlist":                    s.applyByForm,
		"/waitlist/confirm/{code}":     s.confirm,
		"/waitlist/application/{code}": s.change,
		"/api/halotrack/waitlist":      s.applyByJSON,
	} {
		se.Router.POST(path, handler)
	}
	return nil
}

func (s *Site) start(e *core.RequestEvent) error {
	if access.Session(e) != "" { // also without the second factor: the pages ask for it
		return s.index(e)
	}
	return show(e, http.StatusOK, "landing", sample)
}
