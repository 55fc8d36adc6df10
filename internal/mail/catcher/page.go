package catcher

import (
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

// Framed is the mail's HTML with its links opening outside the frame, where
// alone they may lead anywhere.
func (m *Mail) Framed() string {
	const base = `<base target="_blank">`
	if before, after, ok := strings.Cut(m.HTML, "<head>"); ok {
		return before + "<head>" + base + after
	}
	return base + m.HTML
}

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"when": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") },
}).Parse(pageSource))

// policy lets the page show its own style and nothing else; the frame of a mail
// inherits it, so that no mail can load or run anything.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler shows the list of mails at / and one mail at /{id}. Mount it with
// http.StripPrefix anywhere; its links are relative.
func (c *Catcher) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		show(w, struct {
			Mails []Mail
			Mail  *Mail
		}{Mails: c.Mails()})
	})
	mux.HandleFunc("GET /{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		m, ok := c.find(id)
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		show(w, struct {
			Mails []Mail
			Mail  *Mail
		}{Mail: &m})
	})
	return mux
}

func show(w http.ResponseWriter, data any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_ = page.Execute(w, data) // the reader has gone away
}
