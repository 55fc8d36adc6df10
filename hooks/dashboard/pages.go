package dashboard

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
)

// RegisterPages serves the built pages. Files under /assets/ carry a hash of
// their content in their name and never change; every other address is a page
// of the single-page application.
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
		if strings.HasPrefix(name, "assets/") {
			return e.NotFoundError("", nil)
		}
		e.Response.Header().Set("Cache-Control", "no-cache")
		if _, err := fs.Stat(pages, "index.html"); err != nil {
			return e.String(http.StatusOK, "The pages are not built into this binary. Run: make build")
		}
		return e.FileFS(pages, "index.html")
	}).Bind(apis.Gzip())
}
