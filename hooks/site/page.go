package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/waitlist"
)

//go:embed templates/*.html
var sources embed.FS

var pages = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	functions := template.FuncMap{
		"day":    func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"type":   func(v string) string { return waitlist.LabelOf(waitlist.BusinessTypes, v) },
		"band":   func(v string) string { return waitlist.LabelOf(waitlist.SpendBands, v) },
		"market": func(v string) string { return waitlist.LabelOf(waitlist.Countries, v) },
	}
	for _, name := range []string{"landing", "apply", "thanks", "confirm", "status", "message"} {
		all[name] = template.Must(template.New(name).Funcs(functions).
			ParseFS(sources, "templates/layout.html", "templates/fields.html", "templates/"+name+".html"))
	}
	return all
}()

// show answers with a page. None of them is kept anywhere: they may hold what a
// person wrote.
func show(e *core.RequestEvent, status int, name string, data any) error {
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "layout", data); err != nil {
		return fmt.Errorf("render the page %s: %w", name, err)
	}
	e.Response.Header().Set("Cache-Control", "no-store")
	// To our own pages alone: without a referrer policy that lets it, browsers
	// send "Origin: null" with a form, which is refused as foreign.
	e.Response.Header().Set("Referrer-Policy", "same-origin")
	return e.HTML(status, page.String())
}

// message is a page of a few words.
type message struct {
	Title string
	Lines []string
}

func say(e *core.RequestEvent, status int, title string, lines ...string) error {
	return show(e, status, "message", message{title, lines})
}
