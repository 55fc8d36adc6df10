package cli

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
)

// route is one that the server answers, such as GET /api/halotrack/session.
type route struct{ method, path string }

func (r route) String() string { return strings.TrimSpace(r.method + " " + r.path) }

var wildcard = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// wildcards names the variable parts of the path.
func (r route) wildcards() (names []string) {
	for _, m := range wildcard.FindAllStringSubmatch(r.path, -1) {
		names = append(names, m[1])
	}
	return names
}

// with fills in the variable parts; one that values lacks stays as it is.
func (r route) with(values map[string]string) string {
	return wildcard.ReplaceAllStringFunc(r.path, func(part string) string {
		if v, ok := values[wildcard.FindStringSubmatch(part)[1]]; ok {
			return v
		}
		return part
	})
}

// routes serves the world and returns the address and every route that the
// router holds, ours and PocketBase's.
func (w *world) routes(t *testing.T) (base string, all []route) {
	t.Helper()
	w.App.OnServe().Bind(&hook.Handler[*core.ServeEvent]{
		Priority: 10_000, // after all that adds routes
		Func: func(se *core.ServeEvent) error {
			all = routesOf(reflect.ValueOf(se.Router.RouterGroup), "")
			return se.Next()
		},
	})
	base = w.serveWorld(t)
	if len(all) < 60 {
		t.Fatalf("found only %d routes: %v", len(all), all)
	}
	return base, all
}

// routesOf reads the tree that PocketBase's router keeps to itself.
func routesOf(group reflect.Value, prefix string) (found []route) {
	prefix += group.Elem().FieldByName("Prefix").String()
	children := group.Elem().FieldByName("children")
	for i := range children.Len() {
		child := children.Index(i).Elem()
		if path := child.Elem().FieldByName("Path"); path.IsValid() {
			found = append(found, route{child.Elem().FieldByName("Method").String(), prefix + path.String()})
			continue
		}
		found = append(found, routesOf(child, prefix)...)
	}
	slices.SortFunc(found, func(a, b route) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
	return found
}
