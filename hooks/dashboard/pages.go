package dashboard

import (
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
)

// RegisterPages serves the built pages. Files under /assets/ carry a hash of
// their content in their name and never change; every other address is a page
// of the single-page application, which says so itself where there is none.
func RegisterPages(se *core.ServeEvent, pages fs.FS) {
	se.Router.GET("/{path...}", func(e *core.RequestEvent) error {
		name := path.Clean("/" + e.Request.PathValue("path"))[1:]
		if info, err := fs.Stat(pages, name); name != "" && err == nil && !info.IsDir() {
			if strings.HasPrefix(name, "assets/") {
				e.Response.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			} else {
				e.Response.Header().Set("Cache-Control", "no-cache")
			}
			return e.FileFS(pages, name)
		}
		if path.Ext(name) != "" {
			return e.NotFoundError("", nil)
		}
		status := http.StatusOK
		if !isPage(name) {
			status = http.StatusNotFound
		}
		return index(e, pages, status)
	}).Bind(apis.Gzip())
}

// Index answers with the single-page application, for a start page that others
// answer for guests.
func Index(pages fs.FS) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error { return index(e, pages, http.StatusOK) }
}

func index(e *core.RequestEvent, pages fs.FS, status int) error {
	e.Response.Header().Set("Cache-Control", "no-cache")
	page, err := fs.ReadFile(pages, "index.html")
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	return e.HTML(status, string(page))
}

// isPage reports whether the pages know the address; they match it in
// ui/src/lib/router/routes.ts.
func isPage(name string) bool {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
	switch {
	case len(parts) == 0:
		return true
	case len(parts) == 1:
		return slices.Contains([]string{"login", "password", "forgot", "email", "join", "me"}, parts[0])
	case parts[0] == "operator":
		return len(parts) == 2 && parts[1] == "waitlist"
	case parts[0] != "accounts" || len(parts) > 4:
		return false
	case len(parts) == 2:
		return true
	case len(parts) == 3:
		return slices.Contains([]string{"overview", "terms", "audits", "alerts", "connections", "quarantine", "team", "products", "settings", "keys"}, parts[2])
	case parts[2] == "audits":
		_, err := clock.ParseDay(parts[3])
		return err == nil
	}
	return parts[2] == "terms" || parts[2] == "connections"
}
